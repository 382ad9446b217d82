"""What agents do with a conversation: assign, comment, label, prioritise, snooze, resolve; and what reopens it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def asked(desk: Desk, customer: Customer) -> dict[str, Any]:
    """A new conversation of the customer."""
    customer.writes(desk.address(), "A question", "Can you help?")
    return desk.conversation_of(customer)


def test_assignment_labels_priority_and_comments_are_shown_at_once_and_stay_inside(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        conversation = asked(desk, customer)
        path, me = f"/conversations/{conversation['id']}", desk.get("/me")["id"]
        assert desk.do("PUT", f"{path}/assignment", {"agent_id": me, "team_id": None})["assignee_id"] == me
        assert desk.do("PUT", f"{path}/labels/billing")["labels"] == ["billing"]
        assert desk.do("PUT", f"{path}/priority", {"priority": "urgent"})["priority"] == "urgent"
        comment = desk.do("POST", f"{path}/comments", {"text": "He is a friend of the house.", "mentions": [me]})
        assert desk.lines(conversation["id"], "comment") == [comment]
        assert conversation["id"] in [one["id"] for one in desk.get("/conversations", label="billing")["items"]]
        assert conversation["id"] in [one["id"] for one in desk.get("/conversations", assignee_id="me")["items"]]
        assert desk.do("DELETE", f"{path}/labels/billing")["labels"] == []
        assert desk.conversation(conversation["id"])["message_count"] == 1, "a comment is no message"
        desk.reply(conversation["id"], "Of course.")
        assert "friend of the house" not in customer.received().as_string()


def test_a_snooze_until_a_time_ends_by_itself(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        conversation = asked(desk, Customer(postroom))
        until = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        path = f"/conversations/{conversation['id']}/status"
        snoozed = desk.do("PUT", path, {"status": "snoozed", "until": until})
        assert (snoozed["status"], snoozed["snoozed_until"] is None) == ("snoozed", False)
        eventually(lambda: desk.conversation(conversation["id"])["status"] == "open", "the timer reopens it", 60)
        assert datetime.now(UTC) >= datetime.fromisoformat(until)
        assert "SnoozeElapsed" in [one["activity"]["type"] for one in desk.lines(conversation["id"], "activity")]


@pytest.mark.parametrize("status", ["snoozed", "resolved"])
def test_an_answer_of_the_customer_reopens(postroom: LivePostroom, status: str) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        conversation = asked(desk, customer)
        desk.reply(conversation["id"], "Yes, how?")
        answer = customer.received()
        assert desk.do("PUT", f"/conversations/{conversation['id']}/status", {"status": status})["status"] == status
        customer.answers(answer, "Like this.")
        eventually(lambda: desk.conversation(conversation["id"])["status"] == "open", "it is open again", 60)
        assert [one["direction"] for one in desk.lines(conversation["id"])] == ["in", "out", "in"]


def test_a_write_repeated_with_its_key_is_done_once_and_the_key_is_good_for_one_request(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        conversation = asked(desk, customer)
        path, key = f"/conversations/{conversation['id']}/replies", f"key-{conversation['id']}"
        first = desk.do("POST", path, {"text": "Only once."}, key)
        again = desk.do("POST", path, {"text": "Only once."}, key)
        assert again["id"] == first["id"]
        other = desk.ask("POST", path, {"text": "Something else."}, key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        customer.received()
        assert [one["direction"] for one in desk.lines(conversation["id"])] == ["in", "out"]
        assert len([mail for mail in postroom.outbox() if customer.address in str(mail["To"])]) == 1


def test_a_reply_that_has_not_seen_the_newest_message_is_refused(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        conversation = asked(desk, customer)
        desk.do("POST", f"/conversations/{conversation['id']}/comments", {"text": "Wait!"})
        refused = desk.api.post(
            f"/conversations/{conversation['id']}/replies",
            json={"text": "Too early."},
            headers={"If-Match": f'"{conversation["sequence"]}"'},
        )
        assert refused.status_code == 412, refused.text
