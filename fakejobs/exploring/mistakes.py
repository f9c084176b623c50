"""What is said where a test cannot explore or replay as it is."""

from __future__ import annotations

import pytest

from fakejobs.errors import UsageError
from fakejobs.exploring.asked import Replay, markers_of
from fakejobs.exploring.attempts import Attempt

_FRESH = "write def {test}(fakejobs) with the plugin's own fixture; what the fake is made with stands in the marker or in fakejobs_options"


def mistake_of_fixtures(item: pytest.Item) -> UsageError | None:
    """Return why no fresh fake comes with each run of a test, if that is known before it is set up."""
    fixtures, test = getattr(item, "fixturenames", ()), item.name.partition("[")[0]
    if "make_fakejobs" in fixtures:
        return _without_fresh(test, "uses make_fakejobs")
    if "fakejobs" not in fixtures:
        return unnamed_fixture(item) if "request" in fixtures and _is_marked_itself(item) else None
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        return UsageError(
            f"{test} has @given, which runs it once for each example with one and the same fake: "
            "explore or replay a test of one example, without @given"
        )
    return None


def unnamed_fixture(item: pytest.Item) -> UsageError:
    """Return what is said of a test that gets the fixture `fakejobs` by its name alone, while it is set up or runs."""
    return _without_fresh(item.name.partition("[")[0], "does not name the fixture fakejobs")


def other_fixture(item: pytest.Item) -> UsageError:
    """Return what is said of a test whose fixture `fakejobs` is not the plugin's."""
    return _without_fresh(item.name.partition("[")[0], "has a fixture fakejobs of its own, or of a wider scope")


def not_met(replay: Replay, attempt: Attempt) -> UsageError:
    """Return what is said of a schedule whose call did not come."""
    came = sum(call.endpoint == replay.schedule.endpoint for call in attempt.calls)
    often = {0: "was not called", 1: "was called once"}.get(came, f"was called {came} times")
    exactly = " with such parameters" if replay.schedule.params is not None else ""
    return UsageError(f"{replay.said}: no call{exactly} met it: {replay.schedule.endpoint} {often}")


def _without_fresh(test: str, what: str) -> UsageError:
    return UsageError(f"to explore or replay needs a fake that is fresh in each run, and {test} {what}: {_FRESH.format(test=test)}")


def _is_marked_itself(item: pytest.Item) -> bool:
    return any(marker in item.own_markers for marker in markers_of(item))
