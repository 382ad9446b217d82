"""What a report of non-delivery says: of which mail, for whom, why, for good or only for now; pure and linear.

By its machine-readable part (RFC 3464) where it has one, else by its words, as qmail, Exim, sendmail, Exchange and many
gateways write them. Ask only of mail that a machine sent: it costs a look at the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from events.values import Bounce
from ingest_email import headers
from ingest_email.automation import MAILERS, has_away_subject, has_bounce_subject, is_mail_server
from ingest_email.bounce_words import DELAYED, FAILED, PUT_OFF, WARNED
from ingest_email.charsets import clean, decode
from ingest_email.headers import Headers
from ingest_email.limits import MAX_LINE, MAX_REPORT, TooMuch
from ingest_email.mime import MESSAGES
from ingest_email.parse import Mail, message_id

STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
HEADER_TYPES: Final = frozenset({"text/rfc822-headers", "message/global-headers"})
MAX_DIAGNOSTIC: Final = 500
"""Characters of the remote server's words that are kept."""
MAX_ADDRESSES: Final = 50

_BLANK = re.compile(r"\n[ \t]*\n")
_CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_SAID = re.compile(r"(?<![\w.+-])[45]\d\d[ -][^\n]{3,400}")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}")
_OPENING = re.compile(rf"(?m)^[ \t]{{0,20}}<({_ADDRESS.pattern})>[^\S\n]*:")
_FIELD = re.compile(r"[>|\s]{0,8}([A-Za-z][A-Za-z0-9-]{1,40}):(.*)")
_FAILED: Final = frozenset({"failed", "failure", "error"})
_OTHER_ACTIONS: Final = frozenset({"delayed", "delivered", "relayed", "expanded"})
_MAIL_FIELDS: Final = frozenset({"received", "return-path", "from", "date", "subject", "to", "message-id"})


class Report(NamedTuple):
    """A report of non-delivery; `final` unless the server is still trying.

    `ids` are Message-IDs of the mail that it speaks of, the likeliest first. The reporter wrote them: forged ones are
    told by our signature only.
    """

    final: bool
    bounce: Bounce
    ids: tuple[str, ...]


class _Recipient(NamedTuple):
    """One group of per-recipient fields (RFC 3464 2.3)."""

    address: str
    action: str
    status: str
    diagnostic: str

    @property
    def has_failed(self) -> bool:
        """Some servers write "failure" or "error" for "failed" (RFC 3464 2.3.3), or no action at all."""
        return self.action in _FAILED or (self.action not in _OTHER_ACTIONS and self.status.startswith("5"))

    @property
    def is_late(self) -> bool:
        return self.action == "delayed" or (self.action not in _OTHER_ACTIONS and self.status.startswith("4"))


def report_of(mail: Mail) -> Report | None:
    """What the mail reports, None where it reports no failure or delay. Of several recipients the first that failed."""
    recipients = list(_recipients(mail))
    if recipients:
        return _by_fields(mail, recipients)
    return _by_words(mail)


def _by_fields(mail: Mail, recipients: list[_Recipient]) -> Report | None:
    failed = next((one for one in recipients if one.has_failed), None)
    worst = failed or next((one for one in recipients if one.is_late), None)
    if worst is None:
        return None
    ids = _original_ids(mail, None)
    return Report(failed is not None, _bounce(worst.address, worst.status, worst.diagnostic, ids), ids)


def _recipients(mail: Mail) -> Iterator[_Recipient]:
    for file in mail.bodies.files:
        if file.content_type not in STATUS_TYPES:
            continue
        text = decode(file.content[:MAX_REPORT]).replace("\r\n", "\n")
        for group in _BLANK.split(text):
            fields = _fields(group.strip("\n"))
            address = fields.first("original-recipient") or fields.first("final-recipient")
            action = fields.first("action").partition("(")[0].strip().lower()
            status = _CODE.search(fields.first("status"))
            if address or action:
                said = fields.first("diagnostic-code")
                yield _Recipient(_typed(address), action, status[0] if status else "", _said(said.partition(";")[2]))


def _fields(block: str) -> Headers:
    try:
        return headers.read(block.encode())
    except TooMuch:
        return Headers({})


def _typed(value: str) -> str:
    """The address of `rfc822; jane@example.com` (RFC 3464 2.3.1), without angle brackets."""
    kind, semicolon, address = value.partition(";")
    return (address if semicolon else kind).strip(" \t<>\"'")[:MAX_LINE]


def _said(words: str) -> str:
    return " ".join(clean(words).split())[:MAX_DIAGNOSTIC]


def _by_words(mail: Mail) -> Report | None:
    """A report without machine-readable fields: two signs that agree."""
    told, original = _told_and_original(mail.bodies.text[:MAX_REPORT])
    named = _typed(mail.headers.first("x-failed-recipients").partition(",")[0])
    failure = FAILED.search(told)
    late = WARNED.match(mail.subject) is not None or DELAYED.search(told) is not None
    subject = has_bounce_subject(mail.subject) or WARNED.match(mail.subject) is not None
    by_server = is_mail_server(mail)
    returned = bool(original.fields) or any(_returns_mail(file.content_type) for file in mail.bodies.files)
    words = failure is not None or late
    by_name = by_server or subject or _is_delivery_report(mail)
    is_report = by_name and by_server + subject + _is_delivery_report(mail) + words + returned >= 2
    if not named and (not is_report or has_away_subject(mail.subject)):
        return None
    code, said = _CODE.search(told), _SAID.search(told)
    recipient = named or _named_in(told, failure.end() if failure else 0, mail)
    ids = _original_ids(mail, original)
    bounce = _bounce(recipient, code[0] if code else "", _said(said[0]) if said else "", ids)
    return Report(not (late or PUT_OFF.search(told)), bounce, ids)


def _bounce(recipient: str, status: str, diagnostic: str, ids: tuple[str, ...]) -> Bounce:
    return Bounce(recipient=recipient, status=status, diagnostic=diagnostic, external_id=ids[0] if ids else "")


def _named_in(told: str, start: int, mail: Mail) -> str:
    """The address that a report in words most likely speaks of: one that begins a line, one behind the words of
    failure, any; none of ours and none to complain to."""
    ours = {address.address.lower() for address in mail.to}
    for found in (_OPENING.finditer(told), _ADDRESS.finditer(told, start), _ADDRESS.finditer(told, 0, start)):
        for match in islice(found, MAX_ADDRESSES):
            address = match[match.lastindex or 0].removeprefix("SMTP=")
            if address.lower() not in ours and not MAILERS.fullmatch(address.rpartition("@")[0]):
                return address[:MAX_LINE]
    return ""


def _is_delivery_report(mail: Mail) -> bool:
    return mail.report_type == "delivery-status" or any(file.content_type in STATUS_TYPES for file in mail.bodies.files)


def _returns_mail(content_type: str) -> bool:
    return content_type in MESSAGES or content_type in HEADER_TYPES


def _original_ids(mail: Mail, quoted: Headers | None) -> tuple[str, ...]:
    """The Message-ID of the mail that came back; `quoted` is its header in the text, None where nobody looked yet.

    Only the returned mail's own header counts, not what is nested in it: a bounce of a bounce speaks of the bounce.
    A report that returns nothing may answer the mail instead (RFC 3464 leaves In-Reply-To open).
    """
    returned = quoted
    for file in mail.bodies.files:
        if _returns_mail(file.content_type):
            content = file.content[:MAX_REPORT].lstrip()
            head_end, _ = headers.block_end(content)
            returned = _fields(decode(content[:head_end]))
            break
    if returned is None:
        _, returned = _told_and_original(mail.bodies.text[:MAX_REPORT])
    if returned.fields:
        external_id = message_id(returned.first("message-id"))
        return (external_id,) if external_id else ()
    return (*mail.in_reply_to, *reversed(mail.references))


def _told_and_original(text: str) -> tuple[str, Headers]:
    """The report's own words, and the header of the mail that stands below them in the text (no fields for none)."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _mail_field(line) and sum(_mail_field(below) for below in lines[number + 1 : number + 30]) >= 2:
            block: list[str] = []
            for below in lines[number:]:
                if not below.strip(" \t>|"):
                    break
                block.append(_unmarked(below))
            return "\n".join(lines[:number]), _fields("\n".join(block))
    return text, Headers({})


def _mail_field(line: str) -> bool:
    field = _FIELD.match(line)
    return field is not None and field[1].lower() in _MAIL_FIELDS


def _unmarked(line: str) -> str:
    field = _FIELD.match(line)
    return f"{field[1]}:{field[2]}" if field else f" {line.strip()}"
