"""The fields of a fault as a test says them, read into a rule; and a rule as the arguments that made it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from math import isfinite
from typing import Any

from fakejobs import arguments
from fakejobs.domain.clock import as_datetime, as_millis
from fakejobs.domain.faults import HOLD_S, LETS_THROUGH, Criteria, FaultRule, Way, When
from fakejobs.errors import UsageError
from fakejobs.masking import Masks
from fakejobs.nearest import did_you_mean, hint
from fakejobs.quoting import assigned, quoted
from fakejobs.verbs.rules import milliseconds

CRITERIA = ("project", "spider", "job", "params")
TURNS = ("times", "after", "probability", "seed", "strict")
TAKES: Mapping[Way, tuple[str, ...]] = {
    Way.STATUS: ("when", "retry_after", "body", "headers", "delay"),
    Way.RESET: ("when", "after_rows", "after_bytes"),
    Way.CLOSE: ("when",),
    Way.TIMEOUT: ("when", "hold"),
    Way.CUT: ("after_rows", "after_bytes"),
    Way.STALL: ("after_rows", "after_bytes", "hold"),
    Way.GARBAGE: ("when",),
    Way.MALFORMED: ("when",),
    Way.SLOW: ("delay", "real_delay", "rate"),
    Way.REFUSED: ("for_s",),
}
"""What goes with each way of failing, besides the calls it is about and how often it comes; with `refused` these do not go either."""
ERRORS = tuple(way for way in Way if way is not Way.STATUS)
DEFAULTS: Mapping[str, object] = {"when": When.BEFORE.value, "times": 1, "after": 0, "hold": HOLD_S, "seed": 0, "strict": False}
"""Those that are not None."""
STATUSES = range(300, 600)
"""What a fault may answer with."""
LONGEST_S = 3600
"""Real seconds that something may take."""
NO_CONTENT = (304,)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
LETS = f"{LETS_THROUGH} lets a call through, which only goes in a row such as status=[503, {LETS_THROUGH}]"


def rule_of(given: Mapping[str, Any], endpoints: Callable[[], Collection[str]], *, is_outage: bool = False) -> FaultRule:
    """Return the rule that arguments declare; raises UsageError for what makes no sense. endpoints: gives the names that there are."""
    if arguments.is_number(given["endpoint"]):
        number = given["endpoint"]
        raise UsageError(f"{quoted(number)} is no endpoint: a status goes by name, as in {assigned('status', number)}")
    way, statuses = _way(given["status"], given["error"])
    _refuse_misfits(way, given, is_outage=is_outage)
    criteria = Criteria(
        endpoint=None if given["endpoint"] is None else arguments.endpoint_of(given["endpoint"], endpoints()),
        project=arguments.optional_number("project", given["project"]),
        spider=None if given["spider"] is None else arguments.text("spider", given["spider"]),
        job=None if given["job"] is None else arguments.job_key(given["job"]),
        params=_params(given["params"]),
    )
    if given["after_rows"] is not None and given["after_bytes"] is not None:
        raise UsageError("give after_rows or after_bytes, not both")
    if way is Way.SLOW and all(given[name] is None for name in TAKES[way]):
        raise UsageError("error='slow': how? give delay=, real_delay= or rate=")
    return FaultRule(
        way,
        statuses=statuses,
        when=_when(given["when"]),
        criteria=criteria,
        times=None if given["times"] is None else arguments.whole_number("times", given["times"], least=1),
        after=arguments.whole_number("after", given["after"]),
        is_outage=is_outage,
        retry_after=_retry_after(given["retry_after"]),
        body=_body(given["body"]),
        headers=_headers(given["headers"]),
        after_rows=arguments.optional_number("after_rows", given["after_rows"]),
        after_bytes=arguments.optional_number("after_bytes", given["after_bytes"]),
        delay_ms=_delay(given["delay"]),
        real_delay_s=_seconds("real_delay", given["real_delay"]),
        hold_s=_hold(given["hold"]),
        rate=_positive("rate", given["rate"], "bytes a second"),
        for_s=_seconds("for_s", given["for_s"]),
        probability=_probability(given["probability"]),
        seed=arguments.whole_number("seed", given["seed"]),
        is_strict=arguments.flag("strict", given["strict"]),
    )


def arguments_of(rule: FaultRule) -> dict[str, Any]:
    """Return the arguments that make a rule, without those that have their defaults, as JSON data; bytes as body stay bytes."""
    criteria = rule.criteria
    given: dict[str, Any] = {
        "endpoint": criteria.endpoint,
        "status": None if not rule.statuses else rule.statuses[0] if len(rule.statuses) == 1 else list(rule.statuses),
        "error": None if rule.way is Way.STATUS else rule.way.value,
        "when": rule.when.value,
        "times": rule.times,
        "after": rule.after,
        "project": criteria.project,
        "spider": criteria.spider,
        "job": None if criteria.job is None else str(criteria.job),
        "params": {name: _as_given(texts) for name, texts in criteria.params.items()} or None,
        "retry_after": rule.retry_after,
        "body": rule.body,
        "headers": dict(rule.headers) or None,
        "after_rows": rule.after_rows,
        "after_bytes": rule.after_bytes,
        "delay": None if rule.delay_ms is None else rule.delay_ms / 1000,
        "real_delay": rule.real_delay_s,
        "hold": rule.hold_s,
        "rate": rule.rate,
        "for_s": rule.for_s,
        "probability": rule.probability,
        "seed": rule.seed,
        "strict": rule.is_strict,
    }
    kept = {name: value for name, value in given.items() if value != DEFAULTS.get(name)}
    if rule.is_outage:  # which has no say in what fits and how often
        kept.pop("times", None)
    return kept


def shown(rule: FaultRule, masks: Masks) -> dict[str, Any]:
    """Return the arguments that make a rule as everybody may see them, without the keys in them; see arguments_of()."""
    given: dict[str, Any] = masks.value(arguments_of(rule))
    body = given.get("body")
    if isinstance(body, bytes):
        given["body"] = masks.text(body.decode("latin-1")).encode("latin-1")
    return given


def in_words(rule: FaultRule, masks: Masks) -> str:
    """Return a rule as the verb that made it, without the keys in it: `fail('run', status=503, times=2)`."""
    given = shown(rule, masks)
    endpoint = given.pop("endpoint", None)
    words = [] if endpoint is None else [quoted(endpoint)]
    words += [f"{name}={quoted(value, 60)}" if not isinstance(value, float) else f"{name}={value:g}" for name, value in given.items()]
    return f"{'outage' if rule.is_outage else 'fail'}({', '.join(words)})"


# ------------------------------------------------------------ inside


def _way(status: object, error: object) -> tuple[Way, tuple[int, ...]]:
    if (status is None) == (error is None):
        both = "not both" if status is not None else "as in status=503 or error='reset'"
        raise UsageError(f"give status or error, {both}")
    if error is not None:
        return _named(error), ()
    if isinstance(status, (list, tuple)):
        row = tuple(_status(one, LETS_THROUGH) for one in status)
        if not set(row) - {LETS_THROUGH}:
            raise UsageError(f"{assigned('status', status)}: nothing in it fails: give a row such as [503, {LETS_THROUGH}]")
        return Way.STATUS, row
    return Way.STATUS, (_status(status),)


def _named(error: object) -> Way:
    way = next((way for way in ERRORS if way == error), None)
    if way is not None:
        return way
    if arguments.is_number(error):
        raise UsageError(f"error={quoted(error)} is a status: write {assigned('status', error)}")
    if error == "lost":
        raise UsageError(f"error={quoted(error)} is no way to fail: write {assigned('error', 'reset')}, {assigned('when', 'after')}")
    raise UsageError(f"error={quoted(error)} is no way to fail{hint(error, ERRORS)}")


def _status(status: object, *also: int) -> int:
    number = arguments.whole_number("status", status)
    if number in also or (number in STATUSES and number not in NO_CONTENT):
        return number
    raise UsageError(f"status={number}: {LETS if number == LETS_THROUGH else 'a fault answers with 300 to 599, but for 304'}")


def _refuse_misfits(way: Way, given: Mapping[str, Any], *, is_outage: bool) -> None:
    """Refuse arguments that do not go with a way of failing."""
    takes = TAKES[way]
    usual = () if way is Way.REFUSED else ("endpoint", *CRITERIA, *TURNS)
    legal = {"status", "error", *takes, *usual}
    for name, value in given.items():
        is_default = value == DEFAULTS.get(name) or (is_outage and name == "times")
        if name in legal or is_default:
            continue
        if way is Way.REFUSED:
            until = "no connection is accepted, whatever would be called, until remove() (takes: for_s)"
            raise UsageError(f"{name} does not go with error='refused': {until}")
        said = "a status" if way is Way.STATUS else f"error={way.value!r}"
        raise UsageError(f"{name} does not go with {said} (takes: {', '.join(takes)}, and which calls and how often){_where(name)}")


def _where(name: str) -> str:
    ways = [f"error={way.value!r}" if way is not Way.STATUS else "a status" for way, takes in TAKES.items() if name in takes]
    return f"; it goes with {', '.join(ways)}" if ways else ""


def _when(value: object) -> When:
    try:
        return When(value)
    except ValueError:
        raise UsageError(f"when={quoted(value)} is not one of {', '.join(When)}{did_you_mean(value, When)}") from None


def _params(given: object) -> dict[str, list[str] | None]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise UsageError(f"params={quoted(given)} is no mapping: give one, as in {assigned('params', {'state': 'running'})}")
    return {arguments.text("params", name): _texts(name, value) for name, value in given.items()}


def _texts(name: str, value: object) -> list[str] | None:
    if value is None:
        return None
    texts = [arguments.argument_text(one) for one in (value if isinstance(value, (list, tuple)) else [value])]
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(f"params[{name!r}]={quoted(text)}: parameters are texts")
    return texts


def _as_given(texts: Any) -> Any:
    return texts[0] if texts is not None and len(texts) == 1 else texts


def _retry_after(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _ISO.match(value):  # as seeds write a time
        value = as_datetime(as_millis("retry_after", value))
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageError(f"retry_after={quoted(value)} has no time zone: give an aware datetime, or seconds")
        return format_datetime(value.astimezone(timezone.utc), usegmt=True)
    if isinstance(value, str):
        return _header_text("retry_after", value)
    return str(arguments.whole_number("retry_after", value))


def _body(value: object) -> str | bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(f"body={quoted(value)} cannot be written as UTF-8: give bytes") from None
        return value
    return json.dumps(arguments.json_value("body", value))


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise UsageError(f"headers={quoted(value)} is no mapping: give one, as in {assigned('headers', {'X-Reason': 'full'})}")
    return tuple((_header_name(name), _header_text(f"headers[{name!r}]", text)) for name, text in value.items())


def _header_name(name: object) -> str:
    if not isinstance(name, str) or not name or not all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name) or not name.isascii():
        raise UsageError(f"headers: {quoted(name)} is no name of a header")
    if name.lower() in ("content-length", "transfer-encoding"):
        raise UsageError(f"headers: {name} is the fake's own: error='cut' and error='malformed' make answers that are broken")
    return name


def _header_text(name: str, value: object) -> str:
    text = arguments.argument_text(value)
    if not isinstance(text, str) or not (text.isascii() and text.isprintable()):
        raise UsageError(f"{name}={quoted(value)} is no text of printable ASCII")
    return text


def _delay(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, timedelta)) or value != value:
        raise UsageError(f"delay={quoted(value)} is no span: give seconds, or a timedelta")
    return milliseconds("delay", value)


def _hold(value: object) -> float:
    seconds = _seconds("hold", value)
    if seconds is None:
        raise UsageError(f"hold=None is no number above 0: give real seconds, {LONGEST_S} at most")
    return seconds


def _seconds(name: str, value: object) -> float | None:
    seconds = _positive(name, value, "real seconds")
    if seconds is not None and seconds > LONGEST_S:
        raise UsageError(f"{name}={quoted(value)} is over an hour of real time")
    return seconds


def _positive(name: str, value: object, of: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value <= 0:
        raise UsageError(f"{name}={quoted(value)} is no number above 0: give {of}")
    return float(value)


def _probability(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise UsageError(f"probability={quoted(value)} is no number between 0 and 1")
    return float(value)
