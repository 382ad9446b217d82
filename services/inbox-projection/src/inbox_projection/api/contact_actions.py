"""What is done with a contact: notes, blocking, its company, merging."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.contact_commands import (
    AddContactNote,
    BlockContact,
    LinkCompany,
    MergeContacts,
    UnblockContact,
    UnlinkCompany,
    UnmergeContact,
)
from events.envelope import Command
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.contacts import Contact, MergeAsked, NoteNew
from inbox_projection.api.parts import parts_of
from inbox_projection.api.people import contact
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import companies, contacts
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["contacts"])
_CARD = answers.gives(Contact, what="The contact as it is now.")


@router.post("/contacts/{contact_id}/notes", status_code=201, responses=answers.gives(Contact, 201, "The contact."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_note(request: Request, contact_id: UUID, body: NoteNew, key: IdempotencyKey = None) -> Response:
    """Shown in the timeline."""
    await contact(request, contact_id)
    identity = begin(request, key)
    command = AddContactNote(note_id=derived_id(identity, "note"), text=body.text)
    await perform(request, command, contact_id, key, identity=identity)
    return answers.json(contacts.shaped(await contact(request, contact_id)), 201)


@router.put("/contacts/{contact_id}/block", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def block_contact(request: Request, contact_id: UUID, key: IdempotencyKey = None) -> Response:
    """From now on mails of this person are kept out of the inboxes, and listed under filtered messages."""
    return await _change(request, contact_id, BlockContact(), key)


@router.delete("/contacts/{contact_id}/block", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unblock_contact(request: Request, contact_id: UUID, key: IdempotencyKey = None) -> Response:
    return await _change(request, contact_id, UnblockContact(), key)


@router.put("/contacts/{contact_id}/company/{company_id}", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def link_company(request: Request, contact_id: UUID, company_id: UUID, key: IdempotencyKey = None) -> Response:
    """A contact belongs to one company: this one, and to no other any more."""
    await contact(request, contact_id)
    await _company(request, company_id)
    return await _change(request, contact_id, LinkCompany(company_id=company_id), key)


@router.delete("/contacts/{contact_id}/company/{company_id}", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unlink_company(request: Request, contact_id: UUID, company_id: UUID, key: IdempotencyKey = None) -> Response:
    """Of another company than the contact's it changes nothing."""
    await contact(request, contact_id)
    await _company(request, company_id)
    return await _change(request, contact_id, UnlinkCompany(company_id=company_id), key)


@router.post("/contacts/{contact_id}/merge", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def merge_contacts(request: Request, contact_id: UUID, body: MergeAsked, key: IdempotencyKey = None) -> Response:
    """The contact stands for `from_id` from now on: conversations are shown under it, addresses lead to it, and erasing
    it erases both. Its own name, phone, notes, company and block count. With `dry_run` as it would be."""
    survivor, other = await contact(request, contact_id), await contact(request, body.from_id)
    if body.dry_run:
        return answers.json(_merged(survivor, other))
    return await _change(request, contact_id, MergeContacts(from_id=body.from_id), key)


@router.delete("/contacts/{contact_id}/merge/{from_id}", responses=_CARD)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def unmerge_contact(request: Request, contact_id: UUID, from_id: UUID, key: IdempotencyKey = None) -> Response:
    """The one who was merged is a contact of its own again; what was written meanwhile stays where it is."""
    await contact(request, contact_id)
    return await _change(request, contact_id, UnmergeContact(from_id=from_id), key)


async def _change(request: Request, contact_id: UUID, command: Command, key: str | None) -> Response:
    await contact(request, contact_id)
    await perform(request, command, contact_id, key)
    return answers.json(contacts.shaped(await contact(request, contact_id)))


async def _company(request: Request, company_id: UUID) -> Row:
    row = await companies.one(parts_of(request).database, company_id)
    if row is None:
        raise not_found("company")
    return row


def _merged(survivor: Row, other: Row) -> dict[str, object]:
    """The card that a merger would give. Raises the problem that it would be refused with."""
    if survivor["contact_id"] == other["contact_id"]:
        raise Problem(422, "merge-with-itself", "A contact is not merged with itself.")
    card, another = contacts.shaped(survivor), contacts.shaped(other)
    if card["erased"] or another["erased"]:
        raise Problem(409, "contact-is-erased", "This person was erased; nothing about them can be stored.")
    if another["merged_into"] == card["id"]:
        return card
    for one in (card, another):
        if one["merged_into"] is not None:
            raise Problem(409, "contact-is-merged", f"The contact {one['merged_into']} stands for this one.")
    return card | {
        "handles": card["handles"] + another["handles"],
        "merged_ids": sorted([*card["merged_ids"], another["id"], *another["merged_ids"]]),
    }
