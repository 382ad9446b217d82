"""Value types that several families share."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from events.envelope import Personal

Channel = Literal["email", "facebook", "chat", "form"]
ChannelPart = Literal["receiving", "sending"]
ConversationStatus = Literal["open", "snoozed", "resolved", "spam", "trash"]
Priority = Literal["low", "normal", "high", "urgent"]
Role = Literal["administrator", "manager", "agent"]
Availability = Literal["available", "away", "offline"]
"""`offline` is never chosen by a person: the last session ended a while ago."""
AutomatedKind = Literal["bounce", "delayed", "auto_reply", "list", "other"]
"""What a machine sent: a final non-delivery, a warning of a delay, an answer by itself, a list's mail."""


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mailbox (RFC 5322 3.4): `address` as written, `name` decoded and possibly empty."""

    address: str
    name: str = ""


class Handle(msgspec.Struct, frozen=True, omit_defaults=True):
    """By what a person is known on a channel: a mail address (lower case), a page-scoped id, a visitor id."""

    kind: Channel
    value: str


class Blob(msgspec.Struct, frozen=True):
    """A reference to bytes in the blob store, named `<inbound event id>/<sha256>`; size in bytes."""

    name: str
    size: int
    content_type: str
    sha256: str


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a message; `content_id` (without angle brackets) when the HTML shows it in place."""

    id: UUID
    name: str
    content_type: str
    size: int
    blob: str
    content_id: str | None = None


class Bounce(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a delivery status notification (RFC 3464) says of one recipient; fields it does not give are empty.

    `status` is the enhanced status code (RFC 3463, "5.1.1"), `diagnostic` the remote server's own words,
    `external_id` the Message-ID of the mail that it speaks of, without angle brackets.
    """

    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    external_id: str = ""


class Invitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A meeting in a calendar part (RFC 5545, 5546): `method` is REQUEST, REPLY, CANCEL, …; times are UTC, or None
    where the part gives none; `starts_at` alone for a whole day."""

    method: str = ""
    summary: str = ""
    location: str = ""
    organizer: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    whole_day: bool = False


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may be known of an inbound message when its person is erased. Sizes in bytes.

    `automated` names the sign by which it was recognised as auto-submitted (RFC 3834), None for a person's message,
    and `automated_kind` what it is; `bounced_reply_id` is the reply of ours that it says was not delivered, proven by
    the signature in its Message-ID. `authentication` is what our own server found wrong with the sender (RFC 8601:
    "dmarc=fail"), empty where nothing was or nobody looked;
    `history`: it lay in the mailbox before the channel was connected, and is only kept: nobody is told, nothing
    follows; `unreadable` says why only a stub could be made of it; `blobs` are all names it owns in the blob store, the
    raw message first.
    """

    message_id: UUID
    channel: Channel
    channel_id: UUID
    received_at: datetime
    sent_at: datetime | None = None
    size: int = 0
    automated: str | None = None
    automated_kind: AutomatedKind | None = None
    bounced_reply_id: UUID | None = None
    authentication: str = ""
    unreadable: str | None = None
    repeated_external_id: bool = False
    history: bool = False
    blobs: tuple[str, ...] = ()


FILTERED_HEADERS: Final = (
    "auto-submitted",
    "feedback-id",
    "importance",
    "list-id",
    "list-unsubscribe",
    "organization",
    "precedence",
    "return-path",
    "sender",
    "user-agent",
    "x-mailer",
    "x-priority",
    "x-spam-flag",
    "x-spam-level",
    "x-spam-score",
    "x-spam-status",
)
"""Header fields by which people sort mail, and spam checkers mark it: they travel with a message for filters to see."""
MAX_HEADER: Final = 500


class MessageContent(Personal, frozen=True, kw_only=True):
    """A message as its people see it. The whole text is `new_text + quoted`, exactly.

    `external_id` is the Message-ID without angle brackets. Text or HTML too long for an event is cut there, and
    `text_blob` / `html_blob` name the whole. `headers` are those of FILTERED_HEADERS that it has, the first of each
    name, decoded and cut at MAX_HEADER characters.
    """

    external_id: str
    sender: Address
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    delivered_to: str = ""
    subject: str = ""
    new_text: str = ""
    quoted: str = ""
    text_blob: Blob | None = None
    html: str | None = None
    html_blob: Blob | None = None
    attachments: tuple[Attachment, ...] = ()
    raw: Blob | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    bounce: Bounce | None = None
    invitation: Invitation | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.new_text + self.quoted
