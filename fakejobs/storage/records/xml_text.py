"""Records as XML: values in the data types of XML-RPC, in a frame of our own."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape

from fakejobs import codec

_NO_XML_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_of(value: Any) -> str:
    """Return a JSON value as the <value> of XML-RPC; characters that no XML can hold become U+FFFD."""
    return f"<value>{_typed(value)}</value>"


def _typed(value: Any) -> str:
    if value is None:
        return "<nil/>"
    if isinstance(value, bool):
        return f"<boolean>{value:d}</boolean>"
    if isinstance(value, (int, float)):
        word = "int" if isinstance(value, int) else "double"
        return f"<{word}>{codec.dumps(value).decode()}</{word}>"
    if isinstance(value, str):
        return f"<string>{_clean(value)}</string>"
    if isinstance(value, list):
        return f"<array><data>{''.join(map(xml_of, value))}</data></array>"
    members = "".join(f"<member><name>{_clean(name)}</name>{xml_of(inner)}</member>" for name, inner in value.items())
    return f"<struct>{members}</struct>"


def _clean(text: str) -> str:
    return escape(_NO_XML_TEXT.sub("\ufffd", text))
