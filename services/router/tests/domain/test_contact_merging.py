"""Contacts become one and two again: never with themselves, in a circle, or with an erased one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from events import contact_commands as c
from events import contacts as e
from events.contacts import ContactEvent
from events.envelope import Envelope
from events.values import Handle
from router.domain import contact, contact_merging, errors
from router.domain.contact import Around, Erased, Known, Merged, evolve
from router.domain.testing import ROSA, SAM, an_id, command
from service_kit.decider import DomainError
from service_kit.spec import Given
from service_kit.spec import given as given_decider

CREATED = e.ContactCreated(personal=e.ContactIdentity(name="", handle=Handle("email", "a@b.test")))
MERGE, UNMERGE = command(c.MergeContacts(from_id=SAM), on=ROSA), command(c.UnmergeContact(from_id=SAM), on=ROSA)
KIM = an_id("kim")


def given(
    *history: ContactEvent, other: contact.ContactState = contact.UNKNOWN
) -> Given[Envelope[c.ContactCommand], contact.ContactState, ContactEvent]:
    return given_decider(contact.decider(Around(other=other)), *history)


def test_the_survivor_stands_for_the_other() -> None:
    given(CREATED, other=Known()).when(MERGE).then(e.ContactsMerged(merged_ids=(SAM,)))


def test_whom_the_other_stood_for_comes_along() -> None:
    given(CREATED, other=Known(merged_ids=frozenset({KIM}))).when(MERGE).then(e.ContactsMerged(merged_ids=(SAM, KIM)))


def test_who_is_merged_already_is_not_merged_again() -> None:
    merged = e.ContactsMerged(merged_ids=(SAM,))
    given(CREATED, merged, other=Merged(ROSA, Known())).when(MERGE).then_nothing_happened()


def test_a_contact_is_not_merged_with_itself() -> None:
    wish = command(c.MergeContacts(from_id=ROSA), on=ROSA)
    given(CREATED, other=Known()).when(wish).then_refused(errors.MergeWithItself)


def test_there_is_no_circle() -> None:
    into_sam = e.ContactMergedInto(survivor_id=SAM)
    given(CREATED, into_sam, other=Known(merged_ids=frozenset({ROSA}))).when(MERGE).then_refused(errors.ContactIsMerged)


def test_who_was_merged_into_somebody_else_is_refused_with_the_survivors_id() -> None:
    with pytest.raises(errors.ContactIsMerged, match=str(KIM)):
        contact.decide(MERGE, Known(), around=Around(other=Merged(KIM, Known())))


def test_the_erased_and_the_unknown_are_not_merged() -> None:
    given(CREATED, other=Erased()).when(MERGE).then_refused(errors.ContactIsErased)
    given(CREATED, e.ContactErased(), other=Known()).when(MERGE).then_refused(errors.ContactIsErased)
    given(CREATED).when(MERGE).then_refused(errors.ContactNotFound)
    given(other=Known()).when(MERGE).then_refused(errors.ContactNotFound)


def test_a_merged_set_has_a_bound() -> None:
    crowd = tuple(an_id(f"one {number}") for number in range(contact_merging.MAX_MERGED))
    given(CREATED, e.ContactsMerged(merged_ids=crowd), other=Known()).when(MERGE).then_refused(errors.MergedSetTooLarge)


def test_for_one_who_is_merged_the_survivor_is_changed_and_not_they() -> None:
    merged = Merged(ROSA, Known())
    wishes: tuple[Any, ...] = (
        c.UpdateContact(name="x"),
        c.BlockContact(),
        c.AddContactNote(note_id=KIM, text="x"),
        c.LinkCompany(company_id=KIM),
        c.CreateContact(name="x"),
    )
    for wish in wishes:
        with pytest.raises(errors.ContactIsMerged, match=str(ROSA)):
            contact.decide(command(wish, on=SAM), merged)


def test_the_merged_are_separated_and_are_as_they_were() -> None:
    given(CREATED, e.ContactsMerged(merged_ids=(SAM,)), other=Merged(ROSA, Known())).when(UNMERGE).then(
        e.ContactsUnmerged(merged_id=SAM)
    )
    was = Known(blocked=True, company_id=KIM)
    merged = evolve(was, e.ContactMergedInto(survivor_id=ROSA))
    assert evolve(evolve(merged, e.ContactMergedInto(survivor_id=KIM)), e.ContactUnmerged(survivor_id=KIM)) == was


def test_who_was_never_merged_is_not_separated() -> None:
    given(CREATED, other=Known()).when(UNMERGE).then_refused(errors.ContactNotMerged)
    given(CREATED).when(UNMERGE).then_refused(errors.ContactNotFound)


@drawn(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=40))
def test_whatever_is_merged_and_separated_everyone_has_one_survivor_who_is_nobodys(
    wishes: list[tuple[bool, int, int]],
) -> None:
    people = [an_id(f"person {number}") for number in range(5)]
    states: dict[UUID, contact.ContactState] = {person: evolve(contact.UNKNOWN, CREATED) for person in people}
    for merging, one, two in wishes:
        survivor, other = people[one], people[two]
        kind = c.MergeContacts if merging else c.UnmergeContact
        wish: Envelope[Any] = command(kind(from_id=other), on=survivor)
        try:
            events = contact.decide(wish, states[survivor], around=Around(other=states[other]))
        except DomainError:
            continue
        for event in events:
            states[survivor] = evolve(states[survivor], event)
            if isinstance(event, e.ContactsMerged):
                for merged in event.merged_ids:
                    states[merged] = evolve(states[merged], e.ContactMergedInto(survivor_id=survivor))
            elif isinstance(event, e.ContactsUnmerged):
                states[event.merged_id] = evolve(states[event.merged_id], e.ContactUnmerged(survivor_id=survivor))
        for person, state in states.items():
            if isinstance(state, Merged):
                into = states[state.into]
                assert isinstance(into, Known) and person in into.merged_ids
            else:
                assert isinstance(state, Known)
                assert all(states[each] == Merged(person, Known()) for each in state.merged_ids)
