"""What can be done: every verb once, under one lock. The Python door, the control door, seeds and the wires all call these.

FakeCloud (nouns.py)    every verb, flat
  JobVerbs (jobs.py)    verbs on jobs, projects, keys and time
  .records .collections .frontiers .activities .uploads     each noun as a small object, in a file of its name;
                        rows.py says what records look like
  .pacer (pace.py)      what happens by itself: applied at the head of every verb, see lock.py; rules.py reads and writes the rules
  .progress             what running jobs have written by now
World (world.py)        all that reset() forgets: the domain's data
Job (view.py)           what verbs hand out: a live view of a job
"""

from fakejobs.cloud.jobs import JOBRUNNER
from fakejobs.cloud.nouns import FakeCloud
from fakejobs.cloud.view import Job, JobLike, Moment
from fakejobs.cloud.world import World

__all__ = ["JOBRUNNER", "FakeCloud", "Job", "JobLike", "Moment", "World"]
