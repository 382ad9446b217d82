"""A contact is met, changed, linked and erased."""

from __future__ import annotations

import pytest

from events.commands import ContactCommand, EraseContact, UpdateContact
from events.contacts import (
    ContactChanges,
    ContactCreated,
    ContactErased,
    ContactEvent,
    ContactIdentity,
    ContactUpdated,
    HandleLinked,
    LinkedHandle,
)
from events.envelope import Envelope
from events.values import Handle
from router.domain import contact, errors
from router.domain.contact import Erased, Known, link, meet
from router.domain.testing import CONVERSATION, OTHER_CONVERSATION, ROSA, ROSA_ADDRESS, command
from service_kit.spec import Given
from service_kit.spec import given as given_decider

HANDLE = Handle("email", ROSA_ADDRESS)
CREATED = ContactCreated(personal=ContactIdentity(name="Rosa", handle=HANDLE))
ERASED = ContactErased(conversation_ids=(CONVERSATION, OTHER_CONVERSATION))


def given(*history: ContactEvent) -> Given[Envelope[ContactCommand], contact.ContactState, ContactEvent]:
    return given_decider(contact.decider(contact.Around(conversation_ids=(CONVERSATION, OTHER_CONVERSATION))), *history)


def test_who_writes_first_becomes_a_contact_with_a_handle() -> None:
    assert meet(HANDLE, "Rosa", contact.UNKNOWN) == (CREATED,)


def test_who_is_known_is_not_created_again() -> None:
    assert meet(HANDLE, "Rosa", Known()) == ()


def test_who_was_erased_needs_a_new_contact() -> None:
    with pytest.raises(errors.ContactIsErased):
        meet(HANDLE, "Rosa", Erased())


def test_a_name_of_any_length_is_met() -> None:
    (event,) = meet(HANDLE, "R" * 10_000, contact.UNKNOWN)
    assert isinstance(event, ContactCreated) and event.personal is not None
    assert len(event.personal.name) == contact.MAX_NAME


def test_a_further_handle_is_linked() -> None:
    other = Handle("email", "rosa@work.test")
    assert link(other, Known(), already_linked=False) == (HandleLinked(personal=LinkedHandle(handle=other)),)


def test_a_handle_that_is_linked_changes_nothing() -> None:
    assert link(HANDLE, Known(), already_linked=True) == ()


def test_nothing_is_linked_to_nobody_or_to_the_erased() -> None:
    with pytest.raises(errors.ContactNotFound):
        link(HANDLE, contact.UNKNOWN, already_linked=False)
    with pytest.raises(errors.ContactIsErased):
        link(HANDLE, Erased(), already_linked=False)


def test_an_agent_changes_what_is_named_and_nothing_else() -> None:
    given(CREATED).when(command(UpdateContact(note="likes tea"), on=ROSA)).then(
        ContactUpdated(personal=ContactChanges(note="likes tea"))
    )


def test_a_change_of_nothing_changes_nothing() -> None:
    given(CREATED).when(command(UpdateContact(), on=ROSA)).then_nothing_happened()


@pytest.mark.parametrize(
    "wish",
    [
        UpdateContact(name="R" * 201),
        UpdateContact(name="Ro\nsa"),
        UpdateContact(phone="1" * 61),
        UpdateContact(phone="1\r2"),
        UpdateContact(note="n" * 20_001),
    ],
)
def test_a_change_that_cannot_be_shown_is_refused(wish: UpdateContact) -> None:
    given(CREATED).when(command(wish, on=ROSA)).then_refused(errors.ContactFieldInvalid)


@pytest.mark.parametrize("wish", [UpdateContact(name="R"), EraseContact()])
def test_a_contact_that_does_not_exist_is_not_found(wish: ContactCommand) -> None:
    given().when(command(wish, on=ROSA)).then_refused(errors.ContactNotFound)


def test_a_person_is_erased_from_every_conversation_that_holds_something_of_them() -> None:
    given(CREATED).when(command(EraseContact(), on=ROSA)).then(ERASED)


def test_a_person_is_erased_once() -> None:
    given(CREATED, ERASED).when(command(EraseContact(), on=ROSA)).then_nothing_happened()


def test_nothing_about_an_erased_person_is_stored_again() -> None:
    given(CREATED, ERASED).when(command(UpdateContact(name="Rosa"), on=ROSA)).then_refused(errors.ContactIsErased)
