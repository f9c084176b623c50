"""What is said of paths that nobody knows: in the answer where the real text is not known, and in the log of calls."""

from __future__ import annotations

import pytest

from fakejobs import FakeJobs
from tests.contract.caller import Caller
from tests.unit.told.table import Told, table


@pytest.mark.parametrize("told", table("wire_paths.txt"), ids=str)
def test_a_misspelled_path(told: Told) -> None:
    fake = FakeJobs()
    answer = Caller(fake, "k").get(told.mistake)
    assert (str(answer.status), answer.json["message"]) == (told.kind, told.text)
    assert told.text in str(fake.calls[-1])


def test_no_end_of_work_for_long_paths() -> None:
    answer = Caller(FakeJobs(), "k").get(f"/api/jobs/{'x' * 5000}.json")
    assert "did you mean" not in answer.json["message"]


def test_a_number_that_is_no_spider() -> None:
    fake = FakeJobs()
    fake.add_spider("books", project=1)
    answer = Caller(fake, "k").post("run.json", {"project": 1, "jobq_id": 9})
    assert answer.json["message"] == "invalid value for jobq_id: 9 (no spider of project 1 has this number)"
