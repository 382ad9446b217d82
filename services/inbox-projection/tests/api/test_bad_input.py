"""Requests that are wrong: a clear problem, no command, and never a fault of ours."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.real


def problem(answer: Any, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["type"].endswith(body["code"])
    if code is not None:
        assert body["code"] == code


async def test_bodies_that_are_no_json_or_of_the_wrong_type(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client() as client:
        typed = {"Content-Type": "application/json"}
        for content, headers in (
            (b"{", typed),
            (b"\xff\xfe", typed),
            (b'{"text": "\xff"}', typed),
            (b"[" * 1000 + b"]" * 1000, typed),
            (b"[" * 30_000, typed),
            (b'{"text": "a"}', {"Content-Type": "text/plain"}),
            (b"", {}),
            (b'{"text": NaN}', typed),
        ):
            answer = await client.post(f"{base}/comments", content=content, headers=headers)
            assert answer.status_code in (400, 422), content[:20]
            problem(answer, answer.status_code)
        for body in (
            {},
            {"text": ""},
            {"text": 1},
            {"text": None},
            {"text": "a\x00b"},
            {"text": "\ud800"},
            {"text": "a", "mentions": ["x"]},
            {"text": "a", "later": 1},
            [],
            "text",
        ):
            answer = await client.post(
                f"{base}/comments", content=_json(body), headers={"Content-Type": "application/json"}
            )
            problem(answer, 422)
    assert world.router.asked == []


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()


async def test_fields_and_parameters_of_later_stages_are_refused(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client() as client:
        for query in ("sort=oddest", "view=x", "waiting_on=them", "mentioned=you", "created_from=x", f"q={'x' * 501}"):
            problem(await client.get(f"/api/v1/conversations?{query}"), 422)
        problem(await client.get("/api/v1/conversations?unknown=1"), 422, "unknown-parameter")
        problem(await client.get("/api/v1/conversations?limit=1&limit=2"), 422, "repeated-parameter")
        problem(await client.get("/api/v1/conversations?channel=facebook"), 422)
        problem(await client.get("/api/v1/inboxes?limit=1"), 422, "unknown-parameter")
        for field in ({"undo_seconds": 31}, {"then": {}}, {"tag": "x"}):
            problem(await client.post(f"{base}/replies", json={"text": "a"} | field), 422)
        for field in ("business_hours", "reopen_days", "color"):
            problem(await client.patch(f"/api/v1/inboxes/{world.story.inbox_id}", json={field: -1}), 422)
        problem(await client.patch(f"/api/v1/agents/{world.agents['agent']}", json={"skills": []}), 422)
        for kind in ("facebook", "chat", "form"):
            body = {"inbox_id": str(world.story.inbox_id), "kind": kind, "settings": {"address": "a@b.test"}}
            problem(await client.post("/api/v1/channels", json=body), 422)
        for setting in ({"imap": {}}, {"smtp": {}}, {"routing": {}}, {"acknowledgement": "x"}):
            settings = {"address": "a@b.test"} | setting
            body = {"inbox_id": str(world.story.inbox_id), "kind": "email", "settings": settings}
            problem(await client.post("/api/v1/channels", json=body), 422)
        for path in ("/chatflows", "/forms", "/nothing"):
            problem(await client.get("/api/v1" + path), 404)
        problem(await client.post("/api/v1/conversations/bulk", json={}), 422)


async def test_cursors_limits_and_ids_that_are_none(world: Any) -> None:
    async with world.client() as client:
        for cursor in ("x", "%00", "x" * 500, "kw", "\u0105"):
            problem(await client.get("/api/v1/conversations", params={"cursor": cursor}), 422)
            problem(await client.get(f"/api/v1/contacts?q=a&cursor={cursor}"), 422)
        for limit in ("0", "-1", "201", "x", "1e9", ""):
            problem(await client.get(f"/api/v1/conversations?limit={limit}"), 422)
        for path in ("conversations/1", "conversations/x/messages", "messages/%00/raw", "commands/x", "inboxes/%F0%9F"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.status_code in (404, 422)
            problem(answer, answer.status_code)
        problem(await client.get("/api/v1/contacts?q=%00"), 422)
        problem(await client.get("/api/v1/conversations?assignee_id=nobody"), 422)
        answer = await client.put(f"/api/v1/conversations/{world.thread.conversation_id}/labels/a%00b")
        assert answer.status_code in (404, 422)
        for key in ("", "x" * 300, "\u00fc"):
            headers = {"Idempotency-Key": key.encode("latin-1")}
            problem(await client.post("/api/v1/teams", json={"name": "n"}, headers=headers), 422)
    assert world.router.asked == []


async def test_bodies_over_the_limit_are_413(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client() as client:
        problem(await client.post("/api/v1/teams", json={"name": "x" * 70_000}), 413, "too-large")

        async def endless() -> Any:
            for _ in range(100):
                yield b"x" * 65_536

        headers = {"Content-Type": "application/json"}
        problem(await client.post(f"{base}/replies", content=endless(), headers=headers), 413)
        problem(await client.post(f"{base}/replies", json={"text": "x" * 210_000}), 422)
    assert world.router.asked == []


async def test_recipients_that_cannot_be_are_refused(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client() as client:
        for field in ("to", "cc", "bcc"):
            for value in (
                "x",
                "a@b\r\nBcc: c@d.test",
                "a@b.test, c@d.test",
                "",
                {"address": "a@b.test", "extra": 1},
                7,
            ):
                problem(await client.post(path, json={"text": "a", field: [value]}), 422)
            own = await client.post(path, json={"text": "a", field: ["Support+x@postroom.test"]})
            problem(own, 422, "own-address")
        problem(await client.post(path, json={"text": "a", "to": []}), 422)
        problem(await client.post(path, json={"text": "a", "cc": ["a@b.test"] * 51}), 422)
        problem(await client.post(path, json={"text": " ", "html": "\n"}), 422, "reply-empty")
        unknown = await client.post(path, json={"text": "a", "attachment_ids": [str(uuid4())]})
        problem(unknown, 422, "upload-not-found")
    assert world.router.asked == []


async def test_a_fault_of_ours_is_a_problem_without_details(world: Any) -> None:
    async with world.client(raise_app_exceptions=False) as client:
        world.router.down = RuntimeError("secret detail")
        answer = await client.post("/api/v1/teams", json={"name": "n"})
    problem(answer, 500, "fault")
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_503(world: Any) -> None:
    await world.parts.database.close()
    async with world.client() as client:
        problem(await client.get("/api/v1/conversations"), 503, "database-away")


async def test_views_that_are_not_there_yet_are_503(world: Any) -> None:
    world.execute("alter table inbox.conversations rename to conversations_elsewhere")
    async with world.client() as client:
        problem(await client.get("/api/v1/conversations"), 503, "database-away")
        world.execute("alter table inbox.conversations_elsewhere rename to conversations")
        assert (await client.get("/api/v1/conversations")).status_code == 200


async def test_every_answer_carries_the_security_headers(world: Any) -> None:
    async with world.client() as client, world.client(None) as nobody:
        for answer in (
            await client.get("/api/v1/me"),
            await nobody.get("/api/v1/me"),
            await client.get("/api/v1/nothing"),
            await client.get("/api/v1/openapi.json"),
            await client.get("/healthz"),
        ):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in answer.headers


async def test_a_wrong_field_says_by_a_code_and_a_number_what_it_has_to_keep_to(world: Any) -> None:
    async with world.client() as client:
        too_long = await client.post("/api/v1/views", json={"name": "n" * 121, "filter": {}})
        no_zone = await client.patch("/api/v1/me", json={"time_zone": "Europe/Nowhere"})
        missing = await client.post("/api/v1/views", json={"filter": {}})
    assert [one["where"] for one in too_long.json()["errors"]] == [["body", "name"]]
    assert (too_long.json()["errors"][0]["code"], too_long.json()["errors"][0]["limit"]) == ("string_too_long", 120)
    assert no_zone.json()["errors"] == [
        {"where": ["body", "time_zone"], "detail": "not a time zone of the IANA database", "code": "time_zone"}
    ]
    assert [one["code"] for one in missing.json()["errors"]] == ["missing"]
