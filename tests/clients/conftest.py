"""A fake on a socket for real clients, and the official client's two faces pointed at it by their own arguments.

The lint has nothing to say of what these clients send; a test that sends what is wrong on purpose is marked so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scrapinghub import Connection, ScrapinghubClient

from fakejobs import FakeJobs, serve


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker of tests that send what is wrong."""
    config.addinivalue_line("markers", "wrong_on_purpose: what the test sends is wrong, and the lint may say so")


@pytest.fixture
def fakejobs_options() -> dict[str, Any]:
    """What `fakejobs` is made with: a test fails in whose calls the lint finds anything, unless its marker says otherwise."""
    return {"lint": "fail"}


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[FakeJobs]:
    """A fake that clients reach by its URL only: the environment says nothing of it; the lint has to find nothing, as above."""
    is_wrong = request.node.get_closest_marker("wrong_on_purpose") is not None
    with serve(lint="report" if is_wrong else "fail") as fake:
        yield fake


@pytest.fixture
def legacy(fake: FakeJobs) -> Iterator[Connection]:
    """The legacy connection."""
    connection = Connection(fake.key, url=fake.api_url)
    yield connection
    connection._session.close()


@pytest.fixture
def client(fake: FakeJobs) -> Iterator[ScrapinghubClient]:
    """The client of today."""
    client = ScrapinghubClient(fake.key, dash_endpoint=fake.api_url, endpoint=f"{fake.url}/", jobq_endpoint=f"{fake.url}/")
    yield client
    close(client)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test if a client wanted to wait and ask again; its thread that writes looks for work more often than once a second."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("scrapinghub.hubstorage.batchuploader.BatchUploader.worker_loop_delay", 0.01)
    yield
    assert waits == []


def close(client: ScrapinghubClient) -> None:
    """Close a client with its sessions, which its own close() leaves open."""
    client.close()
    client._connection._session.close()
    client._hsclient.session.close()
