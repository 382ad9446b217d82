"""What a router would make of commands about contacts and companies, told in a story; it refuses nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from events import contact_commands as c
from events import contacts as e
from events import workspace as w
from events.companies import CompanyCreated, CompanyNote, CompanyUpdated
from events.envelope import Command, Envelope, Event
from events.values import Handle
from inbox_projection.testing.story import Story

TOLD = (
    c.CreateContact,
    c.UpdateContact,
    c.AddContactAddress,
    c.RemoveContactAddress,
    c.AddContactNote,
    c.BlockContact,
    c.UnblockContact,
    c.MergeContacts,
    c.UnmergeContact,
    c.LinkCompany,
    c.UnlinkCompany,
    c.CreateCompany,
    c.ChangeCompany,
    c.DefineContactProperty,
    c.ChangeContactProperty,
    c.DeleteContactProperty,
)


def tell(story: Story, command: Envelope[Command]) -> UUID | None:
    """The events of the command; whom it made or changed where that is another than it names."""
    data: Any = command.data
    stream = command.stream

    def say(event: Event, on: UUID = stream) -> None:
        sequence = story.contacts[on] = story.contacts.get(on, 0) + 1
        key = on if getattr(event, "personal", None) is not None else None
        story.publish("contacts.v1", on, sequence, event, key=key, actor=command.actor)

    match data:
        case c.CreateContact():
            return _create(story, data, stream, say)
        case c.UpdateContact():
            fields = {name: getattr(data, name) for name in ("name", "phone", "note", "properties")}
            say(e.ContactUpdated(personal=e.ContactChanges(**fields)))
        case c.AddContactAddress():
            say(e.HandleLinked(personal=e.LinkedHandle(handle=Handle("email", data.address.lower()))))
        case c.RemoveContactAddress():
            first = None if data.first is None else Handle("email", data.first)
            say(e.HandleUnlinked(personal=e.UnlinkedHandle(handle=Handle("email", data.address), first=first)))
        case c.AddContactNote():
            say(e.ContactNoteAdded(note_id=data.note_id, personal=e.NoteText(text=data.text)))
        case c.BlockContact():
            say(e.ContactBlocked())
        case c.UnblockContact():
            say(e.ContactUnblocked())
        case c.MergeContacts(from_id=other):
            say(e.ContactsMerged(merged_ids=(other,)))
            say(e.ContactMergedInto(survivor_id=stream), on=other)
        case c.UnmergeContact(from_id=other):
            say(e.ContactsUnmerged(merged_id=other))
            say(e.ContactUnmerged(survivor_id=stream), on=other)
        case c.LinkCompany(company_id=company_id):
            say(e.CompanyLinked(company_id=company_id))
        case c.UnlinkCompany(company_id=company_id):
            say(e.CompanyUnlinked(company_id=company_id))
        case c.CreateCompany() | c.ChangeCompany():
            _company(story, command)
        case c.DefineContactProperty():
            names = {name: getattr(data, name) for name in data.__struct_fields__}
            story.workspace(w.ContactPropertyDefined(**names), actor=command.actor)
        case c.ChangeContactProperty():
            changed = w.ContactPropertyChanged(
                property_id=data.property_id, name=data.name or "", choices=data.choices or ()
            )
            story.workspace(changed, actor=command.actor)
        case c.DeleteContactProperty():
            story.workspace(w.ContactPropertyDeleted(property_id=data.property_id), actor=command.actor)
        case _:
            raise AssertionError(f"nothing is told of {command.type}")
    return None


def _create(story: Story, data: c.CreateContact, stream: UUID, say: Any) -> UUID:
    first, *further = (Handle("email", each.value.strip().lower()) for each in data.handles or (Handle("email", ""),))
    card = {"phone": data.phone or None, "note": data.note or None, "properties": data.properties}
    known = data.known_as if data.update else None
    target = known or stream
    if known is None:
        story.new_key(stream)
        say(e.ContactCreated(personal=e.ContactIdentity(name=data.name, handle=first)))
    for handle in further if known is None else ():
        say(e.HandleLinked(personal=e.LinkedHandle(handle=handle)))
    changes = e.ContactChanges(name=data.name if known else None, **card)  # type: ignore[arg-type]
    if changes != e.ContactChanges():
        say(e.ContactUpdated(personal=changes), on=target)
    return target


def _company(story: Story, command: Envelope[Command]) -> None:
    data: Any = command.data
    stream, kept = command.stream, story.companies
    created = stream not in kept
    sequence, name, domains = kept.get(stream, (0, "", ()))
    name = name if data.name is None else data.name
    domains = domains if data.domains is None else data.domains
    kept[stream] = (sequence + 1, name, domains)
    if created:
        story.new_key(stream)
    kind = CompanyCreated if created else CompanyUpdated
    note = None if data.note is None else CompanyNote(note=data.note)
    event = kind(name=name, domains=domains, personal=note)
    story.publish("contacts.v1", stream, sequence + 1, event, key=stream if note else None, actor=command.actor)
