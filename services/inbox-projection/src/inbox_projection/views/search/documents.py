"""What can be found, and by which terms: lines of threads, contacts, tickets and companies.

A term is a word; `s:`, `f:` or `t:` and a word of the subject, the sender or a recipient; or one of the marks below.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Final, Literal
from uuid import UUID

import msgspec

from inbox_projection.views.search.words import distinct

Kind = Literal["message", "comment", "contact", "ticket", "company"]
SUBJECT: Final = "s:"
SENDER: Final = "f:"
RECIPIENT: Final = "t:"
WITH_FILE: Final = "=file"
MOST_TEXT: Final = 20_000
"""Characters of a body that are looked at."""
MOST_WORDS: Final = 1_500
"""Different words of one text that are found."""


class Document(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that can be found: `id` is the conversation's, contact's, ticket's or company's, `sequence` that of the
    line in its thread (0: no line)."""

    kind: Kind
    id: UUID
    sequence: int
    at: datetime
    terms: frozenset[str]


class Correspondent(msgspec.Struct, frozen=True):
    """An address of a message as it lies in the table."""

    address: str
    name: str = ""


class File(msgspec.Struct, frozen=True):
    name: str


class Said(msgspec.Struct, frozen=True):
    """What is looked at of the content of a line: of a message in, a reply, a comment."""

    sender: Correspondent | None = None
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    bcc: tuple[Correspondent, ...] = ()
    subject: str = ""
    new_text: str = ""
    quoted: str = ""
    text: str = ""
    attachments: tuple[File, ...] = ()

    @property
    def body(self) -> str:
        """What was written now; of a message that is nothing but a quotation, that."""
        return self.text or (self.new_text if self.new_text.strip() else self.quoted)

    @property
    def recipients(self) -> tuple[Correspondent, ...]:
        return (*self.to, *self.cc, *self.bcc)


said: Final = msgspec.json.Decoder(Said).decode
"""Reads the content of a line."""


def marked(kind: Kind) -> str:
    """The term of everything of a kind."""
    return f"={kind}"


def author(agent_id: UUID) -> str:
    """The term of everything that an agent wrote."""
    return f"@{agent_id.hex}"


def numbered(number: int) -> str:
    """The term of a ticket's number."""
    return f"#{number}"


def line(
    kind: Kind, conversation_id: UUID, sequence: int, at: datetime, agent_id: UUID | None, content: bytes
) -> Document:
    """A message or a comment; `agent_id` is who of us wrote it."""
    message = said(content)
    subject, body = _words(message.subject), _words(message.body)
    sender = _people(() if message.sender is None else (message.sender,))
    recipients = _people(message.recipients)
    files = _words(" ".join(file.name for file in message.attachments))
    terms = {*body, *subject, *sender, *recipients, *files}
    terms.update([SUBJECT + word for word in subject])
    terms.update([SENDER + word for word in sender])
    terms.update([RECIPIENT + word for word in recipients])
    if kind != "message":
        terms.add(marked(kind))
    if message.attachments:
        terms.add(WITH_FILE)
    if agent_id is not None:
        terms.add(author(agent_id))
    return Document(kind=kind, id=conversation_id, sequence=sequence, at=at, terms=frozenset(terms))


def thing(kind: Kind, thing_id: UUID, at: datetime, texts: Iterable[str], number: int | None = None) -> Document:
    """A contact, ticket or company with all its texts; `number` is a ticket's."""
    terms = {*_words(" ".join(texts)), marked(kind)}
    if number is not None:
        terms |= {numbered(number), str(number)}
    return Document(kind=kind, id=thing_id, sequence=0, at=at, terms=frozenset(terms))


def _people(correspondents: Iterable[Correspondent]) -> list[str]:
    return _words(" ".join([f"{one.name} {one.address}" for one in correspondents]))


def _words(text: str) -> list[str]:
    found = distinct(text[:MOST_TEXT]) if text else {}
    return list(found) if len(found) <= MOST_WORDS else list(islice(found, MOST_WORDS))
