"""Tokens that agents make, where they are logged in, their passwords, and what ends all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from inbox_projection.api.app import build
from inbox_projection.api.guard import COOKIE
from inbox_projection.auth.api_tokens import MAX_TOKENS
from service_kit.limits import Limits

pytestmark = pytest.mark.real
PASSWORD = "correct horse battery"
NEXT = "another staple entirely"
TOKENS, SESSIONS = "/api/v1/me/tokens", "/api/v1/me/sessions"


async def browser_of(world: Any, password: str = PASSWORD) -> httpx.AsyncClient:
    client: httpx.AsyncClient = world.client(None, headers={"User-Agent": "Firefox"})
    body = {"email": "agent@agents.test", "password": password}
    assert (await client.post("/api/v1/session", json=body)).status_code == 200
    return client


@pytest.fixture
async def browser(world: Any) -> httpx.AsyncClient:
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    return await browser_of(world)


def with_token(world: Any, token: str) -> httpx.AsyncClient:
    client: httpx.AsyncClient = world.client(None, headers={"Authorization": f"Bearer {token}"})
    return client


async def test_a_token_is_shown_once_kept_as_a_hash_and_told_when_last_used(
    world: Any, browser: httpx.AsyncClient
) -> None:
    made = await browser.post(TOKENS, json={"name": "  nightly export "})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    token, token_id = made.json()["token"], made.json()["id"]
    listed = (await browser.get(TOKENS)).json()["items"]
    assert [one["name"] for one in listed] == ["test", "nightly export"]
    assert token not in str(listed) and listed[1]["last_used_at"] is None
    assert (
        token.encode()
        not in world.execute("select token_hash from auth.api_tokens where token_id = %s", (token_id,))[0][0]
    )
    assert (await with_token(world, token).get("/api/v1/me")).json()["id"] == str(world.agents["agent"])
    assert (await browser.get(TOKENS)).json()["items"][1]["last_used_at"] is not None


async def test_a_deleted_token_is_nobodys_and_its_name_is_free(world: Any, browser: httpx.AsyncClient) -> None:
    made = (await browser.post(TOKENS, json={"name": "export"})).json()
    assert (await browser.delete(f"{TOKENS}/{made['id']}")).status_code == 204
    assert (await with_token(world, made["token"]).get("/api/v1/me")).status_code == 401
    assert (await browser.delete(f"{TOKENS}/{made['id']}")).status_code == 404
    assert (await browser.post(TOKENS, json={"name": "export"})).status_code == 201


async def test_a_name_is_taken_once_and_there_is_an_end(world: Any, browser: httpx.AsyncClient) -> None:
    assert (await browser.post(TOKENS, json={"name": "one"})).status_code == 201
    assert (await browser.post(TOKENS, json={"name": "one"})).json()["code"] == "token-name-taken"
    for number in range(MAX_TOKENS - 2):
        assert (await browser.post(TOKENS, json={"name": f"n{number}"})).status_code == 201
    assert (await browser.post(TOKENS, json={"name": "last"})).json()["code"] == "too-many-tokens"
    assert (await browser.post(TOKENS, json={"name": "a\r\nb"})).status_code == 422


async def test_nobody_sees_or_deletes_the_tokens_and_sessions_of_another(
    world: Any, browser: httpx.AsyncClient
) -> None:
    token = (await browser.post(TOKENS, json={"name": "mine"})).json()
    session = (await browser.get(SESSIONS)).json()["items"][0]
    async with world.client("administrator") as other:
        assert (await other.delete(f"{TOKENS}/{token['id']}")).status_code == 404
        assert (await other.delete(f"{SESSIONS}/{session['id']}")).status_code == 404
        assert "mine" not in (await other.get(TOKENS)).text
        assert (await other.get(SESSIONS)).json()["items"] == []
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_sessions_are_listed_with_their_origin_and_end_one_by_one_or_all(
    world: Any, browser: httpx.AsyncClient
) -> None:
    second = await browser_of(world)
    listed = (await browser.get(SESSIONS)).json()["items"]
    assert len(listed) == 2 and [one["user_agent"] for one in listed] == ["Firefox"] * 2
    assert sorted(one["current"] for one in listed) == [False, True]
    other = next(one for one in listed if not one["current"])
    assert (await browser.delete(f"{SESSIONS}/{other['id']}")).status_code == 204
    assert (await second.get("/api/v1/me")).status_code == 401
    third, cookie = await browser_of(world), browser.cookies[COOKIE]
    assert (await browser.delete(SESSIONS)).status_code == 204
    browser.cookies.set(COOKIE, cookie)
    for one in (browser, third):
        assert (await one.get("/api/v1/me")).status_code == 401


async def test_a_changed_password_ends_the_other_sessions(world: Any, browser: httpx.AsyncClient) -> None:
    second = await browser_of(world)
    wrong = await browser.post("/api/v1/password", json={"old_password": "nope", "new_password": NEXT})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    assert (await second.get("/api/v1/me")).status_code == 200
    done = await browser.post("/api/v1/password", json={"old_password": PASSWORD, "new_password": NEXT})
    assert done.status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 200
    assert (await second.get("/api/v1/me")).status_code == 401
    await browser_of(world, NEXT)
    old = await world.client(None).post("/api/v1/session", json={"email": "agent@agents.test", "password": PASSWORD})
    assert old.status_code == 401
    short = await browser.post("/api/v1/password", json={"old_password": NEXT, "new_password": "short"})
    assert short.status_code == 422


async def test_a_found_session_does_not_help_to_guess_the_password(world: Any, browser: httpx.AsyncClient) -> None:
    body = {"old_password": "nope", "new_password": NEXT}
    codes = [(await browser.post("/api/v1/password", json=body)).status_code for _ in range(7)]
    assert codes[0] == 403 and codes[-1] == 429


async def test_a_deactivated_agent_is_out_at_once_and_begins_anew_when_back(
    world: Any, browser: httpx.AsyncClient
) -> None:
    token = (await browser.post(TOKENS, json={"name": "export"})).json()["token"]
    agent = f"/api/v1/agents/{world.agents['agent']}"
    async with world.client("administrator") as administrator:
        assert (await administrator.patch(agent, json={"deactivated": True})).status_code == 200
        for one in (browser, with_token(world, token)):
            assert (await one.get("/api/v1/me")).status_code == 401
        assert (await administrator.patch(agent, json={"deactivated": False})).status_code == 200
    for one in (browser, with_token(world, token)):
        assert (await one.get("/api/v1/me")).status_code == 401
    await browser_of(world)


async def test_what_a_dying_process_left_behind_is_worth_nothing_either(world: Any, browser: httpx.AsyncClient) -> None:
    agent = f"/api/v1/agents/{world.agents['agent']}"
    async with world.client("administrator") as administrator:
        assert (await administrator.patch(agent, json={"deactivated": True})).status_code == 200
        world.execute("update auth.api_tokens set revoked_at = null where agent_id = %s", (world.agents["agent"],))
        assert (await world.client("agent").get("/api/v1/me")).status_code == 401
        assert (await administrator.patch(agent, json={"deactivated": False})).status_code == 200
    assert (await world.client("agent").get("/api/v1/me")).status_code == 401


async def test_the_last_administrator_is_refused_by_the_decider(world: Any) -> None:
    world.router.refusal = ("conflict.last-administrator", "The workspace needs one active administrator.")
    async with world.client("administrator") as administrator:
        agent = f"/api/v1/agents/{world.agents['administrator']}"
        refused = await administrator.patch(agent, json={"deactivated": True})
        assert (refused.status_code, refused.json()["code"]) == (409, "last-administrator")
        assert (await administrator.get("/api/v1/me")).status_code == 200


async def test_limits_are_told_with_what_there_is(world: Any) -> None:
    async with world.client("agent") as client:
        told = (await client.get("/api/v1/limits")).json()
    assert told == {
        "inboxes": {"limit": None, "count": 2},
        "agents": {"limit": None, "count": 4},
        "channels": {"limit": None, "count": 1},
        "chatflows": {"limit": None, "count": 0},
    }
    world.app = build(replace(world.parts, limits=Limits(agents=4)))
    async with world.client("administrator") as client:
        assert (await client.get("/api/v1/limits")).json()["agents"] == {"limit": 4, "count": 4}
        world.router.refusal = ("conflict.limit-reached", "This workspace may have 4 agents, and it has 4.")
        body = {"name": "Fifth", "email": f"{uuid4().hex}@agents.test", "role": "agent"}
        refused = await client.post("/api/v1/agents", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "limit-reached")
    assert "4 agents" in refused.json()["detail"]
