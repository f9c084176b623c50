"""What can be done, for doors: typed values in, frozen records out. A door has read what somebody wrote; nothing is read again.

    realm.py      the world (world.py), its clock, its one lock (lock.py), and what is due first: what every noun needs
    keys.py projects.py units.py jobs.py records.py comments.py collections.py frontiers.py activity.py settings.py uploads.py
    faults.py     the nouns, a file each
    life.py       how a job is born and its state changes, with all that follows from it
    plans.py pace.py progress.py periodic.py
                  what happens by itself: what rules mean for a job, what is due, what a running job has written by now, what the
                  calendar starts
    scheduling.py
                  how run.json and the calendar put jobs into the cloud
    shelves.py rows.py
                  how records are written down, and what they look like
    retention.py  how many jobs that are over are kept
    cloud.py      Cloud: puts them together, and is the only one that knows them all

A noun is given the realm and the nouns that it needs, and knows nobody else. It checks only what it alone can know: states,
duplicates, numbers that were given out. One that refuses has changed nothing, but for the number that a duplicate burns.
"""

from fakejobs.cloud.cloud import Cloud

__all__ = ["Cloud"]
