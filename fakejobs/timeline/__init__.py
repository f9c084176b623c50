"""Looking at what happened: the lives of the jobs and the calls of the clients, as data, as a table, as a drawing.

    lives.py     Life, Tick and Story: the data
    words.py     how spans, moments, texts of others, and what becomes of a job are written
    table.py     str() of a timeline: one line a job
    drawing.py   an SVG of it: one bar a job, calls as ticks
    timeline.py  Timeline: a Story with these looks; it is read under the cloud's lock and worked on without it

All moments in words are relative to the first one that is known.
"""

from fakejobs.timeline.lives import Life, Tick
from fakejobs.timeline.timeline import Timeline, clock_line, timeline_of

__all__ = ["Life", "Tick", "Timeline", "clock_line", "timeline_of"]
