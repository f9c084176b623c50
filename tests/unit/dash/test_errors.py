"""The table from errors to answers is total, and each row says how it is known."""

from __future__ import annotations

import inspect

import pytest

from fakejobs import errors
from fakejobs.dash.errors import REFUSALS, answer_to
from fakejobs.errors import FakeJobsError
from fakejobs.evidence import Evidence

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FakeJobsError)]
SAMPLES: list[tuple[FakeJobsError, str, str, str]] = [
    (errors.Unauthenticated(), "403 FORBIDDEN", "error", "Authentication failed"),
    (
        errors.ProjectDenied("ann", 2),
        "400 User 'ann' doesn't have access to project 2",
        "badrequest",
        "User 'ann' doesn't have access to project 2",
    ),
    (errors.BadParam("project", "x"), "400 invalid value for project: x", "badrequest", "invalid value for project: x"),
    (errors.MissingParam("job"), "400 missing 'job' argument", "badrequest", "missing 'job' argument"),
    (errors.BadQuery("No query filters provided"), "400 No query filters provided", "badrequest", "No query filters provided"),
    (errors.AlreadyScheduled("a", "1/1/1"), "400 Bad Request", "error", "a already scheduled"),
    (errors.SpiderNotFound("a", 1, ["b"]), "400 Bad Request", "error", "project 1 has no spider 'a' (declared: b)"),
    (errors.NoSuchRoute("/x"), "404 NOT FOUND", "error", "no such path: /x"),
    (errors.NotFaked("GET", "/x", "who"), "501 NOT IMPLEMENTED", "error", "not faked yet: GET /x (who)"),
    (errors.WrongMethod("GET", "/x", ["POST"]), "405 METHOD NOT ALLOWED", "error", "GET is not allowed for /x (allowed: POST)"),
    (errors.TooLarge(5), "413 CONTENT TOO LARGE", "error", "the request body is over the limit of 5 bytes"),
    (errors.UsageError("what"), "400 what", "badrequest", "what"),
    (errors.InvalidValue("what"), "400 what", "badrequest", "what"),
]


@pytest.mark.parametrize(("error", "line", "word", "message"), SAMPLES, ids=lambda value: type(value).__name__)
def test_answers(error: FakeJobsError, line: str, word: str, message: str) -> None:
    reply = answer_to(error)
    assert f"{reply.status} {reply.reason}" == line
    assert (reply.payload["status"], reply.payload["message"]) == (word, message)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_an_answer(kind: type[FakeJobsError]) -> None:
    refusal = next(REFUSALS[parent] for parent in kind.__mro__ if parent in REFUSALS)
    assert 400 <= refusal.status < 600
    assert refusal.word in ("error", "badrequest")
    assert isinstance(refusal.source.evidence, Evidence)


def test_the_family_of_errors_is_as_its_drawing() -> None:
    drawn = inspect.getdoc(errors)
    assert drawn is not None
    for kind in KINDS:
        assert kind.__name__ in drawn, f"{kind.__name__} is not in the tree of the module docstring"
