"""Mistakes that would keep a test waiting for minutes or hours, as test files: what is written, and what it must be told.

`tests/plugin/test_ending.py` provokes each one; `python -m tests.bench mistakes` measures how long each takes to be told.
"""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import NamedTuple

HEAD = '''
import asyncio, concurrent.futures, contextlib, queue, subprocess, sys, threading, time, unittest
import pytest, requests
from scrapinghub import HubstorageClient, ScrapinghubClient

CLIENT = ScrapinghubClient("key-of-the-real-service")  # built before any fixture

LOOP = """
import sys, urllib.request
for _ in range(10_000):
    urllib.request.urlopen(sys.argv[1])
"""


def schedule():
    return ScrapinghubClient().get_project(123).jobs.run("books")


def ask(fake, url=None):
    try:
        return requests.get(url or fake.api_url + "jobs/list.json?project=123", auth=("k", ""))
    except requests.ConnectionError:  # the fake is gone
        return None


def ask_on_and_on(fake, pause=None):
    url = fake.api_url + "jobs/list.json?project=123"
    while ask(fake, url) is not None:
        if pause:
            time.sleep(pause)


'''

VAIN = "100 requests in a row showed 123/1/1 (books, pending), and nothing happened"


class Mistake(NamedTuple):
    """A mistake.

    body: the test, after HEAD; the line at which it must be ended bears `# THE LINE`. says: what the failure's text begins with.
    """

    body: str
    says: str

    @property
    def source(self) -> str:
        """The whole test file."""
        return HEAD + dedent(self.body).strip("\n") + "\n"


PATIENCE = {
    "the official client": """
        def test_it(fakejobs):
            job = schedule()
            while job.metadata.get("state") != "finished":  # THE LINE
                pass
    """,
    "who never looks at the status": """
        def test_it(fakejobs):
            schedule()
            ask_on_and_on(fakejobs)  # THE LINE
    """,
    "who catches every Exception": """
        def test_it(fakejobs):
            schedule()
            while True:
                try:
                    ask(fakejobs)  # THE LINE
                except Exception:
                    pass
    """,
    "a bare except, for a while": """
        def test_it(fakejobs):
            schedule()
            for _ in range(150):
                try:
                    ask(fakejobs)
                except:
                    pass
    """,
    "a thread that is joined": """
        def test_it(fakejobs):
            schedule()
            thread = threading.Thread(target=ask_on_and_on, args=(fakejobs,), daemon=True)
            thread.start(), thread.join()  # THE LINE
    """,
    "a pool of threads": """
        def test_it(fakejobs):
            schedule()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                pool.submit(ask_for_a_while, fakejobs).result()

        def ask_for_a_while(fake):
            for _ in range(150):
                ask(fake)
    """,
    "a queue that is joined": """
        def test_it(fakejobs):
            schedule()
            tasks = queue.Queue()
            tasks.put(1)
            threading.Thread(target=ask_on_and_on, args=(fakejobs,), daemon=True).start()
            tasks.join()  # THE LINE
    """,
    "an event": """
        def test_it(fakejobs):
            schedule()
            threading.Thread(target=ask_on_and_on, args=(fakejobs,), daemon=True).start()
            threading.Event().wait()  # THE LINE
    """,
    "a child process": """
        def test_it(fakejobs):
            schedule()
            url = f"{fakejobs.api_url}jobs/list.json?project=123&apikey=k"
            subprocess.run([sys.executable, "-c", LOOP, url])  # THE LINE
    """,
    "a task": """
        def test_it(fakejobs):
            schedule()
            async def main():
                while True:
                    await asyncio.to_thread(ask, fakejobs)
            asyncio.run(main())
    """,
    "a task that nobody awaits": """
        def test_it(fakejobs):
            schedule()
            async def poll():
                ask_on_and_on(fakejobs)
            async def main():
                task = asyncio.create_task(poll())
                await asyncio.Event().wait()
            asyncio.run(main())
    """,
    "a fixture": """
        @pytest.fixture
        def job(fakejobs):
            schedule()
            ask_on_and_on(fakejobs)  # THE LINE

        def test_it(job):
            pass
    """,
    "a clean-up": """
        @pytest.fixture
        def job(fakejobs):
            yield schedule()
            ask_on_and_on(fakejobs)  # THE LINE

        def test_it(job):
            pass
    """,
    "a fake for a module": """
        @pytest.fixture(scope="module")
        def fake(make_fakejobs):
            with make_fakejobs(environ=True) as fake:
                yield fake

        def test_it(fake):
            schedule()
            ask_on_and_on(fake)  # THE LINE
    """,
    "unittest": """
        @pytest.mark.usefixtures("fakejobs")
        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def take(self, fakejobs):
                self.fake = fakejobs

            def test_it(self):
                schedule()
                ask_on_and_on(self.fake)  # THE LINE
    """,
    "the poll clock, without pace": """
        @pytest.mark.fakejobs(clock="poll")
        def test_it(fakejobs):
            schedule()
            ask_on_and_on(fakejobs)  # THE LINE
    """,
}
if sys.version_info >= (3, 11):
    PATIENCE["a group of tasks"] = """
        def test_it(fakejobs):
            schedule()
            async def poll():
                ask_on_and_on(fakejobs)
            async def main():
                async with asyncio.TaskGroup() as group:
                    group.create_task(poll())
                    group.create_task(asyncio.sleep(3600))
            asyncio.run(main())
    """

GUARDED = "your code called app.zyte.com: its client was built before the fixture, or has a fixed host"
REALLY = "the code under test sleeps for real: "

OTHERS = {
    "a client built at import": Mistake(
        """
        def test_it(fakejobs):
            CLIENT.get_project(123).jobs.run("books")  # THE LINE
        """,
        GUARDED,
    ),
    "a client built at import that reads": Mistake(
        """
        def test_it(fakejobs):
            for item in CLIENT.get_job("123/1/1").items.iter():  # THE LINE
                pass
        """,
        "your code called storage.scrapinghub.com: its client was built before the fixture, or has a fixed host",
    ),
    "a fixed host, whatever is caught": Mistake(
        """
        def test_it(fakejobs):
            while True:
                try:
                    requests.get("https://app.zyte.com/api/jobs/list.json")  # THE LINE
                except Exception:
                    pass
        """,
        GUARDED,
    ),
    "a fixed host in a thread": Mistake(
        """
        def test_it(fakejobs):
            thread = threading.Thread(target=requests.get, args=("https://app.zyte.com/",))
            thread.start(), threading.Event().wait()  # THE LINE
        """,
        GUARDED,
    ),
    "a fixed host in a task that nobody awaits": Mistake(
        """
        def test_it(fakejobs):
            async def call():
                requests.get("https://app.zyte.com/")
            async def main():
                task = asyncio.create_task(call())
                await asyncio.Event().wait()
            asyncio.run(main())
        """,
        GUARDED,
    ),
    "a fixed host in forked processes": Mistake(
        """
        import multiprocessing

        def call(number):
            requests.get("https://app.zyte.com/")

        def test_it(fakejobs):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                pool.map(call, [1, 2])  # THE LINE
        """,
        GUARDED,
    ),
    "a list of finished jobs, asked for again and again": Mistake(
        """
        def test_it(fakejobs):
            schedule()
            while not ScrapinghubClient().get_project(123).jobs.count(state="finished"):  # THE LINE
                pass
        """,
        VAIN,
    ),
    "real sleeps, nothing said": Mistake(
        """
        def test_it(fakejobs):
            schedule()
            ask_on_and_on(fakejobs, 10)  # THE LINE
        """,
        REALLY,
    ),
    "real sleeps of a second": Mistake(
        """
        def test_it(fakejobs):
            fakejobs.pace(pending=5, running=60)
            schedule()
            ask_on_and_on(fakejobs, 1)  # THE LINE
        """,
        REALLY,
    ),
    "real sleeps in a task": Mistake(
        """
        def test_it(fakejobs):
            fakejobs.pace(pending=5, running=60)
            schedule()
            async def poll():
                while True:
                    ask(fakejobs)
                    await asyncio.sleep(10)
            async def main():
                task = asyncio.create_task(poll())
                await asyncio.Event().wait()
            asyncio.run(main())
        """,
        REALLY,
    ),
    "real sleeps in a thread, with the sleep clock": Mistake(
        """
        @pytest.mark.fakejobs(clock="sleep")
        def test_it(fakejobs):
            fakejobs.pace(pending=5, running=60)
            schedule()
            thread = threading.Thread(target=ask_on_and_on, args=(fakejobs, 10), daemon=True)
            thread.start(), thread.join()  # THE LINE
        """,
        REALLY,
    ),
    "waits for an event": Mistake(
        """
        def test_it(fakejobs):
            fakejobs.pace(pending=5, running=60)
            schedule()
            while ask(fakejobs):
                threading.Event().wait(0.5)  # THE LINE
        """,
        "the code under test waits for real: 0.5 s",
    ),
    "the sleep clock, without pace": Mistake(
        """
        @pytest.mark.fakejobs(clock="sleep")
        def test_it(fakejobs):
            schedule()
            ask_on_and_on(fakejobs, 10)  # THE LINE
        """,
        "the code under test has slept 1,000 times",
    ),
    "a refused batch write": Mistake(
        """
        def test_it(fakejobs):
            fakejobs.add_job("books", project=123, state="running")
            fakejobs.add_key("key-of-another", projects=[999])
            writer = HubstorageClient(auth="key-of-another", endpoint=fakejobs.url).get_job("123/1/1").items
            writer.write({"title": "A"})
            writer.flush()  # THE LINE
        """,
        "the official client's batch writer was refused: POST /items/123/1/1 -> 403 Forbidden: ",
    ),
}

MISTAKES = {**{name: Mistake(body, VAIN) for name, body in PATIENCE.items()}, **OTHERS}
