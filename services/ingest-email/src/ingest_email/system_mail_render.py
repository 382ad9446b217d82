"""A mail of the installation to an agent, as bytes: the same mail always gives the same; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from events.values import Address
from ingest_email import outgoing_headers
from ingest_email.outgoing_addresses import recipients
from ingest_email.outgoing_headers import Header
from ingest_email.render import LOOP_HEADER, Mail

LOCAL_PART: Final = "no-reply"
_POLICY: Final = SMTP.clone(cte_type="7bit", max_line_length=78)


def render(
    mail_id: UUID,
    domain: str,
    to: Address,
    subject: str,
    text: str,
    queued_at: datetime,
    *,
    house: str,
    reply_to: Address | None = None,
) -> Mail:
    """Plain text, from `no-reply` at the mail domain, answers to `reply_to`; nobody's absence note answers it (RFC 3834
    5.2, MS-OXCMAIL).

    Raises Unsendable for an address that SMTP can't carry.
    """
    sender = Address(f"{LOCAL_PART}@{domain}", house)
    everyone = recipients((to,), (), ())
    message_id = f"{mail_id.hex}.system@{domain}"
    message = EmailMessage(policy=_POLICY)
    for header in (
        outgoing_headers.mailboxes("From", [sender]),
        *(() if reply_to is None else (outgoing_headers.mailboxes("Reply-To", [reply_to]),)),
        outgoing_headers.mailboxes("To", [to]),
        outgoing_headers.text("Subject", subject),
        Header("Date", format_datetime(queued_at.astimezone(UTC).replace(microsecond=0))),
        outgoing_headers.message_ids("Message-ID", [message_id]),
        Header("Auto-Submitted", "auto-generated"),
        Header("X-Auto-Response-Suppress", "All"),
        Header(LOOP_HEADER, "postroom"),
    ):
        message[header.name] = header
    message.set_content(text, subtype="plain", charset="utf-8", cte="quoted-printable")
    return Mail(message_id, sender.address, everyone, queued_at, message.as_bytes())
