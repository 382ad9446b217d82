"""Preferences of an agent, and what is left to be set up."""

from __future__ import annotations

from typing import Any

import pytest

from events import workspace as w
from events.envelope import Actor
from inbox_projection.api.models.preferences import Preferences, SetUp, Workspace

pytestmark = pytest.mark.real
PREFERENCES = "/api/v1/me/preferences"


async def test_preferences_are_the_agents_own_and_fields_left_out_stay(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        assert (await client.get(PREFERENCES)).json() == Preferences().model_dump()
        changed = await client.patch(PREFERENCES, json={"theme": "dark", "undo_seconds": 0})
        assert changed.status_code == 200, changed.text
        changed = await client.patch(PREFERENCES, json={"sound": False, "sidebar_folded": ["tickets"]})
        wanted = Preferences(theme="dark", undo_seconds=0, sound=False, sidebar_folded=["tickets"]).model_dump()
        assert changed.json() == wanted == (await client.get(PREFERENCES)).json()
        assert (await other.get(PREFERENCES)).json() == Preferences().model_dump()


async def test_what_is_no_preference_is_refused(world: Any) -> None:
    async with world.client("agent") as client:
        for body in (
            {"theme": "pink"},
            {"undo_seconds": 31},
            {"undo_seconds": -1},
            {"colour": "red"},
            {"sidebar_folded": ["x"]},
        ):
            assert (await client.patch(PREFERENCES, json=body)).status_code == 422
        assert (await client.get(PREFERENCES)).json() == Preferences().model_dump()


async def test_preferences_kept_by_another_version_are_read_as_far_as_they_are_known(world: Any) -> None:
    world.execute(
        "insert into inbox_projection.preferences values (%s, %s, now())",
        (world.agents["agent"], '{"density": "compact", "of_tomorrow": 1}'),
    )
    async with world.client("agent") as client:
        assert (await client.get(PREFERENCES)).json() == Preferences(density="compact").model_dump()


async def test_a_step_of_the_set_up_is_done_once_it_has_happened(world: Any) -> None:
    async with world.client("administrator") as client:

        async def done() -> list[str]:
            answer = (await client.get("/api/v1/set-up")).json()
            SetUp.model_validate(answer)
            return [step["name"] for step in answer["steps"] if step["done"]]

        assert await done() == ["invite", "connect", "receive"]
        administrator = world.agents["administrator"]
        changed = w.InboxChanged(inbox_id=world.story.inbox_id, name="Help")
        world.story.workspace(changed, actor=Actor("agent", str(administrator)))
        world.show()
        assert await done() == ["name_inbox", "invite", "connect", "receive"]
        await client.post(f"/api/v1/conversations/{world.thread.conversation_id}/replies", json={"text": "Dear"})
        assert await done() == ["name_inbox", "invite", "connect", "receive", "answer"]


async def test_a_page_learns_where_the_reports_are(world: Any) -> None:
    async with world.client("agent") as client:
        answer = (await client.get("/api/v1/workspace")).json()
    Workspace.model_validate(answer)
    assert (answer["public_url"], answer["reports_url"]) == ("http://127.0.0.1:8080", "http://127.0.0.1:8083")
