"""Which verb leads out of a mistake: what to call before a step that a job's state does not have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fakejobs.domain.keys import JobKey
from fakejobs.domain.lifecycle import TRANSITIONS, JobEvent, JobState
from fakejobs.errors import IllegalTransition

STATES_OF_STEPS = {event: [state for state, row in TRANSITIONS.items() if event in row] for event in JobEvent}
"""In which states a job can take a step."""


@contextmanager
def advised(key: JobKey) -> Iterator[None]:
    """Under this `with`, say behind an illegal step of a job which verb to call first."""
    try:
        yield
    except IllegalTransition as error:
        if error.state is None or error.event is None:
            raise
        state, event = JobState(error.state), JobEvent(error.event)
        told = IllegalTransition(f"{error}: {way_to(key, state, event)}", state, event)
    else:
        return
    raise told from None


def way_to(key: JobKey, state: JobState, event: JobEvent) -> str:
    """Return how a job comes from a state to one in which a step is legal."""
    legal = STATES_OF_STEPS[event]
    rule = f"{event}_job is for {' and '.join(legal)} jobs"
    if state is JobState.DELETED:
        return f"{rule}, and nothing happens to a deleted one"
    before = next((first for first, step in TRANSITIONS[state].items() if step.state in legal and step.state is not state), None)
    if before is None:
        is_over = state is JobState.FINISHED and event is JobEvent.START
        return f"{rule}{', and one that is over does not run again: add_job(...) makes a new one' if is_over else ''}"
    return f"{rule}; call {before}_job({str(key)!r}) first"
