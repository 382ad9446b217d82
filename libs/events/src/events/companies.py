"""Companies that people belong to: one stream each, topic contacts.v1."""

from __future__ import annotations

from typing import ClassVar

from events.contacts import TOPIC
from events.envelope import Event, Personal


class CompanyNote(Personal, frozen=True, kw_only=True):
    """What agents wrote down of the company, which may tell of persons; sealed under the company's own key."""

    note: str


class CompanyCreated(Event, frozen=True, kw_only=True):
    """Name and e-mail domains are not personal: agents give them, and public mail providers are refused."""

    TOPIC: ClassVar[str] = TOPIC
    name: str
    domains: tuple[str, ...] = ()
    personal: CompanyNote | None = None


class CompanyUpdated(Event, frozen=True, kw_only=True):
    """Name and domains as they are now, whole; without a personal half the note stays."""

    TOPIC: ClassVar[str] = TOPIC
    name: str
    domains: tuple[str, ...] = ()
    personal: CompanyNote | None = None


CompanyEvent = CompanyCreated | CompanyUpdated
