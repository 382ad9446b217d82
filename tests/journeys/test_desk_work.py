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


def test_what_is_moved_and_merged_is_answered_as_one(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        source = asked(desk, customer)
        desk.reply(source["id"], "Which parcel?")
        first = customer.received()
        colleague = Customer(postroom)
        target = asked(desk, colleague)
        merged = desk.do("POST", f"/conversations/{target['id']}/merge", {"from_ids": [source["id"]]})
        assert merged["message_count"] == 3
        gone = desk.conversation(source["id"])
        assert (gone["merged_into"], gone["status"]) == (target["id"], "resolved")
        again = desk.do("POST", f"/conversations/{target['id']}/merge", {"from_ids": [source["id"]]})
        assert again["sequence"] == merged["sequence"], "it was so already"
        customer.answers(first, "Number 7.")
        eventually(lambda: len(desk.lines(target["id"])) == 4, "the answer joins what stands for it", 60)
        inbox = desk.do("POST", "/inboxes", {"name": f"Parcels {target['number']}"})
        moved = desk.do("PUT", f"/conversations/{target['id']}/inbox", {"inbox_id": inbox["id"]})
        assert moved["inbox_id"] == desk.conversation(source["id"])["inbox_id"] == inbox["id"]
        assert moved["assignee_id"] is None, "nobody works there yet"
        desk.reply(target["id"], "Found it.")
        second = customer.received(besides=first)
        assert inbox["fallback_address"] in str(second["From"])
        customer.answers(first, "And number 8?")
        customer.answers(second, "Thank you!")
        eventually(lambda: len(desk.lines(target["id"])) == 7, "answers to both inboxes join", 60)
        texts = [one["new_text"].strip() for one in desk.lines(target["id"]) if one["direction"] == "in"]
        assert texts[-3] == "Number 7." and set(texts[-2:]) == {"And number 8?", "Thank you!"}
        assert desk.do("PUT", f"/conversations/{target['id']}/mute")["muted"] is True


def test_whose_turn_it_is_follows_the_mails_and_a_saved_view_counts_it(postroom: LivePostroom) -> None:
    with Desk(postroom) as desk:
        customer = Customer(postroom)
        conversation = asked(desk, customer)
        conversation_id, me = conversation["id"], desk.get("/me")["id"]
        assert (conversation["waiting_on"], conversation["waiting_since"]) == ("us", conversation["last_message_at"])
        desk.do("PUT", f"/conversations/{conversation_id}/labels/turn-{conversation['number']}")
        wish = {"name": "Mine to answer", "filter": {"label": [f"turn-{conversation['number']}"], "waiting_on": "us"}}
        view = desk.do("POST", "/views", wish)["id"]
        assert [one["id"] for one in desk.get("/conversations", view=view)["items"]] == [conversation_id]
        assert desk.get("/counts")["saved"][view] == {"count": 1, "more": False}
        desk.reply(conversation_id, "Yes, how?")
        answered = desk.conversation(conversation_id)
        assert (answered["waiting_on"], answered["waiting_since"], answered["unread"]) == ("customer", None, False)
        assert conversation_id in [one["id"] for one in desk.get("/conversations", view="sent", sort="newest")["items"]]
        assert desk.get("/counts")["saved"][view]["count"] == 0
        followed = desk.do("PUT", f"/conversations/{conversation_id}/followers/{me}")
        assert followed["follower_ids"] == [me]
        customer.answers(customer.received(), "Like this.")
        eventually(lambda: desk.conversation(conversation_id)["waiting_on"] == "us", "it is our turn", 60)
        again = desk.conversation(conversation_id)
        assert again["unread"] and again["waiting_since"] > conversation["waiting_since"]
        assert desk.get("/counts")["saved"][view]["count"] == 1
        desk.do("DELETE", f"/views/{view}")
