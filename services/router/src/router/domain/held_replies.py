"""What becomes of a reply once it is queued: it waits, is held, released, taken back, tried again, answered for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from events.commands import CancelReply, ConfirmReply, ElapseReply, RetryReply, SnoozeConversation
from events.conversations import (
    ConversationEvent,
    ConversationReopened,
    MessageAppended,
    ReplyCancelled,
    ReplyFailed,
    ReplyHeld,
    ReplyQueued,
    ReplyReleased,
    ReplySent,
    ReplyUncertain,
    Then,
)
from router.domain import errors
from router.domain.conversation_state import Conversation, Discarded, Open, Resolved, Snoozed, Spam, Trashed, key_holder
from router.domain.delivery import Delivery
from router.domain.filters import is_automated
from router.domain.status import resolve, snooze

WAITING: Final = ("waiting", "held")
Undone = Literal["reply_failed", "reply_uncertain", "reply_cancelled"]


def check_standing(state: Conversation, shown: Conversation | None = None) -> None:
    """Raises why nothing can be sent from a conversation as it stands, or as what is `shown` for it does."""
    match (shown or state).standing:
        case Spam():
            raise errors.ConversationIsSpam("The conversation is marked as spam; reopen it before you answer.")
        case Trashed():
            raise errors.ConversationInTrash("The conversation is in the trash; reopen it before you answer.")
        case _:
            pass
    if key_holder(state) is None:
        raise errors.ConversationIsErased("Everybody in this conversation was erased; there is nobody to answer.")


def close(then: Then | None, state: Conversation, now: datetime, timer_id: UUID) -> tuple[ConversationEvent, ...]:
    """What the reply's `then` does to an open conversation; a time that has passed meanwhile leaves it open."""
    if then is None or not isinstance(state.standing, Open):
        return ()
    if then.status == "resolved":
        return resolve(state, now)
    if then.until is not None and then.until <= now:
        return ()
    return snooze(SnoozeConversation(until=then.until), state, now=now, timer_id=timer_id)


def elapse(
    timer: ElapseReply,
    state: Conversation,
    shown: Conversation,
    queued: ReplyQueued | None,
    now: datetime,
    snooze_id: UUID,
) -> tuple[ConversationEvent, ...]:
    """The timer of a waiting reply is due; any other is obsolete and changes nothing.

    A scheduled reply to a conversation that was put away waits on for an agent; `shown` is the conversation itself or
    what stands for it. `queued` is the reply as it was queued, without its content when the person was erased: then
    there is nothing to send.
    """
    found = next(
        (reply for reply in state.replies.items() if reply[1].hold and reply[1].hold.timer_id == timer.timer_id), None
    )
    if found is None or found[1].state != "waiting":
        return ()
    reply_id, known = found
    if queued is None or queued.personal is None:
        return (_cancelled(reply_id, state, "erased", released=False),)
    if _is_scheduled(known) and isinstance(shown.standing, Spam | Trashed | Discarded):
        return (ReplyHeld(reply_id=reply_id, agent_id=known.agent_id, reason="put_away"),)
    return _released(queued, known, "due", state, shown, now, snooze_id)


def close_survivor(
    events: Iterable[ConversationEvent], before: Conversation, survivor: Conversation, now: datetime, timer_id: UUID
) -> tuple[ConversationEvent, ...]:
    """What the `then` of a merged conversation's scheduled reply, released by these events, does to what stands for
    it: that is where it is dealt with. `before` is the merged one before them."""
    for event in events:
        known = before.replies.get(event.reply_id) if isinstance(event, ReplyReleased) else None
        if known is not None and known.state in WAITING and _is_scheduled(known):
            return close(known.then, survivor, now, timer_id)
    return ()


def undone(events: Iterable[ConversationEvent], before: Conversation) -> Undone | None:
    """Why these events of a reply mean that what it belongs to is dealt with no more; None where they don't."""
    for event in events:
        match event:
            case ReplyFailed():
                return "reply_failed"
            case ReplyUncertain(final=True):
                return "reply_uncertain"
            case ReplyCancelled(reply_id=reply_id) if reply_id in before.replies and before.replies[reply_id].closed:
                return "reply_cancelled"
            case _:
                pass
    return None


def holds(message: MessageAppended) -> bool:
    """Whether the message holds what is scheduled: a person wrote it now, and the customer sees it."""
    return not (message.in_side_thread or message.message.history or is_automated(message.message))


def hold(state: Conversation) -> tuple[ReplyHeld, ...]:
    """The customer wrote: replies that were scheduled before wait for an agent. An undo window is not held."""
    return tuple(
        ReplyHeld(reply_id=reply_id, agent_id=known.agent_id, reason="customer_wrote")
        for reply_id, known in state.replies.items()
        if known.state == "waiting" and _is_scheduled(known) and not known.in_side_thread
    )


def cancel(command: CancelReply, state: Conversation) -> tuple[ConversationEvent, ...]:
    """Takes a reply back that nobody has begun to send, and reopens what it closed."""
    known = _known(command.reply_id, state)
    if known.state == "cancelled":
        return ()
    if known.state not in (*WAITING, "queued"):
        raise errors.AlreadySent("The reply is being sent, was sent, or failed: it cannot be taken back.")
    cancelled = _cancelled(command.reply_id, state, "agent", released=known.state == "queued")
    return (cancelled, *(reopened(state, "reply_cancelled") if known.closed else ()))


def retry(
    command: RetryReply,
    state: Conversation,
    shown: Conversation,
    queued: ReplyQueued | None,
    now: datetime,
    snooze_id: UUID,
) -> tuple[ConversationEvent, ...]:
    """Sends a failed reply again, or a waiting one at once; one that is on its way already stays so."""
    known = _known(command.reply_id, state)
    if known.state in ("queued", "sending"):
        return ()
    if known.state in WAITING:
        return _released(_content(queued), known, "sent_now", state, shown, now, snooze_id)
    if known.state != "failed":
        raise errors.ReplyDidNotFail("Only a failed reply, or one that waits, can be sent again.")
    if not known.can_retry:
        raise errors.ReplyCannotBeRetried("Sending this reply again would fail again: write a new one.")
    return _released(_content(queued), known, "retried", state, shown, now, snooze_id)


def confirm(
    command: ConfirmReply,
    state: Conversation,
    shown: Conversation,
    queued: ReplyQueued | None,
    now: datetime,
    snooze_id: UUID,
) -> tuple[ConversationEvent, ...]:
    """An agent knows of an uncertain reply whether it arrived; what did not is sent again, under the same id."""
    known = _known(command.reply_id, state)
    if command.arrived and known.state in ("sent", "delivered"):
        return ()
    if not command.arrived and known.state in ("queued", "sending"):
        return ()
    if known.state != "uncertain":
        raise errors.ReplyIsNotUncertain("It is known whether this reply went out.")
    if command.arrived:
        return (ReplySent(reply_id=command.reply_id, attempt=known.attempt, channel=state.channel),)
    return _released(_content(queued), known, "not_arrived", state, shown, now, snooze_id)


def reopened(state: Conversation, reason: Undone) -> tuple[ConversationReopened, ...]:
    """So that no conversation stays closed whose reply did not go out, or of which somebody must say whether it did."""
    return (ConversationReopened(reason=reason),) if isinstance(state.standing, Resolved | Snoozed) else ()


def _is_scheduled(known: Delivery) -> bool:
    return known.hold is not None and known.hold.kind == "scheduled"


def _known(reply_id: UUID, state: Conversation) -> Delivery:
    known = state.replies.get(reply_id)
    if known is None:
        raise errors.ReplyNotFound("This conversation has no such reply.")
    return known


def _content(queued: ReplyQueued | None) -> ReplyQueued:
    if queued is None or queued.personal is None:
        raise errors.ConversationIsErased("The person was erased, and the reply with them.")
    return queued


def _released(
    queued: ReplyQueued,
    known: Delivery,
    reason: Literal["due", "sent_now", "retried", "not_arrived"],
    state: Conversation,
    shown: Conversation,
    now: datetime,
    snooze_id: UUID,
) -> tuple[ConversationEvent, ...]:
    if reason != "due":
        check_standing(state, shown)
    released = ReplyReleased(
        reply_id=queued.reply_id,
        conversation_id=queued.conversation_id,
        inbox_id=queued.inbox_id,
        channel=queued.channel,
        channel_id=queued.channel_id,
        agent_id=queued.agent_id,
        blobs=queued.blobs,
        in_side_thread=queued.in_side_thread,
        reason=reason,
        after_attempt=known.attempt,
        automatic=queued.automatic,
        personal=queued.personal,
    )
    waited = known.state in WAITING and _is_scheduled(known)
    return (released, *(close(known.then, state, now, snooze_id) if waited else ()))


def _cancelled(
    reply_id: UUID, state: Conversation, reason: Literal["agent", "erased"], *, released: bool
) -> ReplyCancelled:
    return ReplyCancelled(reply_id=reply_id, channel=state.channel, reason=reason, released=released)
