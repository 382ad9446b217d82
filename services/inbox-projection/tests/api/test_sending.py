"""Replies sent later, taken back, tried again and answered for, as agents see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from events import conversations as e
from events.commands import CancelReply, ConfirmReply, RetryReply, SendReply
from events.conversations import Then
from inbox_projection.api.models.conversations import Message
from inbox_projection.testing.story import START

pytestmark = pytest.mark.real
TOMORROW = START + timedelta(days=1)


def replies(world: Any) -> str:
    return f"/api/v1/conversations/{world.thread.conversation_id}/replies"


async def test_a_scheduled_reply_shows_its_time_and_why_it_is_held(world: Any) -> None:
    async with world.client("agent") as client:
        asked = {"text": "Tomorrow", "send_at": TOMORROW.isoformat(), "then": {"status": "resolved"}}
        answer = await client.post(replies(world), json=asked)
        assert answer.status_code == 201, answer.text
        Message.model_validate(answer.json())
        command = world.router.asked[-1].data
        assert isinstance(command, SendReply)
        assert (command.send_at, command.then, command.undo_seconds) == (TOMORROW, Then(status="resolved"), 0)
        delivery = answer.json()["delivery"]
        assert (delivery["state"], delivery["held"]) == ("scheduled", None)
        assert delivery["due_at"] == TOMORROW.isoformat().replace("+00:00", "Z")

        reply_id = UUID(answer.json()["id"])
        world.story.conversation(world.thread, e.ReplyHeld(reply_id=reply_id, reason="customer_wrote"))
        world.show()
        shown = (await client.get(f"{replies(world).removesuffix('/replies')}/messages")).json()["items"][-1]
        assert (shown["delivery"]["state"], shown["delivery"]["held"]) == ("scheduled", "customer-wrote")

        cancelled = await client.delete(f"{replies(world)}/{reply_id}")
    assert (cancelled.status_code, cancelled.json()["delivery"]["state"]) == (200, "cancelled")
    assert cancelled.json()["delivery"]["due_at"] is None
    assert world.router.asked[-1].data == CancelReply(reply_id=reply_id)


async def test_what_was_sent_when_it_was_released_says_so(world: Any) -> None:
    async with world.client("agent") as client:
        asked = {"text": "Later", "send_at": TOMORROW.isoformat()}
        reply_id = UUID((await client.post(replies(world), json=asked)).json()["id"])
        world.story.pass_time(days=1)
        released = e.ReplyReleased(
            reply_id=reply_id,
            conversation_id=world.thread.conversation_id,
            inbox_id=world.story.inbox_id,
            channel="email",
            channel_id=world.support_channel,
            reason="due",
        )
        world.story.conversation(world.thread, released)
        world.story.conversation(world.thread, e.ReplySending(reply_id=reply_id, attempt=1))
        world.show()
        world.story.conversation(world.thread, e.ReplySent(reply_id=reply_id, attempt=1))
        world.show()
        conversation = (await client.get(replies(world).removesuffix("/replies"))).json()
        shown = (await client.get(f"{replies(world).removesuffix('/replies')}/messages")).json()["items"][-1]
    assert (shown["delivery"]["state"], shown["delivery"]["due_at"]) == ("sent", None)
    assert shown["sent_at"] > TOMORROW.isoformat()
    assert conversation["last_message_at"] == shown["sent_at"]


async def test_an_agent_retries_and_confirms(world: Any) -> None:
    async with world.client("agent") as client:
        reply_id = UUID((await client.post(replies(world), json={"text": "x"})).json()["id"])
        confirmed = await client.post(f"{replies(world)}/{reply_id}/confirm", json={"arrived": True})
        assert (confirmed.status_code, confirmed.json()["delivery"]["state"]) == (200, "sent")
        assert world.router.asked[-1].data == ConfirmReply(reply_id=reply_id, arrived=True)
        world.router.refusal = ("conflict.already-sent", "Too late.")
        late = await client.delete(f"{replies(world)}/{reply_id}")
        again = await client.post(f"{replies(world)}/{reply_id}/retry")
    assert (late.status_code, late.json()["code"]) == (409, "already-sent")
    assert again.status_code == 409 and world.router.asked[-1].data == RetryReply(reply_id=reply_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"undo_seconds": 31},
        {"undo_seconds": -1},
        {"send_at": "2026-03-02T08:00:00"},
        {"then": {"status": "spam"}},
        {"then": {"status": "resolved", "until": "2027-01-01T00:00:00Z"}},
    ],
)
async def test_wrong_wishes_are_422(world: Any, wrong: dict[str, Any]) -> None:
    async with world.client("agent") as client:
        assert (await client.post(replies(world), json={"text": "x"} | wrong)).status_code == 422


async def test_the_sending_address_is_chosen_among_the_inboxs_own(world: Any) -> None:
    async with world.client("agent") as client:
        own = await client.post(replies(world), json={"text": "x", "from_channel_id": str(world.story.channel_id)})
        foreign = await client.post(replies(world), json={"text": "x", "from_channel_id": str(world.foreign_channel)})
    assert own.json()["from"]["address"] == "support-abc234@mail.test"
    assert (foreign.status_code, foreign.json()["code"]) == (422, "channel-not-found")


async def test_others_conversations_are_not_there(world: Any) -> None:
    path = f"/api/v1/conversations/{world.foreign_thread.conversation_id}/replies/{UUID(int=1)}"
    async with world.client("agent") as client:
        assert (await client.delete(path)).status_code == 404
        assert (await client.post(f"{path}/retry")).status_code == 404
        assert (await client.post(f"{path}/confirm", json={"arrived": True})).status_code == 404


async def test_what_is_too_large_for_a_mail_is_refused_before_anything_is_queued(world: Any) -> None:
    ids = [str(world.story.new_id()) for _ in range(2)]
    for upload_id in ids:
        world.execute(
            "insert into inbox_projection.uploads (upload_id, agent_id, name, content_type, size, blob)"
            " values (%s, %s, 'a.bin', 'application/octet-stream', %s, 'x/1')",
            (upload_id, world.agents["agent"], 9 * 1024 * 1024),
        )
    first = {"inbox_id": str(world.story.inbox_id), "to": ["a@b.test"], "subject": "s", "text": "t"}
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        most = (await client.get(path)).json()["capabilities"]["max_bytes"]
        assert most == 17 * 1024 * 1024
        for place, body in ((f"{path}/replies", {"text": "t"}), ("/api/v1/conversations", first)):
            answer = await client.post(place, json=body | {"attachment_ids": ids})
            assert (answer.status_code, answer.json()["code"]) == (422, "attachments-too-large")
        assert world.router.asked == []
        assert (await client.post(f"{path}/replies", json={"text": "t", "attachment_ids": ids[:1]})).status_code == 201


async def test_a_channel_acknowledges_always_outside_hours_or_never(world: Any) -> None:
    path = f"/api/v1/channels/{world.support_channel}"
    wish = {"text": "We have it, #{{conversation.number}}.", "when": "always"}
    async with world.client("manager") as client:
        kept = await client.patch(path, json={"settings": {"acknowledgement": wish}})
        assert kept.status_code == 200 and kept.json()["settings"]["acknowledgement"] == wish, kept.text
        stays = await client.patch(path, json={"settings": {"from_name": "Acme"}})
        assert stays.json()["settings"]["acknowledgement"] == wish
        outside = await client.patch(path, json={"settings": {"acknowledgement": wish | {"when": "outside_hours"}}})
        assert outside.json()["settings"]["acknowledgement"]["when"] == "outside_hours"
        for wrong in (wish | {"when": "sometimes"}, {"text": ""}, {"text": "x", "later": True}):
            refused = await client.patch(path, json={"settings": {"acknowledgement": wrong}})
            assert refused.status_code == 422
        gone = await client.patch(path, json={"settings": {"acknowledgement": None}})
        assert gone.json()["settings"]["acknowledgement"] is None
