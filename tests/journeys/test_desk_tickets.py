"""A ticket that a channel's switch opened moves by itself, from mail to answer to mail, closed and beyond."""

from typing import Any
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def switched_on(desk: Desk, **automation: Any) -> str:
    """A new inbox whose own address, its only channel, opens tickets; that address."""
    inbox = desk.do("POST", "/inboxes", {"name": f"Tickets {uuid4().hex[:6]}"})
    (channel,) = inbox["channels"]
    pipeline = next(one for one in desk.get("/pipelines")["items"] if one["default"])
    switch = {"pipeline_id": pipeline["id"], **automation}
    changed = desk.do("PATCH", f"/channels/{channel['id']}", {"settings": {"ticket_automation": switch}})
    assert changed["settings"]["ticket_automation"]["pipeline_id"] == pipeline["id"]
    return str(inbox["fallback_address"])


def stage_is(desk: Desk, ticket_id: str, stage: str) -> dict[str, Any]:
    """The ticket, once it is there."""
    found: dict[str, Any] = eventually(
        lambda: next((one for one in [desk.get(f"/tickets/{ticket_id}")] if one["stage"] == stage), None),
        f"the ticket in {stage}",
        60,
    )
    return found


def test_a_ticket_opened_by_a_fallback_addresss_switch_moves_by_itself(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        me = desk.get("/me")["id"]
        address = switched_on(desk, stage="New", priority="high", owner=me)
        customer = Customer(postroom)
        customer.writes(address, "My parcel", "Where is it?")
        conversation = desk.conversation_of(customer)
        (ticket_id,) = eventually(lambda: desk.conversation(conversation["id"])["ticket_ids"], "its ticket", 60)
        ticket = desk.get(f"/tickets/{ticket_id}")
        assert (ticket["title"], ticket["stage"], ticket["priority"]) == ("My parcel", "New", "high")
        assert (ticket["assignee_id"], ticket["conversation_ids"]) == (me, [conversation["id"]])
        desk.reply(conversation["id"], "It is on its way.")
        assert desk.get(f"/tickets/{ticket_id}")["stage"] == "Waiting on customer", "shown with the reply"
        answered = customer.received()
        customer.answers(answered, "It is still not here.")
        stage_is(desk, ticket_id, "Waiting on us")
        closed = desk.do("PATCH", f"/tickets/{ticket_id}", {"stage": "Closed"})
        assert closed["closed_at"] is not None
        assert ticket_id in [one["id"] for one in desk.get("/tickets", status="closed", assignee_id="me")["items"]]
        customer.answers(answered, "Hello?")
        reopened = stage_is(desk, ticket_id, "Waiting on us")
        assert reopened["closed_at"] is None
        assert ticket_id in [one["id"] for one in desk.get("/tickets", status="open", stage="waiting on us")["items"]]
        assert [one["kind"] for one in desk.get("/audit", kind="TicketClosed")["items"]][:1] == ["TicketClosed"]


def test_an_agent_opens_a_ticket_and_the_person_takes_its_title_along(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        customer.writes(desk.address(), "Private matter", "Between us.")
        conversation = desk.conversation_of(customer)
        ticket = desk.do("POST", f"/conversations/{conversation['id']}/tickets", {"stage": "Waiting on us"})
        assert (ticket["title"], ticket["contact_id"]) == ("Private matter", conversation["contact"]["id"])
        assert desk.conversation(conversation["id"])["ticket_ids"] == [ticket["id"]]
        desk.do("DELETE", f"/contacts/{conversation['contact']['id']}")
        erased = desk.get(f"/tickets/{ticket['id']}")
        assert (erased["title"], erased["stage"], erased["number"]) == ("", "Waiting on us", ticket["number"])
