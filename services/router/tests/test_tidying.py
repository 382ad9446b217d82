"""Tidying up on real rows: conversations moved, merged, followed up and thrown away, each in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events.commands import (
    CancelReply,
    ChangeConversationContact,
    CreateInbox,
    ElapseReply,
    ElapseTrash,
    EraseContact,
    MarkConversationAsSpam,
    MergeConversations,
    MoveConversation,
    MuteConversation,
    ReopenConversation,
    ResolveConversation,
    RetryReply,
    SendReply,
    TrashConversation,
)
from events.contact_commands import CreateContact
from events.conversations import ReplyContent, Then
from events.envelope import SYSTEM, AnyEnvelope, Command
from events.inbound import DeliveryRefused, DeliveryUncertain
from events.notifications import SetNotificationPreferences
from events.outcomes import CommandHandled
from events.ticket_commands import OpenTicket
from events.values import Address, Bounce, Handle
from router.rebuild import rebuild
from router.testing import ANNA, BORIS, CHANNEL, COMMANDS, INBOX, NOON, SUPPORT, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
MARIA, CC = "maria@customer.example", "cc@customer.example"
REBUILT = (
    "thread_keys", "participants", "holdings", "conversations", "agent_load", "team_load", "timers", "ticket_links",
    "successors",
)  # fmt: skip


def did(bench: Workbench, wish: Command, stream: UUID, **changes: Any) -> list[AnyEnvelope]:
    """The events of a command that is done, without its outcome."""
    before = bench.last_position()
    outcome = bench.command(wish, stream, **changes)
    assert outcome.state == "done", outcome
    return bench.events(after=before)[:-1]


def refused(bench: Workbench, wish: Command, stream: UUID) -> str:
    before = bench.last_position()
    outcome: CommandHandled = bench.command(wish, stream)
    assert outcome.state == "refused" and kinds(bench.events(after=before)) == ["CommandHandled"]
    return outcome.code


def opened(bench: Workbench, message: Any) -> UUID:
    (found,) = [event.stream for event in bench.receive(message) if event.type == "ConversationOpened"]
    return found


def two(bench: Workbench) -> tuple[UUID, UUID]:
    """A conversation with Maria, and another one with her, in which a colleague takes part."""
    bench.set_up_workspace()
    return opened(bench, mail(message_id="one@c")), opened(bench, mail(message_id="two@c", cc=[CC]))


def sales(bench: Workbench) -> UUID:
    """Another inbox, in which Boris works."""
    inbox_id = new_id()
    bench.command(CreateInbox(inbox_id=inbox_id, name="Sales", member_ids=(BORIS,)), DEFAULT_WORKSPACE_ID)
    return inbox_id


def reply(bench: Workbench, conversation: UUID) -> UUID:
    reply_id = new_id()
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT, "S"), to=(Address(MARIA),), subject="Re", text="It is on its way."
    )
    did(bench, SendReply(reply_id=reply_id, channel_id=CHANNEL, content=content), conversation)
    return reply_id


def token_of(bench: Workbench, conversation: UUID) -> str:
    """The Message-ID of our newest reply in it."""
    replies = [event for event in bench.events(stream=conversation) if event.type == "ReplyQueued"]
    return str(replies[-1].data.personal.external_id)


def went_to(bench: Workbench, message: Any) -> tuple[UUID, list[str]]:
    """Where a message was put, and all that came of it."""
    events = bench.receive(message)
    (stream,) = {each.stream for each in events if each.type in ("ConversationOpened", "MessageAppended")}
    return stream, kinds(events)


def looked_up(bench: Workbench) -> dict[str, list[Any]]:
    return {table: bench.rows(f"SELECT t::text FROM router.{table} t ORDER BY 1") for table in REBUILT}


def check_rebuilt(bench: Workbench) -> None:
    grown = looked_up(bench)
    rebuild(bench.parts)
    assert looked_up(bench) == grown


def test_merging_writes_both_streams_at_once_and_a_second_time_nothing(bench: Workbench) -> None:
    target, source = two(bench)
    wish = MergeConversations(from_ids=(source,))
    events = did(bench, wish, target)
    assert [(event.type, event.stream) for event in events] == [
        ("ConversationsMerged", target),
        ("ConversationMergedInto", source),
    ]
    assert events[0].causation_id == events[1].causation_id
    assert did(bench, wish, target) == []
    assert refused(bench, MergeConversations(from_ids=(target,)), source) == "conflict.conversation-is-merged"
    assert refused(bench, MergeConversations(from_ids=(target,)), target) == "invalid.merge-with-itself"
    check_rebuilt(bench)


def test_a_command_that_is_handled_twice_merges_once(bench: Workbench) -> None:
    target, source = two(bench)
    command_id = new_id()
    asked = envelope(MergeConversations(from_ids=(source,)), stream=target, id=command_id)
    events = bench.handle(bench.records(asked, asked, topic=COMMANDS))
    assert kinds(events).count("ConversationsMerged") == kinds(events).count("ConversationMergedInto") == 1


def test_answers_to_the_merged_one_join_what_stands_for_it(bench: Workbench) -> None:
    target, source = two(bench)
    reply(bench, source)
    own = token_of(bench, source)
    did(bench, MergeConversations(from_ids=(source,)), target)
    assert went_to(bench, mail(in_reply_to=[own]))[0] == target
    assert went_to(bench, mail(in_reply_to=["two@c"]))[0] == target
    assert went_to(bench, mail(token=source))[0] == target
    assert went_to(bench, mail(CC, in_reply_to=["two@c"]))[0] == target
    assert went_to(bench, mail(CC, in_reply_to=["one@c"]))[0] == target, "who takes part in one takes part in both"
    stranger, came = went_to(bench, mail("thief@c.example", in_reply_to=["two@c"]))
    assert stranger not in (target, source) and "ConversationOpened" in came
    third = opened(bench, mail(message_id="three@c"))
    assert kinds(did(bench, MergeConversations(from_ids=(target,)), third)).count("ConversationMergedInto") == 2
    assert went_to(bench, mail(in_reply_to=["two@c"]))[0] == third
    check_rebuilt(bench)


def test_a_reply_of_the_merged_one_that_fails_opens_what_stands_for_it(bench: Workbench) -> None:
    target, source = two(bench)
    reply_id, bounced = reply(bench, source), reply(bench, source)
    token = token_of(bench, source)
    did(bench, MergeConversations(from_ids=(source,)), target)
    did(bench, ResolveConversation(), target)
    failed = DeliveryRefused(
        channel="email", reply_id=reply_id, attempt=1, code="550", reason="", can_retry=True, reported_at=NOON
    )
    events = bench.receive(envelope(failed, stream=source))
    assert [(event.type, event.stream) for event in events] == [
        ("ReplyFailed", source),
        ("ConversationReopened", target),
    ]
    did(bench, ResolveConversation(), target)
    doubt = DeliveryUncertain(channel="email", reply_id=bounced, attempt=2, reported_at=NOON, final=True)
    events = bench.receive(envelope(doubt, stream=source))
    assert [(event.type, event.stream) for event in events] == [
        ("ReplyUncertain", source),
        ("ConversationReopened", target),
    ]
    did(bench, ResolveConversation(), target)
    bounce = Bounce(external_id=token, status="5.0.0", recipient=MARIA)
    returned = mail("mailer@c.example", bounce=bounce, known={"bounced_reply_id": bounced})
    assert [(event.type, event.stream) for event in bench.receive(returned)] == [
        ("MessageAppended", source),
        ("ReplyFailed", source),
        ("ConversationReopened", target),
    ]


def test_a_moved_one_is_the_new_inboxs_and_its_tickets_go_along(bench: Workbench) -> None:
    target, source = two(bench)
    did(bench, MergeConversations(from_ids=(source,)), target)
    ticket_id, inbox_id = new_id(), sales(bench)
    did(bench, OpenTicket(title="T", conversation_ids=(target,)), ticket_id)
    events = did(bench, MoveConversation(inbox_id=inbox_id), target)
    assert [(event.type, event.stream) for event in events if event.type != "ConversationRouted"] == [
        ("ConversationMoved", target),
        ("ConversationMoved", source),
        ("TicketLinked", ticket_id),
    ]
    assert events[-1].data.inbox_id == inbox_id
    assert bench.rows("SELECT DISTINCT inbox_id FROM router.conversations") == [(inbox_id,)]
    assert did(bench, MoveConversation(inbox_id=inbox_id), target) == []
    assert refused(bench, MoveConversation(inbox_id=new_id()), target) == "not_found.inbox-not-found"
    check_rebuilt(bench)


def test_answers_to_mails_of_before_the_move_join_twice_by_the_same_parent(bench: Workbench) -> None:
    conversation, _ = two(bench)
    reply(bench, conversation)
    token, inbox_id = token_of(bench, conversation), sales(bench)
    did(bench, MoveConversation(inbox_id=inbox_id), conversation)
    for parents in (["one@c"], [token], ["one@c", "unseen@c"], ["unseen@c"]):
        assert went_to(bench, mail(in_reply_to=parents))[0] == conversation
    assert went_to(bench, mail(token=conversation, inbox_id=inbox_id))[0] == conversation
    check_rebuilt(bench)


def test_merging_takes_the_tickets_over_and_opens_what_is_open(bench: Workbench) -> None:
    target, source = two(bench)
    shared, own = new_id(), new_id()
    did(bench, OpenTicket(title="both", conversation_ids=(target, source)), shared)
    did(bench, OpenTicket(title="one", conversation_ids=(source,)), own)
    did(bench, ResolveConversation(), target)
    events = did(bench, MergeConversations(from_ids=(source,)), target)
    assert sorted((event.type, event.stream) for event in events if event.type.startswith("Ticket")) == sorted(
        [("TicketUnlinked", shared), ("TicketLinked", own), ("TicketUnlinked", own)]
    )
    assert "ConversationReopened" in kinds(events)
    assert {row[0] for row in bench.rows("SELECT conversation_id FROM router.ticket_links")} == {target}
    check_rebuilt(bench)


def test_what_comes_too_late_begins_a_follow_up_which_the_next_one_joins(bench: Workbench) -> None:
    conversation, _ = two(bench)
    did(bench, ResolveConversation(), conversation)
    late = NOON + timedelta(days=31)
    events = bench.receive(mail(in_reply_to=["one@c"], message_id="late@c", at=late))
    (new,) = [event for event in events if event.type == "ConversationOpened"]
    assert new.data.follow_up_of == conversation
    followed = next(event for event in events if event.type == "ConversationFollowedUp")
    assert (followed.stream, followed.data.conversation_id) == (conversation, new.stream)
    assert went_to(bench, mail(in_reply_to=["one@c"], at=late))[0] == new.stream
    assert went_to(bench, mail(CC, in_reply_to=["one@c"], at=late))[0] != conversation
    did(bench, ReopenConversation(), conversation)
    assert went_to(bench, mail(in_reply_to=["one@c"], at=late))[0] == conversation
    check_rebuilt(bench)


def test_a_message_in_time_reopens_and_one_to_what_is_muted_does_not(bench: Workbench) -> None:
    conversation, other = two(bench)
    did(bench, ResolveConversation(), conversation)
    in_time = NOON + timedelta(days=30)
    assert "ConversationReopened" in went_to(bench, mail(in_reply_to=["one@c"], at=in_time))[1]
    did(bench, MuteConversation(), other)
    did(bench, ResolveConversation(), other)
    late = NOON + timedelta(days=300)
    assert went_to(bench, mail(in_reply_to=["two@c"], at=late)) == (other, ["MessageAppended"])


def test_the_trash_is_emptied_by_its_timer_and_stays_full_without(bench: Workbench) -> None:
    conversation, other = two(bench)
    (trashed,) = did(bench, TrashConversation(), conversation)
    rows = bench.rows("SELECT timer_id, conversation_id, due_at, kind FROM router.timers")
    assert rows == [(trashed.data.timer_id, conversation, NOON + timedelta(days=30), "trash")]
    check_rebuilt(bench)
    timer = ElapseTrash(timer_id=trashed.data.timer_id)
    assert kinds(did(bench, timer, conversation, id=timer.timer_id)) == ["TrashElapsed"]
    assert bench.count("timers") == 0
    assert did(bench, timer, conversation, id=timer.timer_id) == []
    assert refused(bench, ReopenConversation(), conversation) == "not_found.conversation-not-found"
    assert went_to(bench, mail(in_reply_to=["one@c"]))[0] not in (conversation, other)


def test_erasing_either_contact_leaves_what_is_the_others(bench: Workbench) -> None:
    conversation, _ = two(bench)
    maria = bench.events(stream=conversation)[0].data.contact_id
    other = new_id()
    did(bench, CreateContact(handles=(Handle(kind="email", value="boss@c.example"),), name="Boss"), other)
    did(bench, ChangeConversationContact(contact_id=other, subject="Parcel 7"), conversation)
    reply(bench, conversation)
    check_rebuilt(bench)
    assert "PersonalDataErased" in kinds(did(bench, EraseContact(), maria))
    first, *_, last = bench.events(stream=conversation)
    sent = next(event for event in bench.events(stream=conversation) if event.type == "ReplyQueued")
    named = next(event for event in bench.events(stream=conversation) if event.type == "SubjectChanged")
    assert named.data.personal is not None, "it was named for who has it since"
    assert first.data.personal is None and sent.data.personal is not None and last.data.contact_id == maria
    erased = did(bench, EraseContact(), other)
    assert ("PersonalDataErased", conversation) in [(event.type, event.stream) for event in erased]
    sent = next(event for event in bench.events(stream=conversation) if event.type == "ReplyQueued")
    assert sent.data.personal is None


def test_a_contact_of_whom_nothing_was_written_yet_is_noted_as_erased_too(bench: Workbench) -> None:
    conversation, _ = two(bench)
    other = new_id()
    did(bench, CreateContact(handles=(Handle(kind="email", value="boss@c.example"),), name="Boss"), other)
    did(bench, ChangeConversationContact(contact_id=other), conversation)
    did(bench, EraseContact(), other)
    reply(bench, conversation)
    sent = next(event for event in bench.events(stream=conversation) if event.type == "ReplyQueued")
    assert sent.data.personal is not None, "it goes with who is left"


def test_nothing_is_merged_with_what_is_erased_or_lies_elsewhere(bench: Workbench) -> None:
    target, source = two(bench)
    inbox_id = sales(bench)
    did(bench, MoveConversation(inbox_id=inbox_id), source)
    assert refused(bench, MergeConversations(from_ids=(source,)), target) == "conflict.of-another-inbox"
    did(bench, MoveConversation(inbox_id=INBOX), source)
    lone = opened(bench, mail("lone@c.example"))
    did(bench, EraseContact(), bench.events(stream=lone)[0].data.contact_id)
    assert refused(bench, MergeConversations(from_ids=(source, lone)), target) == "conflict.conversation-is-erased"
    assert refused(bench, MergeConversations(from_ids=(new_id(),)), target) == "not_found.conversation-not-found"


LATER = NOON + timedelta(hours=4)
SCHEDULED = Then(status="resolved")


def scheduled(bench: Workbench, conversation: UUID) -> tuple[UUID, ElapseReply]:
    """A reply that is to go out later and to resolve its conversation, and its timer."""
    reply_id = new_id()
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT, "S"), to=(Address(MARIA),), subject="Re", text="Did it arrive?"
    )
    wish = SendReply(reply_id=reply_id, channel_id=CHANNEL, content=content, send_at=LATER, then=SCHEDULED)
    (queued,) = [event for event in did(bench, wish, conversation) if event.type == "ReplyQueued"]
    return reply_id, ElapseReply(timer_id=queued.data.hold.timer_id)


def elapsed(bench: Workbench, timer: ElapseReply, conversation: UUID) -> list[tuple[str, UUID]]:
    events = did(bench, timer, conversation, id=timer.timer_id, actor=SYSTEM, at=LATER)
    return [(event.type, event.stream) for event in events]


@pytest.mark.parametrize("to_the_merged", [True, False])
def test_an_answer_holds_what_is_scheduled_in_what_was_merged(bench: Workbench, to_the_merged: bool) -> None:
    target, source = two(bench)
    did(bench, SetNotificationPreferences(agent_id=ANNA, mail=("send_failed",)), DEFAULT_WORKSPACE_ID)
    _, timer = scheduled(bench, source)
    token = token_of(bench, source) if to_the_merged else "one@c"
    did(bench, MergeConversations(from_ids=(source,)), target)
    stream, came = went_to(bench, mail(in_reply_to=[token]))
    assert stream == target and "ReplyHeld" in came
    held = bench.events(stream=source)[-1]
    assert (held.type, held.data.reason, held.data.agent_id) == ("ReplyHeld", "customer_wrote", ANNA)
    assert (ANNA, source, ["send_failed"]) in bench.rows(
        "SELECT agent_id, conversation_id, kinds FROM router.notification_mails"
    )
    assert elapsed(bench, timer, source) == []
    check_rebuilt(bench)


def test_it_is_held_too_when_both_are_merged_in_a_router_that_knows_nothing_of_before(bench: Workbench) -> None:
    target, source = two(bench)
    scheduled(bench, source)
    did(bench, MergeConversations(from_ids=(source,)), target)
    third = opened(bench, mail(message_id="three@c"))
    did(bench, MergeConversations(from_ids=(target,)), third)
    bench.handle(bench.records(mail(in_reply_to=["three@c"])), bench.built())
    assert kinds(bench.events(stream=source))[-1] == "ReplyHeld"


def test_at_its_time_it_closes_what_stands_for_the_merged_one_and_taken_back_opens_that(bench: Workbench) -> None:
    target, source = two(bench)
    reply_id, timer = scheduled(bench, source)
    did(bench, MergeConversations(from_ids=(source,)), target)
    assert elapsed(bench, timer, source) == [("ReplyReleased", source), ("ConversationResolved", target)]
    events = did(bench, CancelReply(reply_id=reply_id), source)
    opens = [("ReplyCancelled", source), ("ConversationReopened", target)]
    assert [(event.type, event.stream) for event in events][:2] == opens
    check_rebuilt(bench)


def test_out_of_spam_and_trash_what_was_merged_sends_nothing(bench: Workbench) -> None:
    target, source = two(bench)
    reply_id, timer = scheduled(bench, source)
    did(bench, MergeConversations(from_ids=(source,)), target)
    did(bench, MarkConversationAsSpam(), target)
    assert elapsed(bench, timer, source) == [("ReplyHeld", source)]
    assert bench.events(stream=source)[-1].data.reason == "put_away"
    assert refused(bench, RetryReply(reply_id=reply_id), source) == "conflict.conversation-is-spam"
    did(bench, ReopenConversation(), target)
    sent = did(bench, RetryReply(reply_id=reply_id), source)
    assert [(event.type, event.stream) for event in sent] == [
        ("ReplyReleased", source),
        ("ConversationResolved", target),
    ]
