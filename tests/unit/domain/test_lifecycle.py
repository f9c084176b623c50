"""The table of the life cycle: every cell, also those that are not there."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from fakejobs import IllegalTransition, JobEvent, JobKey, JobState
from fakejobs.domain.clock import Millis
from fakejobs.domain.job import JobRecord, after_event
from fakejobs.domain.lifecycle import ACTIVE, TRANSITIONS, Stamp, next_state
from fakejobs.evidence import Evidence

CELLS = list(itertools.product(JobState, JobEvent))

EXPECTED: dict[tuple[str, str], str] = {
    ("pending", "start"): "running",
    ("pending", "finish"): "finished",
    ("pending", "cancel"): "finished",
    ("running", "finish"): "finished",
    ("running", "cancel"): "running",
    ("finished", "finish"): "finished",
    ("finished", "delete"): "deleted",
}

STAMPED: dict[tuple[str, str], dict[str, Any]] = {
    ("pending", "start"): {"state": "running", "running_time": 900, "started_by": "ann"},
    ("pending", "finish"): {"state": "finished", "finished_time": 900, "completed_by": "ann", "close_reason": "finished"},
    ("pending", "cancel"): {"state": "finished", "finished_time": 900, "cancelled_by": "ann", "close_reason": "cancelled"},
    ("running", "finish"): {
        "state": "finished",
        "finished_time": 900,
        "updated_time": 900,
        "completed_by": "ann",
        "close_reason": "finished",
    },
    ("running", "cancel"): {"cancel_requested": True, "cancelled_by": "ann"},
    ("finished", "finish"): {},
    ("finished", "delete"): {"state": "deleted", "deleted_time": 900, "deleted_by": "ann"},
}

TIMES = {"pending": "pending_time", "running": "running_time", "finished": "finished_time", "deleted": "deleted_time"}


def record_in(state: JobState) -> JobRecord:
    times: dict[str, Any] = {TIMES[state]: Millis(100)}
    return JobRecord(key=JobKey("1/2/3"), spider="a", state=state, sequence=5, **times)


def fields_of(record: JobRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in JobRecord.__dataclass_fields__}


@pytest.mark.parametrize(("state", "event"), CELLS, ids=[f"{state}-{event}" for state, event in CELLS])
def test_every_cell(state: JobState, event: JobEvent) -> None:
    before = record_in(state)
    if (state.value, event.value) not in EXPECTED:
        legal = ", ".join(e for s, e in EXPECTED if s == state.value) or "nothing"
        with pytest.raises(IllegalTransition) as caught:
            after_event(before, event, Millis(900), 6, "ann")
        assert str(caught.value) == f"cannot {event} a {state} job 1/2/3 (legal here: {legal})"
        return
    after = after_event(before, event, Millis(900), 6, "ann")
    stamped = STAMPED[state.value, event.value]
    moved = {"sequence": 6} if stamped.get("state") else {}
    touched = {"touched_time": 900} if stamped else {}
    assert fields_of(after) == {**fields_of(before), **stamped, **moved, **touched}
    assert next_state(state, event, "1/2/3").state == EXPECTED[state.value, event.value]
    assert after.state_time == (900 if stamped.get("state") else 100)


def test_the_table_is_total_and_says_how_each_cell_is_known() -> None:
    assert set(TRANSITIONS) == set(JobState)
    cells = {(state.value, event.value): cell for state, row in TRANSITIONS.items() for event, cell in row.items()}
    assert set(cells) == set(EXPECTED)
    for cell in cells.values():
        assert isinstance(cell.source.evidence, Evidence)
        assert cell.source.text
        assert all(stamp.value in JobRecord.__dataclass_fields__ for stamp in cell.stamps)
    assert {stamp for cell in cells.values() for stamp in cell.stamps} == set(Stamp)


def test_the_table_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[JobState.DELETED] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        TRANSITIONS[JobState.DELETED][JobEvent.START] = None  # type: ignore[index]


def test_pending_and_running_jobs_are_active() -> None:
    assert {JobState.PENDING, JobState.RUNNING} == ACTIVE
    assert [record_in(state).is_active for state in JobState] == [True, True, False, False]


@pytest.mark.parametrize("state", JobState)
def test_a_state_is_its_text_in_every_form(state: JobState) -> None:
    word = state.value
    assert state == word
    assert hash(state) == hash(word)
    assert str(state) == word
    assert f"{state}" == word
    assert f"{state:>10}" == f"{word:>10}"
    assert format(state, "") == word
    assert "%s" % state == word  # noqa: UP031  # the old form, too
    assert "{}".format(state) == word  # noqa: UP032
    assert json.dumps({"state": state}) == f'{{"state": "{word}"}}'
    assert JobState(word) is state


@pytest.mark.parametrize("event", JobEvent)
def test_an_event_prints_as_its_word(event: JobEvent) -> None:
    assert str(event) == f"{event}" == event.value
