"""Which variable and file points which client at a fake; the redirect of this process, and its end."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from fakejobs.domain.clock import SystemClock
from fakejobs.environ import Redirect, ShubConfig, sweep_leftovers, variables, written
from fakejobs.errors import Ended, UsageError
from fakejobs.guard.hosts import REAL_HOSTS

URL = "http://127.0.0.1:40123"
KEY = "0123456789abcdef0123456789abcdef"
NAMES = (
    *("SHUB_APIURL", "SHUB_STORAGE", "SHUB_JOBQ", "SCRAPY_CLOUD_ENDPOINT", "SCRAPY_CLOUD_STORAGE_ENDPOINT"),
    *("SH_APIKEY", "SHUB_APIKEY", "SHUB_GLOBAL_CONFIG", "NO_PROXY", "no_proxy"),
)


Point = Callable[..., Redirect]


@pytest.fixture
def point() -> Iterator[Point]:
    """Redirect the environment: `point(url, guard=True)`; every redirect ends with its test, and a guard raises Ended."""
    made: list[Redirect] = []

    def redirect(url: str = URL, *, guard: bool = True) -> Redirect:
        made.append(Redirect(url, KEY, end=Ended if guard else None))
        return made[-1]

    yield redirect
    for redirected in made:
        redirected.release()


@pytest.fixture
def redirect(monkeypatch: pytest.MonkeyPatch, point: Point) -> Redirect:
    """A redirect to URL; the variables are unset before it."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return point()


@pytest.fixture
def shub() -> SimpleNamespace:
    """The modules of shub that read its file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import of pip makes setuptools speak up
        return SimpleNamespace(config=import_module("shub.config"), login=import_module("shub.login"))


# ------------------------------------------------------------ variables


def test_every_client_has_its_variable() -> None:
    found = variables(URL, KEY, Path("/tmp/shub.yml"), {})
    assert found == {
        "SHUB_APIURL": f"{URL}/api/",
        "SHUB_STORAGE": f"{URL}/",
        "SHUB_JOBQ": f"{URL}/",
        "SCRAPY_CLOUD_ENDPOINT": f"{URL}/api/",
        "SCRAPY_CLOUD_STORAGE_ENDPOINT": f"{URL}/",
        "SH_APIKEY": KEY,
        "SHUB_APIKEY": KEY,
        "SHUB_GLOBAL_CONFIG": str(Path("/tmp/shub.yml")),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param({}, ["127.0.0.1", "localhost"], id="none"),
        pytest.param({"NO_PROXY": "corp.example, .local"}, ["corp.example", ".local", "127.0.0.1", "localhost"], id="upper case"),
        pytest.param({"no_proxy": "corp.example"}, ["corp.example", "127.0.0.1", "localhost"], id="lower case"),
        pytest.param({"NO_PROXY": "a,b", "no_proxy": "b,c"}, ["a", "b", "c", "127.0.0.1", "localhost"], id="both"),
        pytest.param({"no_proxy": "localhost,127.0.0.1"}, ["localhost", "127.0.0.1"], id="there already"),
        pytest.param({"NO_PROXY": "*"}, ["*"], id="no proxy at all"),
    ],
)
def test_proxy_exceptions_are_appended_to(present: dict[str, str], expected: list[str]) -> None:
    found = variables(URL, KEY, Path("x"), present)
    assert found["NO_PROXY"].split(",") == expected
    assert found["no_proxy"] == found["NO_PROXY"]


def test_proxy_exceptions_hold_another_host_and_under_a_guard_the_real_ones() -> None:
    found = variables("http://[::1]:1", KEY, Path("x"), {}, guarded=True)
    assert found["NO_PROXY"].split(",") == ["::1", "127.0.0.1", "localhost", *REAL_HOSTS]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param("sh", "export A='x y'\nexport B=z\n", id="sh"),
        pytest.param("dotenv", "A='x y'\nB=z\n", id="dotenv"),
        pytest.param("json", {"A": "x y", "B": "z"}, id="json"),
    ],
)
def test_variables_can_be_written_for_other_programs(form: str, expected: object) -> None:
    assert written({"A": "x y", "B": "z"}, form) == expected


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("http://127.0.0.1:6805/api/", "http://127.0.0.1:6805/api/"),
        ("127.0.0.1,localhost,[::1],*.example", "127.0.0.1,localhost,[::1],*.example"),
        ("", ""),
        ("/tmp/a b/c.yml", "'/tmp/a b/c.yml'"),
        ("a#b", "'a#b'"),
        ('a"$b\\', "'a\"$b\\'"),
        ("it's $x", '"it\'s \\$x"'),
        ("a\n'b\"\\", '"a\\n\'b\\"\\\\"'),
    ],
)
def test_a_value_that_needs_quotes_has_them_in_a_dotenv_file(value: str, quoted: str) -> None:
    assert written({"A": value}, "dotenv") == f"A={quoted}\n"


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UsageError, match="format='xml' is not one of sh, json, dotenv"):
        written({}, "xml")


# ------------------------------------------------------------ shub's file


@pytest.mark.parametrize("key", [KEY, "12345", "yes", 'a"b: #c'], ids=["usual", "number", "boolean", "odd"])
def test_the_file_is_what_shub_reads(tmp_path: Path, key: str) -> None:
    config = ShubConfig(URL, key, tmp_path / "shub.yml")
    assert yaml.safe_load(config.path.read_text()) == {"apikeys": {"default": key}, "endpoints": {"default": f"{URL}/api/"}}
    assert config.path.stat().st_mode & 0o077 == 0
    config.remove()
    assert not config.path.exists()
    config.remove()


def test_the_file_goes_with_its_owner() -> None:
    config = ShubConfig(URL, KEY)
    path = config.path
    del config
    gc.collect()
    assert not path.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_does_not_remove_its_parents_file() -> None:
    config = ShubConfig(URL, KEY)
    child = os.fork()
    if not child:
        config.remove()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert config.path.exists()
    config.remove()


# ------------------------------------------------------------ the redirect


def test_the_environment_is_redirected_for_this_process_and_its_children(redirect: Redirect) -> None:
    wanted = {"SHUB_APIURL": f"{URL}/api/", "SHUB_STORAGE": f"{URL}/", "SHUB_JOBQ": f"{URL}/", "SH_APIKEY": KEY, "SHUB_APIKEY": KEY}
    assert {name: os.environ[name] for name in wanted} == wanted
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    child = json.loads(subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout)
    assert {name: child[name] for name in NAMES} == {name: os.environ[name] for name in NAMES}
    for name in ("NO_PROXY", "no_proxy"):
        assert set(os.environ[name].split(",")) >= {"127.0.0.1", *REAL_HOSTS}
    assert yaml.safe_load(Path(os.environ["SHUB_GLOBAL_CONFIG"]).read_text())["endpoints"] == {"default": f"{URL}/api/"}


@pytest.mark.parametrize("before", [None, "", "something"], ids=["unset", "empty", "set"])
def test_everything_is_put_back_as_it_was(point: Point, monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    for name in NAMES:
        if before is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, before)
    environment, lookups = dict(os.environ), (socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex)
    low_lookup = import_module("_socket").getaddrinfo
    redirect = point()
    file = redirect.config.path
    assert dict(os.environ) != environment
    assert file.exists()
    redirect.release()
    redirect.release()
    assert dict(os.environ) == environment
    assert (socket.getaddrinfo, socket.gethostbyname, socket.gethostbyname_ex) == lookups
    assert import_module("_socket").getaddrinfo is low_lookup
    assert not file.exists()


def test_what_the_code_under_test_did_to_the_variables_is_undone_too(point: Point, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SH_APIKEY", "mine")
    redirect = point()
    del os.environ["SH_APIKEY"]
    os.environ["SHUB_APIURL"] = "elsewhere"
    redirect.release()
    assert os.environ["SH_APIKEY"] == "mine"
    assert "SHUB_APIURL" not in os.environ


def test_a_clean_up_that_comes_later_is_swept_up(point: Point) -> None:
    """A monkeypatch made before the redirect and used under it remembers our values."""
    assert "SH_APIKEY" not in os.environ
    lookup = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        redirect = point()
        patch.setenv("SH_APIKEY", "mine")
        patch.setattr(socket, "getaddrinfo", None)
        redirect.release()
    assert os.environ["SH_APIKEY"] == KEY
    redirect.sweep()
    assert "SH_APIKEY" not in os.environ
    assert socket.getaddrinfo is lookup


def test_sweeping_leaves_alone_what_is_not_ours(point: Point, redirect: Redirect, monkeypatch: pytest.MonkeyPatch) -> None:
    redirect.release()
    monkeypatch.setenv("SH_APIKEY", "mine")
    redirect.sweep()
    assert os.environ["SH_APIKEY"] == "mine"
    monkeypatch.setenv("SH_APIKEY", KEY)
    other = point()
    redirect.sweep()
    assert os.environ["SH_APIKEY"] == KEY
    other.release()


def test_only_one_fake_at_a_time_can_have_the_environment(point: Point, redirect: Redirect) -> None:
    with pytest.raises(UsageError, match=rf"points at the fake at {URL}, which is not closed, and only one at a time") as caught:
        point("http://127.0.0.1:2")
    assert "environ=False" in str(caught.value)
    assert os.environ["SHUB_STORAGE"] == f"{URL}/"
    redirect.release()
    other = point("http://127.0.0.1:2")
    assert os.environ["SHUB_STORAGE"] == "http://127.0.0.1:2/"
    other.release()


def test_a_redirect_that_fails_changes_nothing(point: Point, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(os.environ)

    def fail(*arguments: object, **options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("fakejobs.environ.ShubConfig", fail)
    with pytest.raises(OSError, match="disk full"):
        point()
    monkeypatch.undo()
    assert dict(os.environ) == before
    point().release()


@pytest.mark.filterwarnings("ignore:Endpoint .default. is still using HTTP")
def test_shub_finds_the_file_although_it_was_imported_before(
    point: Point, shub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (shub.config.GLOBAL_SCRAPINGHUB_YML_PATH, shub.login.GLOBAL_SCRAPINGHUB_YML_PATH)
    for number in (1, 2):
        redirect = point(f"http://127.0.0.1:{number}")
        conf = shub.config.load_shub_config()
        assert (conf.endpoints["default"], conf.apikeys["default"]) == (f"http://127.0.0.1:{number}/api/", KEY)
        assert str(redirect.config.path) == shub.login.GLOBAL_SCRAPINGHUB_YML_PATH
        redirect.release()
        assert before == (shub.config.GLOBAL_SCRAPINGHUB_YML_PATH, shub.login.GLOBAL_SCRAPINGHUB_YML_PATH)


def test_shub_imported_meanwhile_is_put_back_to_its_own_file(point: Point, shub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHUB_GLOBAL_CONFIG", raising=False)
    redirect = point()
    monkeypatch.setattr(shub.config, "GLOBAL_SCRAPINGHUB_YML_PATH", str(redirect.config.path))  # as an import now would set it
    redirect._changes = [change for change in redirect._changes if change.name != "GLOBAL_SCRAPINGHUB_YML_PATH"]
    redirect.release()
    assert str(Path("~/.scrapinghub.yml").expanduser()) == shub.config.GLOBAL_SCRAPINGHUB_YML_PATH


def test_the_path_of_the_file_is_one_a_process(point: Point) -> None:
    paths = set()
    for _ in range(3):
        redirect = point()
        paths.add(redirect.config.path)
        redirect.release()
    assert len(paths) == 1


def test_without_a_guard_lookups_and_proxies_are_left_alone(point: Point, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    lookup = socket.getaddrinfo
    redirect = point(guard=False)
    assert socket.getaddrinfo is lookup
    assert os.environ["NO_PROXY"] == "127.0.0.1,localhost"
    redirect.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_can_release_without_touching_its_parent(redirect: Redirect) -> None:
    child = os.fork()
    if not child:
        redirect.release()
        os._exit(0 if "SHUB_APIURL" not in os.environ else signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert redirect.config.path.exists()
    assert os.environ["SHUB_APIURL"] == f"{URL}/api/"


# ------------------------------------------------------------ what dead processes left

DAY_S = 24 * 60 * 60


def a_dead_process() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    return process.pid


def left(folder: Path, process: int | str, age_s: float, ending: str = f"{'0a' * 8}.yml") -> Path:
    """Make the file of a process, written so long ago."""
    file = folder / f"fakejobs-{process}-{ending}"
    file.write_text("apikeys: {}")
    written_ns = SystemClock().now_ms() * 1_000_000 - int(age_s * 1e9)
    os.utime(file, ns=(written_ns, written_ns))
    return file


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be asked for")
def test_the_files_of_dead_processes_are_swept_once_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sweep_leftovers.cache_clear()
    dead = a_dead_process()
    old = left(tmp_path, dead, DAY_S + 60)
    kept = [
        left(tmp_path, dead, DAY_S - 60, f"{'1' * 16}.yml"),
        left(tmp_path, os.getpid(), 9 * DAY_S),
        left(tmp_path, os.getppid(), 9 * DAY_S),
        left(tmp_path, 9_999_999_999, 9 * DAY_S),
        left(tmp_path, f"0{dead}", 9 * DAY_S),
        left(tmp_path, dead, 9 * DAY_S, "0a0a.yml"),
        left(tmp_path, dead, 9 * DAY_S, f"{'0a' * 8}.yml.bak"),
    ]
    folder = tmp_path / f"fakejobs-{dead}-{'2' * 16}.yml"
    folder.mkdir()
    os.utime(folder, (1e9, 1e9))
    link = tmp_path / f"fakejobs-{dead}-{'3' * 16}.yml"
    link.symlink_to(kept[-1])
    os.utime(link, (1e9, 1e9), follow_symlinks=False)
    config = ShubConfig(URL, KEY)
    assert not old.exists()
    assert set(tmp_path.iterdir()) == {*kept, folder, link, config.path}
    again = left(tmp_path, dead, 9 * DAY_S)
    other = ShubConfig(URL, KEY)
    assert again.exists()
    other.remove()
    config.remove()


@pytest.mark.skipif(os.name != "posix", reason="processes cannot be asked for")
def test_the_files_of_other_users_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sweep_leftovers.cache_clear()
    theirs = left(tmp_path, a_dead_process(), 9 * DAY_S)
    monkeypatch.setattr(os, "getuid", lambda: theirs.stat().st_uid + 1)
    sweep_leftovers()
    assert theirs.exists()


def test_a_temporary_folder_that_cannot_be_read_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    sweep_leftovers.cache_clear()
    sweep_leftovers()
