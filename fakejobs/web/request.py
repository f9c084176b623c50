"""A request, read from a WSGI environ: method, path, parameters, credentials.

Parameters are those of the query for GET and HEAD, of the form for everything else; each name has a list of texts. A JSON
object is read as the form that says the same: an array is a name that is repeated, null is nothing.
Bytes that are no UTF-8 survive as surrogates and are refused when the parameter is decoded, after the caller is known.
The API key is taken out of the parameters at once, so that nobody keeps it by accident.
The files of a multipart form are kept apart from its parameters, in memory, as the body is: MAX_BODY limits both.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from fakejobs.errors import BadBody, TooLarge
from fakejobs.strictness import check_depth, read_strictly

FORM = "application/x-www-form-urlencoded"
MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request body that are read at most."""

KEY_PARAM = "apikey"
MOST_UNREAD, LONGEST_UNREAD = 20, 100
"""How many names of parameters that nothing reads are kept, and how many characters of each."""

_PLAIN_HEADERS = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
"""The headers whose names WSGI leaves without a prefix."""

_LEAST_PIECE = 256
"""Bytes of gzip that are read first of a member."""

Params = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart form. filename: as the client named it, possibly with a path; never to be trusted."""

    filename: str = ""
    content: bytes = b""


class Request:
    """One request. `params` is read on first use.

    reads_form: whether parameters of a method other than GET are those of the form; else they are those of the query.
    unread: names of parameters in the query of a request whose parameters are those of its form. has_key_in_url: whether the query
    holds an API key. Both are known when the parameters have been read.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        self.reads_form = self.method not in ("GET", "HEAD")
        self.unread: Sequence[str] = ()
        self.has_key_in_url = False
        self._params: Params | None = None
        self._files: dict[str, list[Upload]] = {}
        self._fault: BadBody | None = None
        self._keys: list[str] = []

    @property
    def exact_path(self) -> str:
        """The path with bytes that are no UTF-8 as surrogates; `path` shows them as replacement characters."""
        return str(self.environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "surrogateescape")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as they came: names as WSGI spells them."""
        return [(name, value) for name, value in self.environ.items() if name.startswith("HTTP_") or name in _PLAIN_HEADERS]

    @property
    def params(self) -> Params:
        """The parameters without API keys; raises TooLarge if the body is over the limit."""
        if self._params is None:
            query = self._query()
            self.has_key_in_url = KEY_PARAM in query
            params = self._form() if self.reads_form else query
            self._keys = [key for source in (query, params) for key in source.pop(KEY_PARAM, ())]
            if query and params is not query:
                self.unread = [name[:LONGEST_UNREAD] for name in islice(query, MOST_UNREAD)]
            self._params = params
        return self._params

    @property
    def files(self) -> dict[str, list[Upload]]:
        """The files of a multipart form, by the names of their parts."""
        self.params  # noqa: B018  # reading the parameters finds the files
        return self._files

    def check_form(self) -> None:
        """Raise BadBody if the body is not what it says it is, or nothing that is read as parameters."""
        self.params  # noqa: B018  # reading the parameters finds the fault
        if self._fault is not None:
            raise self._fault

    @property
    def key(self) -> str | None:
        """The API key: the user name of Basic credentials, else the parameter `apikey` of query or form."""
        basic = self.basic
        if basic is not None and basic[0]:
            return basic[0]
        self.params  # noqa: B018  # reading the parameters finds the keys
        return self._keys[-1] if self._keys else None

    @cached_property
    def basic(self) -> tuple[str, str] | None:
        """User name and password of Basic credentials, if there are any."""
        scheme, _, encoded = self.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        user, _, password = decoded.decode("utf-8", "surrogateescape").partition(":")
        return user, password

    def header(self, name: str) -> str:
        """Return a header's text, or "" if it did not come."""
        key = name.upper().replace("-", "_")
        return str(self.environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))

    def content(self) -> bytes:
        """Read the body and undo its Content-Encoding; raises BadBody for broken gzip, TooLarge over the limit."""
        data = self.body()
        return _unzipped(data) if self.header("Content-Encoding").strip().lower() in ("gzip", "x-gzip") else data

    def peeked(self) -> bytes:
        """Return what content() does, and leave the body as if nobody had read it."""
        body = self.body()
        self.environ["wsgi.input"] = BytesIO(body)
        try:
            return self.content()
        finally:
            self.environ["wsgi.input"] = BytesIO(body)

    def body(self) -> bytes:
        """Read the body, if there is one; raises TooLarge if it is over the limit."""
        if "wsgi.input" not in self.environ:
            return b""
        try:
            data: bytes = get_input_stream(self.environ, max_content_length=MAX_BODY).read()
        except HTTPException:
            raise TooLarge(MAX_BODY) from None
        return data

    def _query(self) -> Params:
        text = self.environ.get("QUERY_STRING", "")
        return _pairs(text.encode("latin-1").decode("utf-8", "surrogateescape")) if text else {}

    def _form(self) -> Params:
        """Read the body as a form; of one that cannot be read the fault is kept, for after the caller is known."""
        try:
            return self._read_form()
        except BadBody as error:
            self._fault = error
            return {}

    def _read_form(self) -> Params:
        content_type = self.environ.get("CONTENT_TYPE", "")
        media_type, options = (content_type, {}) if content_type == FORM else parse_options_header(content_type)
        media_type = media_type.lower()
        data = self.content()
        if media_type in ("", FORM):
            return _pairs(data.decode("utf-8", "surrogateescape"))
        if media_type == "multipart/form-data":
            return self._multipart(data, options)
        if media_type == "application/json":
            return _json_form(data)
        if data:
            raise BadBody(f"the body is {_shown(media_type)}; this endpoint reads forms and JSON")
        return {}

    def _multipart(self, data: bytes, options: dict[str, str]) -> Params:
        parser = _BytesParser(lambda *_, **__: BytesIO(), max_form_memory_size=None)
        try:
            form, files = parser.parse(BytesIO(data), options["boundary"].encode("ascii"), len(data))
        except (KeyError, ValueError, HTTPException):
            raise BadBody("the multipart form is broken or cut off") from None
        if None in form or None in files:
            raise BadBody("a part of the multipart form has no name")
        self._files = {name: [Upload(file.filename or "", file.stream.read()) for file in part] for name, part in files.lists()}
        return {name: [_text(value) for value in values] for name, values in form.lists()}


class _BytesParser(MultiPartParser):
    """Reads the parts of a multipart form byte by character, so that bytes that are no UTF-8 are not lost."""

    def get_part_charset(self, headers: Headers) -> str:
        """Return the charset in which every byte is a character."""
        return "latin-1"


def _text(value: str) -> str:
    return value.encode("latin-1").decode("utf-8", "surrogateescape")


def _pairs(text: str) -> Params:
    found: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        found.setdefault(name, []).append(value)
    return found


def _json_form(data: bytes) -> Params:
    """Return the form that says the same as a JSON object; raises BadBody for anything else."""
    try:
        value = read_strictly(data.decode()) if data.strip() else {}
        check_depth(data, [value])
    except (ValueError, RecursionError, BadBody) as error:
        raise BadBody(f"the body is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadBody("the body is no JSON object")
    texts = {name: [_form_text(one) for one in _several(inner) if one is not None] for name, inner in value.items()}
    return {name: several for name, several in texts.items() if several}


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _form_text(value: Any) -> str:
    """Return what a form would say for a JSON value: a text as it is, true and false as Python has them, anything else as JSON."""
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value)


def _shown(media_type: str) -> str:
    return media_type if media_type.isprintable() else "of an unreadable type"


def _unzipped(data: bytes) -> bytes:
    """Undo gzip, of one member or of many; read in small pieces, as each member's inflater hands the rest of its piece back whole."""
    inflater = zlib.decompressobj(wbits=31)
    plain = bytearray()
    place, size = 0, _LEAST_PIECE
    try:
        while place < len(data):
            piece = data[place : place + size]
            plain += inflater.decompress(piece, MAX_BODY + 1 - len(plain))
            if len(plain) > MAX_BODY:
                raise TooLarge(MAX_BODY)
            place += len(piece) - len(inflater.unused_data)
            size = _LEAST_PIECE if inflater.eof else size * 2
            if inflater.eof and place < len(data):
                inflater = zlib.decompressobj(wbits=31)
    except zlib.error:
        raise BadBody("the body is no gzip, though Content-Encoding says so") from None
    if data and not inflater.eof:
        raise BadBody("the gzip body is cut off")
    return bytes(plain)
