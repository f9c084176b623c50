"""What a project holds besides jobs, each noun as a small object under the cloud's lock and clock.

    cloud.records.append(key, "items", ...)      records.py      what spiders wrote
    cloud.collections.put(...)                   collections.py  values by key
    cloud.frontiers.add(...)                     frontier.py     requests to be crawled
    cloud.uploads.expect(...)                    deploys.py      versions of code, eggs, reports
    cloud.activities.of(project)                 activity.py     what happened

The data itself is in domain/, part of the cloud's world, so that reset(), seeds and dumps cover it.
"""
