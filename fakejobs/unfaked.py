"""Paths of the real service that fakejobs does not answer yet: they get a 501 that names the route and who asks for it.

So silence is never mistaken for behaviour. A row goes when its endpoint comes.
"""

from __future__ import annotations

from fakejobs.web.endpoint import Unfaked

UNFAKED: tuple[Unfaked, ...] = (
    Unfaked("/api/as/project-slybot.zip", "downloading a Portia project"),
    Unfaked("/api/as/spider-properties.json", "reading spider properties"),
    Unfaked("/api/as/<path:rest>", "Portia, which draws spiders"),
    Unfaked("/api/schedules.json", "a public tool that adds periodic jobs; projects/<project>/periodicjobs is faked"),
    Unfaked("/api/v2/organizations", "who follows the organization of a project"),
    Unfaked("/api/v2/organizations/<path:rest>", "who follows the organization of a project"),
)
