"""Whether a reply may go out as an agent froze it: recipients, headers, size, and what the agent had seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from events.commands import SendReply, StartConversation
from events.conversations import ConversationEvent, Hold, ReplyContent, ReplyQueued
from events.envelope import Actor, Envelope
from events.values import Address, Channel
from router.domain import errors
from router.domain.conversation_state import Conversation
from router.domain.first_answer import taken_on
from router.domain.held_replies import check_standing, close
from router.domain.house import House
from router.domain.texts import is_header_safe, is_mail_address, mailbox_key
from router.domain.workspace_state import Workspace
from service_kit import mail_size, templates

MAX_CONTENT: Final = 340_000
"""Bytes of the encoded content: sealed and in base64 it stays under the store's 512 kB even when nothing compresses."""
MAX_RECIPIENTS: Final = 100
MAX_UNDO: Final = 30
LATEST: Final = timedelta(days=366)


def send_reply(
    command: Envelope[SendReply], state: Conversation, workspace: Workspace, house: House
) -> tuple[ConversationEvent, ...]:
    """The reply, with the Message-ID that its conversation and id lead to; `()` when it was queued before.

    With an undo window or a time to send at it waits; what it does to the conversation comes with it, of a scheduled
    one when it is sent.
    """
    reply, conversation_id, now = command.data, command.stream, command.occurred_at
    if reply.reply_id in state.replies:
        return ()
    check_standing(state)
    if reply.seen_sequence is not None and state.last_spoken > reply.seen_sequence:
        raise errors.NewerMessageExists(
            f"You had seen the conversation up to {reply.seen_sequence}, its newest message is {state.last_spoken}."
        )
    external_id = house.message_id(reply.reply_id, conversation_id)
    content = msgspec.structs.replace(reply.content, external_id=external_id)
    check_content(content)
    check_filled(content.text, content.html or "")
    check_channel(reply.channel_id, content, state.inbox_id, state.channel, workspace)
    hold = hold_of(reply, now, house.derived_id(command.id, "reply timer"))
    check_then(reply, now)
    queued = ReplyQueued(
        reply_id=reply.reply_id,
        conversation_id=conversation_id,
        inbox_id=state.inbox_id,
        channel=state.channel,
        channel_id=reply.channel_id,
        agent_id=agent_of(command.actor),
        blobs=tuple(attachment.blob for attachment in content.attachments),
        hold=hold,
        then=reply.then,
        personal=content,
    )
    taken = taken_on(queued.agent_id, state, workspace)
    if hold is not None and hold.kind == "scheduled":
        return (queued, *taken)
    return (queued, *taken, *close(reply.then, state, now, house.derived_id(command.id, "snooze")))


def hold_of(reply: SendReply | StartConversation, now: datetime, timer_id: UUID) -> Hold | None:
    """What the mail waits for, None when it goes out at once. Raises what is wrong with its time."""
    if reply.send_at is not None:
        if reply.undo_seconds:
            raise errors.SendTimeInvalid("A reply is sent later or can be undone for a while, not both.")
        if reply.send_at <= now:
            raise errors.SendTimeInThePast("A reply can only be sent later at a time in the future.")
        if reply.send_at > now + LATEST:
            raise errors.SendTimeInvalid(f"A reply can be sent at most {LATEST.days} days from now.")
        return Hold(kind="scheduled", not_before=reply.send_at, timer_id=timer_id)
    return undo_window(reply.undo_seconds, now, timer_id)


def undo_window(seconds: int, now: datetime, timer_id: UUID) -> Hold | None:
    """What a mail waits for that can be taken back for so long; None where it cannot."""
    if not 0 <= seconds <= MAX_UNDO:
        raise errors.SendTimeInvalid(f"A reply can be undone for 0 to {MAX_UNDO} seconds.")
    if seconds == 0:
        return None
    return Hold(kind="undo", not_before=now + timedelta(seconds=seconds), timer_id=timer_id)


def check_then(reply: SendReply | StartConversation, now: datetime) -> None:
    """Raises SnoozeInThePast for a snooze that is over when the mail goes."""
    until = None if reply.then is None else reply.then.until
    if until is not None and until <= (reply.send_at or now):
        raise errors.SnoozeInThePast("A snooze must end after the reply was sent.")


def agent_of(actor: Actor) -> UUID | None:
    """The agent who acts; None for anybody and anything else."""
    if actor.kind != "agent":
        return None
    try:
        return UUID(actor.id)
    except ValueError:
        return None


def check_channel(channel_id: UUID, content: ReplyContent, inbox_id: UUID, kind: Channel, workspace: Workspace) -> None:
    """Raises why the message can't go out by this channel from this inbox."""
    channel = workspace.channels.get(channel_id)
    if channel is None or not channel.connected or channel.inbox_id != inbox_id or channel.kind != kind:
        raise errors.ChannelNotFound("The reply's channel is not connected to the conversation's inbox.")
    if channel.email is not None and mailbox_key(content.sender.address) != channel.email.address:
        raise errors.SenderNotOfChannel("The reply's sender is not the address of its channel.")


def check_filled(*written: str) -> None:
    """Raises VariableNotFilled, which names it: a template was not filled before it was sent. For what the agent wrote:
    in the words of others, such as the subject that a reply goes on with, nothing is a variable."""
    for text in written:
        for name in templates.variables(text):
            raise errors.VariableNotFilled(f"The variable {name} is not filled.")


def check_content(content: ReplyContent) -> None:
    """Raises what is wrong with the content; the detail tells fields and places, never what stands in them."""
    for field, text in _header_fields(content):
        if not is_header_safe(text):
            raise errors.HeaderUnsafe(f"{field} holds a line break or another control character.")
    if not content.to:
        raise errors.NoRecipient("A reply needs at least one recipient in To.")
    if len(content.to) + len(content.cc) + len(content.bcc) > MAX_RECIPIENTS:
        raise errors.TooManyRecipients(f"A reply has at most {MAX_RECIPIENTS} recipients.")
    for field, address in _recipients(content):
        if not is_mail_address(address.address):
            raise errors.RecipientInvalid(f"{field} is not a mail address.")
    if not (content.text.strip() or (content.html or "").strip() or content.attachments):
        raise errors.ReplyEmpty("A reply needs a text, HTML or an attachment.")
    size = len(msgspec.json.encode(content))
    if size > MAX_CONTENT:
        raise errors.ReplyTooLarge(f"The reply has {size} bytes, at most {MAX_CONTENT} fit; attach the long part.")
    encoded = mail_size.of_content(content)
    if encoded > mail_size.MAX_MAIL:
        raise errors.ReplyTooLarge(
            f"As it is sent the mail may have {encoded} bytes, at most {mail_size.MAX_MAIL} are taken; attach less."
        )


def _recipients(content: ReplyContent) -> Iterator[tuple[str, Address]]:
    for field, addresses in (("To", content.to), ("Cc", content.cc), ("Bcc", content.bcc)):
        for place, address in enumerate(addresses, start=1):
            yield f"{field} number {place}", address


def _header_fields(content: ReplyContent) -> Iterator[tuple[str, str]]:
    """Every text that ends in a header line of the mail, with the name of its field."""
    yield "Subject", content.subject
    yield "Message-ID", content.external_id
    yield "From", content.sender.address
    yield "From", content.sender.name
    if content.reply_to is not None:
        yield "Reply-To", content.reply_to.address
        yield "Reply-To", content.reply_to.name
    for field, address in _recipients(content):
        yield field, address.address
        yield field, address.name
    if content.in_reply_to is not None:
        yield "In-Reply-To", content.in_reply_to
    for reference in content.references:
        yield "References", reference
    for place, attachment in enumerate(content.attachments, start=1):
        field = f"Attachment number {place}"
        yield field, attachment.name
        yield field, attachment.content_type
        yield field, attachment.content_id or ""
