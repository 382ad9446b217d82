"""Tickets are opened, moved through their pipeline, given to agents and linked to conversations."""

from __future__ import annotations

from typing import Any

import pytest

from events import ticket_commands as c
from events import tickets as e
from events.pipelines import DEFAULT_PIPELINE_ID, Stage
from events.tickets import TicketLink, TicketTitle
from events.workspace import AgentDeactivated, PipelineDefined
from router.domain import contact, errors, ticket
from router.domain.conversation import NOT_OPENED, evolve
from router.domain.testing import (
    ADA,
    BOB,
    CONVERSATION,
    OTHER_CONVERSATION,
    ROSA,
    SALES,
    SAM,
    SUPPORT,
    a_workspace,
    an_id,
    command,
    opened,
)
from router.domain.ticket import MAX_CONVERSATIONS, MAX_TICKETS, MAX_TITLE, Around, TicketState
from service_kit.spec import When
from service_kit.spec import given as given_decider

TICKET, RETURNS = an_id("ticket"), an_id("returns")
NEW, US, CUSTOMER, CLOSED = "New", "Waiting on us", "Waiting on customer", "Closed"
RETURNS_DEFINED = PipelineDefined(
    pipeline_id=RETURNS,
    name="Returns",
    stages=(
        Stage("Asked", "Asked for", "open"),
        Stage("Paid", "Paid back", "closed"),
        Stage("No", "Refused", "closed"),
    ),
)
CONVERSATIONS = {
    CONVERSATION: evolve(NOT_OPENED, opened()),
    OTHER_CONVERSATION: evolve(NOT_OPENED, opened(inbox_id=SALES, contact_id=SAM)),
}
OPENED = e.TicketOpened(
    number=7,
    pipeline_id=DEFAULT_PIPELINE_ID,
    stage=NEW,
    contact_id=ROSA,
    links=(TicketLink(CONVERSATION, SUPPORT),),
    personal=TicketTitle(title="My parcel"),
)
IS_CLOSED = e.TicketClosed(stage=CLOSED)


def asked(data: Any, *history: Any, house: Any = (), **around: Any) -> When[TicketState, Any]:
    workspace = a_workspace(RETURNS_DEFINED, *house)
    known = Around(**({"number": 7, "conversations": CONVERSATIONS} | around))
    return given_decider(ticket.decider(workspace, known), *history).when(command(data, on=TICKET))


def opening(title: str = "My parcel", **changes: Any) -> c.OpenTicket:
    return c.OpenTicket(title=title, **({"conversation_ids": (CONVERSATION,)} | changes))


def test_a_ticket_opens_in_the_first_stage_of_the_pipeline_that_every_workspace_has() -> None:
    when = asked(opening())
    when.then(OPENED)
    assert (when.state.number, when.state.stage, when.state.closed) == (7, NEW, False)
    assert dict(when.state.links) == {CONVERSATION: SUPPORT}


def test_a_ticket_opens_as_asked_for() -> None:
    wish = opening(
        pipeline_id=RETURNS,
        stage="asked FOR",
        priority="urgent",
        assignee_id=BOB,
        contact_id=ROSA,
        conversation_ids=(OTHER_CONVERSATION, CONVERSATION),
    )
    asked(wish, contact=contact.Known()).then(
        e.TicketOpened(
            number=7,
            pipeline_id=RETURNS,
            stage="Asked",
            priority="urgent",
            assignee_id=BOB,
            contact_id=ROSA,
            links=(TicketLink(OTHER_CONVERSATION, SALES), TicketLink(CONVERSATION, SUPPORT)),
            personal=TicketTitle(title="My parcel"),
        )
    )


def test_a_ticket_needs_neither_conversation_nor_contact_and_then_has_a_key_of_its_own() -> None:
    when = asked(opening(conversation_ids=()))
    assert when.state.contact_id is None and when.state.links == {}
    assert ticket.sealed_under(TICKET, when.state) == TICKET
    assert ticket.sealed_under(TICKET, asked(opening()).state) == ROSA


@pytest.mark.parametrize(
    ("wish", "around", "refusal"),
    [
        (opening("x" * (MAX_TITLE + 1)), {}, errors.TicketTitleInvalid),
        (opening(pipeline_id=an_id("nowhere")), {}, errors.PipelineNotFound),
        (opening(stage="Nowhere"), {}, errors.StageNotFound),
        (opening(stage="closed"), {}, errors.StageCloses),
        (opening(assignee_id=an_id("nobody")), {}, errors.AgentNotFound),
        (opening(assignee_id=BOB), {"house": [AgentDeactivated(agent_id=BOB)]}, errors.AgentIsDeactivated),
        (opening(conversation_ids=(an_id("no conversation"),)), {}, errors.ConversationNotFound),
        (opening(conversation_ids=(CONVERSATION,) * (MAX_CONVERSATIONS + 1)), {}, errors.TooManyLinks),
        (opening(), {"tickets": {CONVERSATION: range(MAX_TICKETS)}}, errors.TooManyLinks),
        (opening(contact_id=SAM), {"contact": contact.UNKNOWN}, errors.ContactNotFound),
        (opening(contact_id=SAM), {"contact": contact.Erased()}, errors.ContactIsErased),
    ],
)
def test_a_ticket_that_cannot_be_is_refused(wish: Any, around: Any, refusal: Any) -> None:
    asked(wish, **around).then_refused(refusal)


def test_a_ticket_opens_once() -> None:
    asked(opening("Another title"), OPENED).then_nothing_happened()


def test_an_open_stage_moves_a_ticket_a_closing_one_closes_it_and_back_it_reopens() -> None:
    asked(c.ChangeTicket(stage=US), OPENED).then(e.TicketMoved(stage=US))
    closed = asked(c.ChangeTicket(stage="closed"), OPENED)
    closed.then(IS_CLOSED)
    assert closed.state.closed
    reopened = asked(c.ChangeTicket(stage=NEW), OPENED, IS_CLOSED)
    reopened.then(e.TicketReopened(stage=NEW))
    assert not reopened.state.closed


def test_from_one_closing_stage_to_another_a_ticket_only_moves() -> None:
    paid = msg(pipeline_id=RETURNS, stage="Asked"), e.TicketClosed(stage="Paid")
    when = asked(c.ChangeTicket(stage="No"), *paid)
    when.then(e.TicketMoved(stage="No"))
    assert when.state.closed


def msg(**changes: Any) -> e.TicketOpened:
    return e.TicketOpened(**({name: getattr(OPENED, name) for name in OPENED.__struct_fields__} | changes))


def test_one_change_may_have_several_parts() -> None:
    wish = c.ChangeTicket(title="Lost parcel", stage=CUSTOMER, priority="high", assignee_id=ADA)
    asked(wish, OPENED).then(
        e.TicketRenamed(personal=TicketTitle(title="Lost parcel")),
        e.TicketMoved(stage=CUSTOMER),
        e.TicketPriorityChanged(priority="high"),
        e.TicketAssigned(assignee_id=ADA),
    )


def test_a_ticket_is_given_to_nobody() -> None:
    given = e.TicketAssigned(assignee_id=ADA)
    asked(c.ChangeTicket(unassign=True), OPENED, given).then(e.TicketAssigned(assignee_id=None))
    asked(c.ChangeTicket(unassign=True), OPENED).then_nothing_happened()


def test_what_is_so_already_changes_nothing() -> None:
    asked(c.ChangeTicket(stage="new", priority="normal"), OPENED).then_nothing_happened()
    asked(c.ChangeTicket(), OPENED).then_nothing_happened()
    asked(c.ChangeTicket(assignee_id=ADA), OPENED, e.TicketAssigned(assignee_id=ADA)).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "house", "refusal"),
    [
        (c.ChangeTicket(stage="Nowhere"), (), errors.StageNotFound),
        (c.ChangeTicket(title="x" * (MAX_TITLE + 1)), (), errors.TicketTitleInvalid),
        (c.ChangeTicket(assignee_id=an_id("nobody")), (), errors.AgentNotFound),
        (c.ChangeTicket(assignee_id=BOB), (AgentDeactivated(agent_id=BOB),), errors.AgentIsDeactivated),
    ],
)
def test_a_change_that_cannot_be_is_refused_whole(wish: Any, house: Any, refusal: Any) -> None:
    asked(wish, OPENED, house=house).then_refused(refusal)


@pytest.mark.parametrize("wish", [c.ChangeTicket(stage=US), c.LinkTicket(conversation_id=CONVERSATION)])
def test_there_must_be_a_ticket(wish: Any) -> None:
    asked(wish).then_refused(errors.TicketNotFound)


def test_a_ticket_is_linked_to_a_further_conversation_and_parted_from_it() -> None:
    linked = e.TicketLinked(conversation_id=OTHER_CONVERSATION, inbox_id=SALES)
    when = asked(c.LinkTicket(conversation_id=OTHER_CONVERSATION), OPENED)
    when.then(linked)
    assert dict(when.state.links) == {CONVERSATION: SUPPORT, OTHER_CONVERSATION: SALES}
    parted = asked(c.UnlinkTicket(conversation_id=CONVERSATION), OPENED, linked)
    parted.then(e.TicketUnlinked(conversation_id=CONVERSATION))
    assert dict(parted.state.links) == {OTHER_CONVERSATION: SALES}


def test_linking_what_is_linked_and_parting_what_is_not_changes_nothing() -> None:
    asked(c.LinkTicket(conversation_id=CONVERSATION), OPENED).then_nothing_happened()
    asked(c.UnlinkTicket(conversation_id=OTHER_CONVERSATION), OPENED).then_nothing_happened()


def test_a_conversation_that_moved_is_linked_anew_in_its_inbox() -> None:
    moved = {CONVERSATION: evolve(NOT_OPENED, opened(inbox_id=SALES))}
    wish = c.LinkTicket(conversation_id=CONVERSATION)
    asked(wish, OPENED, conversations=moved, tickets={CONVERSATION: range(MAX_TICKETS)}).then(
        e.TicketLinked(conversation_id=CONVERSATION, inbox_id=SALES)
    )


def test_links_have_limits() -> None:
    wish = c.LinkTicket(conversation_id=OTHER_CONVERSATION)
    asked(c.LinkTicket(conversation_id=an_id("no conversation")), OPENED).then_refused(errors.ConversationNotFound)
    asked(wish, OPENED, tickets={OTHER_CONVERSATION: range(MAX_TICKETS)}).then_refused(errors.TooManyLinks)
    full = msg(links=tuple(TicketLink(an_id(f"c{n}"), SUPPORT) for n in range(MAX_CONVERSATIONS)))
    asked(wish, full).then_refused(errors.TooManyLinks)


def test_the_title_goes_with_the_contact_once() -> None:
    state = asked(c.ChangeTicket(), OPENED).state
    (erased,) = ticket.erase(ROSA, state)
    assert erased == e.TicketTitleErased(contact_id=ROSA)
    assert ticket.erase(SAM, state) == ()
    assert ticket.erase(ROSA, ticket.evolve(state, erased)) == ()
    assert ticket.erase(ROSA, ticket.UNOPENED) == ()
    asked(c.ChangeTicket(title="Rosa's parcel"), OPENED, erased).then_refused(errors.TicketIsErased)
    asked(c.ChangeTicket(stage=US), OPENED, erased).then(e.TicketMoved(stage=US))
