"""Columns as PostgreSQL arrays in the binary form that array_recv reads, built much faster than psycopg does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEADER: Final = Struct(">iiIii").pack
_EMPTY: Final = Struct(">iiI").pack
_INT4: Final = Struct(">ii").pack
_INT8: Final = Struct(">iq").pack
_LENGTH: Final = Struct(">i").pack
_NULL: Final = b"\xff\xff\xff\xff"
_UUID: Final = b"\x00\x00\x00\x10"
_TRUE, _FALSE = b"\x00\x00\x00\x01\x01", b"\x00\x00\x00\x01\x00"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_WORDS: Final = 1_000
_DAY_US: Final = 86_400_000_000


class PgArray(bytes):
    """An array as PostgreSQL receives it; its type is said in the SQL (`%s::uuid[]`)."""


class _PgArrayDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: PgArray) -> Buffer | None:
        return obj


psycopg.adapters.register_dumper(PgArray, _PgArrayDumper)


_words: dict[str, bytes] = {}


def _vocabulary(values: Iterable[str | None]) -> list[bytes]:
    """Words of a small vocabulary, such as states and kinds, each encoded once."""
    parts = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            part = _words.get(value)
            if part is None:
                (part,) = _texts((value,))
                if len(_words) < MOST_WORDS:
                    _words[value] = part
            parts.append(part)
    return parts


def _texts(values: Iterable[str | None]) -> list[bytes]:
    """Text without NUL characters, which PostgreSQL can't hold: they become U+FFFD."""
    parts = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            raw = value.encode("utf-8", "replace") if "\0" not in value else _without_nul(value)
            parts.append(_LENGTH(len(raw)) + raw)
    return parts


def _without_nul(value: str) -> bytes:
    return value.replace("\0", "\ufffd").encode("utf-8", "replace")


def _jsons(values: Iterable[bytes | None]) -> list[bytes]:
    """JSON already encoded: it holds no NUL as it is (they are escaped)."""
    return _bytes(values)


def _bytes(values: Iterable[bytes | None]) -> list[bytes]:
    return [_NULL if value is None else _LENGTH(len(value)) + value for value in values]


def _uuids(values: Iterable[UUID | None]) -> list[bytes]:
    return [_NULL if value is None else _UUID + value.int.to_bytes(16, "big") for value in values]


def _int4s(values: Iterable[int | None]) -> list[bytes]:
    return [_NULL if value is None else _INT4(4, value) for value in values]


def _int8s(values: Iterable[int | None]) -> list[bytes]:
    return [_NULL if value is None else _INT8(8, value) for value in values]


def _bools(values: Iterable[bool | None]) -> list[bytes]:
    return [_NULL if value is None else _TRUE if value else _FALSE for value in values]


def _times(values: Iterable[datetime | None]) -> list[bytes]:
    parts = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            since = value - _EPOCH
            parts.append(_INT8(8, since.days * _DAY_US + since.seconds * 1_000_000 + since.microseconds))
    return parts


def _text_lists(values: Iterable[Sequence[str]]) -> list[bytes]:
    """Lists of text as array literals, because unnest would flatten an array of arrays."""
    return _texts("{}" if not value else "{" + ",".join(map(_quoted, value)) + "}" for value in values)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _uuid_lists(values: Iterable[Sequence[UUID]]) -> list[bytes]:
    return _texts("{" + ",".join(map(str, value)) + "}" for value in values)


_Elements = Callable[[Any], list[bytes]]
# By the type of the column: how its values are written, and the OID of what the array holds.
_TYPES: Final[dict[str, tuple[_Elements, int]]] = {
    "uuid": (_uuids, 2950),
    "text": (_texts, 25),
    "word": (_vocabulary, 25),
    "json": (_jsons, 25),
    "bytea": (_bytes, 17),
    "integer": (_int4s, 23),
    "bigint": (_int8s, 20),
    "boolean": (_bools, 16),
    "timestamptz": (_times, 1184),
    "text[]": (_text_lists, 25),
    "uuid[]": (_uuid_lists, 25),
}
PARAMETER: Final[dict[str, str]] = {"json": "text[]", "word": "text[]", "text[]": "text[]", "uuid[]": "text[]"}
"""The array type of a parameter, where it is not the column's own type followed by []."""


def array(kind: str, values: Sequence[Any]) -> PgArray:
    """The values of a column of this type, None for NULL."""
    elements, oid = _TYPES[kind]
    count = len(values)
    if count == 0:
        return PgArray(_EMPTY(0, 0, oid))
    if values[0] is None and all(value is None for value in values):
        return PgArray(_HEADER(1, 1, oid, count, 1) + _NULL * count)
    return PgArray(_HEADER(1, 1, oid, count, 1) + b"".join(elements(values)))
