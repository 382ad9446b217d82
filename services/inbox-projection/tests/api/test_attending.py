"""Presence by the API: who sees it, in a conversation, in the feed, and what it holds back."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from events.conversations import ConversationAssigned
from events.envelope import SYSTEM
from inbox_projection.attendance import Change
from inbox_projection.feed import presence_entries

pytestmark = pytest.mark.real


async def test_who_has_a_conversation_open_is_shown_in_it_until_they_leave(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    me = str(world.agents["agent"])
    async with world.client("agent") as client, world.client("manager") as other:
        said = await client.put(f"{path}/presence", json={"state": "replying"})
        assert said.json() == {"presence": [{"agent_id": me, "state": "replying"}], "renew_seconds": 5}, said.text
        assert (await other.get(path)).json()["presence"] == [{"agent_id": me, "state": "replying"}]
        await client.put(f"{path}/presence", json={"state": "gone"})
        assert (await other.get(path)).json()["presence"] == []
    assert [one.state for one in world.signals] == ["replying", "gone"]


@pytest.mark.parametrize("body", [{}, {"state": "asleep"}, {"state": "viewing", "for": "ever"}])
async def test_what_is_no_presence_is_refused(world: Any, body: dict[str, str]) -> None:
    async with world.client("agent") as client:
        path = f"/api/v1/conversations/{world.thread.conversation_id}/presence"
        assert (await client.put(path, json=body)).status_code == 422
        for unseen in (world.foreign_thread.conversation_id, uuid4()):
            hidden = await client.put(f"/api/v1/conversations/{unseen}/presence", json={"state": "viewing"})
            assert hidden.status_code == 404
    assert world.signals == []


async def test_notifications_of_what_one_has_open_are_held_back_until_one_leaves(world: Any) -> None:
    conversation = world.thread.conversation_id
    async with world.client("agent") as client:
        given = ConversationAssigned(agent_id=world.agents["agent"], team_id=None)
        world.story.conversation(world.thread, given, actor=SYSTEM)
        await asyncio.to_thread(world.show)

        async def count() -> tuple[int, int]:
            found = (await client.get("/api/v1/notifications?unread=true")).json()
            return len(found["items"]), found["unread_count"]

        before = await count()
        assert before[0] > 0
        await client.put(f"/api/v1/conversations/{conversation}/presence", json={"state": "viewing"})
        assert await count() == (0, 0)
        await client.put(f"/api/v1/conversations/{conversation}/presence", json={"state": "gone"})
        assert await count() == before


def test_a_presence_is_an_event_without_an_id_and_who_left_reads_notifications_again() -> None:
    change = Change(uuid4(), uuid4(), uuid4(), "gone")
    told, again = presence_entries(change)
    name, data = told.text.decode().strip().split("\n")
    assert name == "event: presence" and told.agent_id is None
    assert json.loads(data.removeprefix("data: ")) == {
        "id": str(change.conversation_id),
        "inbox_id": str(change.inbox_id),
        "sequence": None,
        "position": None,
        "agent_id": str(change.agent_id),
        "state": "gone",
    }
    assert again.text.startswith(b"event: notification\n") and again.agent_id == change.agent_id
    assert len(presence_entries(Change(uuid4(), uuid4(), uuid4(), "viewing"))) == 1


# -- business hours and routing, as they are set -------------------------------------------------------------------

HOURS = {
    "zone": "Europe/Warsaw",
    "weekdays": {"monday": [{"opens": "13:00", "closes": "24:00"}, {"opens": "09:00", "closes": "12:30"}]},
    "holidays": ["2026-12-25", "2026-12-25"],
}


async def test_business_hours_are_set_read_and_taken_away(world: Any) -> None:
    path = f"/api/v1/inboxes/{world.story.inbox_id}"
    async with world.client("manager") as client:
        assert (await client.get(path)).json()["business_hours"] is None
        kept = (await client.patch(path, json={"business_hours": HOURS})).json()["business_hours"]
        assert kept["zone"] == "Europe/Warsaw" and kept["holidays"] == ["2026-12-25"]
        assert kept["weekdays"]["monday"] == [
            {"opens": "09:00", "closes": "12:30"},
            {"opens": "13:00", "closes": "24:00"},
        ]
        assert kept["weekdays"]["sunday"] == []
        other = (await client.patch(path, json={"assign_first_answer": False})).json()
        assert other["business_hours"] == kept and other["assign_first_answer"] is False
        assert (await client.patch(path, json={"business_hours": None})).json()["business_hours"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Europe/Atlantis"},
        {"zone": "../../etc/passwd"},
        {"weekdays": {"monday": [{"opens": "17:00", "closes": "09:00"}]}},
        {"weekdays": {"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]}},
        {"weekdays": {"monday": [{"opens": "9", "closes": "12:00"}]}},
        {"weekdays": {"moonday": []}},
        {"holidays": ["2026-02-30"]},
    ],
)
async def test_hours_that_there_cannot_be_are_refused(world: Any, wrong: dict[str, Any]) -> None:
    async with world.client("manager") as client:
        body = {"business_hours": HOURS | wrong}
        refused = await client.patch(f"/api/v1/inboxes/{world.story.inbox_id}", json=body)
    assert refused.status_code == 422 and world.router.asked == []


async def test_a_channels_routing_is_set_read_and_taken_away(world: Any) -> None:
    path, me = f"/api/v1/channels/{world.support_channel}", str(world.agents["agent"])
    async with world.client("manager") as client:
        wish = {"kind": "agents", "agent_ids": [me], "team_id": str(world.story.team_id)}
        kept = await client.patch(path, json={"settings": {"routing": wish}})
        assert kept.json()["settings"]["routing"] == wish, kept.text
        stays = await client.patch(path, json={"settings": {"from_name": "Acme"}})
        assert stays.json()["settings"]["routing"] == wish
        wrong: list[dict[str, Any]] = [
            {"kind": "agents"},
            {"kind": "team"},
            {"kind": "anybody"},
            {"kind": "nobody", "team_id": str(world.story.team_id)},
            {"kind": "last_agent", "agent_ids": [me]},
        ]
        for each in wrong:
            assert (await client.patch(path, json={"settings": {"routing": each}})).status_code == 422
        gone = await client.patch(path, json={"settings": {"routing": None}})
        assert gone.json()["settings"]["routing"] is None
