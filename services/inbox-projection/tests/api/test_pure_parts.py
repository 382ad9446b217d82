"""Policy, cursors, file names, origins, tokens, the feed's text and queue, and what is shown."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.envelope import Actor
from events.outcomes import ShownAt
from inbox_projection import cursors
from inbox_projection.auth.origins import same_origin
from inbox_projection.commands import command_id, request_hash
from inbox_projection.feed import QUEUE, Entry, Listener, entry
from inbox_projection.files import clean_name, clean_type, disposition
from inbox_projection.policy import ANYWHERE, PUBLIC, Caller, Permission, Verdict, decide, granted
from inbox_projection.problems import Problem, of_refusal
from inbox_projection.queries.conversation_filter import Place
from inbox_projection.shown import Shown

OWN, FOREIGN = uuid4(), uuid4()


@pytest.mark.parametrize("permission", Permission)
def test_nobody_may_only_what_is_public(permission: Permission) -> None:
    expected = Verdict.ALLOWED if permission in PUBLIC else Verdict.FORBIDDEN
    assert decide(None, permission) is decide(None, permission, OWN) is expected


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ["manager", "agent"])
def test_a_foreign_inbox_is_hidden_and_a_missing_permission_forbidden(permission: Permission, role: str) -> None:
    caller = Caller(uuid4(), role, frozenset({OWN}))  # type: ignore[arg-type]
    allowed = permission in granted(caller.role)
    assert decide(caller, permission, OWN) is (Verdict.ALLOWED if allowed else Verdict.FORBIDDEN)
    assert decide(caller, permission, ANYWHERE) is decide(caller, permission, OWN)
    if permission not in PUBLIC:
        assert decide(caller, permission, FOREIGN) is (Verdict.HIDDEN if allowed else Verdict.FORBIDDEN)


def test_administrators_reach_everything_and_each_role_contains_the_one_below() -> None:
    caller = Caller(uuid4(), "administrator")
    assert all(decide(caller, permission, FOREIGN) is Verdict.ALLOWED for permission in Permission)
    assert granted("agent") < granted("manager") < granted("administrator")


@pytest.mark.parametrize(
    ("name", "hours"), [("Asia/Tokyo", 9), ("", 0), ("Mars/Olympus", 0), ("../etc/passwd", 0), ("a\0b", 0)]
)
def test_who_has_no_known_time_zone_lives_in_utc(name: str, hours: int) -> None:
    zone = Caller(uuid4(), "agent", time_zone=name).zone
    assert datetime(2026, 1, 1, tzinfo=zone).utcoffset() == timedelta(hours=hours)


def test_a_cursor_comes_back_as_it_went() -> None:
    place = Place(datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), uuid4())
    assert cursors.decode(cursors.encode(place), Place) == place


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: raw.hex())))
def test_a_cursor_that_no_page_gave_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        cursors.decode(text, Place)
    assert refused.value.status == 422


@given(st.text(max_size=400))
def test_a_file_name_is_harmless_whatever_it_was(name: str) -> None:
    clean = clean_name(name)
    seen = clean.replace("\u200c", "").replace("\u200d", "")
    assert 0 < len(clean) <= 200 and seen.isprintable() and not set(clean) & set("/\\")
    header = disposition(name)
    assert header.isascii() and header.isprintable() and header.count('"') == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("gpj.\u202eexe", "gpj. exe"),
        ("a\r\nb.pdf", "a b.pdf"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("zażółć.pdf", "zażółć.pdf"),
        ("\N{WOMAN}\u200d\N{PERSONAL COMPUTER}.png", "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}.png"),
    ],
)
def test_file_names_lose_folders_and_tricks(name: str, expected: str) -> None:
    assert clean_name(name) == expected


def test_types_are_types_or_bytes() -> None:
    assert clean_type("Text/HTML; charset=x") == "text/html"
    for odd in (None, "", "html", "a/b\r\nX: y", "a" * 300 + "/b"):
        assert clean_type(odd) == "application/octet-stream"


@pytest.mark.parametrize(
    ("origin", "site", "host", "expected"),
    [
        (None, None, "127.0.0.1:8080", True),
        (None, "same-origin", "x", True),
        (None, "cross-site", "x", False),
        (None, "same-site", "x", False),
        ("https://inbox.test", None, "10.0.0.1", True),
        ("http://inbox.test", None, "10.0.0.1", False),
        ("http://127.0.0.1:8080", None, "127.0.0.1:8080", True),
        ("http://127.0.0.1:9999", None, "127.0.0.1:8080", False),
        ("https://evil.test", None, "inbox.test", False),
        ("null", None, "null", False),
        ("https://", None, "", False),
        ("http://[bad", None, "x", False),
    ],
)
def test_only_our_own_pages_write_by_cookie(origin: str | None, site: str | None, host: str, expected: bool) -> None:
    assert same_origin(origin, site, host, "https://inbox.test") is expected


def test_refusals_become_statuses() -> None:
    cases = [("not_found.x", 404), ("conflict.x", 409), ("invalid.x", 422), ("forbidden.x", 403), ("what.x", 409)]
    assert [of_refusal(code, "").status for code, _ in cases] == [status for _, status in cases]
    assert of_refusal("precondition_failed.newer-message-exists", "d").body().startswith(b'{"type":"urn:postroom')


def test_a_command_id_depends_on_actor_and_key_only() -> None:
    workspace, ann, bob = uuid4(), Actor("agent", "1"), Actor("agent", "2")
    assert command_id(workspace, ann, "k") == command_id(workspace, ann, "k")
    assert len({command_id(workspace, who, key) for who in (ann, bob) for key in ("k", "l", None, None)}) == 8
    assert request_hash("PUT", "/a", b"x", b"k") != request_hash("PUT", "/ax", b"", b"k")
    assert request_hash("PUT", "/a", b"x", b"k") != request_hash("PUT", "/a", b"x", b"other")


def test_an_entry_of_the_feed_is_a_server_sent_event() -> None:
    conversation, inbox = UUID(int=1), UUID(int=2)
    made = entry(7, "conversation", conversation, inbox, 3, 99)
    head, event, data, *rest = made.text.decode().split("\n")
    assert (head, event, rest) == ("id: 7", "event: conversation", ["", ""])
    assert msgspec.json.decode(data.removeprefix("data: ")) == {
        "id": str(conversation),
        "inbox_id": str(inbox),
        "sequence": 3,
        "position": 99,
    }
    assert b"event: reset" in entry(8, "reset", None, None, None, None).text


async def test_a_listener_that_is_too_slow_reads_on_from_the_table() -> None:
    listener = Listener()
    listener.behind = False
    listener.push([Entry(number, None, b"") for number in range(QUEUE)])
    assert not listener.behind and len(await listener.take(1)) == QUEUE
    listener.push([Entry(number, None, b"") for number in range(QUEUE + 1)])
    assert listener.behind and await listener.take(1) == []


async def test_waiting_for_the_views_ends_when_the_last_position_is_shown() -> None:
    shown = Shown()
    wanted = (ShownAt("a", 0, 5), ShownAt("b", 1, 7))
    waiting = asyncio.create_task(shown.wait(wanted))
    shown.advance([("a", 0, 9)])
    await asyncio.wait([waiting], timeout=0.01)
    assert not waiting.done()
    shown.advance([("a", 0, 3), ("b", 1, 7)])
    await asyncio.wait_for(waiting, 5)
    assert shown.shows(wanted)
    await shown.wait(())
