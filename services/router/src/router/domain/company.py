"""The decider of a company: made by agents, known by its e-mail domains, which no other company and no provider has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events import companies as e
from events.companies import CompanyEvent
from events.contact_commands import ChangeCompany, CompanyCommand, CreateCompany
from events.envelope import Envelope
from router.domain import errors
from router.domain.public_providers import PUBLIC_PROVIDERS
from router.domain.texts import is_mail_address, is_plain
from service_kit.decider import Decider

MAX_NAME: Final = 200
MAX_NOTE: Final = 20_000
MAX_DOMAINS: Final = 50
NO_OWNERS: Final[Mapping[str, UUID]] = MappingProxyType({})


class NoCompany(msgspec.Struct, frozen=True):
    """Before it was made."""


class Company(msgspec.Struct, frozen=True):
    name: str
    domains: tuple[str, ...] = ()


CompanyState = NoCompany | Company
NO_COMPANY: Final = NoCompany()


def decider(owners: Mapping[str, UUID] = NO_OWNERS) -> Decider[Envelope[CompanyCommand], CompanyState, CompanyEvent]:
    """The decider, given the companies that have domains already."""
    return Decider(NO_COMPANY, partial(decide, owners=owners), evolve)


def evolve(state: CompanyState, event: CompanyEvent) -> CompanyState:
    """The state after the event; never raises."""
    match event:
        case e.CompanyCreated() | e.CompanyUpdated():
            return Company(event.name, event.domains)
        case _:
            assert_never(event)


def decide(
    command: Envelope[CompanyCommand], state: CompanyState, *, owners: Mapping[str, UUID] = NO_OWNERS
) -> tuple[CompanyEvent, ...]:
    """The events that the command leads to, `()` when it is already so; refuses with a DomainError.

    `owners` are the companies that have the domains which the command names.
    """
    wish, stream = command.data, command.stream
    match wish:
        case CreateCompany():
            name, domains = _checked(wish.name, wish.domains, wish.note, stream, owners)
            if isinstance(state, Company):
                return ()
            return (e.CompanyCreated(name=name, domains=domains, personal=e.CompanyNote(note=wish.note)),)
        case ChangeCompany():
            if isinstance(state, NoCompany):
                raise errors.CompanyNotFound("There is no such company.")
            wanted = wish.domains if wish.domains is not None else state.domains
            name, domains = _checked(
                wish.name if wish.name is not None else state.name, wanted, wish.note or "", stream, owners
            )
            if (name, domains) == (state.name, state.domains) and wish.note is None:
                return ()
            note = None if wish.note is None else e.CompanyNote(note=wish.note)
            return (e.CompanyUpdated(name=name, domains=domains, personal=note),)
        case _:
            assert_never(wish)


def domain_of(text: str) -> str:
    """The domain of a mail address, or one as people write it ("@Acme.test"), as it is compared; "" for none.

    Not in IDNA's form: a domain in its own letters and the same one in ASCII are two.
    """
    return text.rpartition("@")[2].strip().rstrip(".").lower()


def _checked(
    name: str, domains: tuple[str, ...], note: str, stream: UUID, owners: Mapping[str, UUID]
) -> tuple[str, tuple[str, ...]]:
    name = name.strip()
    if not is_plain(name, MAX_NAME):
        raise errors.CompanyInvalid(f"A company needs a name of 1 to {MAX_NAME} characters on one line.")
    if len(note) > MAX_NOTE:
        raise errors.CompanyInvalid(f"A company's note has at most {MAX_NOTE} characters.")
    found = tuple(dict.fromkeys(domain_of(domain) for domain in domains))
    if len(found) > MAX_DOMAINS:
        raise errors.CompanyInvalid(f"A company has at most {MAX_DOMAINS} domains.")
    for domain in found:
        if "." not in domain or not is_mail_address(f"a@{domain}"):
            raise errors.CompanyDomainInvalid("An e-mail domain is written like acme.example.")
        if domain in PUBLIC_PROVIDERS:
            raise errors.CompanyDomainPublic(f"Anybody may have an address at {domain}: it tells no company.")
        if owners.get(domain, stream) != stream:
            raise errors.CompanyDomainTaken(f"{domain} is a domain of the company {owners[domain]}.")
    return name, found
