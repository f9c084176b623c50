"""Seeds: data that becomes verb calls, all or nothing.

    files.py      seeds in files, JSON and TOML
    broken.py     what is wrong with a file that is no JSON or TOML
    steps.py      a seed is a list of steps, each one verb with its arguments: applied under one lock, or not at all
    dumping.py    the steps that make an empty fake equal to this one
    restoring.py  the steps that only a dump needs: they put a noun back as it was
    pacing.py     the one of them for rules and plans

In JSON: `[{"add_job": {"spider": "books", "project": 1}}]`. In TOML, which has no list at the top: `[[step]]` tables with
`verb = "add_job"` and the arguments beside it.
"""

from fakejobs.seeds.dumping import dump
from fakejobs.seeds.files import read_file, write_file
from fakejobs.seeds.steps import VERBS, apply, mistakes_in

__all__ = ["VERBS", "apply", "dump", "mistakes_in", "read_file", "write_file"]
