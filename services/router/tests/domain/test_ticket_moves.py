"""Tickets move by what happens in their conversations."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events.pipelines import DEFAULT_PIPELINE_ID, Stage, TicketAutomation
from events.tickets import TicketLink, TicketMoved, TicketOpened, TicketReopened, TicketTitle
from events.workspace import AgentDeactivated, PipelineDefined
from router.domain.conversation import NOT_OPENED, Conversation, Spam, Trashed, evolve
from router.domain.testing import (
    ADA,
    CONVERSATION,
    NINE,
    ROSA,
    SUPPORT,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    facts,
    opened,
)
from router.domain.ticket import MAX_TITLE, Ticket
from router.domain.ticket_moves import counts_for_tickets, customer_wrote, opened_by_channel, unanswered, we_answered

US, CUSTOMER = "Waiting on us", "Waiting on customer"
PLAIN = an_id("plain")
PLAIN_DEFINED = PipelineDefined(
    pipeline_id=PLAIN, name="Plain", stages=(Stage("Open", "Open", "open"), Stage("Done", "Done", "closed"))
)
ACME = a_workspace(PLAIN_DEFINED)
ONE, TWO = an_id("one"), an_id("two")


def ticket(stage: str = "New", *, number: int = 1, closed: bool = False, pipeline: Any = DEFAULT_PIPELINE_ID) -> Ticket:
    return Ticket(number=number, pipeline_id=pipeline, stage=stage, closed=closed)


def conversation(**changes: Any) -> Conversation:
    state = evolve(NOT_OPENED, opened())
    assert isinstance(state, Conversation)
    return replace(state, **changes)


def moved(stage: str, reason: Any) -> TicketMoved:
    return TicketMoved(stage=stage, reason=reason, conversation_id=CONVERSATION)


@pytest.mark.parametrize("stage", ["New", CUSTOMER])
def test_when_the_customer_writes_an_open_ticket_waits_for_us(stage: str) -> None:
    moves = customer_wrote({ONE: ticket(stage)}, CONVERSATION, ACME)
    assert moves == {ONE: moved(US, "customer_wrote")}


def test_a_ticket_that_waits_for_us_stays() -> None:
    assert customer_wrote({ONE: ticket(US)}, CONVERSATION, ACME) == {}
    assert customer_wrote({}, CONVERSATION, ACME) == {}


def test_when_we_answered_an_open_ticket_waits_for_the_customer_and_a_closed_one_stays_closed() -> None:
    tickets = {ONE: ticket(US), TWO: ticket("Closed", closed=True)}
    assert we_answered(tickets, CONVERSATION, ACME) == {ONE: moved(CUSTOMER, "we_answered")}
    assert we_answered({ONE: ticket(CUSTOMER)}, CONVERSATION, ACME) == {}


@pytest.mark.parametrize("reason", ["reply_failed", "reply_cancelled"])
def test_an_answer_that_never_reached_the_customer_leaves_it_to_us(reason: Any) -> None:
    assert unanswered({ONE: ticket(CUSTOMER)}, CONVERSATION, ACME, reason) == {ONE: moved(US, reason)}
    assert unanswered({ONE: ticket("New")}, CONVERSATION, ACME, reason) == {}


def test_a_closed_ticket_reopens_when_the_customer_writes() -> None:
    reopened = TicketReopened(stage=US, reason="customer_wrote", conversation_id=CONVERSATION)
    assert customer_wrote({ONE: ticket("Closed", closed=True)}, CONVERSATION, ACME) == {ONE: reopened}


def test_of_closed_tickets_the_newest_reopens_and_none_while_another_is_open() -> None:
    old, new = ticket("Closed", closed=True), ticket("Closed", number=2, closed=True)
    assert list(customer_wrote({TWO: new, ONE: old}, CONVERSATION, ACME)) == [TWO]
    assert customer_wrote({TWO: ticket(US, number=2), ONE: old}, CONVERSATION, ACME) == {}


def test_a_pipeline_without_such_stages_is_left_alone_but_reopens() -> None:
    plain = ticket("Open", pipeline=PLAIN)
    assert customer_wrote({ONE: plain}, CONVERSATION, ACME) == we_answered({ONE: plain}, CONVERSATION, ACME) == {}
    done = ticket("Done", pipeline=PLAIN, closed=True)
    assert customer_wrote({ONE: done}, CONVERSATION, ACME)[ONE].stage == "Open"


@pytest.mark.parametrize(
    ("kind", "counts"),
    [(None, True), ("list", True), ("other", True), ("bounce", False), ("delayed", False), ("auto_reply", False)],
)
def test_what_a_machine_answers_by_itself_does_not_count(kind: Any, counts: bool) -> None:
    known = facts(automated=None if kind is None else "Auto-Submitted", automated_kind=kind)
    assert counts_for_tickets(known, NOT_OPENED, conversation()) is counts
    assert counts_for_tickets(known, conversation(), conversation()) is counts


def test_what_is_thrown_away_does_not_count_nor_does_a_machine_that_goes_on_and_on() -> None:
    assert not counts_for_tickets(facts(), NOT_OPENED, conversation(standing=Spam()))
    assert not counts_for_tickets(facts(), NOT_OPENED, conversation(standing=Trashed()))
    busy, machine = conversation(mails_lately=(NINE,) * 20), facts(automated="List-Id", automated_kind="list")
    assert not counts_for_tickets(machine, busy, busy)
    assert counts_for_tickets(facts(), busy, busy)


def switched(workspace: Any = ACME, subject: str = "My parcel", **changes: Any) -> TicketOpened:
    automation = TicketAutomation(**({"pipeline_id": DEFAULT_PIPELINE_ID, "owner": ADA, "priority": "high"} | changes))
    return opened_by_channel(
        automation, SUPPORT_MAIL, CONVERSATION, conversation(), workspace, number=3, subject=subject
    )


def test_a_channel_whose_pipeline_is_gone_opens_tickets_in_the_default_one() -> None:
    opened = switched(pipeline_id=an_id("gone"), stage="Asked")
    assert (opened.pipeline_id, opened.stage) == (DEFAULT_PIPELINE_ID, "New")


def test_a_channels_switch_opens_what_it_says() -> None:
    assert switched() == TicketOpened(
        number=3,
        pipeline_id=DEFAULT_PIPELINE_ID,
        stage="New",
        priority="high",
        assignee_id=ADA,
        contact_id=ROSA,
        links=(TicketLink(CONVERSATION, SUPPORT),),
        channel_id=SUPPORT_MAIL,
        personal=TicketTitle(title="My parcel"),
    )
    assert switched(stage=US).stage == US


def test_a_switch_that_has_grown_old_still_opens_something() -> None:
    assert switched(a_workspace(AgentDeactivated(agent_id=ADA))).assignee_id is None
    assert switched(stage="gone").stage == switched(stage="Closed").stage == "New"


def test_a_long_subject_is_cut() -> None:
    title = switched(subject="ż" * 1_000).personal
    assert title is not None and title.title == "ż" * MAX_TITLE
