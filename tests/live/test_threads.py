"""Many clients at once over real sockets: one duplicate is scheduled once, and mixed work leaves a sound store."""

from __future__ import annotations

import http.client
import json
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fakejobs import FakeJobs, serve
from fakejobs.fake import behind

HEADERS = {"Authorization": "Basic " + b64encode(b"k:").decode(), "Content-Type": "application/x-www-form-urlencoded"}


def together(count: int, work: Callable[[int], None]) -> None:
    """Do some work in so many threads, all let go at one moment; raise what the first of them raised."""
    start = threading.Barrier(count)
    failures: list[BaseException] = []

    def one(number: int) -> None:
        try:
            start.wait(30)
            work(number)
        except BaseException as error:  # noqa: BLE001  # raised below
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


class Connection:
    """One kept-alive connection to a fake."""

    def __init__(self, fake: FakeJobs) -> None:
        self._http = http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=30)

    def post(self, path: str, pairs: Any) -> tuple[int, Any]:
        """Send a form and return status and JSON."""
        self._http.request("POST", f"/api/{path}", urlencode(pairs), HEADERS)
        return self._answer()

    def get(self, path: str, pairs: Any) -> tuple[int, Any]:
        """Send a query and return status and JSON."""
        self._http.request("GET", f"/api/{path}?{urlencode(pairs)}", headers=HEADERS)
        return self._answer()

    def _answer(self) -> tuple[int, Any]:
        response = self._http.getresponse()
        return response.status, json.loads(response.read())

    def close(self) -> None:
        """End the connection."""
        self._http.close()


def test_64_threads_schedule_one_job() -> None:
    """1 job, 63 refusals, and each refusal has burnt a number."""
    answers: list[tuple[int, Any]] = []
    with serve() as fake:

        def schedule(number: int) -> None:
            connection = Connection(fake)
            name = "run.json" if number % 2 else "schedule.json"
            answers.append(connection.post(name, {"project": 1, "spider": "books", "page": 1, "priority": number % 5}))
            connection.close()

        together(64, schedule)
        behind(fake).cloud.world.store.check()
        assert Counter(status for status, _ in answers) == {200: 1, 400: 63}
        [granted] = [answer for status, answer in answers if status == 200]
        refused = [answer for status, answer in answers if status == 400]
        assert refused == [{"status": "error", "message": "books already scheduled"}] * 63
        job = fake.assert_scheduled(spider="books", spider_args={"page": 1})
        assert granted == {"status": "ok", "jobid": job.key}
        assert fake.list_jobs() == [job]
        assert len(fake.calls) == 64
        assert sorted(call.number for call in fake.calls) == list(range(1, 65))
        assert fake.add_job("books", project=1).key == "1/1/65"


def test_mixed_work_of_many_clients() -> None:
    with serve() as fake:

        def work(number: int) -> None:
            connection = Connection(fake)
            project = 1 + number % 2
            for turn in range(12):
                status, answer = connection.post(
                    "run.json", [("project", project), ("spider", f"s{number % 3}"), ("n", f"{number}-{turn}"), ("add_tag", "x")]
                )
                assert status == 200
                key = answer["jobid"]
                assert connection.post("jobs/update.json", {"project": project, "job": key, "add_tag": f"t{turn % 3}"}) == (
                    200,
                    {"status": "ok", "count": 1},
                )
                fake.start_job(key)
                _, listed = connection.get("jobs/list.json", {"project": project, "job": key})
                assert [row["state"] for row in listed["jobs"]] == ["running"]
                assert connection.post("jobs/stop.json", {"project": project, "job": key}) == (200, {"status": "ok"})
                connection.post(
                    "jobs/update.json", {"project": project, "has_tag": "x", "lacks_tag": f"u{number}", "add_tag": f"u{number}"}
                )
                fake.finish_job(key)
                if turn % 2:
                    assert connection.post("jobs/delete.json", {"project": project, "job": key}) == (200, {"status": "ok", "count": 1})
                assert connection.get("jobs/count.json", [("project", project), ("has_tag", "t1"), ("has_tag", "t2")])[0] == 200
            connection.close()

        together(12, work)
        behind(fake).cloud.world.store.check()
        assert behind(fake).unseen.defects == []
        assert fake.count_jobs(state="finished") == fake.count_jobs(state="deleted") == 72
        assert fake.count_jobs(state=["pending", "running"]) == 0
        assert len(fake.scheduled()) == 144
        assert len({job.key for job in fake.scheduled()}) == 144
        assert {job.close_reason for job in fake.list_jobs()} == {"cancelled"}
