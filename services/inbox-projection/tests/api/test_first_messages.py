"""Writing first and forwarding, as agents do it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from events import conversations as e
from events import workspace as w
from events.commands import ForwardMessages, SendReply, StartConversation
from events.values import Address
from inbox_projection.api.models.conversations import Conversation, Message
from service_kit import reply_token

pytestmark = pytest.mark.real
EVIL = ("a\r\nBcc: x@evil.test", "a\nb", "a\0b", "a\u2028b")


def first(world: Any, **fields: Any) -> dict[str, Any]:
    base = {"inbox_id": str(world.story.inbox_id), "to": ["New <new@client.test>"], "subject": "Offer", "text": "Hello"}
    return base | fields


async def test_writing_first_gives_the_conversation_with_its_message(world: Any) -> None:
    async with world.client("agent") as client:
        answer = await client.post("/api/v1/conversations", json=first(world, cc=["boss@client.test"]))
        assert answer.status_code == 201, answer.text
        Conversation.model_validate(answer.json())
        made = answer.json()
        (message,) = [
            one
            for one in (await client.get(f"/api/v1/conversations/{made['id']}/messages")).json()["items"]
            if one["kind"] == "message"
        ]
        again = await client.post(f"/api/v1/conversations/{made['id']}/replies", json={"text": "One more thing"})
    command = next(one.data for one in world.router.asked if isinstance(one.data, StartConversation))
    assert command.content.sender == Address("support@postroom.test", "Acme Support")
    token = reply_token.sign(UUID(made["id"]), world.parts.reply_token_key)
    assert command.content.reply_to.address == f"support-abc234+{token}@mail.test"
    assert command.assignee_id == world.agents["agent"] and made["assignee_id"] == str(world.agents["agent"])
    assert (made["subject"], made["status"], made["message_count"], made["preview"]) == ("Offer", "open", 1, "Hello")
    assert made["contact"]["handle"] == "new@client.test"
    assert (message["direction"], message["delivery"]["state"]) == ("out", "queued")
    assert again.status_code == 201, again.text
    assert [one["address"] for one in again.json()["to"]] == ["new@client.test"]
    assert [one["address"] for one in again.json()["cc"]] == ["boss@client.test"]
    assert again.json()["subject"] == "Re: Offer"


async def test_nobody_may_be_chosen_as_its_assignee(world: Any) -> None:
    async with world.client("agent") as client:
        await client.post("/api/v1/conversations", json=first(world, assignee_id=None))
    assert world.router.asked[-1].data.assignee_id is None


async def test_a_first_message_can_be_taken_back_sent_later_and_close_what_it_begins(world: Any) -> None:
    async with world.client("agent") as client:

        async def begun(**fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            made = (await client.post("/api/v1/conversations", json=first(world, **fields))).json()
            lines = (await client.get(f"/api/v1/conversations/{made['id']}/messages")).json()["items"]
            return made, next(one for one in lines if one["kind"] == "message")

        made, message = await begun(undo_seconds=5)
        assert message["delivery"]["state"] == "scheduled" and message["delivery"]["due_at"] is not None
        assert world.router.asked[-1].data.undo_seconds == 5
        cancelled = await client.delete(f"/api/v1/conversations/{made['id']}/replies/{message['id']}")
        assert cancelled.json()["delivery"]["state"] == "cancelled"
        later = "2031-01-02T08:00:00Z"
        _, message = await begun(send_at=later)
        assert (message["delivery"]["state"], message["delivery"]["due_at"]) == ("scheduled", later)
        await begun(then={"status": "snoozed", "until": None})
        assert world.router.asked[-1].data.then == e.Then(status="snoozed")


async def test_a_first_message_is_begun_once_by_its_key_also_when_it_waits(world: Any) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    body = first(world, undo_seconds=30)
    async with world.client("agent") as client:
        once, twice = [await client.post("/api/v1/conversations", json=body, headers=key) for _ in range(2)]
        assert (once.status_code, once.json()["id"]) == (201, twice.json()["id"])
        other = await client.post("/api/v1/conversations", json=body | {"undo_seconds": 5}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    "fields",
    [{"undo_seconds": 31}, {"send_at": "tomorrow"}, {"then": {"status": "resolved", "until": "2031-01-02T08:00:00Z"}}],
)
async def test_a_first_message_with_a_wrong_wish_is_refused(world: Any, fields: dict[str, Any]) -> None:
    async with world.client("agent") as client:
        answer = await client.post("/api/v1/conversations", json=first(world, **fields))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert world.router.asked == []


@pytest.mark.parametrize("kind", ["facebook", "chat"])
async def test_on_chat_and_messenger_the_customer_writes_first(world: Any, kind: str) -> None:
    channel_id = world.story.new_id()
    world.story.workspace(w.ChannelConnected(channel_id=channel_id, inbox_id=world.story.inbox_id, kind=kind))
    world.show()
    async with world.client("agent") as client:
        answer = await client.post("/api/v1/conversations", json=first(world, channel_id=str(channel_id)))
    assert (answer.status_code, answer.json()["code"]) == (422, "customer-must-write-first")
    assert world.router.asked == []


async def test_what_cannot_go_out_is_refused_before_anything_is_queued(world: Any) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"inbox_id": str(world.foreign_inbox)}, 404, "not-found"),
        ({"channel_id": str(world.foreign_channel)}, 422, "channel-not-found"),
        ({"to": []}, 422, "invalid-request"),
        ({"to": ["support-abc234+x@mail.test"]}, 422, "own-address"),
        ({"text": " "}, 422, "reply-empty"),
        ({"attachment_ids": [str(uuid4())]}, 422, "upload-not-found"),
        *(({"subject": text}, 422, "invalid-request") for text in EVIL),
        *(({"to": [{"address": "a@b.test", "name": text}]}, 422, "invalid-request") for text in EVIL),
        *(({"bcc": [f"{text}@b.test"]}, 422, "invalid-request") for text in EVIL),
    ]
    async with world.client("agent") as client:
        for fields, status, code in wrong:
            answer = await client.post("/api/v1/conversations", json=first(world, **fields))
            assert (answer.status_code, answer.json()["code"]) == (status, code), fields
    assert world.router.asked == []


def received(world: Any) -> str:
    query = "select message_id from inbox.messages where conversation_id = %s and direction = 'in'"
    return str(world.execute(query, (world.thread.conversation_id,))[0][0])


async def test_a_forward_carries_note_and_original_under_a_token_of_its_own(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        asked = {"message_ids": [received(world)], "to": ["carrier@parcels.test"], "text": "Where is it?"}
        answer = await client.post(f"{path}/forwards", json=asked)
        assert answer.status_code == 201, answer.text
        Message.model_validate(answer.json())
        command = world.router.asked[-1].data
        assert isinstance(command, ForwardMessages)
        side = reply_token.sign(world.thread.conversation_id, world.parts.reply_token_key, side=True)
        assert command.content.reply_to.address == f"support-abc234+{side}@mail.test"
        assert (command.content.in_reply_to, command.content.references, command.content.history) == (None, (), None)
        assert command.content.subject == "Fwd: Where is my order 4711?"
        assert command.content.text.startswith("Where is it?\n\n---------- Forwarded message ----------\nFrom: ")
        assert answer.json()["in_side_thread"] and (command.blobs, command.note) == ((), "Where is it?")

        secret = world.story.content(world.thread.contact_id, "Re: Fwd", "the carrier's secret")
        answered = e.MessageAppended(
            contact_id=world.thread.contact_id,
            message=world.story.facts(secret),
            in_side_thread=True,
            personal=secret,
        )
        world.story.conversation(world.thread, answered, key=world.thread.contact_id)
        world.show()
        shown = (await client.get(f"{path}/messages")).json()["items"][-1]
        assert shown["in_side_thread"]
        await client.post(f"{path}/replies", json={"text": "It is on its way."})
    reply = world.router.asked[-1].data
    assert isinstance(reply, SendReply)
    assert "secret" not in repr(reply.content) and "parcels.test" not in repr(reply.content)


async def test_a_forward_can_be_taken_back_for_a_while_and_says_what_it_carries(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        asked = {"message_ids": [received(world)], "to": ["carrier@parcels.test"], "undo_seconds": 5}
        waits = (await client.post(f"{path}/forwards", json=asked)).json()
        assert (waits["delivery"]["state"], waits["forwarded_ids"]) == ("scheduled", asked["message_ids"])
        assert waits["delivery"]["due_at"] is not None and world.router.asked[-1].data.undo_seconds == 5
        cancelled = await client.delete(f"{path}/replies/{waits['id']}")
        assert cancelled.json()["delivery"]["state"] == "cancelled"
        assert (await client.post(f"{path}/forwards", json=asked | {"undo_seconds": 31})).status_code == 422


async def test_a_forward_that_goes_round_or_takes_what_is_not_there_is_refused(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/forwards"
    good = {"message_ids": [received(world)], "to": ["carrier@parcels.test"], "text": "x"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"to": ["support@postroom.test"]}, "own-address"),
        ({"cc": ["board-abc234@mail.test"]}, "own-address"),
        ({"message_ids": [str(uuid4())]}, "message-not-found"),
        ({"message_ids": []}, "invalid-request"),
        *(({"to": [{"address": "a@b.test", "name": text}]}, "invalid-request") for text in EVIL),
    ]
    async with world.client("agent") as client:
        for fields, code in wrong:
            answer = await client.post(path, json=good | fields)
            assert (answer.status_code, answer.json()["code"]) == (422, code), fields
    assert world.router.asked == []
