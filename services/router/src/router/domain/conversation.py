"""The decider of a conversation: what agents, timers and rules may do with it, and what inbound facts make of it."""

from __future__ import annotations

from functools import partial
from typing import assert_never, cast
from uuid import UUID

import msgspec

from events import commands as c
from events import conversations as e
from events.commands import ConversationCommand
from events.conversations import ConversationEvent
from events.envelope import Envelope
from events.inbound import DeliveryReport, MessageReceived
from events.values import MessageFacts
from router.domain import errors, spam_blocks
from router.domain.collaboration import add_comment, assign, change_priority, mark_read
from router.domain.conversation_state import (
    NOT_OPENED,
    Conversation,
    ConversationState,
    Discarded,
    Merged,
    NotOpened,
    Open,
    Resolved,
    Snoozed,
    Spam,
    Trashed,
    evolve,
    is_muted,
    key_holder,
    sealed_under,
)
from router.domain.delivery import bounced, progress
from router.domain.filters import is_only_noted
from router.domain.first_messages import forward, taken_back
from router.domain.following import follow, unfollow
from router.domain.held_replies import cancel, confirm, elapse, hold, holds, reopened, retry, undone
from router.domain.house import House
from router.domain.labels import add_label, remove_label
from router.domain.merging import shown_as
from router.domain.replies import send_reply
from router.domain.status import elapse_snooze, mark_as_spam, reopen, resolve, snooze, trash
from router.domain.tidying import NOTHING_BESIDE, Beside, check_there, tidy
from router.domain.workspace_state import Workspace
from service_kit.decider import Decider

__all__ = [
    "NOT_OPENED",
    "Arrival",
    "Conversation",
    "ConversationState",
    "Discarded",
    "Merged",
    "NotOpened",
    "Open",
    "Resolved",
    "Snoozed",
    "Spam",
    "Trashed",
    "bounced_reply",
    "decide",
    "decider",
    "erase",
    "evolve",
    "is_muted",
    "key_holder",
    "receive",
    "report",
    "sealed_under",
]

ConversationDecider = Decider[Envelope[ConversationCommand], ConversationState, ConversationEvent]


def decider(
    workspace: Workspace, house: House, queued: e.ReplyQueued | None = None, beside: Beside = NOTHING_BESIDE
) -> ConversationDecider:
    """The decider in a workspace as it is now."""
    return Decider(NOT_OPENED, partial(decide, workspace=workspace, house=house, queued=queued, beside=beside), evolve)


def decide(
    command: Envelope[ConversationCommand],
    state: ConversationState,
    *,
    workspace: Workspace,
    house: House,
    queued: e.ReplyQueued | None = None,
    beside: Beside = NOTHING_BESIDE,
) -> tuple[ConversationEvent, ...]:
    """The events that the command leads to, `()` when it is already so.

    The time is the command's `occurred_at`, the agent its actor, the conversation its stream. `queued` is the reply
    that the command speaks of as it was queued, its content None once erased; `beside` what is around the conversation,
    for commands that name more than it. Refuses with a DomainError; a timer's command is never refused, for its
    conversation may have moved on.
    """
    match state:
        case NotOpened():
            if isinstance(command.data, c.ElapseSnooze | c.ElapseReply | c.ElapseTrash):
                return ()
            raise errors.ConversationNotFound("There is no such conversation.")
        case Conversation():
            check_there(command.data, state)
            return _decide(command, state, workspace, house, queued, beside)
        case _:
            assert_never(state)


def _decide(
    command: Envelope[ConversationCommand],
    state: Conversation,
    workspace: Workspace,
    house: House,
    queued: e.ReplyQueued | None,
    beside: Beside,
) -> tuple[ConversationEvent, ...]:
    now, shown = command.occurred_at, shown_as(state, beside.conversations)
    match command.data:
        case c.SendReply():
            return send_reply(cast("Envelope[c.SendReply]", command), state, workspace, house)
        case c.CancelReply() as wish:
            return taken_back(cancel(wish, state), state, now, house.derived_id(command.id, "trash"))
        case c.RetryReply() as wish:
            return retry(wish, state, shown, queued, now, house.derived_id(command.id, "snooze"))
        case c.ConfirmReply() as wish:
            return confirm(wish, state, shown, queued, now, house.derived_id(command.id, "snooze"))
        case c.ElapseReply() as timer:
            return elapse(timer, state, shown, queued, now, house.derived_id(command.id, "snooze"))
        case c.ForwardMessages():
            return forward(cast("Envelope[c.ForwardMessages]", command), state, workspace, house)
        case c.AddComment() as comment:
            return add_comment(comment, command.actor, state, workspace)
        case c.AssignConversation() as wish:
            return assign(wish, state, workspace)
        case c.ResolveConversation():
            return resolve(state, now)
        case c.ReopenConversation():
            return reopen(state)
        case c.SnoozeConversation() as wish:
            return snooze(wish, state, now=now, timer_id=house.derived_id(command.id, "snooze"))
        case c.ElapseSnooze() as timer:
            return elapse_snooze(timer, state)
        case c.MarkConversationAsSpam(block=block):
            blocked = None
            if block is not None:
                blocked = spam_blocks.block_id(command.id, block, state.inbox_id, workspace, house)
            return mark_as_spam(state, blocked)
        case c.TrashConversation():
            return trash(state, now=now, timer_id=house.derived_id(command.id, "trash"))
        case c.AddLabel() as wish:
            return add_label(wish, state, workspace.labels)
        case c.RemoveLabel() as wish:
            return remove_label(wish, state, workspace.labels)
        case c.ChangePriority() as wish:
            return change_priority(wish, state)
        case c.MarkRead() as wish:
            return mark_read(wish, command.actor, state)
        case c.FollowConversation() as wish:
            return follow(wish, state, workspace)
        case c.UnfollowConversation() as wish:
            return unfollow(wish, state)
        case (
            c.ChangeSubject()
            | c.ChangeConversationContact()
            | c.MoveConversation()
            | c.MergeConversations()
            | c.MuteConversation()
            | c.UnmuteConversation()
            | c.RefuseSuggestedLink()
            | c.ElapseTrash()
        ) as wish:
            return tidy(wish, command.stream, state, workspace, beside)
        case _:
            assert_never(command.data)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What look-ups know of an inbound message: its author, and, when it opens a conversation, the number and the
    conversation that it may belong to, or would, had that not been over. `in_side_thread`: its author takes part by a
    forward of ours only. `repeated_external_id`: another message had the same Message-ID;
    `spam_filter_id`: the e-mail filter that takes it for spam."""

    contact_id: UUID
    number: int = 0
    suggested_link: UUID | None = None
    follow_up_of: UUID | None = None
    repeated_external_id: bool = False
    spam_filter_id: UUID | None = None
    in_side_thread: bool = False


def receive(
    message: Envelope[MessageReceived], state: ConversationState, arrival: Arrival
) -> tuple[ConversationEvent, ...]:
    """An inbound message opens the conversation or is appended to it; it is never refused.

    Snoozed and resolved conversations reopen. So does one in the trash: throwing it away was about what was in it
    then, and a message that nobody sees is a lost one. Spam stays spam: that was a verdict on the sender. What is muted
    stays as it is, and so does what another one stands for, where only bounces of its own replies still come. What a
    machine sends may only be noted (`filters.is_only_noted`), and a bounce fails the reply that it speaks of. History
    is kept, and what it opens is resolved since then: nothing follows from it.
    """
    received = message.data
    facts = received.facts
    if arrival.repeated_external_id:
        facts = msgspec.structs.replace(facts, repeated_external_id=True)
    match state:
        case NotOpened():
            opened = e.ConversationOpened(
                number=arrival.number,
                inbox_id=received.inbox_id,
                contact_id=arrival.contact_id,
                channel=facts.channel,
                channel_id=facts.channel_id,
                message=facts,
                suggested_link=arrival.suggested_link,
                follow_up_of=arrival.follow_up_of,
                personal=e.OpenedContent(subject=received.content.subject, message=received.content),
            )
            if facts.history:
                return (opened, *(_spam(arrival) or (e.ConversationResolved(at=facts.received_at),)))
            return (opened, *_spam(arrival))
        case Conversation():
            appended = e.MessageAppended(
                contact_id=arrival.contact_id,
                message=facts,
                in_side_thread=arrival.in_side_thread,
                personal=received.content,
            )
            if facts.history:
                return (appended,)
            held = hold(state) if holds(appended) else ()
            return (appended, *held, *_bounced(received, state), *_stirred(facts, state, arrival))
        case _:
            assert_never(state)


def _spam(arrival: Arrival) -> tuple[e.MarkedAsSpam, ...]:
    return () if arrival.spam_filter_id is None else (e.MarkedAsSpam(filter_id=arrival.spam_filter_id),)


def _bounced(received: MessageReceived, state: Conversation) -> tuple[e.ReplyFailed, ...]:
    known = bounced_reply(received.facts, state)
    if known is None or received.facts.automated_kind == "delayed":
        return ()
    return bounced(known, received.content.bounce, state.replies[known])


def bounced_reply(facts: MessageFacts, state: ConversationState) -> UUID | None:
    """The reply in this conversation that the message says was not delivered."""
    reply_id = facts.bounced_reply_id
    return reply_id if isinstance(state, Conversation) and reply_id in state.replies else None


def _stirred(
    facts: MessageFacts, state: Conversation, arrival: Arrival
) -> tuple[e.ConversationReopened | e.MarkedAsSpam, ...]:
    """What a further message does to the status."""
    if state.muted:
        return ()
    match state.standing:
        case Spam() | Merged() | Discarded():
            return ()
        case Open():
            return _spam(arrival)
        case Snoozed() | Resolved() | Trashed():
            if arrival.spam_filter_id is not None:
                return _spam(arrival)
            return () if is_only_noted(facts, state.mails_lately) else (e.ConversationReopened(reason="message"),)
        case _:
            assert_never(state.standing)


def report(delivery: DeliveryReport, state: ConversationState) -> tuple[ConversationEvent, ...]:
    """What a channel's report adds to what is known of the reply's delivery; `()` for duplicates and older news.

    A reply that failed reopens its conversation: it is no longer dealt with. So does one of which nobody knows whether
    it arrived, when it is tried no more: somebody must say. Raises ReplyNotFound for a reply that this conversation
    never had.
    """
    known = None if isinstance(state, NotOpened) else state.replies.get(delivery.reply_id)
    if known is None or isinstance(state, NotOpened):
        raise errors.ReplyNotFound("The report names a reply that this conversation never had.")
    news = progress(delivery, known)
    reason = undone(news, state)
    return (*news, *(() if reason is None else reopened(state, reason)))


def erase(contact_id: UUID, state: ConversationState) -> tuple[ConversationEvent, ...]:
    """Notes that a person in the conversation was erased; `()` when that was noted before."""
    if isinstance(state, NotOpened) or contact_id in state.erased:
        return ()
    return (e.PersonalDataErased(contact_id=contact_id),)
