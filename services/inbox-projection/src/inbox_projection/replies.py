"""A reply as it is frozen in its command: recipients, sender, References and text, from the view; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from events.conversations import ReplyContent
from events.values import Address, Attachment, MessageContent
from inbox_projection import recipients
from inbox_projection.html import sanitise_outgoing
from inbox_projection.recipients import Answered, Chosen, OwnChannel
from service_kit import reply_token

_inbound: Final = msgspec.json.Decoder(MessageContent)


@dataclass(frozen=True)
class Frozen:
    """What the command takes along."""

    channel_id: UUID
    content: ReplyContent


@dataclass(frozen=True)
class Written:
    """What the agent wrote."""

    text: str
    html: str | None = None
    chosen: Chosen = field(default_factory=Chosen)


class NothingToAnswer(ValueError):
    """There is no inbound message that is still known, and no recipient was chosen."""


def freeze(
    conversation_id: UUID,
    view: dict[str, Any],
    channels: Sequence[dict[str, Any]],
    written: Written,
    attachments: tuple[Attachment, ...],
    token_key: bytes,
) -> Frozen:
    """`view` is the row of queries.messages.answered, `channels` those of mail_channels (all inboxes, to know us by).

    Refuses with NothingToAnswer and the errors of `recipients`.
    """
    answered = _answered(view, chose=written.chosen.to is not None)
    ours = frozenset(row["address"].lower() for row in channels)
    people = recipients.recipients(answered, written.chosen, ours)
    inbox = [
        OwnChannel(row["channel_id"], row["address"], row["from_name"], row["fallback"])
        for row in channels
        if row["inbox_id"] == view["inbox_id"] and row["connected"]
    ]
    through = [one for one in (view["channel_id"], view["first_channel_id"]) if one is not None]
    sender = recipients.sending_channel(inbox, through)
    fallback = view["fallback_address"] or sender.address
    token = reply_token.sign(conversation_id, token_key)
    name = sender.from_name or view["inbox_name"]
    content = ReplyContent(
        external_id="",
        sender=Address(sender.address, name),
        reply_to=Address(reply_token.plus_address(fallback, token), name),
        to=people.to,
        cc=people.cc,
        bcc=people.bcc,
        subject=recipients.answer_subject(answered.subject or view["subject"]),
        text=written.text,
        html=None if written.html is None else sanitise_outgoing(written.html),
        attachments=attachments,
        in_reply_to=recipients.answered_id(answered),
        references=recipients.answer_references(answered),
    )
    return Frozen(sender.id, content)


def _answered(view: dict[str, Any], *, chose: bool) -> Answered:
    if view["content"] is None:
        if not chose:
            raise NothingToAnswer("no message of a customer is known here: choose to whom the reply goes")
        return Answered(Address(""))
    message = _inbound.decode(view["content"])
    return Answered(
        sender=message.sender,
        external_id=message.external_id,
        reply_to=message.reply_to,
        to=message.to,
        cc=message.cc,
        subject=message.subject,
        references=message.references,
        in_reply_to=message.in_reply_to,
    )
