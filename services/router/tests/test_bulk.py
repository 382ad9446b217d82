"""One wish for many conversations on real rows: each decided by itself, once, with what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.bulk import MOST_AT_ONCE, BulkChange, ChangeConversations
from events.commands import CreateInbox
from events.filtering import SpamBlock
from events.outcomes import CommandHandled
from router.testing import ANNA, AS_ANNA, BORIS, NOON, TEAM, Workbench, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
BULK = new_id()


def opened(bench: Workbench, count: int = 3) -> tuple[UUID, ...]:
    bench.set_up_workspace()
    events = bench.receive(*(mail(f"customer{number}@shop.example") for number in range(count)))
    return tuple(event.stream for event in events if event.type == "ConversationOpened")


def changed(bench: Workbench, ids: tuple[UUID, ...], kind: Any, id: UUID | None = None, **more: Any) -> CommandHandled:
    wish = ChangeConversations(bulk_id=BULK, change=BulkChange(kind=kind, **more), conversation_ids=ids)
    return bench.command(wish, new_id() if id is None else id, id=id)


def test_each_conversation_is_changed_and_the_events_name_the_bulk_as_their_cause(bench: Workbench) -> None:
    ids = opened(bench)
    before = bench.last_position()
    outcome = changed(bench, ids, "resolve")
    events = bench.events(after=before)[:-1]
    assert (outcome.state, outcome.refused, outcome.resource_id) == ("done", (), BULK)
    assert {event.stream for event in events} == set(ids) and set(kinds(events)) == {"ConversationResolved"}
    assert {event.causation_id for event in events} == {BULK} and {event.actor for event in events} == {AS_ANNA}
    assert len({event.id for event in events}) == len(ids)
    assert {shown.topic for shown in outcome.shown_at} == {"conversations.v1"}
    assert bench.rows("SELECT DISTINCT status FROM router.conversations") == [("resolved",)]
    assert bench.rows("SELECT sum(open_conversations) FROM router.agent_load") == [(0,)]


def test_what_is_so_already_is_done_and_what_is_refused_is_named(bench: Workbench) -> None:
    ids, nowhere = opened(bench), new_id()
    assert changed(bench, ids[:1], "add_label", label="vip").refused == ()
    before = bench.last_position()
    outcome = changed(bench, (*ids, nowhere), "add_label", label="vip")
    assert (outcome.state, [(one.id, one.code) for one in outcome.refused]) == (
        "done",
        [(nowhere, "not_found.conversation-not-found")],
    )
    assert [event.stream for event in bench.events(after=before)[:-1]] == list(ids[1:])


def test_a_wish_that_all_refuse_changes_nothing(bench: Workbench) -> None:
    ids = opened(bench)
    before = bench.last_position()
    outcome = changed(bench, ids, "assign", agent_id=new_id())
    assert {one.code for one in outcome.refused} == {"not_found.agent-not-found"} and len(outcome.refused) == 3
    assert changed(bench, ids, "snooze", until=NOON - timedelta(days=1)).refused[0].code == (
        "invalid.snooze-in-the-past"
    )
    assert kinds(bench.events(after=before)) == ["CommandHandled"] * 2


def test_given_twice_it_is_done_once_and_answered_the_same(bench: Workbench) -> None:
    ids, command_id = opened(bench), new_id()
    first = changed(bench, (*ids, command_id), "read", up_to=2**31 - 1, id=command_id)
    before = bench.last_position()
    again = changed(bench, (*ids, command_id), "read", up_to=2**31 - 1, id=command_id)
    assert again == first and len(again.refused) == 1
    assert kinds(bench.events(after=before)) == ["CommandHandled"]


def test_each_snooze_has_a_timer_of_its_own(bench: Workbench) -> None:
    ids = opened(bench)
    assert changed(bench, ids, "snooze", until=NOON + timedelta(days=1)).refused == ()
    assert {row[0] for row in bench.rows("SELECT conversation_id FROM router.timers WHERE kind = 'snooze'")} == set(ids)


@pytest.mark.parametrize(
    ("kind", "more", "column", "expected"),
    [
        ("assign", {"agent_id": BORIS}, "assignee_id", BORIS),
        ("assign", {}, "assignee_id", None),
        ("spam", {}, "status", "spam"),
        ("trash", {}, "status", "trash"),
        ("open", {}, "status", "open"),
    ],
)
def test_every_kind_is_what_the_single_command_is(
    bench: Workbench, kind: str, more: dict[str, Any], column: str, expected: Any
) -> None:
    ids = opened(bench)
    changed(bench, ids, "assign", agent_id=ANNA)
    assert changed(bench, ids, kind, **more).refused == ()
    assert bench.rows(f"SELECT DISTINCT {column} FROM router.conversations") == [(expected,)]


def test_each_keeps_its_own_team_where_that_is_wished(bench: Workbench) -> None:
    one, other = opened(bench, 2)
    changed(bench, (one,), "assign", agent_id=ANNA, team_id=TEAM)
    changed(bench, (other,), "assign", agent_id=ANNA)
    assert changed(bench, (one, other), "assign", agent_id=BORIS, keep_team=True).refused == ()
    shown = dict(bench.rows("SELECT conversation_id, team_id FROM router.conversations WHERE assignee_id IS NOT NULL"))
    assert shown == {one: TEAM, other: None}


def test_labels_and_priority_come_and_go(bench: Workbench) -> None:
    ids = opened(bench)
    before = bench.last_position()
    for kind, more in (
        ("add_label", {"label": "a"}),
        ("remove_label", {"label": "a"}),
        ("priority", {"priority": "high"}),
    ):
        assert changed(bench, ids, kind, **more).refused == ()
    happened = set(kinds(bench.events(after=before)))
    assert happened == {"LabelAdded", "LabelRemoved", "PriorityChanged", "CommandHandled"}


def test_more_than_one_transaction_should_hold_is_refused(bench: Workbench) -> None:
    opened(bench, 1)
    outcome = changed(bench, tuple(new_id() for _ in range(MOST_AT_ONCE + 1)), "resolve")
    assert (outcome.state, outcome.code) == ("refused", "invalid.too-many-at-once")


def test_they_are_muted_and_heard_again(bench: Workbench) -> None:
    ids = opened(bench)
    before = bench.last_position()
    assert changed(bench, ids, "mute").refused == () and changed(bench, ids[:2], "unmute").refused == ()
    happened = [(event.type, event.stream) for event in bench.events(after=before) if event.type != "CommandHandled"]
    assert happened == [("ConversationMuted", each) for each in ids] + [
        ("ConversationUnmuted", each) for each in ids[:2]
    ]


def spam(bench: Workbench, ids: tuple[UUID, ...], block: Any, *values: str) -> tuple[CommandHandled, int]:
    """What came of marking them as spam that blocks, and how many filters there are then."""
    field: Any = {"sender": "address", "domain": "domain"}[block]
    blocks = tuple(SpamBlock(field=field, value=value) for value in values)
    change = BulkChange(kind="spam", block=block)
    outcome = bench.command(
        ChangeConversations(bulk_id=BULK, change=change, conversation_ids=ids, blocks=blocks), new_id()
    )
    sets = [event.data for event in bench.events() if event.type == "EmailFiltersSet"]
    return outcome, len(sets[-1].filters) if sets else 0


def test_spam_blocks_each_sender_once_and_opening_again_lets_them_in(bench: Workbench) -> None:
    ids = opened(bench)
    outcome, filters = spam(bench, ids, "sender", "a@spam.example", "a@spam.example", "b@spam.example")
    assert (outcome.refused, filters) == ((), 2)
    assert bench.rows("SELECT DISTINCT status FROM router.conversations") == [("spam",)]
    assert changed(bench, ids, "open").refused == ()
    assert bench.events()[-2].data.filters == ()


def test_who_cannot_be_blocked_is_refused_by_itself_and_stays_as_it_was(bench: Workbench) -> None:
    ids = opened(bench)
    outcome, filters = spam(bench, ids, "domain", "spam.example", "gmail.com", "")
    assert {(one.id, one.code) for one in outcome.refused} == {
        (ids[1], "invalid.blocked-domain-public"),
        (ids[2], "invalid.blocked-sender-invalid"),
    }
    assert filters == 1
    shown = dict(bench.rows("SELECT conversation_id, status FROM router.conversations"))
    assert shown == {ids[0]: "spam", ids[1]: "open", ids[2]: "open"}


def test_they_move_to_another_inbox(bench: Workbench) -> None:
    ids, board = opened(bench), new_id()
    assert bench.command(CreateInbox(inbox_id=board, name="Board"), DEFAULT_WORKSPACE_ID).state == "done"
    assert changed(bench, ids, "move", inbox_id=board).refused == ()
    assert bench.rows("SELECT DISTINCT inbox_id FROM router.conversations") == [(board,)]
    (nowhere,) = changed(bench, ids[:1], "move", inbox_id=new_id()).refused
    assert nowhere.code == "not_found.inbox-not-found"


def test_who_cannot_open_some_of_them_is_given_the_others(bench: Workbench) -> None:
    ids, board = opened(bench), new_id()
    assert bench.command(CreateInbox(inbox_id=board, name="Board"), DEFAULT_WORKSPACE_ID).state == "done"
    assert changed(bench, ids[:1], "move", inbox_id=board).refused == ()
    outcome = changed(bench, ids, "assign", agent_id=BORIS)
    assert [(one.id, one.code) for one in outcome.refused] == [(ids[0], "invalid.agent-not-in-inbox")]
    held = dict(bench.rows("SELECT conversation_id, assignee_id FROM router.conversations"))
    assert held == {ids[0]: None, ids[1]: BORIS, ids[2]: BORIS}
    assert changed(bench, ids, "assign", team_id=TEAM).refused == (), "Anna is in the team and sees all"
