"""The live feed: what changed, to whom it may be told, and how a listener resumes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from inbox_projection.api import feed as route
from inbox_projection.api.guard import policy_of

pytestmark = pytest.mark.real


class Stream:
    """The body of the feed as a client reads it."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._text = ""

    async def event(self) -> dict[str, str]:
        """The next event that is not a comment. Fails after 10 s."""
        async with asyncio.timeout(10):
            while True:
                while "\n\n" in self._text:
                    block, self._text = self._text.split("\n\n", 1)
                    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                    if "event" in fields:
                        return fields
                self._text += (await anext(self._chunks)).decode()


@asynccontextmanager
async def listening(world: Any, role: str, last: str | None = None) -> AsyncIterator[Stream]:
    """Calls the endpoint itself: the test client of ASGI waits for the end of a body, and a feed has none."""
    from starlette.requests import Request

    from inbox_projection.policy import Caller

    reach = frozenset() if role == "stranger" else frozenset({world.story.inbox_id})
    headers = [(b"authorization", f"Bearer token-of-the-{role}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/api/v1/feed", "headers": headers, "app": world.app, "state": {}}
    request = Request(scope)
    kind = "administrator" if role == "administrator" else "agent"
    request.state.caller = Caller(world.agents[role], kind, reach)  # type: ignore[arg-type]
    answer = await route.listen(request, last)
    stream = answer.body_iterator  # type: ignore[attr-defined]
    try:
        yield Stream(stream)
    finally:
        await stream.aclose()


@pytest.fixture
async def running(world: Any) -> AsyncIterator[Any]:
    tasks = [asyncio.create_task(world.listener.run()), asyncio.create_task(world.parts.feed.run())]
    await world.listener.listening.wait()
    yield world
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_change_is_told_to_who_may_see_its_inbox(running: Any) -> None:
    async with listening(running, "agent") as agent, listening(running, "administrator") as admin:
        told = [asyncio.create_task(agent.event()), asyncio.create_task(admin.event())]
        await _settled(running, 2)
        running.story.answer(running.foreign_thread, running.foreign_thread.contact_id)
        running.story.answer(running.thread, running.thread.contact_id)
        await asyncio.to_thread(running.show)
        mine, first = [await one for one in told]
        second = await admin.event()
    assert mine["event"] == "conversation"
    assert str(running.thread.conversation_id) in mine["data"]
    assert {str(running.thread.conversation_id), str(running.foreign_thread.conversation_id)} == {
        one["data"].split('"')[3] for one in (first, second)
    }


async def test_a_ticket_without_conversations_is_told_to_whose_it_is_and_who_manages(running: Any) -> None:
    async with running.client("administrator") as client:
        made = (await client.post("/api/v1/tickets", json={"title": "Confidential"})).json()
        assert made["conversation_ids"] == []
        _, newest = await running.parts.feed.bounds()
        async with listening(running, "administrator", str(newest - 1)) as admin:
            told = await admin.event()
        assert told["event"] == "ticket" and made["id"] in told["data"]
        await client.post("/api/v1/companies", json={"name": "Acme"})
        async with listening(running, "agent", str(newest - 1)) as agent:
            assert (await agent.event())["event"] == "company", "somebody else's ticket is passed over"
        mine = {"assignee_id": str(running.agents["agent"])}
        assert (await client.patch(f"/api/v1/tickets/{made['id']}", json=mine)).status_code == 200
        async with listening(running, "agent", str(newest)) as agent:
            assert [(await agent.event())["event"] for _ in range(2)] == ["company", "ticket"]
        _, newest = await running.parts.feed.bounds()
        others = {"assignee_id": str(running.agents["manager"])}
        assert (await client.patch(f"/api/v1/tickets/{made['id']}", json=others)).status_code == 200
        async with listening(running, "agent", str(newest)) as agent:
            gone = await agent.event()
        assert gone["event"] == "ticket" and made["id"] in gone["data"], "who had it is told that it went"
        assert '"inbox_id":null' in gone["data"] and str(running.agents["agent"]) not in gone["data"]
    async with running.client("agent") as former:
        assert (await former.get(f"/api/v1/tickets/{made['id']}")).status_code == 404
        await former.post("/api/v1/companies", json={"name": "Globex"})
    async with listening(running, "stranger", str(newest)) as stranger:
        assert (await stranger.event())["event"] == "company", "and nobody else is"


async def test_settings_are_told_to_who_may_see_them(running: Any) -> None:
    async with running.client("administrator") as client:
        assert (await client.put("/api/v1/rules", json={"rules": []})).status_code == 200
        await client.put("/api/v1/email-filters", json={"filters": []})
        await client.post("/api/v1/companies", json={"name": "Acme"})
    _, newest = await running.parts.feed.bounds()
    async with listening(running, "administrator", str(newest - 3)) as admin:
        assert [(await admin.event())["event"] for _ in range(3)] == ["rules", "filters", "company"]
    async with listening(running, "agent", str(newest - 3)) as agent:
        assert (await agent.event())["event"] == "company", "what only managers see is passed over"


async def test_a_company_is_told_to_everybody(running: Any) -> None:
    async with running.client("administrator") as client:
        company = (await client.post("/api/v1/companies", json={"name": "Acme"})).json()
        await client.patch(f"/api/v1/companies/{company['id']}", json={"name": "ACME"})
    _, newest = await running.parts.feed.bounds()
    for who in ("agent", "stranger"):
        async with listening(running, who, str(newest - 2)) as stream:
            told = [await stream.event() for _ in range(2)]
        assert [one["event"] for one in told] == ["company"] * 2
        assert all(company["id"] in one["data"] and '"inbox_id":null' in one["data"] for one in told)


async def test_a_view_of_ones_own_is_told_to_its_agent_alone_and_what_was_kept_out_to_who_may_see_it(
    running: Any,
) -> None:
    async with running.client("agent") as client:
        await client.post("/api/v1/views", json={"name": "Mine"})
    running.story.filtered_mail(running.story.new_id(), running.story.new_id())
    running.show()
    async with running.client("administrator") as client:
        label = (await client.post("/api/v1/labels", json={"name": "late"})).json()
        view = (await client.post("/api/v1/views", json={"name": "Everybody's", "shared": True})).json()
    _, newest = await running.parts.feed.bounds()
    seen = {}
    for who, count in (("agent", 3), ("administrator", 3), ("stranger", 2)):
        async with listening(running, who, str(newest - 4)) as stream:
            seen[who] = [await stream.event() for _ in range(count)]
    told = {who: [one["event"] for one in events] for who, events in seen.items()}
    assert told["agent"] == ["view", "label", "view"]
    assert told["administrator"] == ["filtered", "label", "view"]
    assert told["stranger"] == ["label", "view"]
    assert not any(one["id"] in event["data"] for one in (label, view) for event in seen["agent"])


async def test_preferences_are_told_to_all_pages_of_their_agent_and_nobody_elses(running: Any) -> None:
    async with listening(running, "agent") as mine, listening(running, "administrator") as another:
        waiting = [asyncio.create_task(one.event()) for one in (mine, another)]
        await _settled(running, 2)
        async with running.client("agent") as client:
            await client.patch("/api/v1/me/preferences", json={"theme": "dark"})
            told = await waiting[0]
            await client.post("/api/v1/labels", json={"name": "late"})
        assert (told["event"], "id" in told) == ("preferences", False)
        assert (await waiting[1])["event"] == "label", "the first that another agent hears of"


async def test_a_listener_resumes_where_it_was(running: Any) -> None:
    oldest, newest = await running.parts.feed.bounds()
    assert oldest <= newest
    async with listening(running, "administrator", str(oldest)) as stream:
        event = await stream.event()
        assert int(event["id"]) == oldest + 1
    async with listening(running, "agent", str(oldest - 1)) as stream:
        assert str(running.thread.conversation_id) in (await stream.event())["data"]


@pytest.mark.parametrize("last", ["999999", "0"])
async def test_an_unknown_or_forgotten_place_is_told_to_read_everything_anew(running: Any, last: str) -> None:
    running.execute("update inbox.feed set feed_id = default")
    async with listening(running, "agent", last) as stream:
        assert (await stream.event())["event"] == "reset"


async def test_a_stream_ends_when_the_caller_may_no_longer_listen(running: Any) -> None:
    async with listening(running, "agent") as stream:
        waiting = asyncio.create_task(stream.event())
        await _settled(running, 1)
        running.execute("update auth.api_tokens set revoked_at = now()")
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_closing_the_feed_ends_every_stream(running: Any) -> None:
    async with listening(running, "agent") as stream:
        waiting = asyncio.create_task(stream.event())
        await _settled(running, 1)
        running.parts.feed.close()
        with pytest.raises(StopAsyncIteration):
            await waiting


async def test_a_malformed_place_is_refused_and_the_route_needs_a_permission(world: Any) -> None:
    async with world.client("agent") as client:
        answer = await client.get("/api/v1/feed", headers={"Last-Event-ID": "x; drop"})
    assert answer.status_code == 422
    assert policy_of(route.router.routes[0]).name == "READ_CONVERSATIONS"  # type: ignore[arg-type]


async def _settled(world: Any, listeners: int) -> None:
    """Until so many streams have begun to listen."""
    async with asyncio.timeout(10):
        while len(world.parts.feed._listeners) < listeners:
            await asyncio.sleep(0)


async def test_a_presence_is_told_at_once_to_who_may_see_the_inbox_and_so_is_a_closed_feed(running: Any) -> None:
    path = f"/api/v1/conversations/{running.thread.conversation_id}/presence"
    foreign = f"/api/v1/conversations/{running.foreign_thread.conversation_id}/presence"
    async with listening(running, "agent") as agent, running.client("administrator") as client:
        waiting = asyncio.create_task(agent.event())
        await _settled(running, 1)
        async with listening(running, "administrator") as other:
            starting = asyncio.create_task(other.event())
            await _settled(running, 2)
            await client.put(foreign, json={"state": "viewing"})
            await client.put(path, json={"state": "replying"})
            async with asyncio.timeout(1):
                told = await waiting
            assert told["event"] == "presence" and "id" not in told
            assert str(running.agents["administrator"]) in told["data"] and '"state":"replying"' in told["data"]
            await starting
        waiting = asyncio.create_task(agent.event())
        watching = asyncio.create_task(running.parts.here.run())
        async with asyncio.timeout(5):
            assert '"state":"gone"' in (await waiting)["data"]
        watching.cancel()


async def test_what_becomes_of_a_draft_is_told_to_its_agents_own_pages(running: Any) -> None:
    page, here = str(uuid4()), f"/api/v1/conversations/{running.thread.conversation_id}"
    me, everybody = str(running.agents["agent"]), {"id": None, "inbox_id": None, "sequence": None, "position": None}
    async with running.client("agent") as client, listening(running, "agent") as mine:
        async with listening(running, "administrator") as others:
            kept, another = asyncio.create_task(mine.event()), asyncio.create_task(others.event())
            await _settled(running, 2)
            await client.put(f"{here}/draft", params={"writer": page}, json={"text": "Dear"})
            event = await kept
            running.story.answer(running.thread, running.thread.contact_id)
            await asyncio.to_thread(running.show)
            assert (await another)["event"] == "conversation", "nobody else hears of a draft"
        told = {"id": str(running.thread.conversation_id), "became": "kept", "writer": page}
        assert event["event"] == "draft" and "id" not in event
        assert json.loads(event["data"]) == everybody | told
        await client.post(f"{here}/replies", params={"writer": page}, json={"text": "Dear Zofia"})
        await client.put("/api/v1/me/draft", json={"subject": "Your offer"})
        await client.delete("/api/v1/me/draft")
        drafts: list[dict[str, Any]] = []
        while len(drafts) < 3:
            event = await mine.event()
            drafts += [json.loads(event["data"])] if event["event"] == "draft" else []
        assert [(one["id"], one["became"], one["writer"]) for one in drafts] == [
            (told["id"], "sent", page),
            (me, "kept", None),
            (me, "discarded", None),
        ]
        running.parts.feed.tell_draft(None)
        assert json.loads((await mine.event())["data"]) == everybody | {"became": None, "writer": None}
