"""Items over the wire: 50,000 read as JSON lines and as MessagePack beside json.dumps, a batch written beside json.loads, and memory.

One connection, no meta and, as the official client asks, with `_key`. The batch of 1,000 comes as the client sends it, plain and
gzipped; what it is held against is json.loads of each of its lines.
"""

from __future__ import annotations

import gc
import gzip
import json
import tracemalloc
from collections import deque
from collections.abc import Iterator
from itertools import count

from fakejobs import FakeJobs, serve
from fakejobs.cloud.rows import encode_items
from fakejobs.fake import behind
from tests.bench.row import Row, milliseconds
from tests.bench.schedule import address_of
from tests.bench.timing import fastest, without_gc
from tests.bench.traffic import BASIC, RECEIVE_BYTES, Client, call, get_environ, get_request

SIZE = 50_000
BATCH = 1_000
ROUNDS = 7
MILLION = 1_000_000
ITEM_BYTES = 200
JOB = "1/1/1"
PATH = f"/items/{JOB}"
ITEMS = [{"id": number, "name": f"item {number}", "price": number / 100, "tags": ["a", "b"]} for number in range(SIZE)]

_writes = count(2)


def rows() -> Iterator[Row]:
    """Measure the reading and writing of items."""
    with serve() as fake:
        key = fake.add_job("books", project=1, state="running").key
        for start in range(0, SIZE, BATCH):
            behind(fake).cloud.records.append(key, "items", encode_items(ITEMS[start : start + BATCH]))
        with Client(address_of(fake)) as client:
            yield from _reading(client)
            yield from _writing(client)
        yield Row("50,000 items, most that is held while they stream", _kibibytes_held(fake), 1_024, "KiB", "tracemalloc, peak")
    yield _memory()


def _reading(client: Client) -> Iterator[Row]:
    asked = {
        "JSON lines": (PATH, 1.5),
        "JSON lines with _key": (f"{PATH}?meta=_key", 1.5),
        "MessagePack": (f"{PATH}?format=msgpack", 1),
        "MessagePack with _key": (f"{PATH}?format=msgpack&meta=_key", 1),
        "JSON array": (f"{PATH}?format=json", None),
        "JSON lines, filtered": (f"{PATH}?filter=%5B%22id%22,%22%3E%22,%5B0%5D%5D", None),
    }
    requests = {name: get_request(path) for name, (path, _) in asked.items()}
    candidates = {name: lambda request=request: deque(client.stream(request), maxlen=0) for name, request in requests.items()}
    taken = fastest({"dumps": lambda: deque(map(json.dumps, ITEMS), maxlen=0), **candidates}, rounds=ROUNDS)
    for name, (_, limit) in asked.items():
        note = f"{milliseconds(taken[name])}; {milliseconds(taken['dumps'])}"
        yield Row(f"50,000 items as {name} : json.dumps of each", taken[name] / taken["dumps"], limit, note=note)


def _writing(client: Client) -> Iterator[Row]:
    lines = [json.dumps(item) for item in ITEMS[:BATCH]]
    plain = "".join(f"{line}\n" for line in lines).encode()
    bodies = {"identity": plain, "gzip": gzip.compress(plain)}

    def write(encoding: str) -> None:
        client.socket.sendall(_post(encoding, bodies[encoding]))
        answer = client.socket.recv(RECEIVE_BYTES)
        assert b" 200 " in answer[:13], answer

    candidates = {encoding: lambda encoding=encoding: write(encoding) for encoding in bodies}
    taken = fastest({"loads": lambda: deque(map(json.loads, lines), maxlen=0), **candidates}, rounds=10 * ROUNDS)
    for encoding in bodies:
        note = f"{milliseconds(taken[encoding])}; {milliseconds(taken['loads'])}"
        yield Row(f"a batch of 1,000 written, {encoding} : json.loads of each line", taken[encoding] / taken["loads"], 2, note=note)


def _post(encoding: str, body: bytes) -> bytes:
    head = (
        f"POST /items/1/1/{next(_writes)}?start=0 HTTP/1.1\r\n"
        "Host: 127.0.0.1:40123\r\n"
        f"Content-Encoding: {encoding}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Authorization: {BASIC}\r\n\r\n"
    )
    return head.encode() + body


def _kibibytes_held(fake: FakeJobs) -> float:
    """Return what a streamed answer holds at its peak."""
    environ = get_environ(PATH, "meta=_key")
    with without_gc():
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        deque(fake.app(environ, lambda *_: None), maxlen=0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return (peak - before) / 1024


def _memory() -> Row:
    fake = FakeJobs()
    key = fake.add_job("books", project=1, state="running").key
    filler = "x" * (ITEM_BYTES - len('{"id":1000000,"text":""}'))
    batches = (range(MILLION + start, MILLION + start + BATCH) for start in range(0, MILLION, BATCH))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    size = 0
    for batch in batches:
        rows = encode_items([{"id": number, "text": filler} for number in batch])
        size += len(rows.data) - len(rows)
        behind(fake).cloud.records.append(key, "items", rows)
    del rows
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert call(fake.app, get_environ(f"{PATH}/stats")).endswith(b'"input_values":1000000}}')
    return Row("memory of 1,000,000 items of 200 bytes : their JSON", taken / size, 1.5, note=f"{taken / 1e6:.0f} MB; {size / 1e6:.0f} MB")
