"""The table of contents of the queue: /jobq and its neighbour /spiders."""

from __future__ import annotations

from typing import Any

from fakejobs.evidence import assumed, documented, recorded
from fakejobs.storage.paths import JobParams
from fakejobs.storage.queue import params as read
from fakejobs.storage.queue import views
from fakejobs.storage.rows import queue_row
from fakejobs.storage.spaced import JSON, LINES
from fakejobs.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint[Any], ...] = (
    queue_row(
        "jobq/push",
        "POST",
        "/jobq/<project>/push",
        read.PushParams,
        views.push,
        LINES,
        "Put jobs into the queue, in any state.",
        recorded("75 calls; a held `unique` is refused with a 200 and burns a number; auth is a token only of a running job"),
        assumed("a line without spider is a 400: job must contain a spider"),
        asks=views.orders_of,
    ),
    queue_row(
        "jobq/startjob",
        "POST",
        "/jobq/<project>/startjob",
        read.StartParams,
        views.start,
        JSON,
        "Start the pending job whose turn it is.",
        recorded("the oldest first; metadata, key, auth, _shub_worker"),
        documented("an empty answer if none is pending"),
        assumed("higher priority first; where units are limited, a job that does not fit blocks those behind it"),
    ),
    queue_row(
        "jobq/startjob",
        "POST",
        "/jobq/startjob",
        read.StartParams,
        views.start,
        JSON,
        "Start the next pending job of any project.",
        documented("jobq.start of HubstorageClient"),
        scoped=False,
    ),
    queue_row(
        "jobq/update",
        "POST",
        "/jobq/<project>/update",
        read.UpdateParams,
        views.update,
        LINES,
        "Change the state and the metadata of jobs.",
        recorded("prevstate and key of every changed job; a spider's jobs with the oldest change first; unknown ones give no line"),
        assumed("a backward step, and deleting a pending or running job, is a 400 and nothing changes"),
        assumed("a state that the job is in already is accepted"),
    ),
    queue_row(
        "jobq/cancel",
        "POST",
        "/jobq/<project>/<spider>/<job>/cancel",
        JobParams,
        views.cancel_job,
        JSON,
        "Ask a job to stop.",
        recorded("count 1 for pending and running, 0 for unknown"),
    ),
    queue_row(
        "jobq/cancel",
        "POST",
        "/jobq/<project>/cancel",
        read.CancelParams,
        views.cancel,
        JSON,
        "Ask several jobs to stop.",
        recorded("count of those asked"),
    ),
    queue_row(
        "jobq/list",
        "GET",
        "/jobq/<project>/list",
        read.ListParams,
        views.list_jobs,
        LINES,
        "List jobs, newest change of state first.",
        recorded("elapsed is the time since the last change of state"),
        recorded("counters of 0 are left out of rows"),
        recorded("in production ts lies 13 to 17 s before finished_time, nobody knows why"),
        assumed("here they are equal; elapsed is at least 1"),
    ),
    queue_row(
        "jobq/count",
        "GET",
        "/jobq/<project>/count",
        read.FilterParams,
        views.count_jobs,
        JSON,
        "Count jobs.",
        recorded("a bare number"),
    ),
    queue_row(
        "jobq/summary",
        "GET",
        (
            "/jobq/<project>/summary",
            "/jobq/<project>/summary/<state>",
            "/jobq/<project>/<spider>/summary",
            "/jobq/<project>/<spider>/summary/<state>",
        ),
        read.SummaryParams,
        views.summary,
        LINES,
        "Show each state's newest jobs, and how many there are.",
        recorded("at most five rows, the full count"),
    ),
    queue_row(
        "jobq/jobsummary",
        "GET",
        "/jobq/<project>/jobsummary",
        read.JobSummaryParams,
        views.job_summary,
        LINES,
        "Show jobs by their keys.",
        recorded("in the order of the keys"),
    ),
    queue_row(
        "spiders/lastjobsummary",
        "GET",
        ("/spiders/<project>/lastjobsummary", "/spiders/<project>/<spider>/lastjobsummary"),
        read.LastJobParams,
        views.last_jobs,
        LINES,
        "Show each spider's last finished job.",
        recorded("empty if there is none"),
        assumed("by spider number"),
    ),
)
