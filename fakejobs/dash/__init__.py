"""The dash API, at …/api/: forms in, JSON out.

endpoints.py is the table of contents; params.py reads the wire's words, views.py says in a few lines what each endpoint
does with the verbs, payloads.py writes what the wire answers, errors.py turns every error into an answer, and wire.py
lets callers in. The files of this room are the Jobs API; what clients use beside it has rooms of its own, of the same files:

    legacy/       what the older client reads and writes: items, logs, reports
    deploys/      code and eggs that are uploaded
    comments/     remarks on items
    v2/           users, projects and spiders, in a manner of their own
    periodic/     periodic jobs, in the manner of v2

Facts about the real service stand in the rows, as their source.
"""
