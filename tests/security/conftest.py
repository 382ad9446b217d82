"""Where a text may lie hidden: everything that a Postroom keeps, searched for words that nobody else uses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from local_runtime.live import LivePostroom

Search = Callable[[Iterable[str]], list[str]]


def disguises(word: str) -> set[bytes]:
    """The word as it is, in hexadecimal digits as PostgreSQL shows bytes, and in base64 at any place."""
    raw = word.lower().encode()
    shifted = (b64encode(b"\0" * shift + raw).rstrip(b"=")[4 if shift else 0 : -1] for shift in range(3))
    return {raw, raw.hex().encode(), *(each.lower() for each in shifted)}


def hidden(words: Iterable[str], content: bytes) -> list[str]:
    """Those of the words that are in the content, whatever their case."""
    content = content.lower()
    return [word for word in words if any(disguise in content for disguise in disguises(word))]


@pytest.fixture(scope="session")
def in_content() -> Callable[[Iterable[str], bytes], list[str]]:
    return hidden


@pytest.fixture
def in_database(postroom: LivePostroom) -> Search:
    """`schema.table: word` for each word that a row of any table of any schema of ours holds."""

    def search(words: Iterable[str]) -> list[str]:
        return [f"{name}: {word}" for name, row in _rows(postroom) for word in hidden(words, row)]

    return search


@pytest.fixture
def in_files(postroom: LivePostroom) -> Callable[[str, Iterable[str]], list[str]]:
    """`path: word` for each word that a file below this folder of the state holds."""

    def search(folder: str, words: Iterable[str]) -> list[str]:
        files = [path for path in (postroom.var / folder).rglob("*") if path.is_file()]
        return [f"{path}: {word}" for path in files for word in hidden(words, _content(path))]

    return search


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""  # deleted meanwhile


def _rows(live: LivePostroom) -> Iterator[tuple[str, bytes]]:
    with live.database() as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname <> 'information_schema' AND schemaname NOT LIKE 'pg\\_%'"
        ).fetchall()
        for schema, table in tables:
            for (row,) in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))):
                yield f"{schema}.{table}", row.encode()
