"""What failed, in one line that is the same in every run."""

from __future__ import annotations

import pytest

from fakejobs.exploring.failures import Failure, failure_of


class TestLine:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("503 for project 123456 in 12.5 s", "503 for project 123456 in 12.5 s"),
            ("first\nsecond", "first"),
            ("<Session object at 0x7f3a5c0d2e90>", "<Session object at 0x…>"),
            ("HTTPConnectionPool(host='127.0.0.1', port=40123): Max retries", "HTTPConnectionPool(host='127.0.0.1', port=…): Max retries"),
            ("connect to http://127.0.0.1:40123/api failed", "connect to http://127.0.0.1:…/api failed"),
            ("at 2026-11-27T15:30:21.123Z and 2026-11-27 15:30", "at … and …"),
            ("till Fri, 27 Nov 2026 17:16:28 GMT or Fri Nov 27 17:16:28 2026, that is 17:16:28.517", "till … or …, that is …"),
            ("27 Nov 2026 17:16:28, Fri, 27 Nov 2026 17:16:28 -0000", "…, …"),
            ("datetime.datetime(2026, 11, 27, 17, 16, 28, 517, tzinfo=utc)", "datetime.datetime(…, tzinfo=utc)"),
            ("<socket.socket fd=18, raddr=('127.0.0.1', 40123)>", "<socket.socket fd=…, raddr=('127.0.0.1', …)>"),
            ("Connect call failed ('127.0.0.1', 40123)", "Connect call failed ('127.0.0.1', …)"),
            ("Exception in thread Thread-12 (run), <Task name='Task-7'>", "Exception in thread Thread-… (run), <Task name='Task-…'>"),
            ("late by 1764257421.25 since 1764257421250", "late by … since …"),
            ("run 0d9e6c5e-58a6-4d0a-9b1c-2f3e4d5c6b7a is over", "run … is over"),
            ("/tmp/pytest-of-me/pytest-17/test_a0/x", "/tmp/…/test_a0/x"),
            ("a\x1b[31mred", "a\\x1b[31mred"),
            ("x" * 200, "x" * 87 + "…"),
        ],
    )
    def test_what_is_another_in_every_run_is_left_out(self, request: pytest.FixtureRequest, text: str, shown: str) -> None:
        assert failure_of(ValueError(text), request.node, "call", None).what == f"ValueError: {shown}"

    def test_an_error_without_a_text_is_its_class(self, request: pytest.FixtureRequest) -> None:
        assert failure_of(AssertionError(), request.node, "call", None).what == "AssertionError"

    def test_of_a_group_the_first_one_is_told(self, request: pytest.FixtureRequest) -> None:
        group = type("Group", (Exception,), {"exceptions": (KeyError("a"), ValueError("b"))})("two")
        assert failure_of(group, request.node, "call", None).what == "KeyError: 'a'"

    @pytest.mark.parametrize(("when", "said"), [("setup", " (set-up)"), ("call", ""), ("teardown", " (tear-down)")])
    def test_a_phase_that_is_not_the_test_itself_is_named(self, request: pytest.FixtureRequest, when: str, said: str) -> None:
        assert failure_of(ValueError("no"), request.node, when, None).what == f"ValueError: no{said}"


def failing(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as raised:
        return raised


def hidden() -> None:
    __tracebackhide__ = True
    raise ValueError("no")


def test_the_place_is_the_innermost_line_of_the_users_code(request: pytest.FixtureRequest) -> None:
    file = "tests/unit/exploring/test_failures.py"
    assert failure_of(failing(ValueError()), request.node, "call", None).place == f"{file}:{failing.__code__.co_firstlineno + 2}"
    with pytest.raises(ValueError, match="no") as caught:
        hidden()
    here = test_the_place_is_the_innermost_line_of_the_users_code.__code__.co_firstlineno
    assert failure_of(caught.value, request.node, "call", None).place == f"{file}:{here + 4}"
    assert failure_of(ValueError("no"), request.node, "call", None) == Failure("ValueError: no", f"{file}:{here}")
