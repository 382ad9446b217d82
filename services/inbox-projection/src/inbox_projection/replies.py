"""A reply as it is frozen in its command: recipients, sender, References and text, from the view; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from events.conversations import QuotedHistory, ReplyContent
from events.values import Address, Attachment, MessageContent, MessageFacts
from inbox_projection.forwarding import Carried, subject_of
from inbox_projection.html import inline_names, sanitise_outgoing, with_inline_images
from inbox_projection.html_text import text_of
from service_kit import recipients, reply_token, signing_off
from service_kit.recipients import Answered, Chosen, OwnChannel, Recipients

_inbound: Final = msgspec.json.Decoder(MessageContent)
_sent: Final = msgspec.json.Decoder(ReplyContent)
_facts: Final = msgspec.json.Decoder(MessageFacts)
MAX_HISTORY: Final = 64 * 1024
"""Bytes of the quoted message's text."""
INLINE: Final = "@postroom"
"""Ends the content ids of pictures in replies: an upload's id alone is none (RFC 2392)."""


@dataclass(frozen=True)
class Frozen:
    """What the command takes along."""

    channel_id: UUID
    content: ReplyContent


@dataclass(frozen=True)
class Written:
    """What the agent wrote; `signature`, filled, goes below it."""

    text: str
    html: str | None = None
    chosen: Chosen = field(default_factory=Chosen)
    from_channel_id: UUID | None = None
    signature: str = ""


@dataclass(frozen=True)
class Proposed:
    """With what a reply goes out where nothing is chosen; `cc` is that of a reply to all."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    channel_id: UUID | None
    channels: tuple[OwnChannel, ...]


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

    Where the agent gave HTML only, the text is made from it.
    Refuses with NothingToAnswer and the errors of `recipients`.
    """
    answered = _answered(view, chose=written.chosen.to is not None)
    ours = _ours(channels)
    people = recipients.recipients(answered, written.chosen, ours)
    sender = recipients.sending_channel(_channels_of(view, channels), _through(view), written.from_channel_id)
    own, reply_to = _sender(view, sender, reply_token.sign(conversation_id, token_key))
    html, attachments = _inline(written.html, attachments)
    content = ReplyContent(
        external_id="",
        sender=own,
        reply_to=reply_to,
        to=people.to,
        cc=people.cc,
        bcc=people.bcc,
        subject=recipients.answer_subject(answered.subject or view["subject"]),
        text=signing_off.signed(_text(written, html), written.signature),
        html=None if html is None else signing_off.signed_html(html, written.signature),
        attachments=attachments,
        in_reply_to=recipients.answered_id(answered),
        references=recipients.answer_references(answered),
        history=_history(view) if view["quote_history"] else None,
    )
    return Frozen(sender.id, content)


def proposed(view: dict[str, Any], channels: Sequence[dict[str, Any]]) -> Proposed:
    """What `freeze` would take where the agent chooses nothing; nobody in To where it would refuse. Never fails."""
    own = _channels_of(view, channels)
    answered = _answered(view, chose=True)
    try:
        people = recipients.recipients(answered, Chosen(), _ours(channels))
    except recipients.NoRecipient:
        people = Recipients(())
    except recipients.TooManyRecipients:
        people = recipients.recipients(answered, Chosen(cc=()), _ours(channels))
    try:
        channel_id = recipients.sending_channel(own, _through(view)).id
    except recipients.NoAddressOfOurs:
        channel_id = None
    subject = recipients.answer_subject(answered.subject or view["subject"])
    return Proposed(people.to, people.cc, subject, channel_id, tuple(own))


def freeze_first(
    conversation_id: UUID,
    view: dict[str, Any],
    channels: Sequence[dict[str, Any]],
    subject: str,
    written: Written,
    attachments: tuple[Attachment, ...],
    token_key: bytes,
) -> Frozen:
    """A first message; `view` is the row of queries.messages.sending_inbox. Refuses with the errors of `recipients`."""
    people = recipients.recipients(Answered(Address("")), written.chosen, _ours(channels))
    sender = recipients.sending_channel(_channels_of(view, channels), (), written.from_channel_id)
    own, reply_to = _sender(view, sender, reply_token.sign(conversation_id, token_key))
    html, attachments = _inline(written.html, attachments)
    content = ReplyContent(
        external_id="",
        sender=own,
        reply_to=reply_to,
        to=people.to,
        cc=people.cc,
        bcc=people.bcc,
        subject=subject,
        text=signing_off.signed(_text(written, html), written.signature),
        html=None if html is None else signing_off.signed_html(html, written.signature),
        attachments=attachments,
    )
    return Frozen(sender.id, content)


def freeze_forward(
    conversation_id: UUID,
    view: dict[str, Any],
    channels: Sequence[dict[str, Any]],
    carried: Carried,
    chosen: Chosen,
    attachments: tuple[Attachment, ...],
    token_key: bytes,
) -> Frozen:
    """A forward, in the side thread: answers to it carry a token of its own.

    Refuses with the errors of `recipients`.
    """
    people = recipients.recipients(Answered(Address("")), chosen, _ours(channels))
    sender = recipients.sending_channel(_channels_of(view, channels), _through(view))
    own, reply_to = _sender(view, sender, reply_token.sign(conversation_id, token_key, side=True))
    content = ReplyContent(
        external_id="",
        sender=own,
        reply_to=reply_to,
        to=people.to,
        cc=people.cc,
        bcc=people.bcc,
        subject=subject_of(recipients.printable(view["subject"])),
        text=carried.text,
        html=carried.html,
        attachments=(*carried.files, *attachments),
    )
    return Frozen(sender.id, content)


def _ours(channels: Sequence[dict[str, Any]]) -> frozenset[str]:
    return frozenset(row["address"].lower() for row in channels)


def _channels_of(view: dict[str, Any], channels: Sequence[dict[str, Any]]) -> list[OwnChannel]:
    """The connected addresses of the inbox."""
    return [
        OwnChannel(row["channel_id"], row["address"], row["from_name"], row["fallback"])
        for row in channels
        if row["inbox_id"] == view["inbox_id"] and row["connected"]
    ]


def _through(view: dict[str, Any]) -> list[UUID]:
    """The channels that the conversation came by, the last one first."""
    return [one for one in (view["channel_id"], view["first_channel_id"]) if one is not None]


def _text(written: Written, html: str | None) -> str:
    """What the agent wrote; made from the HTML where they gave that only."""
    return written.text if written.text.strip() or html is None else text_of(html)


def _sender(view: dict[str, Any], sender: OwnChannel, token: str) -> tuple[Address, Address]:
    """From whom it is, and where answers go."""
    name = sender.from_name or view["inbox_name"]
    fallback = view["fallback_address"] or sender.address
    return Address(sender.address, name), Address(reply_token.plus_address(fallback, token), name)


def pictures(html: str | None) -> list[UUID]:
    """The uploads that a reply's HTML shows in place, each once; other names after `cid:` are nobody's."""
    if html is None or "cid:" not in html.lower():
        return []
    return list(dict.fromkeys(found for name in inline_names(sanitise_outgoing(html)) if (found := _uuid(name))))


def _inline(html: str | None, files: tuple[Attachment, ...]) -> tuple[str | None, tuple[Attachment, ...]]:
    """The HTML as it is sent, and the files; those that it shows have a content id."""
    if html is None:
        return None, files
    clean = sanitise_outgoing(html)
    shown = set(pictures(html))
    ids = {one.id: f"{one.id}{INLINE}" for one in files if one.id in shown}
    if not ids:
        return clean, files
    named = {name: ids[found] for name in inline_names(clean) if (found := _uuid(name)) in ids}
    placed = tuple(msgspec.structs.replace(one, content_id=ids[one.id]) if one.id in ids else one for one in files)
    return with_inline_images(clean, named), placed


def _history(view: dict[str, Any]) -> QuotedHistory | None:
    """The last inbound message, as far as it fits; None where there is none, or its person was erased."""
    if view["content"] is None:
        return None
    message = _inbound.decode(view["content"])
    facts = _facts.decode(view["details"])
    text = message.text.encode("utf-8", "replace")[:MAX_HISTORY].decode("utf-8", "ignore")
    return QuotedHistory(sender=message.sender, sent_at=facts.sent_at or facts.received_at, text=text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _answered(view: dict[str, Any], *, chose: bool) -> Answered:
    if view["first_content"] is not None:
        return recipients.continued_message(_sent.decode(view["first_content"]))
    if view["content"] is None:
        if not chose:
            raise NothingToAnswer("no message of a customer is known here: choose to whom the reply goes")
        return Answered(Address(""))
    return recipients.answered_message(_inbound.decode(view["content"]))
