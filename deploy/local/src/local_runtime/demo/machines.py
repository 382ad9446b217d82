"""Mails of the demo that no person wrote: notifications of failed delivery, automatic answers, calendar parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from events.values import Address, Bounce, Invitation
from local_runtime.demo.attachments import File
from local_runtime.demo.mail import Letter

AWAY_HEADERS = (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))
LIST_HEADERS = (("List-Unsubscribe", "<mailto:leave@news.example>"), ("Precedence", "bulk"))
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail server's word that a mail of ours was not delivered."""

    raw: bytes
    sender: Address
    subject: str
    text: str
    bounce: Bounce


def not_delivered(of: Letter, status: str, words: str, external_id: str, at: datetime) -> Notification:
    """As a mail server writes it (RFC 3464); `status` is an enhanced code (RFC 3463), `words` the server's own."""
    recipient = of.to[0].address
    host = f"mx.{recipient.rpartition('@')[2]}"
    sender = Address(f"MAILER-DAEMON@{host}", "Mail Delivery System")
    subject = "Undelivered Mail Returned to Sender"
    diagnostic = f"550 {status} {words}"
    text = (
        f"This is the mail system at host {host}.\n\nYour message could not be delivered to one or more recipients.\n\n"
        f"<{recipient}>: {diagnostic}\n"
    )
    mark = f"=_{external_id.partition('@')[0][:24]}"
    lines = [
        f"From: {sender.name} <{sender.address}>",
        f"To: {of.sender.address}",
        f"Subject: {subject}",
        f"Date: {format_datetime(at.replace(microsecond=0))}",
        f"Message-ID: <{external_id}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{mark}"',
        "",
        f"--{mark}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        *text.split("\n"),
        f"--{mark}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {host}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {diagnostic}",
        "",
        f"--{mark}",
        "Content-Type: text/rfc822-headers",
        "",
        f"From: {of.sender.address}",
        f"To: {recipient}",
        f"Message-ID: <{of.external_id}>",
        "",
        f"--{mark}--",
        "",
    ]
    bounce = Bounce(recipient=recipient, status=status, diagnostic=diagnostic, external_id=of.external_id)
    return Notification("\r\n".join(lines).encode(), sender, subject, text, bounce)


def calendar(invitation: Invitation, uid: str) -> File:
    """The meeting as a calendar part (RFC 5545). Raises ValueError for one without times."""
    if invitation.starts_at is None or invitation.ends_at is None:
        raise ValueError("a meeting of the demo needs its times")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//example//calendar//EN",
        f"METHOD:{invitation.method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{invitation.starts_at.astimezone(UTC):{STAMP}}",
        f"DTSTART:{invitation.starts_at.astimezone(UTC):{STAMP}}",
        f"DTEND:{invitation.ends_at.astimezone(UTC):{STAMP}}",
        f"SUMMARY:{invitation.summary}",
        f"LOCATION:{invitation.location}",
        f"ORGANIZER:mailto:{invitation.organizer}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return File("invite.ics", "text/calendar", "\r\n".join(lines).encode())
