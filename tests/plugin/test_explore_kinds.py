"""Exploring tests of all kinds, beside other plugins, and what pytest itself is asked to do with them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.plugin.conftest import Run
from tests.plugin.shop import SHOP

KINDS = f"""{SHOP}
import unittest
import httpx

MARK = pytest.mark.fakejobs(explore=True)
RUNS = {{}}


def ran(name):
    RUNS[name] = RUNS.get(name, 0) + 1


async def schedule_soon(fake):
    async with httpx.AsyncClient(auth=(fake.key, "")) as client:
        for _ in range(2):
            try:
                answer = await client.post(fake.api_url + "run.json", data={{"project": 1, "spider": "books"}})
                if answer.status_code < 500:
                    return
            except httpx.HTTPError:
                pass


class TestClass:
    def setup_method(self):
        self.before = 1

    @MARK
    @pytest.mark.parametrize("number", [1, 2])
    def test(self, fakejobs, number):
        assert vars(self) == {{"before": 1}}
        self.before = 2
        ran("class")
        schedule(fakejobs)


@pytest.fixture(scope="module", params=["a", "b"])
def wide(request):
    return request.param


@MARK
def test_wide(fakejobs, wide):
    ran(wide)
    schedule(fakejobs)


class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, fakejobs):
        self.fake = fakejobs

    async def asyncSetUp(self):
        assert "left" not in vars(self)
        await schedule_soon(self.fake)

    @MARK
    async def test(self):
        self.left = True
        ran("isolated")
        await schedule_soon(self.fake)


@MARK
@pytest.mark.asyncio
async def test_asyncio(fakejobs):
    ran("asyncio")
    await schedule_soon(fakejobs)


@MARK
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyio(fakejobs, anyio_backend):
    ran("anyio")
    await schedule_soon(fakejobs)


def test_all():
    assert RUNS == {{"class": 10, "a": 5, "b": 5, "isolated": 5, "asyncio": 5, "anyio": 5}}
"""
ASYNC = ("-p", "fakejobs.pytest_plugin", "-p", "pytest_asyncio.plugin", "-p", "anyio.pytest_plugin")


def test_tests_of_all_kinds_explore(pytester: pytest.Pytester, run_apart: Run) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n")
    result = run_apart(KINDS, plugin=ASYNC)
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["explored 28 schedules of 7 calls in 7 tests"])


XFAILS = f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
@pytest.mark.xfail(reason="not right yet", strict=STRICT)
class TestX:
    def test_found_by_exploring(self, fakejobs):
        call(fakejobs, "run.json", project=1, spider="books")

    def test_plain(self, fakejobs):
        RAN.append(1)
        call(fakejobs, "run.json", project=1, spider="books")
        raise ValueError

    def test_right(self, fakejobs):
        schedule(fakejobs)

RAN = []

def test_after():
    assert RAN == [1]
"""


def test_an_expected_failure_may_be_one_that_only_exploring_finds(run: Run) -> None:
    run(XFAILS.replace("STRICT", "False")).assert_outcomes(xfailed=2, xpassed=1, passed=1)
    result = run(XFAILS.replace("STRICT", "True"))
    result.assert_outcomes(xfailed=2, failed=1, passed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*"])


STOPPED = f"""{SHOP}
told = []

@pytest.fixture(scope="module", autouse=True)
def wide():
    yield
    print("the end of", told)

@pytest.mark.fakejobs(explore=True)
def test(fakejobs):
    told.append(1)
    call(fakejobs, "jobs/list.json")

def test_after(): pass
"""


def test_x_stops_at_the_first_schedule_that_fails(run: Run) -> None:
    result = run(STOPPED, "-x", "-s")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*the end of [[]1, 1[]]", "F", "explored 1 of 3 schedules of 1 call, 1 failed", "    @*fault='jobs/list 1 503'*"]
    )
    result = run(STOPPED, "--maxfail=2", "-s")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["explored 3 schedules of 1 call, 3 failed"])


def test_one_test_has_one_result(run: Run, pytester: pytest.Pytester) -> None:
    source = f"""{SHOP}
pytestmark = pytest.mark.fakejobs(explore=True)

def test_right(fakejobs, record_property):
    record_property("spider", "books")
    schedule(fakejobs)
    print("only the plain run")

def test_wrong(fakejobs):
    print("of the first failure")
    call(fakejobs, "run.json", project=1, spider="books")
"""
    result = run(source, "--junitxml=junit.xml", "-rA", "-o", "junit_family=xunit1")
    result.assert_outcomes(passed=1, failed=1)
    assert result.stdout.str().count("\nonly the plain run\n") == result.stdout.str().count("\nof the first failure\n") == 1
    [suite] = ET.parse(pytester.path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    right, wrong = suite.findall("testcase")
    assert [one.get("value") for one in right.iter("property")] == ["books"]
    assert "fault='run 1 lost'" in str(wrong.findtext("failure"))
    assert float(str(wrong.get("time"))) > 0


def test_what_fails_in_a_subtest_stands_in_the_table_alone(run: Run) -> None:
    result = run(f"""{SHOP}
import unittest

pytestmark = pytest.mark.fakejobs(explore=["503"])

class TestShop(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _fake(self, fakejobs): self.fake = fakejobs

    def test_wrong(self):
        for spider in "ab":
            with self.subTest(spider=spider):
                call(self.fake, "run.json", project=1, spider=spider)

    def test_right(self):
        with self.subTest(): schedule(self.fake)

@pytest.mark.skipif(pytest.version_tuple < (9,), reason="no subtests")
def test_wrong(fakejobs, subtests):
    for spider in "ab":
        with subtests.test(spider=spider):
            call(fakejobs, "run.json", project=1, spider=spider)
""")
    wrong = 2 if pytest.version_tuple >= (9,) else 1
    text = "\n".join(result.stdout.lines)
    assert (text.count("HTTPError: 503"), "SUBFAILED" in text) == (2 * wrong, False)
    result.stdout.fnmatch_lines([f"explored {2 * wrong + 1} schedules of *, {2 * wrong} failed", f"*= {wrong} failed, 1 passed*"])


def test_what_is_wider_ends_once_and_its_failure_is_told(run: Run) -> None:
    result = run(f"""{SHOP}
@pytest.fixture(scope="module")
def wide():
    yield
    raise ValueError("the end of the module")

@pytest.mark.fakejobs(explore=True)
def test(fakejobs, wide): schedule(fakejobs)

@pytest.fixture(scope="class")
def of_class():
    yield
    raise ValueError("the end of the class")

@pytest.mark.fakejobs(explore=True)
@pytest.mark.usefixtures("of_class")
class TestClass:
    def test_right(self, fakejobs): schedule(fakejobs)

@pytest.mark.fakejobs(explore=True)
@pytest.mark.usefixtures("of_class")
class TestOther:
    def test_wrong(self, fakejobs): call(fakejobs, "run.json", project=1, spider="books")

def test_last(): pass
""")
    result.assert_outcomes(passed=3, failed=1, errors=3)
    result.stdout.fnmatch_lines(
        [f"*ERROR at teardown of {test}*" for test in ("TestClass.test_right", "TestOther.test_wrong", "test_last")]
    )
    result.stdout.fnmatch_lines(["explored 12 schedules of 3 calls in 3 tests, 4 failed"])
    result.stdout.fnmatch_lines_random(["E *ValueError: the end of the class", "E *ValueError: the end of the module"])


def test_workers_of_xdist_explore(run_apart: Run) -> None:
    source = f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
@pytest.mark.parametrize("number", [1, 2])
def test(fakejobs, number):
    schedule(fakejobs)
    if number == 2:
        call(fakejobs, "jobs/list.json")
"""
    result = run_apart(source, "-n", "2", plugin=("-p", "fakejobs.pytest_plugin", "-p", "xdist"))
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "explored 7 schedules of 2 calls, 3 failed",
            "2. jobs/list project=1 * 503 *",
            "    @pytest.mark.fakejobs(fault='jobs/list 1 503')",
            "explored 11 schedules of 3 calls in 2 tests, 3 failed",
            "*::test[[]2[]]: explored 7 schedules of 2 calls, 3 failed",
        ]
    )


def test_the_limit_of_a_time_out_holds_for_each_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest

        armed, told = [], []

        class Hooks:
            @pytest.hookspec
            def pytest_timeout_cancel_timer(self, item): pass

        def pytest_addhooks(pluginmanager):
            pluginmanager.add_hookspecs(Hooks)

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(item):
            armed.append(item)
            told.append(len(armed))
            result = yield
            del armed[-1:]
            return result

        def pytest_timeout_cancel_timer(item):
            armed.clear()

        def pytest_unconfigure():
            print("armed:", told)
    """)
    result = run(f"""{SHOP}
@pytest.mark.fakejobs(explore=True)
def test(fakejobs): schedule(fakejobs)
""")
    result.stdout.fnmatch_lines(["armed: [[]1, 1, 1, 1, 1[]]"])
