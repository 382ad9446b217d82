"""What can happen to contacts and companies, as actions for a property test."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from events import contacts as c
from events import workspace as w
from events.companies import CompanyCreated, CompanyNote, CompanyUpdated
from events.envelope import Actor
from events.properties import PropertyKind
from events.values import Handle
from inbox_projection.testing.story import Story

KINDS: tuple[PropertyKind, ...] = ("text", "number", "date", "boolean", "choice", "url")
VALUES: tuple[c.PropertyValue, ...] = ("gold", 5, 0.5, True, None, "with\x00NUL", 2**53)


class ContactActions:
    """Makes things happen in a story; `a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._companies: dict[UUID, int] = {}
        self._properties: list[UUID] = []
        self.all: tuple[Callable[[int, int], None], ...] = (
            self.card,
            self.standing,
            self.merging,
            self.company,
            self.address,
        )

    def card(self, a: int, b: int) -> None:
        contact = self._contact(a)
        if not self._properties or b % 7 == 0:
            self._properties.append(self.story.new_id())
            choices = ("gold", "silver") if b % 2 else ()
            defined = w.ContactPropertyDefined(
                property_id=self._properties[-1], name=f"Property {b}", kind=KINDS[a % 6], choices=choices
            )
            self.story.workspace(defined)
        elif b % 5 == 0:
            known = self._properties[a % len(self._properties)]
            changed = w.ContactPropertyChanged(property_id=known, name=f"Changed {a}", choices=("bronze",) * (b % 2))
            self.story.workspace(changed if a % 3 else w.ContactPropertyDeleted(property_id=known))
        if b % 2:
            properties = {str(self._properties[b % len(self._properties)]): VALUES[a % len(VALUES)]}
            self.story.contact(contact, c.ContactUpdated(personal=c.ContactChanges(properties=properties)))
        else:
            note = c.NoteText(text=f"likes tea\x00{b}")
            self.story.contact(contact, c.ContactNoteAdded(note_id=self.story.new_id(), personal=note))

    def address(self, a: int, b: int) -> None:
        """Further handles come and go, also the first one, also such as nobody has."""
        contact = self._contact(a)
        one, other = (Handle("email", f"further{number}@a.test") for number in (b % 3, (b + 1) % 3))
        if a % 2:
            self.story.contact(contact, c.HandleLinked(personal=c.LinkedHandle(handle=one)))
        else:
            gone = Handle("email", f"{contact.hex[-12:]}@client.test") if b % 4 == 0 else one
            unlinked = c.UnlinkedHandle(handle=gone, first=other if b % 2 else None)
            self.story.contact(contact, c.HandleUnlinked(personal=unlinked))

    def standing(self, a: int, b: int) -> None:
        company = self._company(b)
        events = (
            c.ContactBlocked(),
            c.ContactUnblocked(),
            c.CompanyLinked(company_id=company),
            c.CompanyUnlinked(company_id=company),
        )
        self.story.contact(self._contact(a), events[b % 4], sealed=False)

    def merging(self, a: int, b: int) -> None:
        """Views follow each stream alone, so the two may be anybody."""
        survivor, other = self._contact(a), self._contact(b)
        if a % 3:
            self.story.contact(survivor, c.ContactsMerged(merged_ids=(other,)), sealed=False)
            self.story.contact(other, c.ContactMergedInto(survivor_id=survivor), sealed=False)
        else:
            self.story.contact(survivor, c.ContactsUnmerged(merged_id=other), sealed=False)
            self.story.contact(other, c.ContactUnmerged(survivor_id=survivor), sealed=False)

    def company(self, a: int, b: int) -> None:
        company = self._company(a)
        self._companies[company] += 1
        note = CompanyNote(note=f"note {b}") if b % 2 else None
        event = CompanyUpdated(name=f"Acme {b}", domains=(f"acme{b}.test",) * (a % 2), personal=note)
        self._publish(company, event, sealed=note is not None)

    def _contact(self, a: int) -> UUID:
        alive = [contact for contact in self.story.contacts if contact not in self.story.erased_at]
        return alive[a % len(alive)] if alive else self.story.person()

    def _company(self, a: int) -> UUID:
        if not self._companies or a % 5 == 0:
            company = self.story.new_key(self.story.new_id())
            self._companies[company] = 1
            created = CompanyCreated(name=f"Acme {a}", domains=("acme.test",), personal=CompanyNote(note=""))
            self._publish(company, created)
            return company
        return list(self._companies)[a % len(self._companies)]

    def _publish(self, company: UUID, event: CompanyCreated | CompanyUpdated, *, sealed: bool = True) -> None:
        key, by = company if sealed else None, Actor("agent", str(self.story.agent_id))
        self.story.publish("contacts.v1", company, self._companies[company], event, key=key, actor=by)
