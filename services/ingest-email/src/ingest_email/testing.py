"""Replies for tests, and how a mail reads that was made of one."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Any, Final
from uuid import UUID

from events.conversations import ReplyContent, ReplyQueued
from events.topics import DEAD_LETTERS, INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, Topic
from events.values import Address, Attachment
from ingest_email.render import Mail, render

TOPICS: Final[tuple[Topic, ...]] = (INBOUND_EMAIL, OUTBOUND_EMAIL, WORKSPACE, *DEAD_LETTERS)
"""All that the service reads and writes: a third of Postroom's partitions, so made three times as fast as all."""
REPLY: Final = UUID(int=7 << 64)
SENT_AT: Final = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)


def a_reply(*, reply_id: UUID = REPLY, by_agent: bool = True) -> ReplyQueued:
    return ReplyQueued(
        reply_id=reply_id,
        conversation_id=UUID(int=1),
        inbox_id=UUID(int=2),
        channel="email",
        channel_id=UUID(int=3),
        agent_id=UUID(int=4) if by_agent else None,
    )


def content(**changes: Any) -> ReplyContent:
    standard: dict[str, Any] = {
        "external_id": "reply.token@postroom.localhost",
        "sender": Address("support@example.com", "Support"),
        "to": (Address("ann@example.org", "Ann"),),
        "subject": "Re: Delivery",
        "text": "Good morning",
    }
    return ReplyContent(**(standard | changes))


def a_file(name: str = "terms.pdf", **changes: Any) -> Attachment:
    standard: dict[str, Any] = {
        "id": UUID(int=9),
        "name": name,
        "content_type": "application/pdf",
        "size": 3,
        "blob": "upload/1",
    }
    return Attachment(**(standard | changes))


def rendered(reply_content: ReplyContent, files: dict[str, bytes] | None = None, **reply: Any) -> Mail:
    return render(a_reply(**reply), reply_content, files or {}, SENT_AT)


def read(mail: Mail) -> EmailMessage:
    message = email.message_from_bytes(mail.content, policy=default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
    return message


def text_of(part: EmailMessage) -> str:
    """Line ends are CRLF on the way, and the text's last line gets one."""
    text: str = part.get_content()
    return text.replace("\r\n", "\n").rstrip("\n")


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return text_of(part)


def people(mail: Mail, name: str) -> list[tuple[str, str]]:
    """Read by the older parser: the newer one puts blanks between the encoded words of a name (until Python 3.13)."""
    raw = email.message_from_bytes(mail.content)[name]
    return [(str(make_header(decode_header(shown))), address) for shown, address in getaddresses([raw])]
