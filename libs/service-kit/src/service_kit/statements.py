"""SQL texts with names put in as quoted identifiers, once, before they are used."""

from __future__ import annotations

from psycopg import sql


def statement(text: str, **names: str) -> bytes:
    """The text with each `{name}` replaced by the quoted identifier; a dot parts schema and table."""
    identifiers = {name: sql.Identifier(*value.split(".")) for name, value in names.items()}
    return sql.SQL(text).format(**identifiers).as_string().encode()
