"""Invitations and forgotten passwords: a token is good once, in time, and tells nobody anything else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from inbox_projection.api.guard import COOKIE
from inbox_projection.api.models.workspace import Agent
from inbox_projection.auth.tokens import hash_of
from inbox_projection.commands import BusAway

pytestmark = pytest.mark.real
PASSWORD, NEXT = "correct horse battery", "another staple entirely"
NEW = {"name": "Nina", "email": "nina@agents.test", "role": "agent"}


async def invited(world: Any, **headers: str) -> str:
    """The token in the mail of somebody who was invited."""
    async with world.client("administrator") as client:
        assert (await client.post("/api/v1/agents", json=NEW, headers=headers)).status_code == 201
    kind, token = world.router.mails[-1][0].kind, world.router.mails[-1][1]
    assert kind == "invitation"
    return str(token)


async def forgotten(world: Any, email: str = "agent@agents.test") -> httpx.Response:
    async with world.client(None) as client:
        answer: httpx.Response = await client.post("/api/v1/password-resets", json={"email": email})
    return answer


async def accept(world: Any, token: str, what: str = "invitations", **body: Any) -> httpx.Response:
    async with world.client(None) as client:
        answer: httpx.Response = await client.post(f"/api/v1/{what}/{token}/accept", json={"password": PASSWORD} | body)
    return answer


async def log_in(world: Any, email: str, password: str) -> int:
    async with world.client(None) as client:
        answer = await client.post("/api/v1/session", json={"email": email, "password": password})
    return int(answer.status_code)


async def test_an_invitation_is_accepted_once_and_logs_in(world: Any) -> None:
    token = await invited(world)
    assert await log_in(world, NEW["email"], PASSWORD) == 401
    welcome = await accept(world, token, name="Nina N.")
    assert welcome.status_code == 200 and welcome.json()["name"] == "Nina N."
    assert welcome.cookies[COOKIE] and await log_in(world, NEW["email"], PASSWORD) == 200
    again = await accept(world, token, password=NEXT)
    assert (again.status_code, again.json()["code"]) == (410, "token-used")
    assert await log_in(world, NEW["email"], PASSWORD) == 200


async def test_the_list_of_agents_says_whom_an_invitation_waits_for_and_until_when(world: Any) -> None:
    async with world.client("administrator") as client:

        async def nina() -> dict[str, Any]:
            listed = (await client.get("/api/v1/agents")).json()["items"]
            return next(dict(one) for one in listed if one["email"] == NEW["email"])

        token = await invited(world)
        pending = Agent.model_validate(await nina()).invitation
        assert pending is not None and pending.expires_at is not None
        world.execute("update auth.single_use_tokens set expires_at = now() - interval '1 day'")
        lapsed = Agent.model_validate(await nina()).invitation
        assert lapsed is not None and lapsed.expires_at is not None and lapsed.expires_at < pending.expires_at
        agent_id = (await nina())["id"]
        assert (await client.post(f"/api/v1/agents/{agent_id}/invitation")).status_code == 204
        token = str(world.router.mails[-1][1])
        again = Agent.model_validate(await nina()).invitation
        assert again is not None and again.expires_at is not None and again.expires_at >= pending.expires_at
        world.execute("delete from auth.single_use_tokens where expires_at < now()")
        assert (await accept(world, token)).status_code == 200
        assert (await nina())["invitation"] is None


async def test_the_token_is_nowhere_but_in_the_mail(world: Any) -> None:
    token = await invited(world)
    assert world.execute("select token_hash from auth.single_use_tokens") == [(hash_of(token),)]
    sent = world.router.mails[-1][0]
    assert token.encode() not in sent.token
    for one in world.story.records:
        assert token.encode() not in (one.value or b"")


async def test_who_repeats_the_request_says_the_same_again(world: Any) -> None:
    token = await invited(world, **{"Idempotency-Key": "once"})
    again = await invited(world, **{"Idempotency-Key": "once"})
    assert token == again and len(world.router.mails) == 1
    assert len({one.id for one in world.router.asked if one.type == "SendAccountMail"}) == 1


async def test_with_a_password_there_is_no_invitation(world: Any) -> None:
    async with world.client("administrator") as client:
        assert (await client.post("/api/v1/agents", json=NEW | {"password": PASSWORD})).status_code == 201
    assert world.router.mails == []


async def test_who_was_invited_again_uses_either_mail_but_one_of_them(world: Any) -> None:
    first = await invited(world)
    agent = next(one for one in world.router.asked if one.type == "InviteAgent").data.agent_id
    async with world.client("administrator") as client:
        assert (await client.post(f"/api/v1/agents/{agent}/invitation")).status_code == 204
    second = world.router.mails[-1][1]
    assert first != second and (await accept(world, first)).status_code == 200
    assert (await accept(world, second, password=NEXT)).json()["code"] == "token-used"


async def test_what_is_late_unknown_or_for_something_else_is_refused(world: Any) -> None:
    token = await invited(world)
    assert (await accept(world, "pru_unknown")).status_code == 404
    assert (await accept(world, "x" * 5000)).status_code == 404
    assert (await accept(world, token, what="password-resets")).status_code == 404
    assert (await accept(world, token, password="short")).status_code == 422
    world.execute("update auth.single_use_tokens set expires_at = now()")
    late = await accept(world, token)
    assert (late.status_code, late.json()["code"]) == (410, "token-expired")
    assert await log_in(world, NEW["email"], PASSWORD) == 401


async def test_a_forgotten_password_is_chosen_anew_and_ends_all_sessions(world: Any) -> None:
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    browser = world.client(None)
    body = {"email": "agent@agents.test", "password": PASSWORD}
    assert (await browser.post("/api/v1/session", json=body)).status_code == 200
    assert (await forgotten(world, " Agent@Agents.test ")).status_code == 204
    mail, token = world.router.mails[-1]
    assert (mail.kind, mail.agent_id) == ("password_reset", world.agents["agent"])
    assert (await browser.get("/api/v1/me")).status_code == 200
    assert (await accept(world, token, what="password-resets", password=NEXT)).status_code == 204
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert await log_in(world, "agent@agents.test", NEXT) == 200
    twice = await accept(world, token, what="password-resets", password=PASSWORD)
    assert (twice.status_code, twice.json()["code"]) == (410, "token-used")


async def test_the_answer_does_not_tell_who_is_known(world: Any) -> None:
    known, unknown = await forgotten(world), await forgotten(world, "nobody@agents.test")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert len(world.router.mails) == 1
    world.execute("update inbox.agents set deactivated = true")
    assert (await forgotten(world)).status_code == 204
    assert len(world.router.mails) == 1


async def test_asking_again_and_again_must_wait_whoever_it_is_for(world: Any) -> None:
    for email in ("agent@agents.test", "nobody@agents.test"):
        codes = [(await forgotten(world, email)).status_code for _ in range(7)]
        assert codes[0] == 204 and codes[-1] == 429
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    assert await log_in(world, "agent@agents.test", PASSWORD) == 200


async def test_a_deactivated_agents_token_is_nobodys(world: Any) -> None:
    await forgotten(world)
    token = world.router.mails[-1][1]
    world.execute("update inbox.agents set deactivated = true")
    assert (await accept(world, token, what="password-resets")).status_code == 404


async def test_nothing_is_told_when_the_bus_is_away(world: Any) -> None:
    world.router.down = BusAway()
    assert (await forgotten(world)).status_code == 204
    async with world.client("administrator") as client:
        assert (await client.post("/api/v1/agents", json=NEW)).status_code == 503
