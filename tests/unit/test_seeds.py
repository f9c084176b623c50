"""Seeds: verbs as data, all or nothing, mistakes with their place, and a dump that loads to an equal fake."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakejobs import FakeJobs, JobState, ManualClock, SeedError, UsageError, seeds
from fakejobs.domain.clock import EARLIEST, LATEST, Millis
from fakejobs.fake import behind

START = Millis(1_446_000_000_000)


def a_fake() -> FakeJobs:
    return FakeJobs(clock=ManualClock(START))


def everything(fake: FakeJobs) -> Any:
    """Return all that can be seen of a fake's world, but for sequence numbers."""
    records = [
        {name: getattr(record, name) for name in type(record).__dataclass_fields__ if name != "sequence"}
        for record in behind(fake).cloud.world.store
    ]
    spiders = {
        number: [(s.name, s.spider_id, s.last_job, s.declared) for s in behind(fake).cloud.projects.spiders(number)]
        for number in behind(fake).cloud.projects.numbers()
    }
    listed = [str(job.key) for job in fake.list_jobs(state=list(JobState))]
    return records, spiders, dict(behind(fake).cloud.world.access), listed


def test_steps_are_verbs_in_order() -> None:
    fake = a_fake()
    fake.load(
        [
            {"add_key": {"key": "k", "user": "ann", "projects": [1, 2]}},
            {"add_project": {"project": 9}},
            {"add_spider": {"name": "books", "project": 1, "spider_id": 5, "next_job": 7}},
            {"add_job": {"spider": "books", "project": 1, "tags": ["x"], "spider_args": {"page": 1}}},
            {"start_job": {"job": "1/5/7", "by": "ann"}},
            {"advance": {"minutes": 5}},
            {"update_tags": {"job": "1/5/7", "add": ["y"], "remove": ["x"]}},
            {"cancel_job": {"job": "1/5/7"}},
            {"finish_job": {"job": "1/5/7", "items": 3}},
            {"add_job": {"spider": "books", "project": 1, "state": "finished"}},
            {"delete_job": {"job": "1/5/8"}},
        ]
    )
    job = fake.get_job("1/5/7")
    assert (job.state, job.tags, job.items, job.close_reason, job.started_by) == ("finished", ["y"], 3, "cancelled", "ann")
    assert (behind(fake).cloud.now_ms() - START, fake.get_job("1/5/8").state) == (300_000, "deleted")
    assert behind(fake).cloud.projects.numbers() == [1, 9]


def test_a_seed_goes_on_top_of_what_is_there() -> None:
    fake = a_fake()
    fake.add_job("a", project=1)
    fake.load([{"add_job": {"spider": "a", "project": 1}}])
    fake.load([])
    assert [job.key for job in fake.list_jobs()] == ["1/1/2", "1/1/1"]


MISTAKES: list[tuple[Any, str]] = [
    (None, "seed: a seed is a list of steps, not null"),
    (5, "seed: a seed is a list of steps, not a number"),
    ({"add_job": {}}, "seed: a seed is a list of steps, not an object"),
    (iter([]), "seed: a seed is a list of steps, not list_iterator"),
    ([5], "seed[0]: a step is one verb with its arguments"),
    ([{}], "seed[0]: a step is one verb with its arguments"),
    ([{"add_job": {}, "advance": {}}], "seed[0]: a step is one verb with its arguments"),
    (["add_job"], "seed[0]: a step is one verb with its arguments"),
    ([{"adds_job": {}}], "seed[0]: there is no verb 'adds_job' (did you mean 'add_job'?)"),
    ([{"reset": {}}], "seed[0]: there is no verb 'reset' (known: add_project, add_spider, add_key, add_job, start_job"),
    ([{"load": {"seed": []}}], "seed[0]: there is no verb 'load'"),
    ([{5: {}}], "seed[0]: there is no verb 5"),
    ([{"add_job": []}], "seed[0].add_job: the arguments are an object, not a list"),
    ([{"add_job": None}], "seed[0].add_job: the arguments are an object, not null"),
    ([{"add_job": {"spyder": "a"}}], "seed[0].add_job: there is no argument 'spyder' (did you mean 'spider'?)"),
    ([{"add_job": {"self": "a"}}], "seed[0].add_job: there is no argument 'self'"),
    ([{"add_project": {}}], "seed[0].add_project: missing a required argument: 'project'"),
    ([{"add_job": {5: "a"}}], "seed[0].add_job: "),
    ([{"add_job": {}}], "seed[0].add_job: which spider? give spider=, the name of one"),
    ([{"add_job": {"spider": "a"}}], "seed[0].add_job: which project? give project=, or key="),
    (
        [{"add_job": {"spider": "a", "project": 1, "state": "done"}}],
        "seed[0].add_job: state 'done' is not one of pending, running, finished, deleted",
    ),
    ([{"add_job": {"spider": "a", "project": 1, "priority": 9}}], "seed[0].add_job: priority 9 is not one of 0, 1, 2, 3, 4"),
    (
        [{"add_job": {"spider": "a", "project": 1, "running_time": 1446000000}}],
        "seed[0].add_job: running_time=1446000000 looks like seconds",
    ),
    ([{"add_job": {"spider": "a", "project": 1, "running_time": "yesterday"}}], "seed[0].add_job: running_time='yesterday' is no time"),
    ([{"start_job": {"job": "1/1/9"}}], "seed[0].start_job: there is no job 1/1/9"),
    ([{"start_job": {"job": 5}}], "seed[0].start_job: 5 names no job"),
    ([{"advance": {"minutes": -1}}], "seed[0].advance: advance: "),
    ([{"advance": {"minutes": "5"}}], "seed[0].advance: advance: "),
    ([{"add_key": {"key": "k", "projects": 5}}], "seed[0].add_key: projects=5"),
    ([{"add_key": {"key": "k", "projects": "12"}}], "seed[0].add_key: projects='12'"),
    (
        [{"add_project": {"project": 1}}, {"add_job": {"key": "1/2/3", "spider": "a"}}, {"add_job": {"key": "1/2/3", "spider": "a"}}],
        "seed[2].add_job: there is a job 1/2/3 already",
    ),
    (
        [{"add_job": {"key": "1/2/3", "spider": "a"}}, {"add_job": {"key": "1/2/4", "spider": "b"}}],
        "seed[1].add_job: spider id 2 of project 1 belongs to 'a', not 'b'",
    ),
    (
        [{"add_job": {"spider": "a", "project": 1, "unique": True}}, {"add_job": {"spider": "a", "project": 1, "unique": True}}],
        "seed[1].add_job: a already scheduled as 1/1/1",
    ),
    (
        [{"add_job": {"spider": "a", "project": 1}}, {"delete_job": {"job": "1/1/1"}}],
        "seed[1].delete_job: cannot delete a pending job 1/1/1 (legal here: start, finish, cancel)",
    ),
]


@pytest.mark.parametrize(("seed", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_names_its_place_and_nothing_of_the_seed_stays(seed: Any, message: str) -> None:
    fake = a_fake()
    fake.add_key("good", projects=[1])
    fake.add_job("old", project=1, tags=["x"])
    before = everything(fake)
    if isinstance(seed, list):
        seed = [
            {"advance": {"days": 1}},
            {"add_key": {"key": "bad"}},
            {"add_project": {"project": 77}},
            {"update_tags": {"job": "1/1/1", "add": ["y"]}},
            {"cancel_job": {"job": "1/1/1"}},
            *seed,
        ]
        message = (
            message.replace("1/1/1", "1/2/1").replace("seed[2]", "seed[7]").replace("seed[1]", "seed[6]").replace("seed[0]", "seed[5]")
        )
        seed = json.loads(json.dumps(seed).replace('"1/1/1"}}]', '"1/2/1"}}]')) if "1/2/1" in message and "delete" in message else seed
    with pytest.raises(SeedError) as caught:
        fake.load(seed)
    assert str(caught.value).startswith(message)
    assert issubclass(SeedError, UsageError)
    assert everything(fake) == before
    assert behind(fake).cloud.now_ms() == START
    behind(fake).cloud.world.store.check()


def test_json_and_toml_files(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(
        '[{"add_job": {"spider": "bücher", "project": 1, "tags": ["x"], "spider_args": {"page": 1}}}]', encoding="utf-8"
    )
    (tmp_path / "seed.toml").write_text(
        """
        [[step]]
        verb = "add_job"
        spider = "bücher"
        project = 1
        tags = ["x"]
        spider_args = {page = 1}

        [[step]]
        verb = "add_job"
        spider = "timed"
        project = 1
        state = "running"
        running_time = 2015-10-28T03:40:00+01:00
        """,
        encoding="utf-8",
    )
    for given_path in (tmp_path / "seed.json", str(tmp_path / "seed.json"), tmp_path / "seed.toml"):
        fake = a_fake()
        fake.load(given_path)
        job = fake.get_job("1/1/1")
        assert (job.spider, job.tags, job.spider_args) == ("bücher", ["x"], {"page": "1"})
    assert fake.get_job("1/2/1").running_time == datetime(2015, 10, 28, 2, 40, tzinfo=timezone.utc)
    assert FakeJobs(seed=tmp_path / "seed.json").count_jobs() == 1


FILES: list[tuple[str, bytes, str]] = [
    ("seed.json", b"[", "seed.json: "),
    ("seed.json", b"", "seed.json: "),
    ("seed.json", b"\xff[]", "seed.json: "),
    ("seed.json", b"[" * 100_000, "seed.json: "),
    ("seed.json", b"{}", "seed.json: a seed is a list of steps, not an object"),
    ("seed.json", b"5", "seed.json: a seed is a list of steps, not a number"),
    (
        "seed.json",
        b'[{"add_project": {"project": 1}}, {"add_job": {}}]',
        "seed.json[1].add_job: which spider? give spider=",
    ),
    ("seed.toml", b"[[step]", "seed.toml: "),
    ("seed.toml", b"\xff", "seed.toml: "),
    ("seed.toml", b"x = 1", "seed.toml: a seed in TOML is a row of [[step]] tables"),
    ("seed.toml", b"[step]\nverb = 'add_project'", "seed.toml: a seed in TOML is a row of [[step]] tables"),
    ("seed.toml", b"[[step]]\nproject = 1", 'seed.toml[0]: which verb? a step says verb = "add_job"'),
    ("seed.toml", b"[[step]]\nverb = 5", 'seed.toml[0]: which verb? a step says verb = "add_job"'),
    ("seed.toml", b"step = [5]", 'seed.toml[0]: which verb? a step says verb = "add_job"'),
    ("seed.toml", b"[[step]]\nverb = 'add_project'\nproject = 1\n[[step]]\nverb = 'add_jobs'", "seed.toml[1]: there is no verb 'add_jobs'"),
    (
        "seed.toml",
        b"[[step]]\nverb = 'add_job'\nspider = 'a'\nproject = 1\npending_time = 2015-10-28T03:40:00",
        "seed.toml[0].add_job: pending_time=",
    ),
]


FILES += [
    ("seed.json", b"[" * 100_000, "seed.json: it is nested too deeply"),
    ("seed.toml", b"a = " + b"[" * 100_000, "seed.toml: it is nested too deeply"),
    ("seed.toml", b"a = 1\n" + b".".join([b"a"] * 50_000) + b" = 1", "seed.toml: a key has over 200 parts"),
    ("seed.toml", b"a = {b = 1, " + b" . ".join([b"'a'"] * 50_000) + b" = 1}", "seed.toml: a key has over 200 parts"),
    ("seed.toml", b"[[" + b".".join([b'"a"'] * 50_000) + b"]]", "seed.toml: a key has over 200 parts"),
]


@pytest.mark.parametrize(("name", "content", "message"), FILES, ids=[f"{name} {content[:40]!r}" for name, content, _ in FILES])
def test_mistakes_in_files_name_the_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    fake = a_fake()
    with pytest.raises(SeedError) as caught:
        fake.load(tmp_path / name)
    assert message in str(caught.value)
    assert fake.dump() == []


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path, str(tmp_path / "x") * 100, "a\0b"):
        with pytest.raises(SeedError):
            a_fake().load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "seed.json")
    for path in (tmp_path / "seed.json", Path("/dev/zero")):
        with pytest.raises(SeedError, match=rf"{path}: this is no regular file, but a pipe or a device"):
            a_fake().load(path)


def test_long_values_in_toml_are_no_long_keys(tmp_path: Path) -> None:
    dots, word = "a." * 10_000, "x" * 1_000_000
    (tmp_path / "seed.toml").write_text(f"[[step]]\nverb = 'add_job'\nspider = 'a'\nproject = 1\nmeta = {{a = '{dots}', b = '{word}'}}\n")
    fake = a_fake()
    fake.load(tmp_path / "seed.toml")
    assert fake.list_jobs()[0].meta == {"a": dots, "b": word}


@pytest.mark.parametrize(
    ("name", "text"), [("seed.json", '[{"add_project": {"project": 7}}]'), ("seed.toml", "[[step]]\nverb = 'add_project'\nproject = 7")]
)
def test_a_byte_order_mark_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    fake = a_fake()
    fake.load(tmp_path / name)
    assert behind(fake).cloud.projects.numbers() == [7]


def test_a_mistake_shows_no_key() -> None:
    for seed in (
        [{"add_key": {"key": "secret-key"}, "add_project": {"project": 1}}],
        [{"add_key": {"key": "secret-key\0"}}],
        [{"add_key": {"key": ["secret-key"]}}],
    ):
        with pytest.raises(SeedError) as caught:
            a_fake().load(seed)
        assert "secret" not in str(caught.value)
        assert str(caught.value).startswith("seed[0]")


def test_a_dump_says_everything_in_order(tmp_path: Path) -> None:
    fake = a_fake()
    fake.add_key("k", user="ann", projects=[2, 1])
    fake.add_project(3)
    fake.add_spider("declared", project=1)
    fake.add_job("used", project=1, tags=["b", "a"], spider_args={"page": 1}, meta={"m": {"x": [1]}})
    dumped = fake.dump()
    for step in dumped:
        for stamp in ("created_time", "modified_time"):
            assert step.get("add_spider", {}).pop(stamp, START) == START
    assert dumped == [
        {"add_key": {"key": "k", "user": "ann", "projects": [1, 2]}},
        {"add_project": {"project": 1}},
        {"add_spider": {"name": "declared", "project": 1, "spider_id": 1, "next_job": 1, "declared": True}},
        {"add_spider": {"name": "used", "project": 1, "spider_id": 2, "next_job": 2, "declared": False}},
        {"add_project": {"project": 3}},
        {
            "add_job": {
                "key": "1/2/1",
                "spider": "used",
                "state": "pending",
                "tags": ["b", "a"],
                "priority": 2,
                "units": 1,
                "spider_args": {"page": "1"},
                "meta": {"m": {"x": [1]}},
                "spider_type": "manual",
                "pending_time": START,
            }
        },
        {
            "restore_activity": {
                "events": [{"event": "job:scheduled", "job": "1/2/1", "user": "fakeuser", "_ts": START}],
                "project": 1,
            }
        },
    ]
    path = tmp_path / "dump.json"
    assert fake.dump(path) == json.loads(path.read_text(encoding="utf-8")) == fake.dump()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 9
    a_fake().dump(path)
    assert json.loads(path.read_text(encoding="utf-8")) == []


def test_loading_a_dump_closes_nothing() -> None:
    fake, twin = a_fake(), a_fake()
    fake.add_job("used", project=1)
    twin.load(fake.dump())
    behind(twin).cloud.projects.require_spider(1, "anything")
    assert everything(twin) == everything(fake)


def test_a_dump_shares_nothing_with_the_fake() -> None:
    fake = a_fake()
    job = fake.add_job("a", project=1, spider_args={"page": 1}, meta={"m": {"x": [1]}})
    [step] = [step["add_job"] for step in fake.dump() if "add_job" in step]
    step["spider_args"]["page"] = "9"
    step["meta"]["m"]["x"].append(2)
    assert (job.spider_args, job.meta) == ({"page": "1"}, {"m": {"x": [1]}})
    behind(fake).cloud.world.store.check()


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.none() | st.dictionaries(WORDS, JSON, max_size=3)
MOMENTS = st.none() | st.integers(EARLIEST, LATEST)
COUNTERS = st.none() | st.integers(0, 10**18 - 1)
JOBS = st.fixed_dictionaries(
    {"spider": st.sampled_from(["a", "b", "日本 😀"]), "project": st.integers(0, 3), "state": st.sampled_from(JobState)},
    optional={
        "tags": st.lists(WORDS, max_size=4),
        "priority": st.integers(0, 4),
        "units": st.integers(1, 6),
        "spider_args": st.none()
        | st.dictionaries(WORDS | st.just(""), WORDS | st.just("") | st.integers() | st.booleans() | st.none(), max_size=3),
        "job_settings": OBJECTS,
        "environment": OBJECTS,
        "meta": OBJECTS,
        **{name: st.none() | WORDS for name in ("cmd_args", "version", "close_reason", "scheduled_by", "started_by", "completed_by", "by")},
        **{f"{word}_time": MOMENTS for word in ("pending", "running", "finished", "deleted", "updated", "touched")},
        **dict.fromkeys(("items", "pages", "errors", "logs"), COUNTERS),
        "cancel_requested": st.booleans(),
    },
)
STEPS = st.lists(
    st.tuples(st.just("add_job"), JOBS)
    | st.tuples(
        st.just("add_key"),
        st.fixed_dictionaries({"key": WORDS}, optional={"user": WORDS, "projects": st.none() | st.lists(st.integers(0, 9), max_size=3)}),
    )
    | st.tuples(st.just("add_project"), st.fixed_dictionaries({"project": st.integers(0, 9)}))
    | st.tuples(
        st.just("add_spider"),
        st.fixed_dictionaries({"name": st.sampled_from("abc"), "project": st.integers(0, 3)}, optional={"declared": st.booleans()}),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_loading_a_dump_gives_an_equal_fake(steps: list[tuple[str, dict[str, Any]]]) -> None:
    fake = a_fake()
    for verb, arguments in steps:
        getattr(fake, verb)(**arguments)
    dumped = fake.dump()
    twin = a_fake()
    twin.load(json.loads(json.dumps(dumped)))
    behind(twin).cloud.world.store.check()
    assert everything(twin) == everything(fake)
    assert twin.dump() == dumped
    assert [job.key for job in twin.list_jobs()] == [job.key for job in fake.list_jobs()]


def test_every_verb_of_a_seed_is_there() -> None:
    for verb in seeds.VERBS:
        assert callable(getattr(FakeJobs, verb))
