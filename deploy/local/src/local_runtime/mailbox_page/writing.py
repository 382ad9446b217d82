"""What a customer writes becomes a mail; a mail answered carries its references and is quoted below; pure."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

from local_runtime.mailbox_page.cards import Card
from local_runtime.mailbox_page.letters import Saved
from service_kit import reply_token

MAX_NAME: Final = 120
MAX_SUBJECT: Final = 300
MAX_TEXT: Final = 500_000
MAX_CC: Final = 20
MAX_FILES: Final = 10
MAX_FILES_BYTES: Final = 20 * 1024 * 1024
MAX_REFERENCES: Final = 40
_ADDRESS: Final = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_CONTENT_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")

Field = Literal["address", "name", "to", "cc", "subject", "text", "files", "answers"]


class NotWritten(ValueError):
    """A field of the form can't be taken; `field` says which one, `code` why."""

    def __init__(self, field: Field, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field, self.code = field, code


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form says. `quoted` is the text of the mail that is answered, empty when it is not to be quoted."""

    name: str
    address: str
    to: str
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    files: tuple[Saved, ...] = ()
    answers: Card | None = None
    quoted: str = ""
    language: Literal["en", "pl"] = "en"


def checked(draft: Draft) -> Draft:
    """The draft as it is. Refuses with NotWritten, naming the first field that can't be taken."""
    for field, value in (("address", draft.address), ("to", draft.to), *(("cc", one) for one in draft.cc)):
        if not is_address(value):
            raise NotWritten("cc" if field == "cc" else "to" if field == "to" else "address", "no-address")
    if _CONTROLS.search(draft.name) or len(draft.name) > MAX_NAME:
        raise NotWritten("name", "not-one-line")
    if _CONTROLS.search(draft.subject) or len(draft.subject) > MAX_SUBJECT:
        raise NotWritten("subject", "not-one-line")
    if len(draft.cc) > MAX_CC:
        raise NotWritten("cc", "too-many")
    if not draft.text.strip() and not draft.files:
        raise NotWritten("text", "empty")
    if len(draft.text) > MAX_TEXT:
        raise NotWritten("text", "too-long")
    if len(draft.files) > MAX_FILES or sum(len(file.content) for file in draft.files) > MAX_FILES_BYTES:
        raise NotWritten("files", "too-large")
    return draft


def is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def compose(draft: Draft, external_id: str, now: datetime) -> EmailMessage:
    """The mail; `external_id` is its Message-ID without angle brackets."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(draft.address, draft.name)
    mail["To"] = _mailbox(draft.to)
    if draft.cc:
        mail["Cc"] = [_mailbox(one) for one in draft.cc]
    mail["Subject"] = draft.subject
    mail["Date"] = format_datetime(now.replace(microsecond=0))
    mail["Message-ID"] = f"<{external_id}>"
    answered = draft.answers
    if answered is not None and answered.external_id:
        ids = tuple(dict.fromkeys((*answered.references, answered.external_id)))
        kept = ids if len(ids) <= MAX_REFERENCES else (ids[0], *ids[-(MAX_REFERENCES - 1) :])
        mail["In-Reply-To"] = f"<{answered.external_id}>"
        mail["References"] = " ".join(f"<{one}>" for one in kept)
    quoted = quotation(answered, draft.quoted, draft.language, now) if answered is not None and draft.quoted else ""
    text = draft.text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    mail.set_content(f"{text}\n{quoted}", charset="utf-8", cte="quoted-printable")
    for file in draft.files:
        content_type = file.content_type.lower()
        main_type, _, subtype = content_type.partition("/")
        if not _CONTENT_TYPE.fullmatch(content_type) or main_type in ("multipart", "message"):
            main_type, subtype = "application", "octet-stream"
        mail.add_attachment(file.content, main_type, subtype, filename=file.name)
    return mail


def quotation(of: Card, text: str, language: Literal["en", "pl"], now: datetime) -> str:
    """The answered mail below the answer, as mail programs announce it, with its time in the zone of `now`."""
    at = of.at.astimezone(now.tzinfo)
    who = of.sender.name or of.sender.address
    if language == "pl":
        head = f"W dniu {at.day}.{at:%m.%Y} o {at:%H:%M}, {who} pisze:"
    else:
        head = f"On {at:%a}, {at.day} {at:%b %Y at %H:%M}, {who} wrote:"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    return f"\n{head}\n" + "\n".join(f"> {line}" if line else ">" for line in lines) + "\n"


def answer_to(card: Card, address: str, ours: Container[str]) -> tuple[str, tuple[str, ...]]:
    """To whom the owner of the mailbox answers, and who gets a copy: everybody on the mail but themselves.

    It goes to the shop (`ours`: its addresses, lower case) wherever the mail names it, back to the writer otherwise.
    """
    me = address.strip().lower()
    writer = card.reply_to if card.sender.address.lower() != me else None
    everybody = [one.address for one in (*((writer,) if writer else ()), *card.to, *card.cc)]
    others = list({one.lower(): one for one in everybody if one.lower() != me}.values())
    shop = (one for one in others if reply_token.split_plus(one.lower())[0] in ours)
    to = next(shop, others[0] if others else card.sender.address)
    rest = tuple(one for one in others if one != to and reply_token.split_plus(one.lower())[0] not in ours)
    return to, rest


def _mailbox(address: str, name: str = "") -> Mailbox:
    local, _, domain = address.rpartition("@")
    return Mailbox(name, local, domain)
