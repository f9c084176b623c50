"""The storage API, which the official clients speak: a second door on the same verbs and the same jobs.

    queue/        /jobq /spiders: jobs into the queue and through it, lists, counts, summaries
    metadata/     /jobs: a job's metadata
    projects/     /ids /projects /botgroups: names, counts and settings of projects
    records/      /items /logs /requests /samples: what the spiders wrote
    activity/     /activity: what happened in a project
    collections/  /collections: shelves of values by key
    frontier/     /hcf: requests to be crawled

Behind the one network name are two programs, here two wires: the queue's and the records'. They differ in JSON spacing,
charsets, refusals and final newlines. Each room has the files of a wire: endpoints.py is its table of contents, params.py
reads, views.py does, payloads.py writes. errors.py and wire.py are shared by all; paths.py, bodies.py, rows.py and spaced.py
by the rooms of the queue's family; streams.py, saving.py and filters.py by those of the records'; arrays.py by the lists of both.
"""
