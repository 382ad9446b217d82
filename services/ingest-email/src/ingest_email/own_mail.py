"""A mail that no person wrote, as bytes: the same arguments always give the same; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from events.values import Address
from ingest_email import outgoing_headers
from ingest_email.automation import LOOP_HEADER, loop_mark
from ingest_email.outgoing_headers import Header

_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=78)


def written(
    message_id: str,
    sender: Address,
    to: Address,
    subject: str,
    text: str,
    at: datetime,
    *,
    reply_to: Address | None = None,
    more: Iterable[Header] = (),
) -> bytes:
    """Plain text; nobody's absence note answers it (RFC 3834 5.2, MS-OXCMAIL), and we know it for ours by the domain of
    `message_id`, which is our mail domain."""
    message = EmailMessage(policy=_POLICY)
    for header in (
        outgoing_headers.mailboxes("From", [sender]),
        *(() if reply_to is None else (outgoing_headers.mailboxes("Reply-To", [reply_to]),)),
        outgoing_headers.mailboxes("To", [to]),
        outgoing_headers.text("Subject", subject),
        Header("Date", format_datetime(at.astimezone(UTC).replace(microsecond=0))),
        outgoing_headers.message_ids("Message-ID", [message_id]),
        Header("Auto-Submitted", "auto-generated"),
        Header("X-Auto-Response-Suppress", "All"),
        Header(LOOP_HEADER, loop_mark(message_id.rpartition("@")[2])),
        *more,
    ):
        message[header.name] = header
    message.set_content(text, subtype="plain", charset="utf-8", cte="quoted-printable")
    return message.as_bytes()
