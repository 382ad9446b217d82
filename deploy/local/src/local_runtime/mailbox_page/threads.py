"""Mails become threads: those that name each other in References or In-Reply-To (RFC 5322 3.6.4); pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from local_runtime.mailbox_page.cards import Card


@dataclass(frozen=True, slots=True)
class Thread:
    """Its mails from the oldest; `id` is the oldest one's."""

    cards: tuple[Card, ...]

    @property
    def id(self) -> str:
        return self.cards[0].id

    @property
    def newest(self) -> Card:
        return self.cards[-1]


def threads(cards: Iterable[Card], address: str) -> list[Thread]:
    """The threads in the mailbox of an address, the one with the newest mail first."""
    wanted = address.strip().lower()
    mine = sorted((card for card in cards if wanted in card.people), key=_age)
    leaders: dict[str, str] = {}

    def leader(of: str) -> str:
        while leaders.setdefault(of, of) != of:
            leaders[of] = leaders[leaders[of]]
            of = leaders[of]
        return of

    for card in mine:
        own = leader(card.external_id or card.id)
        for reference in card.references:
            leaders[leader(reference)] = own
            own = leader(own)
    groups: dict[str, list[Card]] = {}
    for card in mine:
        groups.setdefault(leader(card.external_id or card.id), []).append(card)
    found = [Thread(tuple(group)) for group in groups.values()]
    return sorted(found, key=lambda thread: _age(thread.newest), reverse=True)


def _age(card: Card) -> tuple[datetime, int, str]:
    """Dates are whole seconds; within one, an answer stands after what it answers: it names more mails."""
    return (card.at, len(card.references), card.id)
