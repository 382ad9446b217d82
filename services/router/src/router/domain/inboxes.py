"""Inboxes: made with an address of their own, renamed, staffed, archived."""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from uuid import UUID

from events.business_hours import BusinessHours, BusinessHoursSet
from events.commands import ChangeInbox, CreateInbox
from events.workspace import FallbackAddressIssued, InboxChanged, InboxCreated
from router.domain import errors
from router.domain.hours import check_business_hours
from router.domain.house import House
from router.domain.limits import check_room
from router.domain.texts import is_plain, slug_of
from router.domain.workspace_state import Inbox, Workspace

MAX_NAME: Final = 100
MAX_SIGNATURE: Final = 20_000
MAX_REOPEN_DAYS: Final = 3650
_HASH_CHARACTERS: Final = 6

InboxEvent = InboxCreated | InboxChanged | FallbackAddressIssued


def create_inbox(command: CreateInbox, state: Workspace, house: House) -> tuple[InboxEvent, ...]:
    """The inbox with its fallback address, and, where given, its teams and members."""
    name = command.name.strip()
    known = state.inboxes.get(command.inbox_id)
    if known is not None:
        if (known.name, known.team_ids, known.member_ids) == (name, command.team_ids, command.member_ids):
            return ()
        raise errors.InboxAlreadyExists(f"There is already another inbox {command.inbox_id}.")
    _check_name(name, command.inbox_id, state)
    check_room("inboxes", state, house)
    team_ids, member_ids = distinct(command.team_ids), distinct(command.member_ids)
    check_staff(team_ids, member_ids, state)
    slug = slug_of(name)
    created = InboxCreated(inbox_id=command.inbox_id, name=name, slug=slug)
    address = FallbackAddressIssued(
        inbox_id=command.inbox_id,
        channel_id=house.derived_id(command.inbox_id, "fallback-channel"),
        address=fallback_address(command.inbox_id, slug, state, house.mail_domain),
    )
    if not team_ids and not member_ids:
        return (created, address)
    staffed = InboxChanged(inbox_id=command.inbox_id, name=name, team_ids=team_ids, member_ids=member_ids)
    return (created, address, staffed)


def change_inbox(command: ChangeInbox, state: Workspace, house: House) -> tuple[InboxChanged | BusinessHoursSet, ...]:
    """The inbox with what the command names changed; an inbox that is taken out of the archive needs a free name."""
    inbox = state.inbox(command.inbox_id)
    name = inbox.name if command.name is None else command.name.strip()
    archived = inbox.archived if command.archived is None else command.archived
    if not archived and (name != inbox.name or inbox.archived):
        _check_name(name, inbox.id, state)
    elif not is_plain(name, MAX_NAME):
        raise _bad_name()
    if inbox.archived and not archived:
        check_room("inboxes", state, house)
    team_ids = inbox.team_ids if command.team_ids is None else distinct(command.team_ids)
    member_ids = inbox.member_ids if command.member_ids is None else distinct(command.member_ids)
    check_staff(() if command.team_ids is None else team_ids, () if command.member_ids is None else member_ids, state)
    signature = inbox.signature if command.signature is None else command.signature
    if len(signature) > MAX_SIGNATURE:
        raise errors.TextTooLong(f"A signature has at most {MAX_SIGNATURE} characters.")
    changed = InboxChanged(
        inbox_id=inbox.id,
        name=name,
        team_ids=team_ids,
        member_ids=member_ids,
        signature=signature,
        quote_history=inbox.quote_history if command.quote_history is None else command.quote_history,
        archived=archived,
        assign_first_answer=(
            inbox.assign_first_answer if command.assign_first_answer is None else command.assign_first_answer
        ),
        reopen_days=_reopen_days(command, inbox),
    )
    timed = _business_hours(command, inbox)
    return timed if changed == as_it_is(inbox) else (changed, *timed)


def _reopen_days(command: ChangeInbox, inbox: Inbox) -> int:
    if command.reopen_days is None:
        return inbox.reopen_days
    if not 0 <= command.reopen_days <= MAX_REOPEN_DAYS:
        raise errors.ReopenDaysInvalid(f"A resolved conversation reopens for 0 to {MAX_REOPEN_DAYS} days.")
    return command.reopen_days


def _business_hours(command: ChangeInbox, inbox: Inbox) -> tuple[BusinessHoursSet, ...]:
    """What of the command they are from now on; `()` when that is what they were."""
    if command.business_hours is None:
        return ()
    hours = command.business_hours if isinstance(command.business_hours, BusinessHours) else None
    if hours is not None:
        check_business_hours(hours)
    return () if hours == inbox.business_hours else (BusinessHoursSet(inbox_id=inbox.id, hours=hours),)


def as_it_is(inbox: Inbox) -> InboxChanged:
    """The event that would change nothing."""
    return InboxChanged(
        inbox_id=inbox.id,
        name=inbox.name,
        team_ids=inbox.team_ids,
        member_ids=inbox.member_ids,
        signature=inbox.signature,
        quote_history=inbox.quote_history,
        archived=inbox.archived,
        assign_first_answer=inbox.assign_first_answer,
        reopen_days=inbox.reopen_days,
    )


def fallback_address(inbox_id: UUID, slug: str, state: Workspace, mail_domain: str) -> str:
    """`<slug>-<6 characters>@<domain>`: base32 of a hash of the inbox id, the next six where those are taken."""
    letters = base64.b32encode(hashlib.sha256(inbox_id.bytes).digest()).decode().lower()
    places = range(0, len(letters) - _HASH_CHARACTERS, _HASH_CHARACTERS)
    addresses = (f"{slug}-{letters[place : place + _HASH_CHARACTERS]}@{mail_domain.lower()}" for place in places)
    return next(address for address in addresses if address not in state.addresses)


def check_staff(team_ids: tuple[UUID, ...], member_ids: tuple[UUID, ...], state: Workspace) -> None:
    """Raises TeamNotFound or AgentNotFound for the first that does not exist."""
    for team_id in team_ids:
        state.team(team_id)
    for agent_id in member_ids:
        state.agent(agent_id)


def distinct(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Each once, in the order given."""
    return tuple(dict.fromkeys(ids))


def _check_name(name: str, inbox_id: UUID, state: Workspace) -> None:
    if not is_plain(name, MAX_NAME):
        raise _bad_name()
    for other in state.inboxes.values():
        if other.id != inbox_id and not other.archived and other.name.casefold() == name.casefold():
            raise errors.InboxNameTaken(f"There is already an inbox named {other.name!r}.")


def _bad_name() -> errors.NameInvalid:
    return errors.NameInvalid(f"An inbox needs a name of 1 to {MAX_NAME} characters on one line.")
