"""What follows from a command about a contact or a company, in its own stream and in those beside it; pure."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from events import contact_commands as c
from events.contact_commands import CompanyCommand, ContactCommand
from events.contacts import (
    ContactErased,
    ContactMergedInto,
    ContactsMerged,
    ContactsUnmerged,
    ContactUnmerged,
)
from events.envelope import Envelope
from router.domain import company, contact, conversation, ticket
from router.domain.company import NO_COMPANY, domain_of
from router.domain.contact import UNKNOWN, Around, Known, Merged
from router.domain.contact_card import Owners
from router.domain.texts import mailbox_key
from router.working_set import Cause, WorkingSet


def decide_contact(command: Envelope[ContactCommand], working: WorkingSet, cause: Cause) -> UUID:
    """Decides the command and appends its events; returns the contact that it concerned, which of a CreateContact with
    `update` may be one who was there. Raises DomainError."""
    wish, stream = command.data, command.stream
    if isinstance(wish, c.EraseContact):
        return _erase(stream, working, cause)
    owners = _owners(wish, working)
    target = stream
    if isinstance(wish, c.CreateContact) and owners is not None and wish.update:
        known = wish.known_as
        target = known if known is not None and known in owners.contacts.values() else stream
    around = Around(properties=working.workspace.contact_properties)
    if owners is not None:
        around = Around(properties=around.properties, owners=owners)
    elif isinstance(wish, c.MergeContacts | c.UnmergeContact):
        around = Around(other=working.contacts.get(wish.from_id, UNKNOWN))
    elif isinstance(wish, c.LinkCompany):
        around = Around(company=working.companies.get(wish.company_id, NO_COMPANY))
    state = working.contacts.get(target, UNKNOWN)
    events = contact.decide(command, state, around=around, target=target)
    working.append_contact(target, events, cause)
    for event in events:
        if isinstance(event, ContactsMerged):
            for merged in event.merged_ids:
                working.append_contact(merged, (ContactMergedInto(survivor_id=stream),), cause)
        elif isinstance(event, ContactsUnmerged):
            working.append_contact(event.merged_id, (ContactUnmerged(survivor_id=stream),), cause)
    return target


def decide_company(command: Envelope[CompanyCommand], working: WorkingSet, cause: Cause) -> None:
    """Decides the command and appends its events. Raises DomainError."""
    state = working.companies.get(command.stream, NO_COMPANY)
    events = company.decide(command, state, owners=working.rows.known.domains)
    working.append_company(command.stream, events, cause)


def company_of(address: str, working: WorkingSet) -> UUID | None:
    """The company that has the address's domain, if that was asked for."""
    domains = working.rows.known.domains
    return domains.get(domain_of(address)) if domains else None


def addresses_of(wish: object) -> list[str] | None:
    """The addresses that a command names whose owners it must know; None for one that names none."""
    match wish:
        case c.CreateContact():
            return [mailbox_key(handle.value) for handle in wish.handles]
        case c.AddContactAddress():
            return [mailbox_key(wish.address)]
        case c.RemoveContactAddress():
            return [mailbox_key(address) for address in (wish.address, wish.first) if address is not None]
        case _:
            return None


def _owners(wish: ContactCommand, working: WorkingSet) -> Owners | None:
    rows, found, addresses = working.rows, dict[str, UUID](), addresses_of(wish)
    if addresses is None:
        return None
    for address in addresses:
        key = ("email", rows.email_hash(address))
        owner = rows.known.handles.get(key)
        if isinstance(wish, c.RemoveContactAddress):
            owner = rows.known.holders.get(key, owner)
        if owner is not None:
            found[address] = owner
    companies = (company_of(address, working) for address in addresses)
    return Owners(found, next((one for one in companies if one is not None), None))


def _erase(stream: UUID, working: WorkingSet, cause: Cause) -> UUID:
    """Erases the whole merged set: everything sealed with the key of any of them. Nobody of it stays by a back door."""
    state = working.contacts.get(stream, UNKNOWN)
    survivor_id = state.into if isinstance(state, Merged) else stream
    survivor = working.contacts.get(survivor_id, UNKNOWN)
    others = sorted(survivor.merged_ids) if isinstance(survivor, Known) else ()
    for each in (survivor_id, *others):
        _erase_one(each, working, cause)
    return stream


def _erase_one(stream: UUID, working: WorkingSet, cause: Cause) -> None:
    """Erasing goes on into every conversation that holds something of the person, into every mail of theirs that a
    filter kept out, and into the titles of their tickets."""
    known = working.rows.known
    holding = _sorted(known.holdings.get(stream, ()))
    events = contact.erase(working.contacts.get(stream, UNKNOWN), holding)
    working.append_contact(stream, events, cause)
    if not any(isinstance(event, ContactErased) for event in events):
        return
    for conversation_id in holding:
        erased = conversation.erase(stream, working.conversation(conversation_id))
        working.append_conversation(conversation_id, erased, cause)
    for filtered in _sorted(known.filtered.get(stream, ())):
        working.erase_filtered(filtered, stream, cause)
    for ticket_id in _sorted(known.contact_tickets.get(stream, ())):
        working.append_ticket(ticket_id, ticket.erase(stream, working.ticket(ticket_id)), cause)


def _sorted(ids: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(ids))
