"""Marking as spam with a block of who sent it."""

from __future__ import annotations

from typing import Any

import pytest

from events.filtering import SpamBlock

pytestmark = pytest.mark.real


async def marked(world: Any, body: dict[str, Any], role: str = "agent", thread: Any = None) -> Any:
    conversation_id = (thread or world.thread).conversation_id
    async with world.client(role) as client:
        return await client.put(f"/api/v1/conversations/{conversation_id}/status", json=body)


@pytest.mark.parametrize("wanted", ["sender", "domain"])
async def test_the_sender_of_the_newest_mail_is_blocked(world: Any, wanted: str) -> None:
    author = world.story.person()
    world.story.answer(world.thread, author)
    world.show()
    answer = await marked(world, {"status": "spam", "block": wanted})
    assert (answer.status_code, answer.json()["status"]) == (200, "spam")
    address = f"{author.hex[-12:]}@client.test"
    expected = (
        SpamBlock(field="address", value=address)
        if wanted == "sender"
        else SpamBlock(field="domain", value="client.test")
    )
    assert world.router.asked[-1].data.block == expected


async def test_without_a_wish_nobody_is_blocked(world: Any) -> None:
    assert (await marked(world, {"status": "spam"})).status_code == 200
    assert world.router.asked[-1].data.block is None


@pytest.mark.parametrize(
    "wrong",
    [{"status": "trash", "block": "sender"}, {"status": "open", "block": "domain"}, {"status": "spam", "block": "x"}],
)
async def test_only_who_sends_spam_is_blocked(world: Any, wrong: dict[str, Any]) -> None:
    assert (await marked(world, wrong)).status_code == 422
    assert world.router.asked == []


async def test_a_public_domain_is_refused_with_the_reason(world: Any) -> None:
    world.router.refusal = ("invalid.blocked-domain-public", "gmail.com is a public mail provider.")
    answer = await marked(world, {"status": "spam", "block": "domain"})
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked-domain-public")
    assert "public mail provider" in answer.json()["detail"]


async def test_of_a_foreign_conversation_nothing_is_told(world: Any) -> None:
    answer = await marked(world, {"status": "spam", "block": "sender"}, thread=world.foreign_thread)
    assert answer.status_code == 404 and world.router.asked == []


async def test_an_erased_sender_cannot_be_blocked(world: Any) -> None:
    world.story.erase(world.thread.contact_id)
    world.show()
    answer = await marked(world, {"status": "spam", "block": "sender"})
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked-sender-invalid")
    assert world.router.asked == []
