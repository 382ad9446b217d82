"""A mail and its envelope become MessageReceived, with the blobs that it names; pure, ids and time come in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events.envelope import Actor, Envelope
from events.inbound import MessageReceived
from events.values import FILTERED_HEADERS, MAX_HEADER, Attachment, Blob, MessageContent, MessageFacts
from ingest_email import authentication, quotes
from ingest_email.automatic_mail import automatic
from ingest_email.channel_test_mail import channel_test_of
from ingest_email.invitations import invitation_of
from ingest_email.limits import MAX_INLINE_BYTES
from ingest_email.parse import PARSER_VERSION, Mail, parse
from service_kit import reply_token
from service_kit.hashing import KeyedHash
from service_kit.ids import derived_id

RAW_TYPE: Final = "message/rfc822"
MISSING: Final = "missing.invalid"
"""Domain of the ids that we give to mails without a Message-ID (RFC 2606: never a real one)."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
TOO_LARGE: Final = "too large for an event"
CUSTOMER: Final = Actor("contact")


class Destination(msgspec.Struct, frozen=True):
    """One inbox that a mail goes to: the channel and address of ours it came by, and the reply token's conversation.

    `answers_mail` is the notification mail whose answer token it came by. `authserv_id` names the channel's own server
    whose Authentication-Results are believed, "" for nobody's.
    """

    inbox_id: UUID
    channel_id: UUID
    address: str
    conversation_id: UUID | None = None
    authserv_id: str = ""
    answers_mail: UUID | None = None


class Keys(msgspec.Struct, frozen=True):
    """What translating needs to know of the installation."""

    workspace_id: UUID
    mail_domain: str
    reply_token_key: bytes
    hashes: KeyedHash


@dataclass(frozen=True)
class Received:
    """A mail as it came: its bytes, its reverse path ("" for `<>`, None where unknown), and when; `history` when it lay
    in a mailbox before that was connected."""

    raw: bytes
    envelope_sender: str | None
    received_at: datetime
    correlation_id: UUID
    history: bool = False

    @cached_property
    def sha256(self) -> str:
        return sha256(self.raw).hexdigest()


class Translated(msgspec.Struct, frozen=True):
    """The fact, the Kafka key that keeps a sender's mails to an inbox in order, and its blobs, the raw mail first."""

    envelope: Envelope[MessageReceived]
    key: bytes
    blobs: tuple[tuple[str, bytes], ...]


class _Body(msgspec.Struct, frozen=True):
    """Text or HTML as it goes into the event, and the whole where that had to be cut."""

    inline: str
    whole: bytes | None

    @staticmethod
    def of(text: str) -> _Body:
        if len(text) * 4 <= MAX_INLINE_BYTES:
            return _Body(text, None)
        raw = text.encode()
        if len(raw) <= MAX_INLINE_BYTES:
            return _Body(text, None)
        return _Body(raw[:MAX_INLINE_BYTES].decode(errors="ignore"), raw)


def read(received: Received) -> Mail:
    """The mail in what was received; never raises."""
    return parse(received.raw, received.envelope_sender or "")


def translate(mail: Mail, received: Received, to: Destination, event_id: UUID, keys: Keys) -> Translated:
    """The event for one inbox. Its message, attachments and blobs have ids and names derived from the event's id."""
    text, html = _Body.of(mail.bodies.text), _Body.of(mail.bodies.html or "")
    dedupe_key = _dedupe_key(mail, received, keys.hashes)
    raw = Blob(f"{event_id}/{received.sha256}", len(received.raw), RAW_TYPE, received.sha256)
    blobs: dict[str, bytes] = {raw.name: received.raw}
    new_text, quoted = quotes.split(text.inline, mail.sender.name)
    machine = automatic(mail, received.envelope_sender, keys.reply_token_key, keys.mail_domain)
    bounced = machine.bounced
    content = MessageContent(
        external_id=mail.message_id or f"{dedupe_key}@{MISSING}",
        sender=mail.sender,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        bcc=mail.bcc,
        delivered_to=to.address,
        subject=mail.subject,
        new_text=new_text,
        quoted=quoted,
        text_blob=_blob(event_id, text.whole, "text/plain; charset=utf-8", blobs),
        html=html.inline if mail.bodies.html is not None else None,
        html_blob=_blob(event_id, html.whole, "text/html; charset=utf-8", blobs),
        attachments=_attachments(mail, event_id, blobs, raw),
        raw=raw,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        bounce=machine.bounce,
        invitation=invitation_of(mail.bodies.files) if mail.bodies.files else None,
        headers=_headers(mail),
    )
    facts = MessageFacts(
        message_id=derived_id(event_id, "message"),
        channel="email",
        channel_id=to.channel_id,
        received_at=received.received_at,
        sent_at=mail.sent_at,
        size=len(received.raw),
        automated=machine.sign,
        automated_kind=machine.kind,
        bounced_reply_id=machine.bounced_reply_id,
        authentication=authentication.failures(received.raw, to.authserv_id),
        history=received.history,
        unreadable=mail.unreadable,
        blobs=tuple(blobs),
    )
    fact = MessageReceived(
        inbox_id=to.inbox_id,
        dedupe_key=dedupe_key,
        facts=facts,
        content=content,
        reply_to_conversation=bounced.conversation_id if bounced else to.conversation_id or _answered(mail, keys),
        answers_mail=to.answers_mail,
        channel_test=channel_test_of(mail, machine.bounce, keys.reply_token_key, keys.mail_domain),
        parser_version=PARSER_VERSION,
    )
    envelope = Envelope(
        id=event_id,
        stream=to.inbox_id,
        occurred_at=received.received_at,
        recorded_at=received.received_at,
        workspace_id=keys.workspace_id,
        actor=CUSTOMER,
        correlation_id=received.correlation_id,
        data=fact,
    )
    key = keys.hashes.of(str(to.inbox_id), mail.sender.address.lower())
    return Translated(envelope, key.encode(), tuple(blobs.items()))


def _headers(mail: Mail) -> dict[str, str]:
    fields = mail.headers
    return {name: fields.text(name)[:MAX_HEADER] for name in FILTERED_HEADERS if fields.first(name)}


def without_controls(mail: Mail) -> Mail:
    """The same mail, its bodies without control characters: each takes six bytes in JSON."""
    html = None if mail.bodies.html is None else _CONTROLS.sub("", mail.bodies.html)
    return replace(mail, bodies=replace(mail.bodies, text=_CONTROLS.sub("", mail.bodies.text), html=html))


def as_stub(mail: Mail) -> Mail:
    """The same mail without its bodies and files, for when its event would be too large."""
    return replace(mail, bodies=replace(mail.bodies, text="", html=None, files=()), unreadable=TOO_LARGE)


def as_bare_stub(mail: Mail) -> Mail:
    """A stub without the fields that may be long."""
    return replace(as_stub(mail), to=(), cc=(), bcc=(), reply_to=(), references=mail.references[-1:])


def _dedupe_key(mail: Mail, received: Received, hashes: KeyedHash) -> str:
    """Equal in every copy of one mail, whatever way it came; different for different mails of one Message-ID.

    A mail that couldn't be read counts by all bytes below its header, since those above differ from copy to copy. One
    with neither Message-ID nor Date (a device's alarm, say) counts by all its bytes: rather twice than not at all.
    """
    if mail.unreadable is not None:
        _, _, rest = received.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        contents: list[str] = [sha256(rest.rstrip()).hexdigest()]
    else:
        contents = [_settled(mail.bodies.text), _settled(mail.bodies.html or "")]
        contents += [f"{file.sha256}/{file.name}" for file in mail.bodies.files]
    if mail.unreadable is None and not mail.message_id and not mail.date:
        contents.append(sha256(received.raw).hexdigest())
    return hashes.of("mail", mail.message_id, mail.sender.address.lower(), mail.date, mail.subject, *contents)


def _settled(text: str) -> str:
    """The body without the blank ends that transports add or take away."""
    return text.rstrip()


def _answered(mail: Mail, keys: Keys) -> UUID | None:
    """The conversation of the first of our own Message-IDs that the mail answers: its parent, then the latest."""
    for external_id in (*mail.in_reply_to, *reversed(mail.references)):
        conversation_id = reply_token.conversation_of(external_id, keys.reply_token_key, keys.mail_domain)
        if conversation_id is not None:
            return conversation_id
    return None


def _attachments(mail: Mail, event_id: UUID, blobs: dict[str, bytes], raw: Blob) -> tuple[Attachment, ...]:
    """The files as attachments; a stub has the raw mail as its only one."""
    if mail.unreadable is not None:
        attachment_id = derived_id(event_id, "attachment/original")
        return (Attachment(attachment_id, "original.eml", RAW_TYPE, raw.size, raw.name),)
    html = mail.bodies.html or ""
    attachments = []
    for number, file in enumerate(mail.bodies.files, 1):
        name = f"{event_id}/{file.sha256}"
        blobs.setdefault(name, file.content)
        attachments.append(
            Attachment(
                id=derived_id(event_id, f"attachment/{number}"),
                name=file.name,
                content_type=file.content_type,
                size=len(file.content),
                blob=name,
                content_id=file.content_id if _shown(html, file.content_id) else None,
            )
        )
    return tuple(attachments)


def _shown(html: str, content_id: str) -> bool:
    return bool(content_id) and (f"cid:{content_id}" in html or f"cid:{content_id.replace('@', '%40')}" in html)


def _blob(event_id: UUID, content: bytes | None, content_type: str, blobs: dict[str, bytes]) -> Blob | None:
    if content is None:
        return None
    digest = sha256(content).hexdigest()
    blob = Blob(f"{event_id}/{digest}", len(content), content_type, digest)
    blobs.setdefault(blob.name, content)
    return blob


def reply_conversation(tokens: Sequence[str], key: bytes) -> UUID | None:
    """The conversation of the first plus part that is a reply token of ours."""
    found = (reply_token.verify(token.lower(), key) for token in tokens if token)
    return next((conversation_id for conversation_id in found if conversation_id is not None), None)
