"""The command line in this process: what is refused, and how it is said; check and endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakejobs import __version__, cli, serve
from fakejobs.routes import router


def mistakes(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must be refused with exit code 2, and return what it says on standard error."""
    try:
        code: object = cli.main(arguments)
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    return err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "fakejobs: the following arguments are required: COMMAND (see fakejobs --help)"),
        (["serv"], "fakejobs: argument COMMAND: invalid choice: 'serv' "),
        (["--zzz", "serve"], "fakejobs serve: unrecognized arguments: --zzz (see fakejobs serve --help)"),
        (["serve", "--prot", "1"], "fakejobs serve: unrecognized arguments: --prot 1 (did you mean '--port'?) (see fakejobs serve --help)"),
        (["serve", "--prot=1"], "fakejobs serve: unrecognized arguments: --prot=1 (did you mean '--port'?) (see fakejobs serve --help)"),
        (["serve", "--qui"], "fakejobs serve: unrecognized arguments: --qui (did you mean '--quiet'?) (see fakejobs serve --help)"),
        (["serve", "extra"], "fakejobs serve: unrecognized arguments: extra (see fakejobs serve --help)"),
        (["serve", "--port", "x"], "fakejobs serve: argument --port: 'x' is no port (0 to 65535) (see fakejobs serve --help)"),
        (["serve", "--port", "65536"], "fakejobs serve: argument --port: '65536' is no port (0 to 65535) "),
        (["serve", "--port", "-1"], "fakejobs serve: argument --port: "),
        (["serve", "--port", "1_0"], "fakejobs serve: argument --port: '1_0' is no port (0 to 65535) "),
        (["serve", "--port", "²"], "fakejobs serve: argument --port: '²' is no port (0 to 65535) "),
        (["serve", "--port"], "fakejobs serve: argument --port: expected one argument (see fakejobs serve --help)"),
        (["serve", "--keep", "0"], "fakejobs serve: argument --keep: '0' is no whole number above 0 "),
        (["serve", "--keep", "many"], "fakejobs serve: argument --keep: 'many' is no whole number above 0 "),
        (["serve", "--host", ""], "fakejobs serve: argument --host: a host is not empty (see fakejobs serve --help)"),
        (["serve", "--host", "no host", "--port", "0"], "fakejobs serve: cannot listen on no host port 0: "),
        (["serve", "--seed", "no-such-seed.json"], "fakejobs serve: no-such-seed.json: No such file or directory"),
        (["env", "--format", "xml"], "fakejobs env: argument --format: invalid choice: 'xml' "),
        (["env", "--url", "localhost:6805"], "fakejobs env: --url 'localhost:6805' is no URL of a server, such as http://127.0.0.1:6805"),
        (["env", "--url", "http://[::1"], "fakejobs env: --url 'http://[::1' is no URL of a server, such as http://127.0.0.1:6805"),
        (["env", "--url", "http://h:x"], "fakejobs env: --url 'http://h:x' is no URL of a server, such as http://127.0.0.1:6805"),
        (["env", "--url", "http://127.0.0.1:9/a b"], "fakejobs env: no server answers at http://127.0.0.1:9/a b: "),
        (["env", "--url", "http://127.0.0.1:1"], "fakejobs env: no server answers at http://127.0.0.1:1: Connection refused"),
        (["check"], "fakejobs check: the following arguments are required: FILE (see fakejobs check --help)"),
        (["exec"], "fakejobs exec: which command? fakejobs exec [--seed FILE] -- CMD..."),
        (["endpoints", "run", "--format", "markdown"], "fakejobs endpoints: --format markdown prints all tables: leave 'run' out"),
        (["endpoints", "yodel"], "fakejobs endpoints: there is no endpoint 'yodel' (fakejobs endpoints lists them)"),
        (["endpoints", "/api/run.jsn"], "fakejobs endpoints: there is no endpoint '/api/run.jsn' (did you mean '/api/run.json'?)"),
        (
            ["endpoints", "jobs/lits.json"],
            "fakejobs endpoints: there is no endpoint 'jobs/lits.json' (did you mean '/api/jobs/list.json'?)",
        ),
        (["endpoints", "/itms/1/2/3"], "fakejobs endpoints: there is no endpoint '/itms/1/2/3' (did you mean '/items/1/2/3'?)"),
        (
            ["serve", "--clock", "sleep"],
            "fakejobs serve: argument --clock: invalid choice: 'sleep' (choose from ",
        ),
        (["endpoints", "--format", "html"], "fakejobs endpoints: argument --format: invalid choice: 'html' "),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    err = mistakes(capsys, *arguments)
    assert err.startswith(said)
    assert err.count("\n") == 1
    assert err.endswith("\n")


@pytest.mark.parametrize("command", ["serve", "exec"])
def test_a_clock_of_this_process_alone(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    err = mistakes(capsys, command, "--clock", "sleep")
    assert "): a server cannot make the sleeps of another process virtual; with --clock poll the clock jumps for clients" in err


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("items/123/1/1", "GET /items/<project>/<spider>/<job>, "),
        ("/jobq/123/count", "GET /jobq/<project>/count\n"),
        ("https://storage.scrapinghub.com/jobq/123/count?state=running", "GET /jobq/<project>/count\n"),
        ("https://app.zyte.com/api/run.json", "POST /api/run.json, "),
        ("run.json", "POST /api/run.json, "),
    ],
)
def test_endpoints_by_a_real_path(name: str, first: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints", name]) == 0
    assert capsys.readouterr().out.startswith(first)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    for command in ("serve", "exec", "env", "check", "endpoints"):
        assert f"\n    {command}" in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"fakejobs {__version__}\n"


# ------------------------------------------------------------ env


def test_env_prints_what_the_server_says(capsys: pytest.CaptureFixture[str]) -> None:
    with serve() as fake:
        assert cli.main(["env", "--url", fake.url]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"export SHUB_APIURL={fake.api_url}"
        assert all(line.startswith("export ") for line in lines)
        assert cli.main(["env", "--url", fake.url, "--format", "json"]) == 0
        assert set(json.loads(capsys.readouterr().out)) == set(fake.env)
        assert fake.calls == []


def test_env_repeats_why_the_door_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    with serve(host="0.0.0.0") as fake:
        err = mistakes(capsys, "env", "--url", fake.url)
    assert err.startswith(f"fakejobs env: {fake_url(err)} answered 403 Forbidden: the control door does not know the host '0.0.0.0:")


def fake_url(err: str) -> str:
    return err.split()[2]


def test_env_of_something_else_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with serve() as fake:
        err = mistakes(capsys, "env", "--url", f"{fake.url}/elsewhere")
    assert "answered 404" in err


# ------------------------------------------------------------ check


def test_check_says_ok_and_counts_the_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.toml"
    one.write_text('[{"add_job": {"spider": "a", "project": 1}}, {"advance": {"minutes": 5}}]')
    two.write_text('[[step]]\nverb = "add_project"\nproject = 1\n')
    assert cli.main(["check", str(one), str(two)]) == 0
    assert capsys.readouterr() == (f"{one}: ok (2 steps)\n{two}: ok (1 step)\n", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "Expecting value"),
        ("{}", "seed.json: a seed is a list of steps, not an object"),
        ('[{"add_jobs": {}}]', "seed.json[0]: there is no verb 'add_jobs'"),
        ('[{"add_project": {"project": 1}}, {"add_job": {"spider": "a"}}]', "seed.json[1].add_job: which project?"),
        ('[{"finish_job": {"job": "1/1/1"}}]', "seed.json[0].finish_job: there is no job 1/1/1"),
    ],
)
def test_check_names_the_mistake(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.json"
    path.write_text(text)
    err = mistakes(capsys, "check", str(path))
    assert err.startswith("fakejobs check: ")
    assert said in err
    assert err.count("\n") == 1


def test_check_looks_at_every_file_and_each_one_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.json"
    path.write_text('[{"add_job": {"key": "1/1/1", "spider": "a"}}]')
    assert cli.main(["check", str(path), "no-such-seed.json", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == f"{path}: ok (1 step)\n" * 2
    assert err == "fakejobs check: no-such-seed.json: No such file or directory\n"


# ------------------------------------------------------------ endpoints


def test_endpoints_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(router().endpoints)
    assert lines[0].split("  ")[0] == "run"
    assert lines[0].endswith("POST /api/run.json, /api/schedule.json: Schedule a job.")


def test_one_endpoint_is_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints", "jobs/list"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    for words in ("GET /api/jobs/list.json\n", "GET /api/jobs/list.jl\n", "has_tag: ", "recorded    ", "assumed     "):
        assert words in out
    assert "/api/run.json" not in out


def test_an_endpoint_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints", "jobs/stp"]) == 2
    assert capsys.readouterr().err == "fakejobs endpoints: there is no endpoint 'jobs/stp' (did you mean 'jobs/stop'?)\n"


def test_endpoints_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["endpoints", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    for title in ("Endpoints", "Parameters", "Everywhere", "Refusals", "Life cycle", "Assumptions"):
        assert f"## {title}\n" in out
