"""Filters of storage: `filter=["field","op",[values]]`, repeatable, all of them must hold.

A filter looks at one field of a record, and holds if its operator holds for any of its values; `!=` and `hasnotelement`
if it holds for all of them. A record without the field passes only these two.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fakejobs import codec
from fakejobs.errors import BadBody, BadParam, ValueTooLarge
from fakejobs.evidence import assumed, documented, recorded
from fakejobs.web.params import param

_ABSENT = object()
_NUMBERS = (int, float)
_FORM = '["field", "operator", [values]]'


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a field of a record."""

    field: str
    op: str
    values: Sequence[Any]

    def matches(self, record: Any) -> bool:
        """Say whether a record passes; one that has no fields passes as if it lacked this one."""
        found = record.get(self.field, _ABSENT) if isinstance(record, Mapping) else _ABSENT
        negated = NEGATIONS.get(self.op)
        holds = OPERATORS[negated or self.op]
        return any(holds(found, value) for value in self.values) is (negated is None)


def parse_filter(name: str, text: str) -> Filter:
    """Read a filter; raises BadParam, naming the parameter, if it is none."""
    try:
        read = codec.loads(text.encode())
    except (BadBody, ValueTooLarge, UnicodeEncodeError):
        raise BadParam(name, text, _FORM) from None
    if isinstance(read, list) and len(read) == 3:
        field, op, values = read
        if isinstance(field, str) and isinstance(op, str) and (op in OPERATORS or op in NEGATIONS) and isinstance(values, list):
            return Filter(field, op, values)
    raise BadParam(name, text, _FORM)


def filter_param(doc: str = "Only records for which this holds, as a JSON array of field, operator and values; repeatable.") -> Any:
    """Declare the parameter `filter` as a dataclass field."""
    return param(
        parse_filter,
        name="filter",
        repeat=True,
        doc=doc,
        sources=[
            recorded('["level", ">=", [40]]; ["message", "contains", ["simple"]]'),
            documented("=, !=, >, >=, <, <=, contains, in"),
            assumed("several filters all hold; one holds for any of its values, != for all; a record without the field passes only !="),
            assumed("numbers compare with numbers and texts with texts; contains looks into texts and arrays"),
            assumed("haselement and hasnotelement look into arrays; anything else: invalid value for filter"),
        ],
    )


def all_match(filters: Iterable[Filter], record: Any) -> bool:
    """Say whether a record passes every filter."""
    return all(condition.matches(record) for condition in filters)


def _equal(found: Any, value: Any) -> bool:
    return isinstance(found, bool) is isinstance(value, bool) and bool(found == value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, value: Any) -> bool:
        numbers = isinstance(found, _NUMBERS) and isinstance(value, _NUMBERS)
        texts = isinstance(found, str) and isinstance(value, str)
        return (numbers or texts) and compare(found, value)

    return holds


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    return _has_element(found, value)


def _has_element(found: Any, value: Any) -> bool:
    return isinstance(found, list) and any(_equal(element, value) for element in found)


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "in": _equal,
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    "contains": _contains,
    "haselement": _has_element,
}
NEGATIONS: Mapping[str, str] = {"!=": "=", "hasnotelement": "haselement"}
"""Operators that hold where another one holds for none of the values."""
