"""What tidying up does to rows, to whose turn it is, and to who is told; pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import conversations as c
from events.testing import envelope, example
from inbox_projection.views import attention, inbox
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Known
from inbox_projection.views.rows import ConversationRow

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
STREAM, OTHER, SALES, SAM = (UUID(int=number) for number in (1, 2, 3, 4))
OPENED = replace(
    example(c.ConversationOpened),
    message=replace(example(c.ConversationOpened).message, received_at=NINE, automated=None, history=False),
    suggested_link=OTHER,
)
ANSWERED = replace(
    example(c.ReplyQueued), reply_id=UUID(int=9), hold=None, automatic=False, in_side_thread=False, agent_id=SAM
)
RESOLVED, REOPENED = c.ConversationResolved(), c.ConversationReopened(reason="agent")
INTO = c.ConversationMergedInto(survivor_id=OTHER, number=2)


def merged(waiting_since: datetime | None = None, last: datetime | None = None) -> c.ConversationsMerged:
    each = (c.MergedConversation(OTHER, 2),)
    return c.ConversationsMerged(merged=each, last_message_at=last, waiting_since=waiting_since)


def lived(*events: Any, key: UUID | None = None) -> ConversationRow:
    first, *others = (
        envelope(event, stream=STREAM, sequence=number, occurred_at=NINE, recorded_at=NINE)
        for number, event in enumerate((OPENED, *events), start=1)
    )
    row = attention.noted(first, None, inbox.opened(first, key))
    for one in others:
        row = attention.noted(one, row, inbox.project(one, key, row))
    return row


def told(event: Any) -> list[tuple[UUID | None, UUID | None, int | None]]:
    """Whom the feed tells of what, by one event of a conversation that is there."""

    class Record:
        topic, partition, position, key_id, headers = "conversations.v1", 0, 7, None, ()
        envelope = None

    record: Any = Record()
    before = lived()
    record.envelope = envelope(event, stream=STREAM, sequence=2)
    changes = fold([record], Known(conversations={STREAM: before}, streams={STREAM: 1}), {})
    touched = (each for each in changes.touched if each.kind == "conversation")
    return [(each.conversation_id, each.inbox_id, each.sequence) for each in touched]


@pytest.mark.parametrize(
    ("history", "since", "waits"),
    [
        ((ANSWERED,), NINE + timedelta(hours=1), ("us", NINE + timedelta(hours=1))),
        ((), NINE - timedelta(hours=1), ("us", NINE - timedelta(hours=1))),
        ((), NINE + timedelta(hours=1), ("us", NINE)),
        ((), None, ("us", NINE)),
        ((ANSWERED,), None, ("customer", None)),
    ],
)
def test_what_nobody_had_answered_in_the_merged_one_is_asked_here(history: Any, since: Any, waits: Any) -> None:
    row = lived(*history, merged(since))
    assert (row.waiting_on, row.waiting_since) == waits


def test_what_is_opened_by_a_merger_waits_for_what_was_asked_there() -> None:
    later = NINE + timedelta(days=1)
    closed = lived(ANSWERED, RESOLVED, merged(later))
    assert (closed.waiting_on, closed.status) == ("nobody", "resolved")
    row = lived(ANSWERED, RESOLVED, merged(later), REOPENED)
    assert (row.waiting_on, row.waiting_since, row.status) == ("us", later, "open")


def test_a_merger_brings_the_newest_message_and_ends_the_suggestion() -> None:
    later = NINE + timedelta(days=1)
    assert (lived(merged(last=later)).last_message_at, lived(merged()).last_message_at) == (later, NINE)
    assert lived(merged(last=NINE - timedelta(days=1))).last_message_at == NINE
    assert lived().suggested_link == OTHER and lived(merged()).suggested_link is None


def test_a_merged_one_is_closed_and_waits_for_nobody() -> None:
    row = lived(INTO)
    assert (row.status, row.merged_into, row.waiting_on, row.suggested_link) == ("resolved", OTHER, "nobody", None)


def test_a_new_subject_goes_with_whoever_sealed_it() -> None:
    renamed = lived(c.SubjectChanged(personal=c.Subject(subject="Parcel 7")), key=SAM)
    assert (renamed.subject, renamed.key_id) == ("Parcel 7", SAM)
    erased = lived(c.SubjectChanged(personal=c.Subject(subject="x")), c.PersonalDataErased(contact_id=SAM), key=SAM)
    without_the_key = lived(c.SubjectChanged(), c.PersonalDataErased(contact_id=SAM), key=SAM)
    assert erased.subject == without_the_key.subject == ""
    other = lived(c.SubjectChanged(personal=c.Subject(subject="x")), c.PersonalDataErased(contact_id=OTHER), key=SAM)
    assert other.subject == "x"


def test_what_was_in_the_trash_for_too_long_has_a_status_that_no_list_shows() -> None:
    row = lived(c.ConversationTrashed(until=NINE, timer_id=SAM), c.TrashElapsed(timer_id=SAM))
    assert (row.status, row.waiting_on) == (inbox.DISCARDED, "nobody")


def test_follow_ups_are_named_in_their_order() -> None:
    followed = (c.ConversationFollowedUp(conversation_id=each, number=5) for each in (SAM, OTHER))
    assert lived(*followed).follow_up_ids == (SAM, OTHER)


def test_a_move_tells_both_inboxes_and_what_happens_to_a_merged_one_tells_who_looks_at_the_other() -> None:
    was = OPENED.inbox_id
    assert told(c.ConversationMuted()) == [(STREAM, was, 2)]
    assert told(c.ConversationMoved(inbox_id=SALES, from_inbox_id=was)) == [(STREAM, SALES, 2), (STREAM, was, 2)]
    assert told(INTO) == [(STREAM, was, 2), (OTHER, was, 0)]
