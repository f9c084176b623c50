"""A request, read from a WSGI environ: method, path, parameters, credentials.

Parameters are those of the query for GET and HEAD, of the form for everything else; each name has a list of texts.
Bytes that are no UTF-8 survive as surrogates and are refused when the parameter is decoded, after the caller is known.
The API key is taken out of the parameters at once, so that nobody keeps it by accident.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.wsgi import get_input_stream

from fakejobs.errors import TooLarge

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request body that are read at most."""

KEY_PARAM = "apikey"

Params = dict[str, list[str]]


class Request:
    """One request. `params` is read on first use."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        self._params: Params | None = None
        self._keys: list[str] = []

    @property
    def params(self) -> Params:
        """The parameters without API keys; raises TooLarge if the body is over the limit."""
        if self._params is None:
            query = self._query()
            params = query if self.method in ("GET", "HEAD") else self._form()
            self._keys = [key for source in (query, params) for key in source.pop(KEY_PARAM, ())]
            self._params = params
        return self._params

    @property
    def key(self) -> str | None:
        """The API key: the user name of Basic credentials, else the parameter `apikey` of query or form."""
        user = self._basic_user()
        if user:
            return user
        self.params  # noqa: B018  # reading the parameters finds the keys
        return self._keys[-1] if self._keys else None

    def body(self) -> bytes:
        """Read the body; raises TooLarge if it is over the limit."""
        try:
            data: bytes = get_input_stream(self.environ, max_content_length=MAX_BODY).read()
        except HTTPException:
            raise TooLarge(MAX_BODY) from None
        return data

    def _query(self) -> Params:
        text = self.environ.get("QUERY_STRING", "")
        return _pairs(text.encode("latin-1").decode("utf-8", "surrogateescape")) if text else {}

    def _form(self) -> Params:
        media_type, options = parse_options_header(self.environ.get("CONTENT_TYPE", ""))
        if media_type == "application/x-www-form-urlencoded":
            return _pairs(self.body().decode("utf-8", "surrogateescape"))
        if media_type == "multipart/form-data":
            return self._multipart(options)
        return {}

    def _multipart(self, options: dict[str, str]) -> Params:
        parser = FormDataParser(max_form_memory_size=None, max_content_length=MAX_BODY, silent=True)
        try:
            stream = get_input_stream(self.environ, max_content_length=MAX_BODY)
            _, form, files = parser.parse(stream, "multipart/form-data", None, options)
        except HTTPException:
            raise TooLarge(MAX_BODY) from None
        for uploads in files.listvalues():
            for upload in uploads:
                upload.close()
        return {name: list(values) for name, values in form.lists()}

    def _basic_user(self) -> str | None:
        scheme, _, encoded = self.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        return decoded.decode("utf-8", "surrogateescape").partition(":")[0]


def _pairs(text: str) -> Params:
    found: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        found.setdefault(name, []).append(value)
    return found
