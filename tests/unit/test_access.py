"""Keys: open until one is declared, and never shown whole."""

from __future__ import annotations

import pytest

from fakejobs.access import DEFAULT_KEY, AccessBook, Account

LONG = "0123456789abcdef0123456789abcdef"


def test_without_a_declared_key_any_key_opens_everything() -> None:
    book = AccessBook()
    for key in ("k", LONG, book.exported):
        account = book.account(key)
        assert account == Account("fakeuser", None)
        assert account is not None
        assert account.may_use(1)
    assert book.account("") is None


def test_the_first_declared_key_closes_the_door_to_others_but_the_exported_one() -> None:
    book = AccessBook("exported")
    book.declare("k", Account("ann", frozenset({1})))
    ann = book.account("k")
    assert ann == Account("ann", frozenset({1}))
    assert ann is not None
    assert ann.may_use(1)
    assert not ann.may_use(2)
    assert book.account("other") is None
    assert book.account("") is None
    assert book.account("exported") == Account("fakeuser", None)


def test_a_key_declared_again_belongs_to_the_new_account() -> None:
    book = AccessBook("exported")
    book.declare("k", Account("ann"))
    book.declare("k", Account("bob", frozenset()))
    book.declare("exported", Account("eve", frozenset({3})))
    assert dict(book) == {"k": Account("bob", frozenset()), "exported": Account("eve", frozenset({3}))}
    assert book.account("exported") == Account("eve", frozenset({3}))


def test_a_copy_is_independent() -> None:
    book = AccessBook("exported")
    twin = book.copy()
    twin.declare("k", Account("ann"))
    assert list(book) == []
    assert twin.exported == "exported"
    assert book.account("other") is not None
    assert twin.account("other") is None


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, None),
        ("", "****"),
        ("short", "****"),
        ("fifteen-letters", "****"),
        (LONG, "****cdef"),
        ("declared", "**** (ann)"),
        (DEFAULT_KEY, "****jobs"),
    ],
)
def test_keys_are_masked(key: str | None, shown: str | None) -> None:
    book = AccessBook()
    book.declare("declared", Account("ann"))
    assert book.masked(key) == shown
    assert LONG not in repr(book)
    assert "declared" not in repr(list(dict(book).values()))
