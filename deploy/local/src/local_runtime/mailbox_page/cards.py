"""What the list of mails needs to know of each: its card, read from the head of the file and its envelope."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from events.values import Address

HEAD_BYTES: Final = 64 * 1024
ENVELOPE_BYTES: Final = 64 * 1024
NAME_TIME: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Card:
    """A mail in one of the folders. `id` names it on the page; `people` are the addresses (lower case) in whose mailbox
    it lies; Message-IDs are without angle brackets. `sent`: a customer wrote it.
    """

    id: str
    path: Path
    sent: bool
    external_id: str
    references: tuple[str, ...]
    sender: Address
    reply_to: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    at: datetime
    people: frozenset[str]


def read_card(path: Path, *, sent: bool) -> Card:
    """Whatever is wrong in the mail's headers is left out. Raises OSError when the file can't be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    message = BytesParser(policy=policy.compat32).parsebytes(head, headersonly=True)
    sender = _first(_addresses(message, "From")) or Address("")
    to, cc = _addresses(message, "To"), _addresses(message, "Cc")
    reached = _envelope(path) or [one.address for one in (*to, *cc)]
    people = {address.lower() for address in reached}
    external_id = _ids(message, "Message-ID")
    return Card(
        id=sha256(f"{path.parent.name}/{path.name}".encode()).hexdigest()[:20],
        path=path,
        sent=sent,
        external_id=external_id[0] if external_id else "",
        references=tuple(dict.fromkeys((*_ids(message, "References"), *_ids(message, "In-Reply-To")))),
        sender=sender,
        reply_to=_first(_addresses(message, "Reply-To")) or sender,
        to=to,
        cc=cc,
        subject=_decoded(str(message.get("Subject") or "")),
        at=_date(message, path),
        people=frozenset(people | {sender.address.lower()} if sent else people),
    )


def _envelope(path: Path) -> list[str]:
    """Its recipients, those in blind copy too; none where there is no envelope, or none that can be read."""
    try:
        with path.with_suffix(".json").open("rb") as file:
            found = json.loads(file.read(ENVELOPE_BYTES))["rcpt_to"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _decoded(value: str) -> str:
    """A header's words (RFC 2047) on one line; those that can't be decoded as they stand."""
    with suppress(HeaderParseError, ValueError, LookupError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def _addresses(message: Message, name: str) -> tuple[Address, ...]:
    pairs = getaddresses([str(value) for value in message.get_all(name, [])])
    return tuple(Address(address, _decoded(shown)) for shown, address in pairs if "@" in address)


def _ids(message: Message, name: str) -> tuple[str, ...]:
    words = str(message.get(name) or "").replace(">", "> ").split()
    return tuple(word[1:-1] for word in words if word.startswith("<") and word.endswith(">") and len(word) > 2)


def _first(found: tuple[Address, ...]) -> Address | None:
    return found[0] if found else None


def _date(message: Message, path: Path) -> datetime:
    """The mail's own date, else the one that its file is named after, else the file's."""
    with suppress(ValueError, OverflowError):
        at = parsedate_to_datetime(str(message.get("Date") or ""))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    with suppress(ValueError):
        return datetime.strptime(path.name[:16], NAME_TIME).replace(tzinfo=UTC)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
