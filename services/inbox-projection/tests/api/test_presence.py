"""Offline five minutes after the last session, and back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from inbox_projection.commands import BusAway
from inbox_projection.presence import Presence
from service_kit.database import connect

pytestmark = pytest.mark.real
PASSWORD = "correct horse battery"


@pytest.fixture
async def browser(world: Any) -> httpx.AsyncClient:
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    return world.client(None)


async def log_in(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.post("/api/v1/session", json={"email": "agent@agents.test", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def be(client: Any, state: str) -> Any:
    return await client.put("/api/v1/me/availability", json={"state": state})


def state(world: Any, who: str = "agent") -> str:
    found: str = world.execute("select availability from inbox.agents where agent_id = %s", (world.agents[who],))[0][0]
    return found


def minutes_pass(world: Any, minutes: int) -> None:
    """As if everything about sessions had happened so much earlier."""
    world.execute("update auth.presence set ended_at = ended_at - make_interval(mins => %s)", (minutes,))
    world.execute(
        "update auth.sessions set created_at = created_at - make_interval(mins => %(m)s),"
        " seen_at = seen_at - make_interval(mins => %(m)s), expires_at = expires_at - make_interval(mins => %(m)s)",
        {"m": minutes},
    )


async def test_five_minutes_after_log_out_the_agent_is_offline_and_a_log_in_brings_back(
    world: Any, browser: httpx.AsyncClient
) -> None:
    await log_in(browser)
    await be(browser, "available")
    await browser.delete("/api/v1/session")
    await world.parts.presence.look()
    minutes_pass(world, 4)
    await world.parts.presence.look()
    assert state(world) == "available"
    minutes_pass(world, 1)
    await world.parts.presence.look()
    assert state(world) == "offline"
    command = world.router.asked[-1]
    assert (command.actor.kind, command.data.state) == ("system", "offline")
    async with world.client() as admin:
        listed = (await admin.get("/api/v1/agents")).json()["items"]
    assert {"state": "offline", "until": None} in [one["availability"] for one in listed]
    assert (await log_in(browser))["availability"]["state"] == "available"


async def test_who_chose_to_be_away_comes_back_away(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    until = "2026-04-01T08:00:00Z"
    await browser.put("/api/v1/me/availability", json={"state": "away", "until": until})
    await browser.delete("/api/v1/session")
    minutes_pass(world, 6)
    await world.parts.presence.look()
    assert state(world) == "offline"
    assert (await log_in(browser))["availability"] == {"state": "away", "until": until}


async def test_a_session_that_expired_counts_from_its_expiry(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    await be(browser, "available")
    minutes_pass(world, 12 * 60 + 4)
    await world.parts.presence.look()
    assert state(world) == "available"
    minutes_pass(world, 2)
    await world.parts.presence.look()
    assert state(world) == "offline"


async def test_another_session_that_goes_on_keeps_the_agent(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    await be(browser, "available")
    async with world.client(None) as other:
        await log_in(other)
        await other.delete("/api/v1/session")
    minutes_pass(world, 10)
    await world.parts.presence.look()
    assert state(world) == "available"


async def test_who_only_uses_a_token_keeps_what_was_set(world: Any) -> None:
    async with world.client("manager") as client:
        await be(client, "available")
    await world.parts.presence.look()
    assert state(world, "manager") == "available"


async def test_a_choice_by_token_after_going_offline_stands(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    await browser.delete("/api/v1/session")
    minutes_pass(world, 6)
    await world.parts.presence.look()
    async with world.client("agent") as client:
        assert (await be(client, "available")).status_code == 200
    await world.parts.presence.look()
    minutes_pass(world, 60)
    await world.parts.presence.look()
    assert state(world) == "available"


async def test_nobody_chooses_to_be_offline(world: Any) -> None:
    async with world.client("agent") as client:
        answer = await be(client, "offline")
    assert (answer.status_code, world.router.asked) == (422, [])


async def test_an_outage_or_a_death_in_between_delays_and_doubles_nothing(
    world: Any, browser: httpx.AsyncClient
) -> None:
    """The command is the same however often it is given, and the end is noted only when it was done."""
    await log_in(browser)
    await be(browser, "available")
    await browser.delete("/api/v1/session")
    minutes_pass(world, 6)
    world.router.tarries = True
    await world.parts.presence.look()
    world.router.tarries, world.router.down = False, BusAway("away")
    with pytest.raises(BusAway):
        await world.parts.presence.look()
    assert state(world) == "available"
    world.router.down = None
    reborn = Presence(world.parts.database, world.router, world.parts.workspace_id, world.parts.clock)
    await reborn.look()
    await reborn.look()
    assert state(world) == "offline"
    assert len({one.id for one in world.router.asked if one.data.state == "offline"}) == 1


async def test_who_logs_in_while_the_bus_is_away_comes_back_with_the_next_look(
    world: Any, browser: httpx.AsyncClient
) -> None:
    await log_in(browser)
    await be(browser, "available")
    await browser.delete("/api/v1/session")
    minutes_pass(world, 6)
    await world.parts.presence.look()
    world.router.down = BusAway("away")
    assert (await log_in(browser))["availability"]["state"] == "offline"
    world.router.down = None
    await world.parts.presence.look()
    assert state(world) == "available"


async def test_one_of_several_processes_looks(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    await be(browser, "available")
    await browser.delete("/api/v1/session")
    minutes_pass(world, 6)
    with connect(world.dsn, "another process", autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", (0x706F7374_68657265,))
        await world.parts.presence.look()
        assert state(world) == "available"
        other.execute("select pg_advisory_unlock(%s)", (0x706F7374_68657265,))
        await world.parts.presence.look()
    assert state(world) == "offline"


async def test_who_is_deactivated_or_new_is_left_alone(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    async with world.client() as admin:
        await admin.patch(f"/api/v1/agents/{world.agents['agent']}", json={"deactivated": True})
    minutes_pass(world, 60)
    asked = len(world.router.asked)
    await world.parts.presence.look()
    assert len(world.router.asked) == asked


async def test_capacity_is_a_number_or_as_many_as_come(world: Any) -> None:
    path = f"/api/v1/agents/{world.agents['agent']}"
    async with world.client() as admin:
        assert (await admin.patch(path, json={"capacity": 3})).json()["capacity"] == 3
        assert (await admin.patch(path, json={"role": "agent"})).json()["capacity"] == 3
        listed = (await admin.get("/api/v1/agents")).json()["items"]
        assert {one["name"]: one["capacity"] for one in listed}["Agent"] == 3
        assert (await admin.patch(path, json={"capacity": None})).json()["capacity"] is None
        assert world.router.asked[-1].data.capacity == "unlimited"
        for wrong in (-1, 1.5, "many", 10**6):
            assert (await admin.patch(path, json={"capacity": wrong})).status_code == 422
