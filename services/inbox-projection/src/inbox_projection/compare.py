"""Compares two schemas of the inbox views row by row: `python -m inbox_projection.compare DSN [SCHEMA SCHEMA]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from inbox_projection.tables.schema import LIVE, NEXT, SEARCH_TABLES
from service_kit.database import Connection, connect

SURROGATE: Final = frozenset({"feed", "offsets", "positions", *SEARCH_TABLES})
"""Tables that are no projection of events alone: feed ids and times are given at writing, positions are the shell's,
and the index of the search, which a rebuild takes over, is made from the other tables (search_index.contents)."""


@dataclass(frozen=True)
class Difference:
    """How many rows of a table are in one schema only."""

    table: str
    only_left: int
    only_right: int
    example: str


@dataclass(frozen=True)
class Comparison:
    """Rows compared by table, and the tables that differ."""

    rows: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def compare(connection: Connection, left: str = LIVE, right: str = NEXT) -> Comparison:
    """Every row of every view table, hashed as a whole, in both schemas. Raises ValueError when tables are missing.

    `example` of a difference names the first column of one such row, never its content.
    """
    tables = _tables(connection, left)
    if tables != _tables(connection, right) or not tables:
        raise ValueError(f"the schemas {left} and {right} do not hold the same tables")
    rows: dict[str, int] = {}
    differences: list[Difference] = []
    for table in tables:
        count, difference = _compare_table(connection, left, right, table)
        rows[table] = count
        if difference is not None:
            differences.append(difference)
    return Comparison(rows, tuple(differences))


def _tables(connection: Connection, schema: str) -> list[str]:
    found = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", (schema,)).fetchall()
    return [name for (name,) in found if name not in SURROGATE]


_HASHED: Final = """
select md5(t::text) as hash, count(*) as rows, min(t.{key}::text) as example from {table} t group by 1
"""
_COMPARED: Final = """
with l as ({left}), r as ({right})
select coalesce(sum(l.rows), 0),
       coalesce(sum(greatest(coalesce(l.rows, 0) - coalesce(r.rows, 0), 0)), 0),
       coalesce(sum(greatest(coalesce(r.rows, 0) - coalesce(l.rows, 0), 0)), 0),
       min(coalesce(l.example, r.example)) filter (where l.rows is distinct from r.rows)
from l full join r on l.hash = r.hash
"""


def _compare_table(connection: Connection, left: str, right: str, table: str) -> tuple[int, Difference | None]:
    key = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum = 1", (f"{left}.{table}",)
    ).fetchone()
    assert key is not None
    hashed = [
        sql.SQL(_HASHED).format(key=sql.Identifier(key[0]), table=sql.Identifier(schema, table))
        for schema in (left, right)
    ]
    row = connection.execute(sql.SQL(_COMPARED).format(left=hashed[0], right=hashed[1])).fetchone()
    assert row is not None
    count, only_left, only_right, example = row
    if not only_left and not only_right:
        return int(count), None
    return int(count), Difference(table, int(only_left), int(only_right), f"{key[0]} {example}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m inbox_projection.compare", description=__doc__)
    parser.add_argument("dsn", help="the database, as a conninfo or URL")
    parser.add_argument("schemas", nargs="*", default=[LIVE, NEXT], help="the two schemas (default: inbox inbox_next)")
    options = parser.parse_args(arguments)
    try:
        with connect(options.dsn, "compare") as connection:
            found = compare(connection, *options.schemas)
    except (psycopg.Error, ValueError, TypeError) as error:
        print(f"compare: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for difference in found.differences:
        print(  # noqa: T201
            f"{difference.table}: {difference.only_left} rows only left, {difference.only_right} only right,"
            f" for example {difference.example}"
        )
    print(f"compare: {sum(found.rows.values())} rows, {'the same' if found.same else 'different'}")  # noqa: T201
    return 0 if found.same else 1


if __name__ == "__main__":
    raise SystemExit(main())
