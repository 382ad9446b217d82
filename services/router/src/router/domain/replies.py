"""Whether a reply may go out as an agent froze it: recipients, headers, size, and what the agent had seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from events.commands import SendReply
from events.conversations import ReplyContent, ReplyQueued
from events.envelope import Actor
from events.values import Address
from router.domain import errors
from router.domain.conversation_state import Conversation, Spam, Trashed, key_holder
from router.domain.house import House
from router.domain.texts import is_header_safe, is_mail_address, mailbox_key
from router.domain.workspace_state import Workspace

MAX_CONTENT: Final = 340_000
"""Bytes of the encoded content: sealed and in base64 it stays under the store's 512 kB even when nothing compresses."""
MAX_RECIPIENTS: Final = 100


def send_reply(
    reply: SendReply, conversation_id: UUID, actor: Actor, state: Conversation, workspace: Workspace, house: House
) -> tuple[ReplyQueued, ...]:
    """The reply, with the Message-ID that its conversation and id lead to; `()` when it was queued before."""
    if reply.reply_id in state.replies:
        return ()
    _check_standing(state)
    if reply.seen_sequence is not None and state.last_spoken > reply.seen_sequence:
        raise errors.NewerMessageExists(
            f"You had seen the conversation up to {reply.seen_sequence}, its newest message is {state.last_spoken}."
        )
    external_id = house.message_id(reply.reply_id, conversation_id)
    content = msgspec.structs.replace(reply.content, external_id=external_id)
    check_content(content)
    _check_channel(reply, state, workspace)
    return (
        ReplyQueued(
            reply_id=reply.reply_id,
            conversation_id=conversation_id,
            inbox_id=state.inbox_id,
            channel=state.channel,
            channel_id=reply.channel_id,
            agent_id=agent_of(actor),
            blobs=tuple(attachment.blob for attachment in content.attachments),
            personal=content,
        ),
    )


def agent_of(actor: Actor) -> UUID | None:
    """The agent who acts; None for anybody and anything else."""
    if actor.kind != "agent":
        return None
    try:
        return UUID(actor.id)
    except ValueError:
        return None


def _check_standing(state: Conversation) -> None:
    match state.standing:
        case Spam():
            raise errors.ConversationIsSpam("The conversation is marked as spam; reopen it before you answer.")
        case Trashed():
            raise errors.ConversationInTrash("The conversation is in the trash; reopen it before you answer.")
        case _:
            pass
    if key_holder(state) is None:
        raise errors.ConversationIsErased("Everybody in this conversation was erased; there is nobody to answer.")


def _check_channel(reply: SendReply, state: Conversation, workspace: Workspace) -> None:
    channel = workspace.channels.get(reply.channel_id)
    if channel is None or not channel.connected or channel.inbox_id != state.inbox_id or channel.kind != state.channel:
        raise errors.ChannelNotFound("The reply's channel is not connected to the conversation's inbox.")
    if channel.email is not None and mailbox_key(reply.content.sender.address) != channel.email.address:
        raise errors.SenderNotOfChannel("The reply's sender is not the address of its channel.")


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
