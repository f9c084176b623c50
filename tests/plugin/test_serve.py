"""serve(environ=True): the environment and the guard without pytest's fixtures."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from fakejobs import FakeJobs, UsageError, serve
from fakejobs.fake import behind

WORDS = "your code called app.zyte.com: its client was built before the fixture, or has a fixed host"


def call_the_real_service(error: BaseException | None = None) -> None:
    """As code does that swallows whatever comes; then raise an error, if one is given."""
    with suppress(BaseException):
        socket.create_connection(("app.zyte.com", 443))
    if error is not None:
        raise error


def meet_a_defect(fake: FakeJobs, error: BaseException | None = None) -> None:
    """Make a call that fails inside the fake; then raise an error, if one is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(behind(fake).cloud.keys, "masked", None)
        assert requests.get(f"{fake.api_url}jobs/count.json").status_code == 500
    if error is not None:
        raise error


def test_the_environment_is_the_fakes_until_it_is_left() -> None:
    before = dict(os.environ)
    with serve(environ=True) as fake:
        assert {name: os.environ[name] for name in fake.env} == fake.env
        assert os.environ["SHUB_APIURL"] == fake.api_url
        config = fake.env["SHUB_GLOBAL_CONFIG"]
        assert os.path.exists(config)  # noqa: PTH110
    assert dict(os.environ) == before
    assert not os.path.exists(config)  # noqa: PTH110


def test_without_it_nothing_is_touched() -> None:
    before, lookup = dict(os.environ), socket.getaddrinfo
    with serve() as fake:
        assert fake.env["SHUB_APIURL"] == fake.api_url
        assert dict(os.environ) == before
        assert socket.getaddrinfo is lookup


def test_leaving_it_raises_that_a_real_host_was_called() -> None:
    with pytest.raises(UsageError, match=WORDS) as caught, serve(environ=True):
        call_the_real_service()
    assert f"at {__file__}:" in str(caught.value)
    fake = serve(environ=True)
    call_the_real_service()
    with pytest.raises(UsageError, match=WORDS):
        fake.close()
    fake.close()


def test_what_ends_the_block_is_told_alone_and_at_its_place() -> None:
    with pytest.raises(UsageError, match=WORDS) as caught, serve(environ=True):
        socket.create_connection(("app.zyte.com", 443))
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
    assert caught.traceback[-1].path == Path(__file__)


def test_leaving_it_raises_what_broke_inside() -> None:
    with pytest.raises(RuntimeError, match=r"fakejobs itself failed while it served GET /api/jobs/count\.json$") as caught, serve() as fake:
        meet_a_defect(fake)
    assert isinstance(caught.value.__cause__, TypeError)


@pytest.mark.parametrize("error", [AssertionError("the test's own"), ValueError("the code's own")], ids=lambda error: type(error).__name__)
def test_a_block_that_fails_anyway_fails_with_the_reason_and_keeps_its_own(error: Exception) -> None:
    with pytest.raises(RuntimeError, match="fakejobs itself failed") as caught, serve(environ=True) as fake:
        meet_a_defect(fake, error)
    assert caught.value.__cause__ is error
    assert "TypeError: 'NoneType' object is not callable" in str(caught.value)
    with pytest.raises(UsageError, match=WORDS) as hit, serve(environ=True):
        call_the_real_service(error)
    assert hit.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_the_end_of_a_program_is_respected(error: type[BaseException]) -> None:
    before = dict(os.environ)
    with pytest.raises(error), serve(environ=True):
        call_the_real_service(error())
    assert dict(os.environ) == before


def test_a_second_one_is_refused_and_leaves_nothing() -> None:
    with serve(environ=True) as fake:
        threads = threading.active_count()
        with pytest.raises(UsageError, match=f"points at the fake at {fake.url}.*, and only one at a time can have it"):
            serve(environ=True)
        assert threading.active_count() == threads
        with pytest.raises(UsageError, match="only one at a time"):
            behind(fake).take_environment()
        assert os.environ["SHUB_APIURL"] == fake.api_url
    with serve(environ=True) as other:
        assert os.environ["SHUB_APIURL"] == other.api_url


def test_a_fake_without_a_socket_cannot_have_it() -> None:
    with pytest.raises(UsageError, match="no socket"):
        behind(FakeJobs()).take_environment()
    with serve(environ=True):
        pass


def test_a_closed_fake_may_be_closed_again_and_has_no_url() -> None:
    fake = serve(environ=True)
    fake.close()
    fake.close()
    with pytest.raises(UsageError, match="no socket"):
        fake.url  # noqa: B018
