"""What the page is told of threads, mails and people, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from events.values import Address
from local_runtime.mailbox_page.cards import Card
from local_runtime.mailbox_page.letters import Letter, preview, read_letter
from local_runtime.mailbox_page.threads import Thread
from local_runtime.mailbox_page.writing import answer_to

MOST_PEOPLE: Final = 300
PREVIEWS: Final = 4096


def people(cards: Iterable[Card]) -> list[dict[str, str]]:
    """Those who wrote, who wrote last first."""
    found: dict[str, dict[str, str]] = {}
    for card in sorted((card for card in cards if card.sent), key=lambda card: card.at, reverse=True):
        person = {"name": card.sender.name, "address": card.sender.address}
        found.setdefault(card.sender.address.lower(), person)
    return list(found.values())[:MOST_PEOPLE]


def thread_row(thread: Thread, address: str) -> dict[str, Any]:
    """A line of the list."""
    newest = thread.newest
    return {
        "id": thread.id,
        "subject": thread.cards[0].subject,
        "at": newest.at.isoformat(),
        "mails": len(thread.cards),
        "newest": newest.id,
        "incoming": newest.sender.address.lower() != address.strip().lower(),
        "who": list(dict.fromkeys(card.sender.name or card.sender.address for card in thread.cards)),
        "to": next((one.name or one.address for one in newest.to), ""),
        "preview": _preview(newest.path),
    }


def thread_of(thread: Thread, address: str, ours: frozenset[str]) -> dict[str, Any]:
    """The whole thread with its texts, and how an answer begins. Raises OSError when a file has gone."""
    mails = [_mail(card, read_letter(card.path), address) for card in thread.cards]
    newest = thread.newest
    to, cc = answer_to(newest, address, ours)
    subject = newest.subject if newest.subject.lower().startswith("re:") else f"Re: {newest.subject}"
    answer = {"to": to, "cc": list(cc), "subject": subject, "answers": newest.id}
    return {"id": thread.id, "subject": thread.cards[0].subject, "mails": mails, "answer": answer}


def _mail(card: Card, letter: Letter, address: str) -> dict[str, Any]:
    return {
        "id": card.id,
        "from": _person(card.sender),
        "to": [_person(one) for one in card.to],
        "cc": [_person(one) for one in card.cc],
        "subject": card.subject,
        "at": card.at.isoformat(),
        "mine": card.sender.address.lower() == address.strip().lower(),
        "text": letter.text,
        "has_html": letter.html is not None,
        "files": [
            {"number": number, "name": file.name, "content_type": file.content_type, "size": len(file.content)}
            for number, file in enumerate(letter.files)
        ],
    }


def _person(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


@lru_cache(PREVIEWS)
def _preview(path: Path) -> str:
    """A mail never changes once it is there."""
    try:
        return preview(read_letter(path).text)
    except OSError:
        return ""
