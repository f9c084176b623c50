"""Lists of jobs: keys alone are read, however much the jobs have come to."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs
from fakejobs.cloud.progress import Progress
from fakejobs.domain.job import JobRecord


def test_a_list_works_out_nothing_that_a_job_does_not_show(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.script("books", running=60, items=10)
    jobs = [fake.add_job("books", project=number) for number in (1, 2, 1)]
    asked: list[object] = []
    shown = Progress.shown

    def noted(self: Progress, record: JobRecord) -> JobRecord:
        asked.append(record.key)
        return shown(self, record)

    monkeypatch.setattr(Progress, "shown", noted)
    fake.advance(seconds=30)
    assert fake.list_jobs() == jobs[::-1]
    assert asked == []
    assert jobs[0].items == 5
    assert asked == [jobs[0].key]
