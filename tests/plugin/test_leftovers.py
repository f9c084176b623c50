"""Each test is alone: nothing of a fake is left after it, and nothing reaches the next one."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests.plugin.conftest import Run

LOOK = """
        import gc, os, socket, sys, tempfile, threading
        from pathlib import Path
        import pytest
        import requests

        def descriptors():
            folder = Path("/proc/self/fd")
            names = os.listdir(folder) if folder.exists() else []
            return {(name, os.readlink(folder / name)) for name in names if os.path.lexists(folder / name)}

        def look():
            gc.collect()
            return {
                "threads": {thread.name for thread in threading.enumerate()},
                "descriptors": descriptors(),
                "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
                "files": {name for name in os.listdir(tempfile.gettempdir()) if name.startswith(f"fakejobs-{os.getpid()}-")},
                "lookups": (socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex),
                "hooks": (threading.excepthook, sys.excepthook),
            }
"""


def test_nothing_is_left_after_a_test(run_apart: Run) -> None:
    """Although its clients stay connected, its stubs are pending and its environment is patched."""
    result = run_apart(f"""{LOOK}
        sessions = []

        def test_warm_up(fakejobs): fakejobs.httpserver

        def test_before(): sessions.append(look())

        @pytest.mark.parametrize("number", range(3))
        def test(monkeypatch, fakejobs, number):
            ours = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
            assert ours
            assert all(name.startswith("fakejobs-") for name in ours)
            monkeypatch.setenv("SH_APIKEY", "mine")
            monkeypatch.delenv("SHUB_APIURL")
            monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)
            fakejobs.httpserver.expect_request("/never").respond_with_data("")
            assert Path(fakejobs.env["SHUB_GLOBAL_CONFIG"]).exists()
            with requests.Session() as session:
                session.post(fakejobs.api_url + "run.json", data={{"project": 1, "spider": "a", "apikey": "k"}})
                answer = session.get(fakejobs.api_url + "jobs/list.jl", params={{"project": 1, "apikey": "k"}}, stream=True)
                assert any(thread.name.startswith("fakejobs-connection") for thread in threading.enumerate())
                answer.close()

        def test_failing(fakejobs, monkeypatch): test(monkeypatch, fakejobs, 1); assert 0

        def test_after():
            assert look() == sessions.pop()
    """)
    result.assert_outcomes(passed=6, failed=1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_nothing_is_left_after_a_fork_in_a_test(run_apart: Run) -> None:
    """Neither in the parent, whose fake goes on serving, nor because of a child that is still there."""
    result = run_apart(f"""{LOOK}
        import contextlib, signal, warnings
        children, seen = [], []

        def test_warm_up(fakejobs): fakejobs.httpserver

        def test_before(): seen.append(look())

        @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
        def test_fork(fakejobs):
            with requests.Session() as session:
                answer = session.post(fakejobs.api_url + "run.json", data={{"project": 1, "spider": "a", "apikey": "k"}})
                assert answer.json()["jobid"] == "1/1/1"
                ready, write = os.pipe()
                child = os.fork()
                if not child:
                    fakejobs.close()
                    os.write(write, b"x")
                    signal.pause()
                    os._exit(0)
                children.append(child)
                assert os.read(ready, 1) == b"x"
                os.close(ready), os.close(write)
                assert session.get(fakejobs.api_url + "jobs/count.json", params={{"project": 1, "apikey": "k"}}).json()["total"] == 1
                assert Path(os.environ["SHUB_GLOBAL_CONFIG"]).exists()
                children.append(fakejobs.url)

        def test_after():
            child, url = children
            try:
                assert look() == seen.pop()
                with pytest.raises(requests.ConnectionError):
                    requests.get(url)
            finally:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    """)
    result.assert_outcomes(passed=4)


def test_a_forked_test_run_leaves_its_parent_alone(run_apart: Run) -> None:
    """A pool of forked workers has the environment of the test, and its end does not end the fake."""
    result = run_apart("""
        import multiprocessing, os, sys
        import pytest

        def child(queue):
            from scrapinghub import ScrapinghubClient
            with_key = ScrapinghubClient().get_project(1).jobs.run("books")
            queue.put(with_key.key)

        @pytest.mark.skipif(sys.platform == "win32", reason="forks")
        @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
        def test(fakejobs):
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            for number in (1, 2):
                worker = context.Process(target=child, args=(queue,))
                worker.start()
                worker.join()
                assert worker.exitcode == 0
                assert queue.get() == f"1/1/{number}"
                fakejobs.finish_job(f"1/1/{number}")
            queue.close()
            assert os.path.exists(os.environ["SHUB_GLOBAL_CONFIG"])
    """)
    result.assert_outcomes(passed=1)


def test_a_late_request_is_refused(run: Run) -> None:
    """From a thread of another test, and on a connection that it kept alive."""
    result = run("""
        import threading
        import pytest
        import requests

        kept = requests.Session()
        urls, outcomes, go = [], [], threading.Event()

        def late(url):
            go.wait(10)
            try:
                outcomes.append(requests.post(url, data={"project": 1, "spider": "late", "apikey": "k"}))
            except requests.ConnectionError as error:
                outcomes.append(error)

        @pytest.fixture(scope="module")
        def thread():
            made = threading.Thread(target=late, args=urls)
            yield made
            kept.close()

        def test_one(fakejobs, thread):
            urls.append(fakejobs.api_url + "run.json")
            thread._args = tuple(urls)
            thread.start()
            assert kept.get(fakejobs.api_url + "jobs/count.json", params={"project": 1, "apikey": "k"}).ok

        def test_other(fakejobs, thread):
            assert fakejobs.api_url not in urls[0]
            go.set()
            thread.join(10)
            with pytest.raises(requests.ConnectionError):
                kept.post(urls[0], data={"project": 1, "spider": "late", "apikey": "k"})
            assert isinstance(outcomes[0], requests.ConnectionError)
            assert fakejobs.calls == []
    """)
    result.assert_outcomes(passed=2)


def test_the_environment_is_the_fakes_for_the_test_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SH_APIKEY", "mine")
    monkeypatch.setenv("NO_PROXY", "corp.example")
    monkeypatch.delenv("no_proxy", raising=False)
    before = {**os.environ, "PYTEST_CURRENT_TEST": ""}
    result = run("""
        import os, subprocess, sys

        def test(fakejobs):
            assert os.environ["SH_APIKEY"] == os.environ["SHUB_APIKEY"] == fakejobs.key
            assert os.environ["SHUB_APIURL"] == fakejobs.api_url
            assert os.environ["SHUB_STORAGE"] == os.environ["SHUB_JOBQ"] == fakejobs.url + "/"
            for name in ("NO_PROXY", "no_proxy"):
                names = os.environ[name].split(",")
                assert names[:3] == ["corp.example", "127.0.0.1", "localhost"]
                assert {"app.zyte.com", "app.scrapinghub.com", "dash.scrapinghub.com", "storage.zyte.com", "storage.scrapinghub.com",
                        "jobq.zyte.com"} < set(names)
            assert fakejobs.env == {name: os.environ[name] for name in fakejobs.env}
            program = "import os; print(os.environ['SHUB_APIURL'])"
            assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == fakejobs.api_url

        def test_after():
            assert os.environ["SH_APIKEY"] == "mine"
            assert os.environ["NO_PROXY"] == "corp.example"
            assert not {"SHUB_APIURL", "SHUB_STORAGE", "SHUB_JOBQ", "SHUB_APIKEY", "SHUB_GLOBAL_CONFIG", "no_proxy"} & set(os.environ)
    """)
    result.assert_outcomes(passed=2)
    assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == before


def test_nothing_is_logged_under_the_fixture(run: Run) -> None:
    result = run("""
        import logging, urllib.request

        def test(fakejobs, caplog, capfd):
            caplog.set_level(0)
            logging.disable(logging.NOTSET)
            urllib.request.urlopen(fakejobs.api_url + "jobs/count.json?project=1&apikey=k").close()
            assert caplog.records == []
            assert capfd.readouterr() == ("", "")
    """)
    result.assert_outcomes(passed=1)


def test_no_file_is_left_by_the_tests_here() -> None:
    ours = f"fakejobs-{os.getpid()}-"
    assert [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(ours)] == []  # noqa: PTH208
