"""Who did what, when and from where."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from inbox_projection.api.models.audit import Act
from inbox_projection.api.models.common import Page
from inbox_projection.imports import Imports
from inbox_projection.origins import Origin

pytestmark = pytest.mark.real
PASSWORD = "correct horse battery"
BROWSER = {"User-Agent": "Mozilla/5.0 (test)"}


async def audit(world: Any, **asked: Any) -> list[dict[str, Any]]:
    async with world.client() as client:
        answer = await client.get("/api/v1/audit", params=asked)
    assert answer.status_code == 200, answer.text
    Page[Act].model_validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_each_act_names_who_did_what_to_what_and_from_where(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent", headers=BROWSER) as agent, world.client("manager") as manager:
        await agent.put(f"{base}/labels/vip")
        await agent.post(f"{base}/replies", json={"text": "A secret answer."})
        await manager.put(
            "/api/v1/email-filters", json={"filters": [{"kind": "block", "field": "domain", "value": "x"}]}
        )
    found = {one["kind"]: one for one in await audit(world)}
    label = found["LabelAdded"]
    assert label["agent"] == {"id": str(world.agents["agent"]), "name": "Agent"}
    assert label["target"] == {"kind": "conversation", "id": str(world.thread.conversation_id)}
    assert (label["details"], label["address"], label["user_agent"]) == (
        {"label": "vip"},
        "127.0.0.1",
        BROWSER["User-Agent"],
    )
    assert found["EmailFiltersSet"]["details"] == {"version": 1, "filters": 1}
    assert found["EmailFiltersSet"]["target"]["kind"] == "email-filters"
    assert found["ReplyQueued"]["details"]["agent_id"] == str(world.agents["agent"])
    assert "secret" not in str(found) and "ConversationOpened" not in found


async def test_log_ins_failures_and_log_outs_are_there_and_no_e_mail_is(world: Any) -> None:
    await world.parts.credentials.set(world.agents["agent"], "agent@agents.test", PASSWORD)
    async with world.client(None, headers=BROWSER) as browser:
        for email, password in (
            ("agent@agents.test", "wrong"),
            ("nobody@agents.test", PASSWORD),
            ("agent@agents.test", PASSWORD),
        ):
            await browser.post("/api/v1/session", json={"email": email, "password": password})
        assert (await browser.delete("/api/v1/session")).status_code == 204
    found = [one for one in await audit(world) if one["target"]["kind"] == "session"]
    assert [one["kind"] for one in found] == ["LoggedOut", "LoggedIn", "LogInFailed", "LogInFailed"]
    assert [one["agent"] and one["agent"]["name"] for one in found] == ["Agent", "Agent", None, "Agent"]
    assert {one["user_agent"] for one in found} == {BROWSER["User-Agent"]}
    assert "agents.test" not in str(world.execute("select o::text from inbox_projection.origins o"))
    assert len(await audit(world, kind="LogInFailed")) == 2
    assert len(await audit(world, kind="LogInFailed", agent_id=str(world.agents["agent"]))) == 1


async def test_pages_and_filters_show_each_act_once(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as agent, world.client() as admin:
        for number in range(5):
            world.story.pass_time(seconds=1)
            await agent.put(f"{base}/labels/l{number}")
        wanted = {"agent_id": str(world.agents["agent"]), "kind": "LabelAdded"}
        labels, cursor = [], None
        while True:
            asked = wanted | {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await admin.get("/api/v1/audit", params=asked)).json()
            labels += [one["details"]["label"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert labels == ["l4", "l3", "l2", "l1", "l0"]
        times = [one["at"] for one in await audit(world, **wanted)]
        between = await audit(world, **wanted, **{"from": times[3], "to": times[1]})
        assert [one["details"]["label"] for one in between] == ["l2", "l1"]
        assert await audit(world, agent_id=str(uuid4())) == []
        assert (await admin.get("/api/v1/audit", params={"kind": "a b"})).status_code == 422
        assert (await admin.get("/api/v1/audit", params={"cursor": "x"})).status_code == 422


async def test_only_administrators_see_the_audit(world: Any) -> None:
    for role in ("manager", "agent"):
        async with world.client(role) as client:
            assert (await client.get("/api/v1/audit")).status_code == 403


async def test_origins_are_forgotten_after_400_days_and_the_act_stays(world: Any) -> None:
    async with world.client("agent") as agent:
        await agent.put(f"/api/v1/conversations/{world.thread.conversation_id}/labels/vip")
    assert world.execute("select count(*) from inbox_projection.origins")[0][0] == 1
    await world.parts.origins.forget_old()
    assert (await audit(world, kind="LabelAdded"))[0]["address"] is not None
    world.execute("update inbox_projection.origins set at = now() - interval '401 days'")
    await world.parts.origins.forget_old()
    (label,) = await audit(world, kind="LabelAdded")
    assert label["address"] is None and label["details"] == {"label": "vip"}


async def test_a_repeated_command_keeps_its_first_origin(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/labels/vip"
    async with world.client("agent") as agent:
        for name in ("first", "second"):
            await agent.put(path, headers={"Idempotency-Key": "k", "User-Agent": name})
    assert [one["user_agent"] for one in await audit(world, kind="LabelAdded")] == ["first"]


def test_an_origin_is_short_and_printable_whatever_is_sent() -> None:
    assert Origin.of(None, None) == Origin("unknown", "")
    assert Origin.of("::1", "a\x00b\r\n" + "x" * 1000).user_agent == "a b  " + "x" * 295


async def test_what_is_on_no_log_is_told_too_tokens_sessions_and_exports(world: Any) -> None:
    await world.parts.credentials.set(world.agents["manager"], "manager@agents.test", PASSWORD)
    async with world.client("manager", headers=BROWSER) as client, world.client(None, headers=BROWSER) as browser:
        token = (await client.post("/api/v1/me/tokens", json={"name": "script of mine"})).json()
        assert (await client.post("/api/v1/me/tokens", json={"name": "script of mine"})).status_code == 409
        assert (await client.delete(f"/api/v1/me/tokens/{token['id']}")).status_code == 204
        assert (await client.delete(f"/api/v1/me/tokens/{token['id']}")).status_code == 404
        await browser.post("/api/v1/session", json={"email": "manager@agents.test", "password": PASSWORD})
        (session,) = (await client.get("/api/v1/me/sessions")).json()["items"]
        assert (await client.delete(f"/api/v1/me/sessions/{session['id']}")).status_code == 204
        assert (await client.get("/api/v1/contacts/export")).status_code == 200
    async with world.client("agent") as client:
        assert (await client.get("/api/v1/contacts/export")).status_code == 403
    found = (await audit(world))[:5]
    assert [(one["kind"], one["target"]) for one in found] == [
        ("ContactsExported", {"kind": "contacts", "id": None}),
        ("SessionEnded", {"kind": "session", "id": session["id"]}),
        ("LoggedIn", {"kind": "session", "id": None}),
        ("ApiTokenDeleted", {"kind": "api-token", "id": token["id"]}),
        ("ApiTokenMade", {"kind": "api-token", "id": token["id"]}),
    ]
    assert {(one["agent"]["name"], one["address"], one["user_agent"]) for one in found} == {
        ("Manager", "127.0.0.1", BROWSER["User-Agent"])
    }
    assert token["token"] not in str(found) and "script" not in str(found)
    (made,) = await audit(world, kind="ApiTokenMade")
    assert made["target"]["id"] == token["id"]


async def test_an_import_and_each_contact_of_it_come_from_where_the_file_came_from(world: Any) -> None:
    parts = world.parts
    async with world.client("manager", headers=BROWSER) as client:
        for dry_run in ("true", "false"):
            files = {"file": ("c.csv", b"email\nrosa@acme.test\nsam@acme.test\n", "text/csv")}
            made = await client.post(f"/api/v1/contacts/import?dry_run={dry_run}", files=files)
            await Imports(parts.database, world.router, parts.workspace_id, parts.clock).step()
    world.show()
    (begun,) = await audit(world, kind="ContactsImported")
    assert begun["target"] == {"kind": "contacts", "id": made.json()["id"]}
    created = await audit(world, kind="ContactCreated")
    assert len(created) == 2
    assert {(one["address"], one["user_agent"]) for one in (*created, begun)} == {("127.0.0.1", BROWSER["User-Agent"])}
