"""What a test says: the Python door, a topic a file, which is also a topic of the reference.

    jobs.py time.py periodic.py records.py projects.py uploads.py faults.py calls.py
                  the verbs: each reads what a test's author wrote, calls the cloud, and hands out what is in live.py
    live.py       what a test holds in its hands: a job, the clock, a collection, a slot of a frontier
    births.py rules.py fault_rules.py plain_records.py
                  how the life that add_job() is told of, rules of pace() and script(), faults, and records are read
    advice.py     which verb leads out of an illegal step

Seeds and the control door call these verbs, too. A value is read here once; the cloud believes it.
"""

from fakejobs.verbs.live import Job, JobLike, Moment

__all__ = ["Job", "JobLike", "Moment"]
