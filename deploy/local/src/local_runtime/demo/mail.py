"""A mail of the demo as its sender's program wrote it: bytes (RFC 5322), and what the parser would read in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from events.values import Address
from local_runtime.demo.attachments import File
from local_runtime.demo.office_hours import ZONE
from local_runtime.demo.scripts import Language


@dataclass(frozen=True, slots=True)
class Letter:
    """`external_id` and the ids of the thread are without angle brackets; `quoted` follows the text, as it stands."""

    external_id: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    at: datetime
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    quoted: str = ""
    html: str | None = None
    files: tuple[File, ...] = ()
    thread: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def whole(self) -> str:
        return self.text + self.quoted


def raw_mail(letter: Letter) -> bytes:
    """The same bytes for the same letter."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(letter.sender)
    mail["To"] = [_mailbox(one) for one in letter.to]
    if letter.cc:
        mail["Cc"] = [_mailbox(one) for one in letter.cc]
    if letter.reply_to:
        mail["Reply-To"] = _mailbox(letter.reply_to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(letter.at.astimezone(ZONE).replace(microsecond=0))
    mail["Message-ID"] = f"<{letter.external_id}>"
    if letter.thread:
        mail["In-Reply-To"] = f"<{letter.thread[-1]}>"
        mail["References"] = " ".join(f"<{one}>" for one in letter.thread)
    for name, value in letter.headers:
        mail[name] = value
    mail.set_content(letter.whole, charset="utf-8", cte="quoted-printable")
    if letter.html is not None:
        mail.add_alternative(letter.html, subtype="html", charset="utf-8", cte="quoted-printable")
    _attach(mail, letter.files)
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{sha256(f'{letter.external_id}{number}'.encode()).hexdigest()[:28]}")
    return mail.as_bytes()


def quotation(letter: Letter, language: Language) -> str:
    """The letter as the next one quotes it below itself."""
    local = letter.at.astimezone(ZONE)
    if language == "pl":
        head = f"W dniu {local.day}.{local:%m.%Y} o {local:%H:%M}, {letter.sender.name} pisze:"
    else:
        head = f"On {local:%a}, {local.day} {local:%b %Y at %H:%M}, {letter.sender.name} wrote:"
    lines = letter.whole.rstrip("\n").split("\n")
    return f"\n\n{head}\n" + "\n".join(f"> {line}".rstrip() if line else ">" for line in lines) + "\n"


def html_of(text: str, files: Sequence[File] = ()) -> str:
    """The text as a mail program would lay it out, with the files' pictures in place."""
    paragraphs = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in text.strip().split("\n\n"))
    pictures = "".join(
        f'<p><img src="cid:{file.content_id}" alt="{escape(file.name)}" width="240"></p>'
        for file in files
        if file.content_id
    )
    return f'<html><body><div style="font-family: Georgia, serif">{paragraphs}{pictures}</div></body></html>'


def outbox_name(letter: Letter) -> str:
    """As the outbox names its mails: they sort by time."""
    return f"{letter.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{letter.external_id.replace('/', '_')[:180]}"


def _attach(mail: EmailMessage, files: Sequence[File]) -> None:
    for file in files:
        main_type, _, subtype = file.content_type.partition("/")
        if file.content_id:
            html = mail.get_body(("html",))
            assert isinstance(html, EmailMessage)
            html.add_related(
                file.content, main_type, subtype, cid=f"<{file.content_id}>", filename=file.name, disposition="inline"
            )
        else:
            mail.add_attachment(file.content, main_type, subtype, filename=file.name)


def _mailbox(address: Address) -> Mailbox:
    local, _, domain = address.address.rpartition("@")
    return Mailbox(address.name, local, domain)
