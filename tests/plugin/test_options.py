"""How fakes are made: fakejobs_options and make_fakejobs."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Run


def test_a_fake_is_fresh_open_and_stands_at_the_moment_it_was_made(run: Run) -> None:
    result = run("""
        import pytest

        seen = []

        @pytest.mark.parametrize("number", range(3))
        def test(fakejobs, number):
            assert fakejobs.list_jobs() == [] and fakejobs.calls == []
            assert fakejobs.add_job("books", project=1).key == "1/1/1"
            now = fakejobs.clock.now
            assert fakejobs.clock.advance(minutes=5) > now
            assert fakejobs.url not in seen
            seen.append(fakejobs.url)
    """)
    result.assert_outcomes(passed=3)


def test_every_option(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("seed.json").write_text(json.dumps([{"add_job": {"spider": "books", "project": 7}}]))
    result = run("""
        from datetime import datetime, timezone
        import os
        import pytest

        class TestSeedFile:
            @pytest.fixture
            def fakejobs_options(self):
                return {"seed": "seed.json"}

            def test(self, fakejobs):
                assert [job.key for job in fakejobs.list_jobs()] == ["7/1/1"]

        class TestSeedSteps:
            @pytest.fixture
            def fakejobs_options(self):
                return {"seed": [{"add_project": {"project": 3}}], "key": "k" * 32}

            def test(self, fakejobs):
                assert fakejobs.key == os.environ["SH_APIKEY"] == "k" * 32
                assert fakejobs.dump()[-1] == {"add_project": {"project": 3}}

        @pytest.mark.parametrize("start", [datetime(2020, 1, 2, tzinfo=timezone.utc), 1577923200000])
        class TestStart:
            @pytest.fixture
            def fakejobs_options(self, start):
                return {"start": start, "clock": "manual"}

            def test(self, fakejobs):
                assert fakejobs.clock.now.isoformat() == "2020-01-02T00:00:00+00:00"
                assert fakejobs.add_job("books", project=1).pending_time == fakejobs.clock.now

        @pytest.fixture(scope="module")
        def fakejobs_options():
            return {"key": "m" * 32}

        def test_module(fakejobs):
            assert fakejobs.key == "m" * 32

        class TestClock:
            @pytest.fixture
            def fakejobs_options(self, fakejobs_options):
                return {**fakejobs_options, "clock": "real"}

            def test(self, fakejobs):
                with pytest.raises(Exception, match="cannot be moved"):
                    fakejobs.clock.advance(minutes=1)
    """)
    result.assert_outcomes(passed=6)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param("{'sede': 1}", "fakejobs has no option 'sede' (did you mean 'seed'[?])", id="unknown"),
        pytest.param(
            "{'start': 1577923200000, 'clock': 'real'}",
            "start is for clocks that stand still until something moves them",
            id="start of a real clock",
        ),
        pytest.param("{'start': 1577923200}", "start=1577923200 looks like seconds*", id="seconds"),
        pytest.param("{'clock': 'fast'}", "clock='fast' is not one of manual, sleep, poll, real, and no Clock", id="clock"),
        pytest.param("{'seed': [{'add_job': {}}]}", "seed[[]0[]].add_job: *", id="seed"),
        pytest.param("{'seed': 'none.json'}", "*none.json*", id="seed file"),
    ],
)
def test_a_wrong_option_fails_the_set_up_by_name(run: Run, options: str, text: str) -> None:
    result = run(f"""
        import os, pytest
        before = dict(os.environ)

        @pytest.fixture
        def fakejobs_options():
            return {options}

        def test(fakejobs): pass
        def test_after(): assert "SHUB_APIURL" not in os.environ
    """)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"E *Error: {text}"])


def test_several_fakes_at_once_and_one_has_the_environment(run: Run) -> None:
    result = run("""
        import os
        import pytest
        import requests
        from fakejobs import UsageError

        def schedule(fake, spider):
            with requests.Session() as session:
                assert session.post(fake.api_url + "run.json", data={"project": 1, "spider": spider}, auth=(fake.key, "")).ok

        def test(make_fakejobs, fakejobs):
            with make_fakejobs() as one, make_fakejobs(seed=[{"add_job": {"spider": "a", "project": 1}}], key="k" * 32) as two:
                assert len({one.url, two.url, fakejobs.url}) == 3
                assert os.environ["SHUB_APIURL"] == fakejobs.api_url
                schedule(one, "one")
                schedule(two, "two")
                assert one.assert_scheduled().spider == "one"
                assert two.assert_scheduled().key == "1/2/1"
                assert fakejobs.calls == []
                config = one.env["SHUB_GLOBAL_CONFIG"]
                assert config != two.env["SHUB_GLOBAL_CONFIG"] != os.environ["SHUB_GLOBAL_CONFIG"]
                with pytest.raises(UsageError, match="only one at a time can have it"), make_fakejobs(environ=True):
                    pass
                assert os.environ["SHUB_APIURL"] == fakejobs.api_url
            assert not os.path.exists(config)

        def test_environment(make_fakejobs):
            for _ in range(2):
                with make_fakejobs(environ=True) as fake:
                    assert os.environ["SHUB_APIURL"] == fake.api_url
                assert "SHUB_APIURL" not in os.environ
            with pytest.raises(UsageError, match="fakejobs has no option 'port'"), make_fakejobs(port=1):
                pass
    """)
    result.assert_outcomes(passed=2)


def test_a_fake_of_the_whole_run(run: Run) -> None:
    result = run("""
        import os
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def cloud(make_fakejobs):
            with make_fakejobs(environ=True) as fake:
                yield fake
            assert "SHUB_APIURL" not in os.environ

        def test_one(cloud): assert cloud.add_job("books", project=1).key == "1/1/1"
        def test_other(cloud):
            assert cloud.add_job("books", project=1).key == "1/1/2"
            assert os.environ["SHUB_APIURL"] == cloud.api_url
        def test_second(fakejobs): pass
    """)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["E *UsageError: the environment of this process points at the fake at http://127.0.0.1:*, and only one*"])


def test_a_run_inside_a_test_leaves_its_markers_and_options_alone(run: Run, request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.fakejobs(start=2_000_000_000_000))
    result = run(
        """
        import pytest

        @pytest.mark.fakejobs(start=1_000_000_000_000)
        def test_marked(fakejobs):
            assert fakejobs.clock.now.timestamp() == 1_000_000_000

        def test_unmarked(fakejobs):
            assert fakejobs.clock.now.timestamp() > 1_000_000_000
    """
    )
    result.assert_outcomes(passed=2)
    assert request.getfixturevalue("fakejobs").clock.now.timestamp() == 2_000_000_000
