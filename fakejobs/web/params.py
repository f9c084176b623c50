"""Parameters as data: the fields of a frozen dataclass say how each one is read, documented and known.

param() makes such a field; a Schema, built once for each dataclass, decodes the texts of a request into it. The
dataclass is what a view is typed with; the same fields give the answers to bad values and the tables of docs/reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from typing import Any, Generic, NoReturn, TypeVar

from fakejobs.errors import BadBody, BadParam, MissingParam
from fakejobs.evidence import Source
from fakejobs.strictness import check_depth, read_strictly
from fakejobs.web.request import Params, Request, Upload

T = TypeVar("T")
Parse = Callable[[str, str], Any]

_LARGEST_SHOWN = 10**9
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
YES, NO = ("1", "true", "yes", "y"), ("0", "false", "no", "n")


class Place(str, Enum):
    """Where in a request a parameter stands."""

    PARAMETER = "parameter"
    """In the path, the query or the form."""
    PATH = "path"
    """In the path alone: of this name, nothing else is read."""
    HEADER = "header"
    BODY = "body"
    FILE = "file"
    """A file of a multipart form."""


_NAMED = (Place.PARAMETER, Place.PATH)


@dataclass(frozen=True, slots=True)
class Param:
    """What is to be known of one parameter.

    doc: its row in the table of parameters. sources: how we know, the parts of it that are assumed apart.
    name: as the wire spells it. parse: (name, text) to value, or BadParam. repeat: every value counts, not the last.
    rest: takes all parameters that no other field names. required: the request is refused without it.
    secret: its value is never written down.
    """

    name: str
    parse: Parse
    doc: str
    sources: tuple[Source, ...]
    repeat: bool = False
    rest: bool = False
    required: bool = False
    place: Place = Place.PARAMETER
    secret: bool = False


def param(
    parse: Parse,
    *,
    doc: str,
    sources: Sequence[Source],
    name: str = "",
    default: Any = MISSING,
    repeat: bool = False,
    rest: bool = False,
    place: Place = Place.PARAMETER,
    secret: bool = False,
) -> Any:
    """Declare a parameter as a dataclass field; one without default is required.

    name: as the wire spells it, if it differs from the field's. A blank value of a parameter means that it was not given.
    place: PATH, if it stands in the path alone. secret: its value is never written down.
    """
    required = default is MISSING and not repeat and not rest
    about = Param(name, parse, doc, tuple(sources), repeat, rest, required, place, secret)
    if repeat:
        return field(default=(), metadata={"param": about})
    if rest:
        return field(default_factory=dict, metadata={"param": about})
    if callable(default):
        return field(default_factory=default, metadata={"param": about})
    return field(default=default, metadata={"param": about})


def header(name: str, *, doc: str, sources: Sequence[Source]) -> Any:
    """Declare a header that a view needs, as a dataclass field: its text, or "" if it did not come."""
    return field(default="", metadata={"param": Param(name, text, doc, tuple(sources), place=Place.HEADER)})


def body(*, doc: str, sources: Sequence[Source]) -> Any:
    """Declare the body of the request, un-gzipped, as a dataclass field of bytes."""
    return field(default=b"", metadata={"param": Param("body", text, doc, tuple(sources), place=Place.BODY)})


NO_UPLOAD = Upload()
"""What an optional upload is if it did not come."""


def upload(*, doc: str, sources: Sequence[Source], name: str = "", repeat: bool = False, required: bool = True) -> Any:
    """Declare a file of a multipart form as a dataclass field: an Upload, or with repeat a tuple of them.

    name: of the form's part, if it differs from the field's. An upload that is not required and did not come is NO_UPLOAD.
    """
    about = Param(name, text, doc, tuple(sources), repeat, required=required and not repeat, place=Place.FILE)
    return field(default=() if repeat else NO_UPLOAD, metadata={"param": about})


class Schema(Generic[T]):
    """How the parameters of a request become one record of a dataclass."""

    def __init__(self, record: type[T]) -> None:
        self.record = record
        self.params = [(f.name, _named(f.metadata["param"], f.name)) for f in fields(record)]  # type: ignore[arg-type]
        self.secrets = frozenset(about.name for _, about in self.params if about.secret)
        self.of_path = frozenset(about.name for _, about in self.params if about.place is Place.PATH)
        """The names that are read from the path alone."""
        self._elsewhere = [(attribute, about) for attribute, about in self.params if about.place not in _NAMED]
        own = [(attribute, about) for attribute, about in self.params if about.place in _NAMED]
        self._named = [(about.name, attribute, about) for attribute, about in own if not about.rest]
        self._names = {name for name, _, _ in self._named}
        self._rest = next((attribute for attribute, about in own if about.rest), None)

    def __iter__(self) -> Iterator[Param]:
        return (about for _, about in self.params)

    def decode(self, given: Params, request: Request | None = None) -> T:
        """Return the record; raises BadParam or MissingParam, naming the parameter.

        request: where headers and body are read from, for records that have such fields.
        """
        for name, texts in given.items():
            if not name.isascii() or "\0" in name:
                _check(name, name)
            for text in texts:
                if not text.isascii() or "\0" in text:
                    _check(name, text)
        return self._read(given, request, refuse=True)

    def decode_leniently(self, given: Params) -> T:
        """Return the record as well as it can be read: a bad value stays text, a missing one is None."""
        return self._read(given, None, refuse=False)

    def _read(self, given: Params, request: Request | None, *, refuse: bool) -> T:
        values: dict[str, Any] = {}
        for name, attribute, about in self._named:
            texts = [text for text in given[name] if text] if name in given else None
            if texts:
                read = [self._one(about, text, refuse) for text in (texts if about.repeat else texts[-1:])]
                values[attribute] = tuple(read) if about.repeat else read[0]
            elif about.required:
                if refuse:
                    raise MissingParam(name)
                values[attribute] = None
        if self._rest is not None:
            values[self._rest] = {name: texts[-1] for name, texts in given.items() if name not in self._names}
        if request is not None:
            for attribute, about in self._elsewhere:
                values.update(_from_request(attribute, about, request))
        return self.record(**values)

    @staticmethod
    def _one(about: Param, text: str, refuse: bool) -> Any:
        try:
            return about.parse(about.name, text)
        except BadParam:
            if refuse:
                raise
            return text


_schemas: dict[type, Schema[Any]] = {}


def schema_of(record: type[T]) -> Schema[T]:
    """Return the schema of a parameter dataclass, made once."""
    schema = _schemas.get(record)
    if schema is None:
        schema = _schemas[record] = Schema(record)
    return schema


def text(name: str, value: str) -> str:
    """Read a text as it is."""
    return value


def number(name: str, value: str) -> int:
    """Read a decimal number of at most 18 digits; signs, blanks, underscores and other scripts' digits are refused."""
    return int(value) if _DIGITS.fullmatch(value) else _refuse(name, value)


def flag_of(yes: Sequence[str], no: Sequence[str], form: str = "") -> Parse:
    """Make a reader of yes and no, by their words in either case. form: what a refusal says would have been one."""

    def parse(name: str, value: str) -> bool:
        word = value.lower()
        return word in yes if word in yes or word in no else _refuse(name, value, form)

    return parse


flag = flag_of(YES, NO)
"""Reads yes or no, as clients spell them: 1, true, yes, y; 0, false, no, n."""


def number_in(legal: range) -> Parse:
    """Make a reader of decimal numbers within a range."""

    form = f"{legal[0]} or more" if legal[-1] > _LARGEST_SHOWN else f"{legal[0]} to {legal[-1]}"

    def parse(name: str, value: str) -> int:
        read = int(value) if _DIGITS.fullmatch(value) else None
        return read if read is not None and read in legal else _refuse(name, value, form)

    return parse


def one_of(choices: Sequence[T]) -> Parse:
    """Make a reader of words: each choice is spelled as its text."""
    by_word = {str(choice): choice for choice in choices}

    def parse(name: str, value: str) -> T:
        return by_word[value] if value in by_word else _refuse(name, value, ", ".join(by_word))

    return parse


def json_object(name: str, value: str) -> dict[str, Any]:
    """Read a JSON object; NaN and Infinity, which are no JSON, are refused, and so is what no verb would take."""
    try:
        read = read_strictly(value)
        if isinstance(read, dict):
            check_depth(value.encode(), [*read.values()])
    except (ValueError, RecursionError, BadBody):
        _refuse(name, value, "a JSON object")
    return read if isinstance(read, dict) else _refuse(name, value, "a JSON object")


def _from_request(attribute: str, about: Param, request: Request) -> dict[str, Any]:
    """Return the value of a field that stands elsewhere than in the parameters; nothing if it did not come."""
    if about.place is Place.HEADER:
        return {attribute: request.header(about.name)}
    if about.place is Place.BODY:
        return {attribute: request.content()}
    files = request.files.get(about.name, [])
    for file in files:
        _check(about.name, file.filename)
    if files:
        return {attribute: tuple(files) if about.repeat else files[-1]}
    if about.required:
        raise MissingParam(about.name)
    return {}


def _refuse(name: str, value: str, form: str = "") -> NoReturn:
    raise BadParam(name, _shown(value), form)


def _check(name: str, value: str) -> None:
    """Refuse what cannot be stored: bytes that were no UTF-8, and NUL."""
    if _shown(value) != value or "\0" in value:
        raise BadParam(_shown(name), _shown(value))


def _shown(value: str) -> str:
    """Return a text with a question mark for every byte that was no UTF-8."""
    return value.encode("utf-8", "replace").decode()


def _named(about: Param, attribute: str) -> Param:
    if about.name:
        return about
    return replace(about, name=attribute)
