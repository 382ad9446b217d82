"""Contacts made by hand: names, addresses, properties of each kind, notes, blocks and companies."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

import pytest

from events import contact_commands as c
from events import contacts as e
from events.companies import CompanyCreated
from events.contacts import ContactEvent
from events.envelope import Envelope
from events.properties import ContactPropertyChanged, ContactPropertyDeleted, ContactPropertyEvent, PropertyKind
from events.values import Handle
from router.domain import company, contact, contact_properties, errors
from router.domain.contact import Around
from router.domain.contact_card import Owners
from router.domain.contact_properties import ContactProperty
from router.domain.testing import ROSA, ROSA_ADDRESS, SAM, an_id, command
from service_kit.spec import Given
from service_kit.spec import given as given_decider

HANDLE, OTHER = Handle("email", ROSA_ADDRESS), Handle("email", "rosa@work.test")
CREATED = e.ContactCreated(personal=e.ContactIdentity(name="Rosa", handle=HANDLE))
ACME, GLOBEX, NOTE = an_id("acme"), an_id("globex"), an_id("note")
LEVEL = ContactProperty(an_id("level"), "Level", "choice", ("gold", "silver"))
KINDS: dict[PropertyKind, ContactProperty] = {
    kind: ContactProperty(an_id(kind), kind, kind) for kind in ("text", "number", "date", "boolean", "url")
} | {"choice": LEVEL}  # type: ignore[assignment]
PROPERTIES = {one.id: one for one in KINDS.values()}
EXISTING = company.Company("Acme")


def given(
    *history: ContactEvent, **around: Any
) -> Given[Envelope[c.ContactCommand], contact.ContactState, ContactEvent]:
    return given_decider(contact.decider(Around(properties=PROPERTIES, **around)), *history)


def owned(*handles: Handle, by: UUID, company_id: UUID | None = None) -> Owners:
    return Owners({handle.value: by for handle in handles}, company_id)


def test_a_contact_is_added_with_addresses_a_card_and_the_company_of_the_domain() -> None:
    wish = c.CreateContact(
        name=" Rosa ",
        handles=(Handle("email", " ROSA@customer.test "), OTHER),
        phone="+48 1",
        properties={str(LEVEL.id): "gold"},
    )
    changes = e.ContactChanges(phone="+48 1", properties={str(LEVEL.id): "gold"})
    given(owners=owned(by=ROSA, company_id=ACME)).when(command(wish, on=ROSA)).then(
        e.ContactCreated(company_id=ACME, personal=e.ContactIdentity(name="Rosa", handle=HANDLE)),
        e.HandleLinked(personal=e.LinkedHandle(handle=OTHER)),
        e.ContactUpdated(personal=changes),
    )


def test_a_contact_may_have_a_name_and_no_address() -> None:
    given().when(command(c.CreateContact(name="Rosa"), on=ROSA)).then(
        e.ContactCreated(personal=e.ContactIdentity(name="Rosa", handle=Handle("email", "")))
    )


def test_an_address_of_somebody_is_refused_and_names_the_contact() -> None:
    wish = command(c.CreateContact(handles=(OTHER,)), on=ROSA)
    with pytest.raises(errors.HandleInUse, match=str(SAM)):
        contact.decide(wish, contact.UNKNOWN, around=Around(owners=owned(OTHER, by=SAM)))


def test_with_update_the_known_contact_gets_what_is_given() -> None:
    wish = command(c.CreateContact(name="Rosa L.", handles=(HANDLE, OTHER), update=True), on=an_id("new"))
    around = Around(owners=owned(HANDLE, by=ROSA))
    assert contact.decide(wish, contact.Known(), around=around, target=ROSA) == (
        e.HandleLinked(personal=e.LinkedHandle(handle=OTHER)),
        e.ContactUpdated(personal=e.ContactChanges(name="Rosa L.")),
    )


def test_the_same_contact_is_not_made_twice() -> None:
    wish = c.CreateContact(name="Rosa", handles=(HANDLE,))
    given(CREATED, owners=owned(HANDLE, by=ROSA)).when(command(wish, on=ROSA)).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (c.CreateContact(), errors.ContactEmpty),
        (c.CreateContact(name="   "), errors.ContactEmpty),
        (c.CreateContact(handles=(Handle("email", "no address"),)), errors.ContactHandleInvalid),
        (c.CreateContact(handles=(Handle("email", "a@b.test\r\nBcc: x@y.test"),)), errors.ContactHandleInvalid),
        (c.CreateContact(handles=(Handle("facebook", "123"),)), errors.ContactHandleInvalid),
        (
            c.CreateContact(handles=tuple(Handle("email", f"a{n}@b.test") for n in range(21))),
            errors.ContactHandleInvalid,
        ),
        (c.CreateContact(name="Ro\nsa"), errors.ContactFieldInvalid),
        (c.CreateContact(name="R", note="n" * 20_001), errors.ContactFieldInvalid),
        (c.CreateContact(name="R", properties={"no id": "x"}), errors.PropertyValueInvalid),
    ],
)
def test_who_cannot_be_shown_or_written_to_is_refused(wish: c.CreateContact, refusal: type[Exception]) -> None:
    given().when(command(wish, on=ROSA)).then_refused(refusal)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", ["", "a\nb", "Zażółć"], [1, True, "x" * 2_001]),
        ("number", [0, -1.5, 2**53], ["1", True, math.inf, math.nan, 10**20]),
        ("date", ["2024-02-29"], ["2023-02-29", "29.02.2024", "20240229", 20240229, "2024-02-29T00:00"]),
        ("boolean", [True, False], [1, "true"]),
        ("choice", ["gold"], ["Gold", "", "bronze", 1]),
        (
            "url",
            ["https://a.test/x?y#z", "http://b.test"],
            ["javascript:alert(1)", "a.test", "https://", "http://[", 5],
        ),
    ],
)
def test_a_property_takes_values_of_its_kind_only(kind: PropertyKind, good: list[Any], bad: list[Any]) -> None:
    key = str(KINDS[kind].id)
    for value in (*good, None):
        given(CREATED).when(command(c.UpdateContact(properties={key: value}), on=ROSA)).then(
            e.ContactUpdated(personal=e.ContactChanges(properties={key: value}))
        )
    for value in bad:
        given(CREATED).when(command(c.UpdateContact(properties={key: value}), on=ROSA)).then_refused(
            errors.PropertyValueInvalid
        )


def test_a_property_is_defined_once_and_by_one_name() -> None:
    wish = c.DefineContactProperty(property_id=LEVEL.id, name="Level", kind="choice", choices=("gold", "silver"))
    (defined,) = contact_properties.define(wish, {})
    assert (defined.name, defined.kind, defined.choices) == ("Level", "choice", ("gold", "silver"))
    assert contact_properties.define(wish, {LEVEL.id: LEVEL}) == ()
    same_name = c.DefineContactProperty(property_id=an_id("another"), name="LEVEL", kind="text")
    with pytest.raises(errors.ContactPropertyTaken):
        contact_properties.define(same_name, {LEVEL.id: LEVEL})


def changed(wish: c.ChangeContactProperty) -> tuple[ContactPropertyEvent, ...]:
    return contact_properties.decide(wish, {LEVEL.id: LEVEL, KINDS["text"].id: KINDS["text"]})


def test_a_property_is_given_another_name_and_other_choices() -> None:
    wish = c.ChangeContactProperty(property_id=LEVEL.id, name=" Tier ")
    assert changed(wish) == (ContactPropertyChanged(property_id=LEVEL.id, name="Tier", choices=LEVEL.choices),)
    wish = c.ChangeContactProperty(property_id=LEVEL.id, choices=("bronze",))
    assert changed(wish) == (ContactPropertyChanged(property_id=LEVEL.id, name="Level", choices=("bronze",)),)
    assert changed(c.ChangeContactProperty(property_id=LEVEL.id, name="Level")) == ()
    assert changed(c.ChangeContactProperty(property_id=LEVEL.id, name="level")) != (), "its own name is not taken"


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"name": " "}, errors.ContactPropertyInvalid),
        ({"name": "TEXT"}, errors.ContactPropertyTaken),
        ({"choices": ()}, errors.ContactPropertyInvalid),
        ({"choices": ("x", "x ")}, errors.ContactPropertyInvalid),
        ({"property_id": KINDS["text"].id, "choices": ("x",)}, errors.ContactPropertyInvalid),
        ({"property_id": an_id("nowhere"), "name": "N"}, errors.ContactPropertyNotFound),
    ],
)
def test_a_property_is_not_changed_into_what_nobody_could_fill_in(
    more: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        changed(c.ChangeContactProperty(**{"property_id": LEVEL.id, **more}))


def test_a_deleted_property_takes_no_value_and_its_name_is_free() -> None:
    gone = ContactPropertyDeleted(property_id=LEVEL.id)
    wish = c.DeleteContactProperty(property_id=LEVEL.id)
    assert contact_properties.decide(wish, PROPERTIES) == (gone,)
    left = contact_properties.evolve(PROPERTIES, gone)
    assert contact_properties.decide(wish, left) == ()
    again = c.DefineContactProperty(property_id=an_id("again"), name="Level", kind="text")
    assert contact_properties.decide(again, left) != ()
    filled = c.UpdateContact(properties={str(LEVEL.id): "gold"})
    with pytest.raises(errors.PropertyValueInvalid):
        contact.decide(command(filled, on=ROSA), contact.Known(), around=Around(properties=left))


def test_a_value_that_is_no_choice_any_more_is_not_given_anew() -> None:
    fewer = ContactPropertyChanged(property_id=LEVEL.id, name="Level", choices=("silver",))
    properties = contact_properties.evolve(PROPERTIES, fewer)
    filled = c.UpdateContact(properties={str(LEVEL.id): "gold"})
    with pytest.raises(errors.PropertyValueInvalid):
        contact.decide(command(filled, on=ROSA), contact.Known(), around=Around(properties=properties))


def test_what_was_never_defined_is_not_changed_by_an_event() -> None:
    event = ContactPropertyChanged(property_id=an_id("nowhere"), name="N")
    assert contact_properties.evolve(PROPERTIES, event) == PROPERTIES


def test_an_address_is_added_unless_somebody_has_it() -> None:
    wish = command(c.AddContactAddress(address=" Rosa@Work.test "), on=ROSA)
    given(CREATED, owners=owned(by=ROSA)).when(wish).then(e.HandleLinked(personal=e.LinkedHandle(handle=OTHER)))
    given(CREATED, owners=owned(OTHER, by=ROSA)).when(wish).then_nothing_happened()
    with pytest.raises(errors.HandleInUse, match=str(SAM)):
        contact.decide(wish, contact.Known(), around=Around(owners=owned(OTHER, by=SAM)))
    given(CREATED, owners=owned(by=ROSA)).when(
        command(c.AddContactAddress(address="no address"), on=ROSA)
    ).then_refused(errors.ContactHandleInvalid)
    given(CREATED, e.ContactErased()).when(wish).then_refused(errors.ContactIsErased)
    given(owners=owned(by=ROSA)).when(wish).then_refused(errors.ContactNotFound)
    merged = e.ContactMergedInto(survivor_id=SAM)
    given(CREATED, merged, owners=owned(by=ROSA)).when(wish).then_refused(errors.ContactIsMerged)


def test_an_address_is_taken_away_also_the_last_one_and_of_one_who_was_merged() -> None:
    wish = command(c.RemoveContactAddress(address="ROSA@work.test"), on=ROSA)
    gone = e.HandleUnlinked(personal=e.UnlinkedHandle(handle=OTHER))
    given(CREATED, owners=owned(OTHER, by=ROSA)).when(wish).then(gone)
    merged = e.ContactMergedInto(survivor_id=SAM)
    given(CREATED, merged, owners=owned(OTHER, by=ROSA)).when(wish).then(gone)
    given(CREATED, owners=owned(OTHER, by=SAM)).when(wish).then_nothing_happened()
    given(CREATED, owners=owned(by=ROSA)).when(wish).then_nothing_happened()
    given(CREATED, e.ContactErased(), owners=owned(OTHER, by=ROSA)).when(wish).then_refused(errors.ContactIsErased)
    given(owners=owned(OTHER, by=ROSA)).when(wish).then_refused(errors.ContactNotFound)


def test_the_address_that_follows_the_first_one_is_one_of_the_contact() -> None:
    wish = command(c.RemoveContactAddress(address=ROSA_ADDRESS, first=OTHER.value), on=ROSA)
    given(CREATED, owners=owned(HANDLE, OTHER, by=ROSA)).when(wish).then(
        e.HandleUnlinked(personal=e.UnlinkedHandle(handle=HANDLE, first=OTHER))
    )
    given(CREATED, owners=owned(HANDLE, by=ROSA)).when(wish).then(
        e.HandleUnlinked(personal=e.UnlinkedHandle(handle=HANDLE))
    )


@pytest.mark.parametrize(
    ("name", "kind", "choices"),
    [("", "text", ()), ("a\nb", "text", ()), ("A", "choice", ()), ("A", "text", ("x",)), ("A", "choice", ("x", "x "))],
)
def test_a_property_that_nobody_could_fill_in_is_refused(
    name: str, kind: PropertyKind, choices: tuple[str, ...]
) -> None:
    wish = c.DefineContactProperty(property_id=LEVEL.id, name=name, kind=kind, choices=choices)
    with pytest.raises(errors.ContactPropertyInvalid):
        contact_properties.define(wish, {})


def test_a_note_is_added_and_an_empty_one_is_not() -> None:
    given(CREATED).when(command(c.AddContactNote(note_id=NOTE, text="likes tea"), on=ROSA)).then(
        e.ContactNoteAdded(note_id=NOTE, personal=e.NoteText(text="likes tea"))
    )
    given(CREATED).when(command(c.AddContactNote(note_id=NOTE, text=" \n"), on=ROSA)).then_refused(
        errors.ContactFieldInvalid
    )


def test_who_is_blocked_is_blocked_once_and_let_in_again() -> None:
    block, let_in = command(c.BlockContact(), on=ROSA), command(c.UnblockContact(), on=ROSA)
    given(CREATED).when(block).then(e.ContactBlocked())
    given(CREATED, e.ContactBlocked()).when(block).then_nothing_happened()
    given(CREATED, e.ContactBlocked()).when(let_in).then(e.ContactUnblocked())
    given(CREATED).when(let_in).then_nothing_happened()
    given().when(block).then_refused(errors.ContactNotFound)


def test_a_contact_is_linked_to_one_company() -> None:
    link, unlink = command(c.LinkCompany(company_id=ACME), on=ROSA), command(c.UnlinkCompany(company_id=ACME), on=ROSA)
    linked = e.CompanyLinked(company_id=ACME)
    given(CREATED, company=EXISTING).when(link).then(linked)
    given(CREATED, linked, company=EXISTING).when(link).then_nothing_happened()
    given(CREATED, e.CompanyLinked(company_id=GLOBEX), company=EXISTING).when(link).then(linked)
    given(CREATED).when(link).then_refused(errors.CompanyNotFound)
    given(CREATED, linked).when(unlink).then(e.CompanyUnlinked(company_id=ACME))
    given(CREATED, e.CompanyLinked(company_id=GLOBEX)).when(unlink).then_nothing_happened()
    given().when(unlink).then_refused(errors.ContactNotFound)


def test_a_company_is_the_one_of_whose_domain_who_writes_first_is() -> None:
    (event,) = contact.meet(HANDLE, "Rosa", contact.UNKNOWN, ACME)
    assert isinstance(event, e.ContactCreated) and event.company_id == ACME
    assert contact.evolve(contact.UNKNOWN, event) == contact.Known(company_id=ACME)
    assert company.evolve(company.NO_COMPANY, CompanyCreated(name="Acme")) == EXISTING


def test_an_address_added_later_brings_the_company_of_its_domain_to_who_has_none() -> None:
    wish = command(c.AddContactAddress(address="rosa@work.test"), on=ROSA)
    linked = e.HandleLinked(personal=e.LinkedHandle(handle=OTHER))
    owners = owned(by=ROSA, company_id=ACME)
    given(CREATED, owners=owners).when(wish).then(linked, e.CompanyLinked(company_id=ACME))
    given(CREATED, e.CompanyLinked(company_id=GLOBEX), owners=owners).when(wish).then(linked)
    updated = c.CreateContact(handles=(HANDLE, OTHER), update=True, known_as=ROSA)
    known = Owners({HANDLE.value: ROSA}, ACME)
    given(CREATED, owners=known).when(command(updated, on=ROSA)).then(linked, e.CompanyLinked(company_id=ACME))


def test_who_is_linked_by_a_domain_keeps_the_company_that_they_have() -> None:
    wish = command(c.LinkCompany(company_id=ACME, unless_linked=True), by=None, on=ROSA)
    given(CREATED, company=EXISTING).when(wish).then(e.CompanyLinked(company_id=ACME))
    given(CREATED, e.CompanyLinked(company_id=GLOBEX), company=EXISTING).when(wish).then_nothing_happened()
    given(CREATED, company=company.NO_COMPANY).when(wish).then_refused(errors.CompanyNotFound)
