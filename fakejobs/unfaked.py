"""Paths of the real service that fakejobs does not answer yet: they get a 501 that names the route and who asks for it.

So silence is never mistaken for behaviour. A row goes when its endpoint comes.
"""

from __future__ import annotations

from fakejobs.web.endpoint import Unfaked

UNFAKED: tuple[Unfaked, ...] = (
    Unfaked("/api/items.json", "legacy reading of items"),
    Unfaked("/api/items.jl", "job.items of the legacy Connection"),
    Unfaked("/api/items.csv", "legacy reading of items"),
    Unfaked("/api/log.txt", "legacy reading of logs"),
    Unfaked("/api/log.json", "legacy reading of logs"),
    Unfaked("/api/log.jl", "job.log of the legacy Connection"),
    Unfaked("/api/reports/add.json", "job.add_report of the legacy Connection"),
    Unfaked("/api/as/project-slybot.zip", "downloading a Portia project"),
    Unfaked("/api/as/spider-properties.json", "reading spider properties"),
    Unfaked("/api/projects/<project>/periodicjobs", "periodic jobs"),
    Unfaked("/api/projects/<project>/periodicjobs/<periodicjob>", "periodic jobs"),
)
