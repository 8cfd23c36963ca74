"""Addresses of collections: where they connect to, and how they are shown."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from store import QueryError
from store.postgres.address import Address


def test_the_collection_is_ours_and_the_rest_is_psycopgs() -> None:
    address = Address.parse("postgresql://me:s%40crt@db:5433/photos?sslmode=require&collection=a-1")
    assert address.collection == "a-1"
    assert conninfo_to_dict(address.conninfo) == {
        "user": "me",
        "password": "s@crt",
        "host": "db",
        "port": "5433",
        "dbname": "photos",
        "sslmode": "require",
    }
    assert Address.parse("postgres://db/x").collection == "photos"
    assert Address.parse("postgres://db/x?collection=a", "b").collection == "b"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://me:secret@db:5433/x", "postgresql://me@db:5433/x"),
        ("postgresql://:secret@db/x", "postgresql://db/x"),
        ("postgresql://db/x?password=secret&sslmode=require", "postgresql://db/x"),
        ("postgresql:///x?host=/run/pg&password=secret", "postgresql:///x?host=/run/pg"),
        ("postgresql://me:secret@db/x?collection=a", "postgresql://me@db/x?collection=a"),
    ],
)
def test_a_password_is_never_shown(given: str, shown: str) -> None:
    address = Address.parse(given)
    assert address.shown == shown
    assert repr(address) == f"Address({shown!r})"


@pytest.mark.parametrize(
    "given",
    ["", "secret", "mysql://me:secret@db/x", "postgresql://me:secret@db:port/x", "http://[secret"],
)
def test_what_is_no_address_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(QueryError, match="expected postgresql://USER:PASSWORD@HOST") as refused:
        Address.parse(given)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:p@secret/word@localhost/db",
        "postgresql://me:12/secret@localhost/db",
        "postgresql://me:12?secret@localhost/db",
        "postgresql://me:12#secret@localhost/db",
        "postgresql://me:secret@secret@localhost/db",
        "postgresql://me:secret/12@localhost/db",
        "postgresql://me@localhost/db?password=1&collection=a#secret",
    ],
)
def test_a_password_with_special_signs_is_not_taken_for_a_host(given: str) -> None:
    with pytest.raises(QueryError, match=r"cannot be read.*write @ .* as %40 ") as refused:
        Address.parse(given)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a;b", "a" * 64, "ä"])
def test_collections_have_plain_names(name: str) -> None:
    with pytest.raises(QueryError, match="up to 63 letters, digits"):
        Address.parse("postgresql://db/x", name)
