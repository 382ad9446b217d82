"""The first administrator and whatever else a plan names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inbox_projection.bootstrap import Bootstrap, BootstrapFailed, read_plan

pytestmark = pytest.mark.real
ROOT = {"name": "Root", "email": "Root@acme.test", "password": "root password", "api_token": "root-token"}
PLAN = {
    "administrator": ROOT,
    "agents": [{"name": "Ada", "email": "ada@acme.test", "password": "ada password"}],
    "teams": [{"name": "Second line", "members": ["ada@acme.test"]}],
    "inboxes": [
        {"name": "Help"},
        {"name": "Sales", "members": ["ada@acme.test"], "teams": ["Second line"], "addresses": ["Sales@acme.test"]},
    ],
}


def plan_file(folder: Path, plan: Any) -> Path:
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    return file


async def test_a_plan_is_carried_out_once_however_often(world: Any, tmp_path: Path) -> None:
    plan = read_plan(plan_file(tmp_path, PLAN))
    await Bootstrap(world.parts).run(plan)
    done = len(world.router.asked)
    await Bootstrap(world.parts).run(plan)
    assert len(world.router.asked) == done
    async with world.client(
        None,
    ) as client:
        assert (
            await client.post("/api/v1/session", json={"email": "ada@acme.test", "password": "ada password"})
        ).is_success
        client.cookies.clear()
        client.headers["Authorization"] = "Bearer root-token"
        me = (await client.get("/api/v1/me")).json()
        inboxes = {one["name"]: one for one in (await client.get("/api/v1/inboxes")).json()["items"]}
    assert (me["role"], me["email"], me["availability"]["state"]) == ("administrator", "root@acme.test", "available")
    assert inboxes["Help"]["member_ids"] == [me["id"]]
    assert "sales@acme.test" in [one["settings"]["address"] for one in inboxes["Sales"]["channels"]]
    assert len(inboxes["Sales"]["team_ids"]) == 1


async def test_a_changed_password_and_token_replace_the_old_ones(world: Any, tmp_path: Path) -> None:
    await Bootstrap(world.parts).run(read_plan(plan_file(tmp_path, {"administrator": ROOT, "inboxes": []})))
    changed = ROOT | {"password": "another password", "api_token": "another-token"}
    await Bootstrap(world.parts).run(read_plan(plan_file(tmp_path, {"administrator": changed, "inboxes": []})))
    async with world.client(None) as client:
        for token, status in (("root-token", 401), ("another-token", 200)):
            answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
        for password, status in (("root password", 401), ("another password", 200)):
            answer = await client.post("/api/v1/session", json={"email": "root@acme.test", "password": password})
            assert answer.status_code == status


async def test_without_inboxes_there_is_one_for_support(world: Any, tmp_path: Path) -> None:
    world.router.inbox_changed(world.story.inbox_id, name="Something else")
    world.show()
    await Bootstrap(world.parts).run(read_plan(plan_file(tmp_path, {"administrator": ROOT})))
    async with world.client() as client:
        names = [one["name"] for one in (await client.get("/api/v1/inboxes")).json()["items"]]
    assert "Support" in names


async def test_a_router_that_never_answers_is_said_so(world: Any, tmp_path: Path) -> None:
    world.router.tarries = True
    with pytest.raises(BootstrapFailed, match="is the router running"):
        await Bootstrap(world.parts, seconds=0.01).run(read_plan(plan_file(tmp_path, PLAN)))


@pytest.mark.parametrize("plan", [{}, [], {"administrator": {"name": "x"}}, {"administrator": ROOT, "other": 1}])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, plan: Any) -> None:
    with pytest.raises(BootstrapFailed, match="not a plan") as refused:
        read_plan(plan_file(tmp_path, plan))
    assert "root password" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BootstrapFailed, match="cannot be read"):
        read_plan(tmp_path / "nowhere.json")
