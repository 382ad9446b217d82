"""A quarantined mail is read anew from its raw bytes, as the record that it stands for says it came; pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from events import frame
from events.conversations import QuarantineRetryRequested
from events.envelope import SYSTEM, Envelope
from events.errors import EventError
from events.inbound import MessageParsedAnew, MessageReceived
from ingest_email.imap_mails import was_withheld
from ingest_email.intake import encoded
from ingest_email.mailboxes import NOBODY
from ingest_email.parse import parse
from ingest_email.translate import Destination, Keys, Received, Translated, as_stub
from service_kit.ids import derived_id

RECORD_UNREADABLE: Final = "the record does not say where the raw mail is"
RAW_MISSING: Final = "the raw mail is no longer in the blob store"
NO_SENDER_SIGN: Final = "null-sender"


class _Address(msgspec.Struct):
    address: str = ""


class _Facts(msgspec.Struct):
    channel_id: UUID
    received_at: datetime
    blobs: tuple[str, ...]
    automated: str | None = None
    unreadable: str | None = None
    history: bool = False


class _Content(msgspec.Struct):
    delivered_to: str = ""
    sender: _Address = msgspec.field(default_factory=_Address)


class _Data(msgspec.Struct):
    inbox_id: UUID
    facts: _Facts
    content: _Content
    reply_to_conversation: UUID | None = None
    answers_mail: UUID | None = None


class _Body(msgspec.Struct):
    data: _Data


class Kept(msgspec.Struct, frozen=True):
    """What a quarantined record says of how its mail came; the rest may be what was wrong with it."""

    received_id: UUID
    correlation_id: UUID
    data: _Data

    @property
    def raw(self) -> str:
        """The blob with the raw mail."""
        return self.data.facts.blobs[0]


class RecordUnreadable(ValueError):
    """Not even where the raw mail lies can be read."""


_body: Final = msgspec.json.Decoder(_Body)


def kept_of(record: bytes) -> Kept:
    """From the blob of a quarantined record. Raises RecordUnreadable."""
    try:
        held = frame.unpack(record)
        attributes = {name: value.decode() for name, value in held.headers if name in ("ce_id", "ce_correlationid")}
        received_id = UUID(attributes["ce_id"])
        kept = Kept(
            received_id, UUID(attributes.get("ce_correlationid", str(received_id))), _body.decode(held.body).data
        )
        if kept.data.facts.blobs:
            return kept
    except (EventError, msgspec.DecodeError, KeyError, ValueError) as error:
        raise RecordUnreadable(RECORD_UNREADABLE) from error
    raise RecordUnreadable(RECORD_UNREADABLE)


def read_anew(kept: Kept, raw: bytes, authserv_id: str, keys: Keys) -> Translated:
    """The mail as the parser of today reads it, with the ids that it had; `authserv_id` is its channel's of today.

    The reverse path was not kept, beyond whether it was empty and who wrote where the mail itself names nobody.
    """
    facts, content = kept.data.facts, kept.data.content
    null = facts.automated == NO_SENDER_SIGN
    received = Received(raw, "" if null else None, facts.received_at, kept.correlation_id, history=facts.history)
    known = "" if content.sender.address.endswith(f"@{NOBODY}") else content.sender.address
    mail = parse(raw, known)
    if facts.unreadable is not None and was_withheld(facts.unreadable):
        mail = replace(as_stub(mail), unreadable=facts.unreadable)
    to = Destination(
        inbox_id=kept.data.inbox_id,
        channel_id=facts.channel_id,
        address=content.delivered_to,
        conversation_id=kept.data.reply_to_conversation,
        authserv_id=authserv_id,
        answers_mail=kept.data.answers_mail,
    )
    return encoded(mail, received, to, kept.received_id, keys)[0]


def new_blobs(translated: Translated, kept: Kept) -> list[tuple[str, bytes]]:
    """The blobs that are not there already from the first time."""
    there: Collection[str] = kept.data.facts.blobs
    return [(name, content) for name, content in translated.blobs if name not in there]


def answer(
    retry: Envelope[QuarantineRetryRequested],
    now: datetime,
    received: Envelope[MessageReceived] | None,
    reason: str = "",
) -> Envelope[MessageParsedAnew]:
    """What is published of a retry: always the same event for one retry, however often."""
    return Envelope(
        id=derived_id(retry.id, "parsed anew"),
        stream=retry.stream,
        occurred_at=now,
        recorded_at=now,
        workspace_id=retry.workspace_id,
        actor=SYSTEM,
        correlation_id=retry.correlation_id if received is None else received.correlation_id,
        causation_id=retry.id,
        data=MessageParsedAnew(
            channel="email",
            quarantine_id=retry.stream,
            retry_id=retry.id,
            received_id=None if received is None else received.id,
            received=None if received is None else received.data,
            reason=reason,
        ),
    )
