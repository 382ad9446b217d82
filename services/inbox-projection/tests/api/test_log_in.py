"""Who gets in, for how long, and who has to wait."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from inbox_projection.api.guard import COOKIE

pytestmark = pytest.mark.real
PASSWORD = "correct horse battery"


@pytest.fixture
async def browser(world: Any) -> httpx.AsyncClient:
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    return world.client(None)


async def log_in(browser: httpx.AsyncClient, email: str = "agent@agents.test", password: str = PASSWORD) -> Any:
    return await browser.post("/api/v1/session", json={"email": email, "password": password})


async def test_a_log_in_gives_a_cookie_that_scripts_cannot_read(world: Any, browser: httpx.AsyncClient) -> None:
    answer = await log_in(browser, "Agent@Agents.TEST ")
    assert answer.status_code == 200 and answer.json()["role"] == "agent"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    token = answer.cookies[COOKIE]
    stored = world.execute("select token_hash, previous_hash from auth.sessions")
    assert token.encode() not in stored[0][0] and stored[0][1] is None
    assert (await browser.get("/api/v1/me")).status_code == 200
    assert (await browser.delete("/api/v1/session")).status_code == 204
    browser.cookies.set(COOKIE, token)
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_a_second_log_in_ends_the_session_it_came_with(world: Any, browser: httpx.AsyncClient) -> None:
    first = (await log_in(browser)).cookies[COOKIE]
    second = (await log_in(browser)).cookies[COOKIE]
    assert first != second
    assert world.execute("select count(*) from auth.sessions")[0][0] == 1


@pytest.mark.parametrize("age", ["seen_at = now() - interval '13 hours'", "expires_at = now() - interval '1 second'"])
async def test_a_session_ends_when_idle_or_old(world: Any, browser: httpx.AsyncClient, age: str) -> None:
    await log_in(browser)
    world.execute(f"update auth.sessions set {age}")
    answer = await browser.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_is_replaced_after_an_hour_and_the_old_one_soon_dies(
    world: Any, browser: httpx.AsyncClient
) -> None:
    old = (await log_in(browser)).cookies[COOKIE]
    world.execute("update auth.sessions set rotated_at = now() - interval '2 hours'")
    renewed = (await browser.get("/api/v1/me")).cookies[COOKIE]
    assert renewed != old
    late = world.client(None, cookies={COOKIE: old})
    assert (await late.get("/api/v1/me")).status_code == 200
    world.execute("update auth.sessions set rotated_at = now() - interval '2 minutes'")
    assert (await late.get("/api/v1/me")).status_code == 401
    assert (await browser.get("/api/v1/me")).status_code == 200


async def test_a_cookies_write_must_come_from_our_own_pages(world: Any, browser: httpx.AsyncClient) -> None:
    await log_in(browser)
    body = {"state": "away"}
    for headers, expected in (
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1:8080"}, 200),
        ({}, 200),
    ):
        answer = await browser.put("/api/v1/me/availability", json=body, headers=headers)
        assert answer.status_code == expected, headers
    foreign = await browser.post(
        "/api/v1/session", json={"email": "a@b.test", "password": "x"}, headers={"Origin": "https://evil.test"}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign-origin")


async def test_five_failures_lock_the_account_and_the_right_password_must_wait(
    world: Any, browser: httpx.AsyncClient
) -> None:
    for email in ("agent@agents.test", "unknown@agents.test"):
        answers = [(await log_in(browser, email, f"wrong {number}")) for number in range(6)]
        assert [one.status_code for one in answers] == [401] * 5 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 30
    assert (await log_in(browser)).status_code == 429
    world.execute("update auth.log_in_failures set locked_until = now()")
    assert (await log_in(browser)).status_code == 200
    subjects = [row[0] for row in world.execute("select subject from auth.log_in_failures")]
    assert subjects and not any("agent" in subject or "127" in subject for subject in subjects)


async def test_one_address_that_tries_many_accounts_must_wait(world: Any, browser: httpx.AsyncClient) -> None:
    statuses = [await world.parts.credentials._lockout.attempt(f"a{number}@x.test", "10.0.0.1") for number in range(60)]
    assert statuses[:50] == [0] * 50 and all(seconds > 0 for seconds in statuses[50:])
    assert await world.parts.credentials._lockout.attempt("b@x.test", "10.0.0.2") == 0


async def test_nothing_tells_an_unknown_account_from_a_wrong_password(
    world: Any, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.parts.credentials.set(world.agents["manager"], "manager@agents.test", None)
    costs: list[Parameters] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hashed: str, password: str) -> bool:
        costs.append(extract_parameters(hashed))
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    emails = ("agent@agents.test", "unknown@agents.test", "manager@agents.test")
    assert len({(await log_in(browser, email, "wrong password")).text for email in emails}) == 1
    assert len(costs) == len(emails) and len(set(map(str, costs))) == 1, "each pays for one hash of the same cost"


async def test_a_revoked_unknown_or_malformed_token_is_401(world: Any) -> None:
    assert (await world.client("agent").get("/api/v1/me")).status_code == 200
    world.execute("update auth.api_tokens set revoked_at = now() where agent_id = %s", (world.agents["agent"],))
    assert (await world.client("agent").get("/api/v1/me")).status_code == 401
    for value in ("Bearer", "Bearer x", "Basic YTpi", "bearer " + "x" * 5000, "Bearer \u00fc"):
        answer = await world.client(None).get("/api/v1/me", headers={"Authorization": value.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")


async def test_a_password_is_in_no_answer_and_no_row(world: Any, browser: httpx.AsyncClient) -> None:
    secret = "a very secret passphrase"
    answer = await browser.post("/api/v1/session", json={"email": 1, "password": secret, "other": secret})
    assert answer.status_code == 422 and secret not in answer.text
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", secret)
    stored = world.execute("select password_hash from auth.credentials where email = 'agent@agents.test'")[0][0]
    assert stored.startswith("$argon2id$") and secret not in stored


async def test_a_changed_role_or_membership_counts_at_once(world: Any) -> None:
    async with world.client("agent") as agent, world.client() as admin:
        assert (await agent.get(f"/api/v1/inboxes/{world.foreign_inbox}")).status_code == 404
        members = {"member_ids": [str(world.agents["agent"])]}
        assert (await admin.patch(f"/api/v1/inboxes/{world.foreign_inbox}", json=members)).status_code == 200
        assert (await agent.get(f"/api/v1/inboxes/{world.foreign_inbox}")).status_code == 200
        assert (await agent.get("/api/v1/rules")).status_code == 403
        await admin.patch(f"/api/v1/agents/{world.agents['agent']}", json={"role": "manager"})
        assert (await agent.get("/api/v1/rules")).status_code == 200
