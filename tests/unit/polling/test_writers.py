"""Whose writes are those of the official batch writer, which tries a refused one again for hours."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from fakejobs import FakeJobs, UsageError
from fakejobs.errors import Ended
from fakejobs.polling.writers import is_batch_write

AGENT = "python-scrapinghub/2.9.0"

REQUESTS: dict[str, tuple[tuple[Any, ...], bool]] = {
    "the writer": (("POST", "start=0", "identity", AGENT), True),
    "packed": (("POST", "start=20", "gzip", AGENT), True),
    "no start": (("POST", "", "gzip", AGENT), False),
    "another official write": (("POST", "start=0", None, AGENT), False),
    "a reading": (("GET", "start=0", "identity", AGENT), False),
    "somebody else": (("POST", "start=0", "gzip", "curl/8.0"), False),
    "nobody": (("POST", "start=0", "gzip", None), False),
}


@pytest.mark.parametrize(("request_", "is_one"), REQUESTS.values(), ids=REQUESTS)
def test_who_is_a_batch_writer(request_: tuple[Any, ...], is_one: bool) -> None:
    assert is_batch_write(*request_) is is_one


def test_a_writer_of_another_name_is_known_by_its_thread() -> None:
    names: dict[str, Any] = {"is_batch_write": is_batch_write}
    exec(
        compile("def _tryupload():\n    return is_batch_write('POST', 'start=0', 'gzip', 'mine/1')\n", "/x/batchuploader.py", "exec"), names
    )
    assert names["_tryupload"]() is True


def test_the_first_refusal_ends_the_test_and_says_what_was_refused() -> None:
    fake = FakeJobs()
    headers = {"Authorization": "Basic azo=", "Content-Encoding": "identity", "User-Agent": AGENT}
    client = Client(fake.app)
    assert client.post("/items/1/1/1?start=0", data=b'{"a": 1}\n', headers=headers).status_code == 200
    told = (
        r"batch writer was refused: POST /items/1/1/1 -> 400 Bad Request: (?s:.*)some 30 hours.*\n"
        r"  mend what the refusal names; or, .*\n    fakejobs.fail\('items/write', status=403\)"
    )
    with pytest.raises(Ended, match=told):
        client.post("/items/1/1/1?start=1", data=b"no json\n", headers=headers)
    with pytest.raises(UsageError, match="batch writer was refused"):
        fake.close()


def test_others_just_get_their_refusal() -> None:
    fake = FakeJobs()
    headers = {"Authorization": "Basic azo=", "Content-Encoding": "identity"}
    assert Client(fake.app).post("/items/1/1/1?start=0", data=b"no json\n", headers=headers).status_code == 400
    fake.close()
