"""What agents send of their own accord: first messages, forwards, replies that can be undone, sent later or again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def mails_with(postroom: LivePostroom, subject: str) -> list[EmailMessage]:
    return [mail for mail in postroom.outbox() if subject in (mail["Subject"] or "")]


def test_the_answer_to_a_first_message_joins_its_conversation(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer, inbox = Customer(postroom), desk.api.get("/inboxes").json()["items"][0]
        asked = {
            "inbox_id": inbox["id"],
            "to": [{"address": customer.address, "name": "Ann"}],
            "subject": f"Your offer {uuid4().hex[:6]}",
            "text": "Dear Ann,\nhere it is.",
        }
        answer = desk.api.post("/conversations", json=asked, headers={"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 201, answer.text
        started = answer.json()
        assert (started["status"], started["message_count"]) == ("open", 1)
        assert started["contact"]["name"] == "Ann"
        mail = customer.received()
        assert mail["Subject"] == asked["subject"] and mail["In-Reply-To"] is None
        customer.answers(mail, "Thank you!")
        eventually(lambda: len(desk.lines(started["id"])) == 2, "the answer in the conversation")
        assert desk.lines(started["id"])[1]["direction"] == "in"
        assert desk.conversation_of(customer)["id"] == started["id"]


def test_a_first_message_undone_in_time_is_never_sent_and_one_for_later_goes_at_its_time(
    postroom: LivePostroom,
) -> None:
    with Desk(postroom) as desk:
        undone, kept, soon = Customer(postroom), Customer(postroom), Customer(postroom)

        def begun(customer: Customer, **more: object) -> dict[str, str]:
            asked = {
                "inbox_id": desk.inbox()["id"],
                "to": [customer.address],
                "subject": "Your offer",
                "text": "Hello.",
            }
            made: dict[str, str] = desk.do("POST", "/conversations", asked | more)
            return made

        taken = begun(undone, undo_seconds=10, then={"status": "resolved"})
        assert taken["status"] == "resolved"
        (message,) = desk.lines(taken["id"])
        assert message["delivery"]["state"] == "scheduled"
        cancelled = desk.do("DELETE", f"/conversations/{taken['id']}/replies/{message['id']}")
        assert cancelled["delivery"]["state"] == "cancelled"
        assert desk.conversation(taken["id"])["status"] == "trash"

        begun(kept, undo_seconds=10)
        at = datetime.now(UTC) + timedelta(seconds=4)
        later = begun(soon, send_at=at.isoformat(), then={"status": "snoozed"})
        assert (later["status"], desk.lines(later["id"])[0]["delivery"]["state"]) == ("open", "scheduled")
        assert soon.received()["Subject"] == "Your offer" and datetime.now(UTC) >= at
        eventually(lambda: desk.conversation(later["id"])["status"] == "snoozed", "what was to become of it")
        kept.received()  # it was asked for after the one that was taken back
        assert [mail for mail in postroom.outbox() if undone.address in str(mail["To"])] == []


def test_the_answer_to_a_forward_stays_inside(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer, carrier = Customer(postroom), Customer(postroom)
        customer.writes(desk.address(), f"Parcel {uuid4().hex[:6]}", "Where is my parcel?")
        conversation = desk.conversation_of(customer)
        path = f"/conversations/{conversation['id']}"
        asked = {
            "message_ids": [desk.lines(conversation["id"])[0]["id"]],
            "to": [carrier.address],
            "text": "Can you look?",
        }
        answer = desk.api.post(f"{path}/forwards", json=asked)
        assert answer.status_code == 201 and answer.json()["in_side_thread"], answer.text
        forwarded = carrier.received()
        body = forwarded.get_body(("plain",))
        assert body is not None and "Where is my parcel?" in body.get_content()
        carrier.answers(forwarded, "We have lost it, do not tell.")
        eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the carrier's answer in the conversation")
        assert [one["in_side_thread"] for one in desk.lines(conversation["id"])] == [False, True, True]

        desk.reply(conversation["id"], "We are looking for it.")
        reply = customer.received()
        assert carrier.address not in reply.as_string() and "do not tell" not in reply.as_string()
        assert reply["Reply-To"] != forwarded["Reply-To"]
        customer.answers(reply, "Please hurry.")
        eventually(lambda: len(desk.lines(conversation["id"])) == 5, "the customer's answer")
        assert not desk.lines(conversation["id"])[-1]["in_side_thread"]


def test_undone_in_time_nothing_is_sent_and_the_conversation_is_open_again(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer, subject = Customer(postroom), f"Undo {uuid4().hex[:6]}"
        customer.writes(desk.address(), subject, "Hello?")
        conversation = desk.conversation_of(customer)
        path = f"/conversations/{conversation['id']}"
        reply = desk.reply(conversation["id"], "Oops.", undo_seconds=10, then={"status": "resolved"})
        assert reply["delivery"]["state"] == "scheduled"
        assert desk.api.get(path).json()["status"] == "resolved"
        cancelled = desk.api.delete(f"{path}/replies/{reply['id']}")
        assert (cancelled.status_code, cancelled.json()["delivery"]["state"]) == (200, "cancelled"), cancelled.text
        assert desk.api.get(path).json()["status"] == "open"

        sent = desk.reply(conversation["id"], "Better.", undo_seconds=1, then={"status": "resolved"})
        body = customer.received().get_body(("plain",))
        assert body is not None and "Better." in body.get_content()
        eventually(
            lambda: desk.lines(conversation["id"])[-1]["delivery"]["state"] == "sent", "the delivery state “sent”"
        )
        late = desk.api.delete(f"{path}/replies/{sent['id']}")
        assert (late.status_code, late.json()["code"]) == (409, "already-sent")
        assert desk.api.get(path).json()["status"] == "resolved"
        assert len(mails_with(postroom, subject)) == 1


def test_a_scheduled_reply_is_held_when_the_customer_writes_and_goes_out_when_told(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer, subject = Customer(postroom), f"Later {uuid4().hex[:6]}"
        question = customer.writes(desk.address(), subject, "Hello?")
        conversation = desk.conversation_of(customer)
        path = f"/conversations/{conversation['id']}"
        past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        refused = desk.api.post(f"{path}/replies", json={"text": "x", "send_at": past})
        assert (refused.status_code, refused.json()["code"]) == (422, "send-time-in-the-past")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        reply = desk.reply(conversation["id"], "Tomorrow.", send_at=tomorrow)
        assert (reply["delivery"]["state"], reply["delivery"]["held"]) == ("scheduled", None)
        customer.writes(desk.address(), f"Re: {subject}", "Never mind.", In_Reply_To=str(question["Message-ID"]))
        eventually(
            lambda: desk.lines(conversation["id"])[1]["delivery"]["held"] == "customer-wrote", "the reply is held"
        )
        again = desk.api.post(f"{path}/replies/{reply['id']}/retry")
        assert again.status_code == 200, again.text
        body = customer.received().get_body(("plain",))
        assert body is not None and "Tomorrow." in body.get_content()


def test_a_first_mail_is_acknowledged_once_and_two_who_acknowledge_stop_at_once(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        made = desk.do("POST", "/inboxes", {"name": f"Orders {uuid4().hex[:6]}"})
        inbox = desk.inbox(made["name"])
        (channel,) = inbox["channels"]
        never_open = {"zone": "Europe/Warsaw", "weekdays": {}}
        assert desk.do("PATCH", f"/inboxes/{inbox['id']}", {"business_hours": never_open})["business_hours"]["zone"]
        wish = {"text": "We have it, #{{conversation.number}}.", "when": "outside_hours"}
        desk.do("PATCH", f"/channels/{channel['id']}", {"settings": {"acknowledgement": wish}})
        customer, subject = Customer(postroom), f"Order {uuid4().hex[:6]}"
        customer.writes(inbox["fallback_address"], subject, "One, please.")
        told = customer.received()
        conversation = desk.conversation_of(customer)
        body = told.get_body(("plain",))
        assert body is not None and f"We have it, #{conversation['number']}." in body.get_content()
        assert told["Auto-Submitted"] == "auto-replied" and told["Subject"] == f"Re: {subject}"

        other = Customer(postroom, "Postroom B")
        automatic = {"Auto-Submitted": str(told["Auto-Submitted"])}
        other.writes(inbox["fallback_address"], f"Re: {subject}", "We have yours, #7.", **automatic)
        desk.conversation_of(other)
        customer.answers(told, "Thank you.")
        eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the answer in the conversation")
        customer.writes(inbox["fallback_address"], f"{subject} again", "And another one, please.")
        eventually(lambda: len(desk.conversations_of(customer.address)) == 2, "the second conversation")
        for conversation in (*desk.conversations_of(other.address), *desk.conversations_of(customer.address)):
            lines = desk.lines(conversation["id"])
            assert [one["direction"] for one in lines if one["author"]["kind"] == "system"] in ([], ["out"])
        assert [mail["Subject"] for mail in postroom.outbox() if other.address in str(mail["To"])] == []
        assert len([mail for mail in postroom.outbox() if customer.address in str(mail["To"])]) == 1
