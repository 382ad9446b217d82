"""The tables themselves: columns as arrays, the feed's ids, retention, versions, and the comparison of two schemas."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest

from inbox_projection.compare import compare, main
from inbox_projection.projector import Views
from inbox_projection.tables import layout, retention, schema
from inbox_projection.tables.arrays import array
from inbox_projection.testing import Replay, Story
from service_kit.database import Connection, connect

pytestmark = pytest.mark.real
ID = UUID("01957a00-0000-7000-8000-0000000000ff")
MOMENT = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "cast", "values"),
    [
        ("uuid", "uuid[]", [ID, None]),
        ("text", "text[]", ["ąż€ \U0001f43f", "", None, "a,b{}\"\\'"]),
        ("word", "text[]", ["open", None, "open"]),
        ("json", "text[]", [b'{"a":"\\u0000"}', None]),
        ("integer", "integer[]", [-1, 2**31 - 1, None]),
        ("bigint", "bigint[]", [2**63 - 1, None]),
        ("boolean", "boolean[]", [True, False, None]),
        ("timestamptz", "timestamptz[]", [MOMENT, None, datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=2)))]),
        ("text", "text[]", [None, None]),
        ("text", "text[]", []),
    ],
)
def test_a_column_arrives_as_it_was(views: Connection, kind: str, cast: str, values: list[Any]) -> None:
    row = views.execute(f"select %s::{cast}".encode(), (array(kind, values),)).fetchone()
    assert row is not None
    assert row[0] == [value.decode() if isinstance(value, bytes) else value for value in values]


def test_nul_characters_become_replacement_characters_because_postgresql_holds_none(views: Connection) -> None:
    assert views.execute("select %s::text[]", (array("text", ["a\0b"]),)).fetchone() == (["a\ufffdb"],)


@pytest.mark.parametrize("labels", [(), ("a",), ("x,y", '"', "\\", "{}", " ", "NULL")])
def test_lists_of_labels_survive_their_column(views: Connection, labels: tuple[str, ...]) -> None:
    query = "select u::text[] from unnest(%s::text[]) u"
    assert views.execute(query, (array("text[]", [labels]),)).fetchone() == (list(labels),)


@pytest.mark.parametrize("table", [each for each in vars(layout).values() if isinstance(each, layout.Table)])
def test_rows_have_the_columns_of_their_tables_with_their_types(views: Connection, table: layout.Table) -> None:
    found = dict(
        views.execute(
            "select '\"' || attname || '\"', format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0",
            (f"inbox.{table.name}",),
        ).fetchall()
    )
    names = {"timestamptz": "timestamp with time zone", "json": "text", "word": "text"}
    for column, kind in zip(table.columns, table.types, strict=True):
        assert found[column] == names.get(kind, kind), column
    optional = {"feed_id", "at"} if table is layout.FEED else set()
    partial = table in (layout.DELIVERIES, layout.COMPANY_CHANGES, layout.FILTERED, layout.ADMITTED)
    assert partial or {name.strip('"') for name in found} - optional == {name.strip('"') for name in table.columns}


def test_feed_ids_become_visible_in_their_order(views: Connection) -> None:
    """A second writer waits for the first one's commit before it gets an id, so it uses none up in vain."""
    story = Story()
    story.mail(story.person())
    half = len(story.records)
    story.mail(story.person())
    with connect(views.info.dsn, "second", autocommit=True) as other:
        other.execute("set lock_timeout = '100ms'")
        with views.transaction():
            Replay(views, Views()).take(story.records[:half], story.keys)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                Replay(other, Views()).take(story.records[half:], story.keys)
        Replay(other, Views()).take(story.records[half:], story.keys)
    told = views.execute("select feed_id from inbox.feed order by 1").fetchall()
    assert [row[0] for row in told] == [1, 2, 3, 4], "two conversations, and to whom they were given is told"


def test_what_is_old_is_pruned_and_what_is_not_stays(views: Connection) -> None:
    views.execute("insert into inbox.feed (kind, at) values ('reset', now() - interval '25 hours'), ('reset', now())")
    for command, hours in ((UUID(int=1), 49), (UUID(int=2), 1)):
        views.execute(
            "insert into inbox.command_outcomes values (%s, 'X', 'done', '', '', null, '[]', now() - %s)",
            (command, timedelta(hours=hours)),
        )
    assert retention.prune(views.info.dsn) == 2
    assert views.execute("select feed_id from inbox.feed").fetchall() == [(2,)]
    assert views.execute("select command_id from inbox.command_outcomes").fetchall() == [(UUID(int=2),)]


def test_a_schema_is_made_once_and_says_its_version(views: Connection) -> None:
    assert schema.version_of(views) == schema.VIEW_VERSION
    schema.create(views)
    assert schema.version_of(views, "no_such_schema") is None


def test_the_comparison_finds_a_lost_a_doubled_and_a_changed_row(
    views: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Story()
    story.mail(story.person())
    story.mail(story.person())
    schema.drop(views)
    schema.create_tables(views, schema.NEXT)
    for name in (schema.LIVE, schema.NEXT):
        Replay(views, Views(name, live=False)).take(story.records, story.keys)
    assert compare(views).same
    assert main([views.info.dsn]) == 0
    views.execute("delete from inbox_next.contacts where contact_id = (select contact_id from inbox.contacts limit 1)")
    views.execute("update inbox_next.conversations set preview = 'x' where number = 1")
    found = compare(views)
    assert {(each.table, each.only_left, each.only_right) for each in found.differences} == {
        ("contacts", 1, 0),
        ("conversations", 1, 1),
    }
    assert main([views.info.dsn]) == 1
    assert "different" in capsys.readouterr().out
