"""The pure half: what a batch of events makes of the rows it concerns."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest

from events import catalog
from events import conversations as c
from events import workspace as w
from events.envelope import Actor
from events.testing import envelope, example
from events.values import MessageContent
from inbox_projection.testing import Logged, Opened, Story, Thread, open_record
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Changes, Known
from inbox_projection.views.order import SequenceGap, SequenceRepeated
from inbox_projection.views.rows import AgentRow, ConversationRow, Line

PROJECTED = ("conversations", "contacts", "workspace", "outcomes", "quarantine")


def opened(story: Story, records: list[Logged] | None = None) -> list[Opened]:
    chosen = story.records if records is None else records
    return [open_record(record, story.keys_at(len(story.records))) for record in chosen]


def shown(story: Story) -> Changes:
    return fold(opened(story), Known(), {})


def the_row(changes: Changes) -> ConversationRow:
    (row,) = changes.new_conversations
    return row


def the_lines(changes: Changes, kind: str) -> list[Line]:
    return [line for line in changes.lines if line.kind == kind]


def test_a_first_mail_opens_a_conversation_with_its_message_and_its_decision() -> None:
    story = Story()
    thread = story.mail(story.person("Zofia"), "Where is it?", "Good  morning,\n where?")
    changes = shown(story)
    row = the_row(changes)
    assert (row.conversation_id, row.subject, row.status, row.priority) == (
        thread.conversation_id,
        "Where is it?",
        "open",
        "normal",
    )
    assert (row.preview, row.message_count, row.sequence) == ("Good morning, where?", 1, 2)
    assert (row.assignee_id, row.team_id) == (story.agent_id, story.team_id)
    (message,), (decision,) = the_lines(changes, "message"), the_lines(changes, "activity")
    assert message.content is not None and message.author_id == thread.contact_id
    assert msgspec.json.decode(message.content, type=MessageContent).new_text == "Good  morning,\n where?"
    assert decision.activity == "ConversationRouted" and b'"rules"' in (decision.details or b"")
    (contact,) = changes.new_contacts.values()
    assert (contact.name, contact.handle_kind) == ("Zofia", "email")


def test_details_hold_nothing_personal() -> None:
    story = Story()
    thread = story.mail(story.person(), "Confidential", "secret words")
    story.reply(thread, "secret words")
    story.comment(thread, "secret words")
    for line in shown(story).lines:
        assert b"secret" not in (line.details or b"") and b"Confidential" not in (line.details or b"")


def test_a_filtered_mail_is_a_row_of_its_own_and_no_conversation() -> None:
    story = Story()
    kept_out = story.filtered_mail(story.new_id(), story.new_id(), 3, subject="Buy now")
    changes = shown(story)
    (row,) = changes.filtered
    assert (row.filtered_id, row.message_id, row.filter_version) == (
        story.filtered[0],
        kept_out.message.message_id,
        3,
    )
    assert row.key_id == story.filtered[0] and b"Buy now" in (row.content or b"")
    assert b"Buy now" not in row.details and changes.lines == [] and changes.new_conversations == []
    assert {what: count for (_, _, what), count in changes.stored.items()} == {"filtered": 1}
    assert changes.streams == {story.filtered[0]: 1}


def test_the_audit_has_what_agents_did_and_nothing_personal() -> None:
    story = Story()
    thread = story.mail(story.person(), "Confidential", "secret words")
    story.reply(thread, "secret words")
    story.comment(thread, "secret words")
    story.conversation(thread, c.ConversationResolved())
    rows = shown(story).audit
    assert [(row.kind, row.agent_id, row.target_kind) for row in rows] == [
        ("ReplyQueued", story.agent_id, "conversation"),
        ("CommentAdded", story.agent_id, "conversation"),
    ]
    for row in rows:
        assert b"secret" not in row.details and b"Confidential" not in row.details


def test_of_filters_and_rules_the_audit_keeps_their_number() -> None:
    story, actor = Story(), Actor("agent", str(UUID(int=7)))
    one = w.EmailFilter(id=UUID(int=1), kind="block", field="address", value="secret@client.test")
    story.workspace(w.EmailFiltersSet(version=2, filters=(one, one)), actor=actor)
    story.workspace(w.ChannelDisconnected(channel_id=UUID(int=3)), actor=actor)
    story.workspace(w.ChannelDisconnected(channel_id=UUID(int=3)), actor=Actor("agent", "no id"))
    filters, channel = shown(story).audit
    assert (filters.target_kind, filters.details) == ("email-filters", b'{"version":2,"filters":2}')
    assert (channel.target_kind, channel.target_id) == ("channel", UUID(int=3))


def test_offline_keeps_what_the_agent_chose_last() -> None:
    story = Story()
    agent = story.new_key(story.new_id())
    identity = w.AgentIdentity(name="Ada", email="ada@postroom.test")
    story.workspace(w.AgentInvited(agent_id=agent, role="agent", personal=identity), key=agent)
    story.workspace(w.AgentAvailabilityChanged(agent_id=agent, state="available"))
    story.workspace(w.AgentAvailabilityChanged(agent_id=agent, state="offline"))
    row = shown(story).workspace[-1]
    assert isinstance(row, AgentRow) and (row.availability, row.chosen, row.capacity) == ("offline", "available", None)


def test_comments_count_as_no_message_and_move_no_conversation() -> None:
    story = Story()
    thread = story.mail(story.person())
    before = the_row(shown(story))
    story.pass_time(hours=1)
    story.comment(thread)
    after = the_row(shown(story))
    assert (after.last_message_at, after.message_count) == (before.last_message_at, 1)
    assert after.sequence == before.sequence + 1


def test_a_reply_moves_its_conversation_up_and_its_delivery_is_followed() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.pass_time(hours=1)
    reply = story.reply(thread, "On its way.")
    failure = c.FailureReason(reason="mailbox full")
    story.conversation(thread, c.ReplySending(reply_id=reply, attempt=1))
    story.conversation(
        thread, c.ReplyFailed(reply_id=reply, attempt=2, code="552", personal=failure), key=thread.contact_id
    )
    changes = shown(story)
    line = next(line for line in changes.lines if line.direction == "out")
    assert (line.delivery, line.delivery_attempt, line.delivery_code, line.delivery_reason) == (
        "failed",
        2,
        "552",
        "mailbox full",
    )
    assert (the_row(changes).message_count, the_row(changes).preview) == (2, "On its way.")
    assert the_row(changes).last_message_at == story.now


def test_a_delivery_of_an_earlier_batch_is_a_change_of_its_line() -> None:
    story = Story()
    thread = story.mail(story.person())
    reply = story.reply(thread)
    row = the_row(shown(story))
    earlier = len(story.records)
    story.conversation(thread, c.ReplySent(reply_id=reply, attempt=1))
    known = Known(conversations={thread.conversation_id: row})
    changes = fold(opened(story, story.records[earlier:]), known, {})
    assert changes.lines == [] and changes.new_conversations == []
    assert [(each.message_id, each.delivery) for each in changes.deliveries.values()] == [(reply, "sent")]
    assert [each.sequence for each in changes.changed_conversations] == [thread.sequence]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (c.ConversationResolved(), "resolved"),
        (c.ConversationSnoozed(), "snoozed"),
        (c.MarkedAsSpam(), "spam"),
        (c.ConversationTrashed(), "trash"),
    ],
)
def test_standing_follows_events_and_a_reopened_one_is_open(event: c.ConversationEvent, status: str) -> None:
    story = Story()
    thread = story.mail(story.person())
    story.conversation(thread, event)
    assert the_row(shown(story)).status == status
    story.conversation(thread, c.ConversationReopened(reason="agent"))
    assert (the_row(shown(story)).status, the_row(shown(story)).snoozed_until) == ("open", None)


def test_labels_are_indexed_with_what_lists_order_by_and_go_when_removed() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.conversation(thread, c.LabelAdded(label="refund"))
    changes = shown(story)
    assert [(each.label, each.last_message_at) for each in changes.labels] == [
        ("refund", the_row(changes).last_message_at)
    ]
    known = Known(conversations={thread.conversation_id: the_row(changes)})
    earlier = len(story.records)
    story.conversation(thread, c.LabelRemoved(label="refund"))
    removed = fold(opened(story, story.records[earlier:]), known, {})
    assert (removed.labels, removed.labels_gone) == ([], [(thread.conversation_id, "refund")])


def test_a_label_with_a_nul_is_one_label_whether_it_was_read_from_the_table_or_from_the_log() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.conversation(thread, c.LabelAdded(label="with\0NUL"))
    read = the_row(shown(story))
    assert read.labels == ("with\ufffdNUL",)
    earlier = len(story.records)
    story.conversation(thread, c.LabelAdded(label="with\0NUL"))
    story.conversation(thread, c.LabelAdded(label="other"))
    known = Known(conversations={thread.conversation_id: read})
    changes = fold(opened(story, story.records[earlier:]), known, {})
    assert sorted(each.label for each in changes.labels) == ["other"]
    story.conversation(thread, c.LabelRemoved(label="with\0NUL"))
    changes = fold(opened(story, story.records[earlier:]), known, {})
    assert changes.labels_gone == [(thread.conversation_id, "with\ufffdNUL")]


def test_the_feed_gets_one_line_for_a_conversation_however_many_events_it_had() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.comment(thread)
    (line,) = (each for each in shown(story).touched if each.kind == "conversation")
    assert (line.conversation_id, line.inbox_id, line.sequence) == (thread.conversation_id, story.inbox_id, 3)
    assert line.position == len([record for record in story.records if not record.topic.startswith("inbound")])


def test_an_event_before_its_predecessor_stops_unless_a_dead_letter_explains_the_hole() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.comment(thread, "lost")
    story.comment(thread, "after it")
    lost = next(record for record in story.records if record.order == len(story.records) - 2)
    rest = opened(story, [record for record in story.records if record is not lost])
    with pytest.raises(SequenceGap, match="is at 2 and goes on with 4"):
        fold(rest, Known(), {})
    changes = fold(rest, Known(), {thread.conversation_id: {3}})
    assert [line.sequence for line in the_lines(changes, "comment")] == [4]


def test_another_event_in_a_place_that_is_taken_stops() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.comment(thread)
    thread.sequence -= 1
    story.comment(thread, "of a restored store")
    with pytest.raises(SequenceRepeated, match="POSTROOM_STORE_CUTS"):
        shown(story)


def test_a_conversation_whose_opening_is_a_dead_letter_is_left_out_but_keeps_its_order() -> None:
    story = Story()
    thread = story.mail(story.person())
    story.comment(thread)
    headless = [record for record in story.records if ("ce_type", b"ConversationOpened") not in record.headers]
    changes = fold(opened(story, headless), Known(), {thread.conversation_id: {1}})
    assert (changes.new_conversations, changes.lines) == ([], [])
    assert changes.streams[thread.conversation_id] == 3


def test_inbound_records_are_counted_by_type_and_hour_and_what_became_of_them() -> None:
    story = Story()
    story.mail(story.person())
    story.pass_time(hours=1)
    story.mail(story.person())
    changes = shown(story)
    assert changes.received == {
        ("email", "2026-03-02T08", "MessageReceived"): 1,
        ("email", "2026-03-02T09", "MessageReceived"): 1,
    }
    assert changes.stored == {("email", "2026-03-02T08", "appended"): 1, ("email", "2026-03-02T09", "appended"): 1}
    assert changes.last_in == {story.channel_id: story.now}


@pytest.mark.parametrize(
    "headers",
    [[], [("ce_type", b"\xff"), ("ce_time", b"2026-03-02T08:00:00+00:00")], [("ce_type", b"MessageReceived")]],
)
def test_an_inbound_record_without_readable_headers_is_counted_as_unreadable(headers: list[tuple[str, bytes]]) -> None:
    record = Opened("inbound.email.v1", 0, 0, None, None, None, headers)
    assert fold([record], Known(), {}).received == {("email", "1970-01-01T00", "unreadable"): 1}


def test_times_of_other_zones_are_counted_in_their_hour_of_utc() -> None:
    headers = [("ce_type", b"MessageReceived"), ("ce_time", b"2026-03-02T09:30:00+02:00")]
    record = Opened("inbound.email.v1", 0, 0, None, None, None, headers)
    assert fold([record], Known(), {}).received == {("email", "2026-03-02T07", "MessageReceived"): 1}


@pytest.mark.parametrize("cls", [cls for family in PROJECTED for cls in catalog.members(family)])
def test_every_event_is_projected_with_its_personal_half_and_without(cls: type) -> None:
    story = Story()
    thread = story.mail(story.person())
    base = Known(
        conversations={thread.conversation_id: the_row(shown(story))},
        contacts={thread.contact_id: shown(story).new_contacts[thread.contact_id]},
    )
    event = example(cls)
    for data in (event, msgspec.structs.replace(event, personal=None) if hasattr(event, "personal") else event):
        stream, sequence = _place_of(cls, thread)
        record = Opened(
            "conversations.v1", 0, 9, 9, envelope(data, stream=stream, sequence=sequence), thread.contact_id, []
        )
        assert isinstance(fold([record], base, {}), Changes)


def _place_of(cls: type, thread: Thread) -> tuple[UUID, int]:
    places: dict[str, Callable[[], tuple[UUID, int]]] = {
        "conversations": lambda: (thread.conversation_id, thread.sequence + 1),
        "contacts": lambda: (thread.contact_id, 2),
    }
    family = next(name for name in PROJECTED if cls in catalog.members(name))
    return places.get(family, lambda: (UUID(int=77), 1))()
