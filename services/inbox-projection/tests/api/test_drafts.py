"""Drafts on the server, and that every text comes back as it was written."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from inbox_projection.api.models.common import Page
from inbox_projection.api.models.replies import DraftListed
from inbox_projection.queries import drafts
from inbox_projection.queries.drafts import Writer
from inbox_projection.testing.story import START

pytestmark = pytest.mark.real
BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)


def path(world: Any) -> str:
    return f"/api/v1/conversations/{world.thread.conversation_id}"


async def test_a_draft_is_its_agents_own_and_goes_when_it_is_sent(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        assert (await client.get(f"{path(world)}/draft")).json()["updated_at"] is None
        kept = await client.put(f"{path(world)}/draft", json={"text": "Dear", "to": ["not yet an addr"]})
        assert kept.status_code == 200, kept.text
        assert (await client.get(f"{path(world)}/draft")).json() == kept.json()
        assert (kept.json()["text"], kept.json()["to"]) == ("Dear", ["not yet an addr"])
        assert (await other.get(f"{path(world)}/draft")).json()["text"] == ""
        await other.post(f"{path(world)}/replies", json={"text": "I was faster"})
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == "Dear"
        await client.post(f"{path(world)}/replies", json={"text": "Dear Zofia"})
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == ""
    assert world.execute("select count(agent_id) from inbox_projection.drafts")[0][0] == 0


async def test_a_comment_is_drafted_beside_the_mail_and_files_come_back_by_name(world: Any) -> None:
    async with world.client("agent") as client:
        file = (await client.post("/api/v1/uploads", files={"file": ("plan.txt", b"x", "text/plain")})).json()
        draft = {
            "mode": "comment",
            "text": "Dear",
            "comment": "is it late?",
            "mentions": [str(world.agents["manager"])],
            "attachment_ids": [file["id"], str(world.story.new_id())],
        }
        kept = (await client.put(f"{path(world)}/draft", json=draft)).json()
        assert {name: kept[name] for name in draft} == draft
        assert kept["attachments"] == [file]
        assert (await client.get(f"{path(world)}/draft")).json() == kept


async def test_a_first_message_is_drafted_without_a_conversation(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        assert (await client.get("/api/v1/me/draft")).json()["updated_at"] is None
        kept = (await client.put("/api/v1/me/draft", json={"subject": "Your offer", "to": ["Ann"]})).json()
        assert (await client.get("/api/v1/me/draft")).json() == kept
        assert (kept["subject"], kept["to"], kept["inbox_id"]) == ("Your offer", ["Ann"], None)
        assert (await other.get("/api/v1/me/draft")).json()["subject"] == ""
        await client.delete("/api/v1/me/draft")
        assert (await client.get("/api/v1/me/draft")).json()["updated_at"] is None


async def test_a_refused_reply_leaves_the_draft(world: Any) -> None:
    async with world.client("agent") as client:
        await client.put(f"{path(world)}/draft", json={"text": "Dear"})
        world.router.refusal = ("conflict.conversation-is-spam", "No.")
        await client.post(f"{path(world)}/replies", json={"text": "Dear Zofia"})
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == "Dear"
        await client.delete(f"{path(world)}/draft")
        assert (await client.get(f"{path(world)}/draft")).json()["updated_at"] is None


async def test_a_draft_whose_reply_was_shown_before_it_was_dropped_is_gone(world: Any) -> None:
    """The API may die between the two."""
    async with world.client("agent") as client:
        await client.post(f"{path(world)}/replies", json={"text": "Dear Zofia"})
        agent, conversation = world.agents["agent"], world.thread.conversation_id
        await drafts.keep(world.parts.database, conversation, agent, '{"text":"Dear"}', START - timedelta(seconds=1))
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == ""


async def test_an_erased_contacts_drafts_are_gone(world: Any) -> None:
    agent, conversation = world.agents["agent"], world.thread.conversation_id
    async with world.client("agent") as client, world.client("administrator") as administrator:
        await client.put(f"{path(world)}/draft", json={"text": "Dear"})
        await administrator.delete(f"/api/v1/contacts/{world.thread.contact_id}")
        count = "select count(agent_id) from inbox_projection.drafts"
        assert world.execute(count)[0][0] == 0
        await drafts.keep(world.parts.database, conversation, agent, '{"text":"late"}', START)
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == ""
        await drafts.sweep(world.parts.database)
        assert world.execute(count)[0][0] == 0


@pytest.mark.skipif(BLNS is None, reason="the corpora are not beside the checkout")
async def test_naughty_strings_come_back_as_they_were_written(world: Any) -> None:
    assert BLNS is not None
    everything = "\n".join(text for text in json.loads(BLNS.read_text("utf-8")) if "\0" not in text)
    async with world.client("agent") as client:
        await client.put(f"{path(world)}/draft", json={"text": everything})
        assert (await client.get(f"{path(world)}/draft")).json()["text"] == everything
        reply = await client.post(f"{path(world)}/replies", json={"text": everything})
        assert reply.status_code == 201 and reply.json()["text"] == everything, reply.text
        first = {"inbox_id": str(world.story.inbox_id), "to": ["a@b.test"], "subject": "s", "text": everything}
        made = (await client.post("/api/v1/conversations", json=first)).json()
        shown = (await client.get(f"/api/v1/conversations/{made['id']}/messages")).json()["items"]
        assert [one["text"] for one in shown if one["kind"] == "message"] == [everything]
        kept = await client.post("/api/v1/snippets", json={"name": "naughty", "text": everything})
        assert kept.status_code == 201 and kept.json()["text"] == everything, kept.text
        rendered = await client.post(
            f"/api/v1/snippets/{kept.json()['id']}/render",
            json={"conversation_id": str(world.thread.conversation_id)},
        )
        assert (rendered.json()["text"], rendered.json()["missing"]) == (everything, [])
        asked = {"message_ids": [one["id"] for one in shown if one["kind"] == "message"], "to": ["b@c.test"]}
        path_of_first = f"/api/v1/conversations/{made['id']}/forwards"
        forwarded = await client.post(path_of_first, json=asked | {"text": everything})
        assert forwarded.json()["text"].startswith(everything) and forwarded.json()["text"].endswith(everything)


# -- several pages of one agent -------------------------------------------------------------------------------------


async def test_what_another_page_wrote_is_not_overwritten_unseen(world: Any) -> None:
    one, other, draft = str(uuid4()), str(uuid4()), f"{path(world)}/draft"
    async with world.client("agent") as client:
        await client.put(draft, params={"writer": one}, json={"text": "Dear"})
        unseen = await client.put(draft, params={"writer": other}, json={"text": "Hello"})
        assert (unseen.status_code, unseen.json()["code"]) == (409, "draft-changed")
        assert (await client.get(draft)).json()["text"] == "Dear"
        assert (await client.put(draft, params={"writer": one}, json={"text": "Dear Z"})).status_code == 200, "its own"
        stale = {"writer": other, "based_on": (START - timedelta(seconds=1)).isoformat()}
        assert (await client.put(draft, params=stale, json={"text": "Hello"})).status_code == 409
        fresh = {"writer": other, "based_on": (await client.get(draft)).json()["updated_at"]}
        assert (await client.put(draft, params=fresh, json={"text": "Hello"})).json()["text"] == "Hello"
        assert (await client.put(draft, json={"text": "by a program"})).status_code == 200


async def test_a_draft_that_was_sent_or_thrown_away_hinders_nobody(world: Any) -> None:
    one, other, draft = str(uuid4()), str(uuid4()), f"{path(world)}/draft"
    async with world.client("agent") as client:
        await client.put(draft, params={"writer": one}, json={"text": "Dear"})
        await client.delete(draft, params={"writer": one})
        assert (await client.put(draft, params={"writer": other}, json={"text": "Hello"})).status_code == 200
        await client.post(f"{path(world)}/replies", json={"text": "Hello"})
        agent, conversation = world.agents["agent"], world.thread.conversation_id
        stale = START - timedelta(seconds=1)
        await drafts.keep(world.parts.database, conversation, agent, '{"text":"old"}', stale, Writer(UUID(one)))
        kept = await client.put(draft, params={"writer": other}, json={"text": "next"})
        assert kept.status_code == 200, "one that an answer followed is none"


async def test_a_draft_keeps_its_files_and_pictures_as_long_as_it_lives(world: Any) -> None:
    async def uploaded(client: Any, name: str) -> str:
        made = await client.post("/api/v1/uploads", files={"file": (name, name.encode(), "image/png")})
        return str(made.json()["id"])

    async def there(client: Any, *uploads: str) -> list[bool]:
        return [(await client.get(f"/api/v1/uploads/{one}")).status_code == 200 for one in uploads]

    def age() -> None:
        world.execute("update inbox_projection.uploads set created_at = now() - interval '80 days'")

    async with world.client("agent") as client:
        file, picture, loose, dropped = [await uploaded(client, name) for name in ("a", "b", "c", "d")]
        draft = {"text": "Dear", "html": f'<p>Dear <img src="cid:{picture}"></p>'}
        await client.put(f"{path(world)}/draft", json=draft | {"attachment_ids": [file, dropped]})
        age()
        await world.parts.uploads.sweep()
        assert await there(client, file, picture, dropped, loose) == [True, True, True, False]
        kept = (await client.put(f"{path(world)}/draft", json=draft | {"attachment_ids": [file]})).json()
        assert [one["id"] for one in kept["attachments"]] == [file]
        await world.parts.uploads.sweep()
        assert await there(client, file, picture, dropped) == [True, True, False]
        sent = await client.post(f"{path(world)}/replies", json=draft | {"attachment_ids": [file]})
        assert sent.status_code == 201, sent.text
        assert {one["id"] for one in sent.json()["attachments"]} >= {file}
        await world.parts.uploads.sweep()
        assert await there(client, file, picture) == [True, True]

        first = await uploaded(client, "e")
        await client.put("/api/v1/me/draft", json={"text": "Hello", "attachment_ids": [first]})
        age()
        await world.parts.uploads.sweep()
        assert await there(client, first) == [True]
        await client.delete("/api/v1/me/draft")
        assert await there(client, first) == [False], "thrown away with its draft"
        await world.parts.uploads.sweep()
        assert world.execute("select count(*) from inbox_projection.draft_uploads") == [(0,)]


async def test_a_draft_holds_nobody_elses_file(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        made = await client.post("/api/v1/uploads", files={"file": ("plan.txt", b"x", "text/plain")})
        await other.put(f"{path(world)}/draft", json={"text": "Mine", "attachment_ids": [made.json()["id"]]})
        world.execute("update inbox_projection.uploads set created_at = now() - interval '25 hours'")
        await world.parts.uploads.sweep()
        assert (await client.get(made.json()["url"])).status_code == 404


# -- the list of them -----------------------------------------------------------------------------------------------


async def listed(client: Any, **asked: Any) -> Any:
    page = (await client.get("/api/v1/drafts", params=asked)).json()
    Page[DraftListed].model_validate(page)
    return page


async def test_an_agent_finds_the_own_drafts_the_last_written_first_and_sent_ones_no_more(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        kept = (await client.put(f"{path(world)}/draft", json={"text": "Dear\nZofia", "to": ["z@c.test"]})).json()
        await client.put("/api/v1/me/draft", json={"subject": "Your offer", "to": ["Ann"], "text": "Hello"})
        world.execute(
            "update inbox_projection.drafts set updated_at = %s where conversation_id <> agent_id",
            (START - timedelta(minutes=1),),
        )
        first, reply = (await listed(client))["items"]
        assert (first["conversation"], first["kind"], first["subject"]) == (None, "first_message", "Your offer")
        assert (first["to"], first["excerpt"]) == (["Ann"], "Hello")
        assert (reply["kind"], reply["excerpt"], reply["to"]) == ("reply", "Dear Zofia", kept["to"])
        shown = (await client.get(path(world))).json()
        assert reply["conversation"] == {
            name: shown[name] for name in ("id", "number", "inbox_id", "subject", "contact")
        }
        assert (await listed(other))["items"] == [], "nobody else's"
        begin = await listed(client, limit=1)
        assert begin["items"] == [first]
        rest = await listed(client, limit=1, cursor=begin["next_cursor"])
        assert (rest["items"], rest["next_cursor"]) == ([reply], None)
        await client.post(f"{path(world)}/replies", json={"text": "Dear Zofia"})
        assert (await listed(client))["items"] == [first]
        await client.delete("/api/v1/me/draft")
        assert (await listed(client))["items"] == []


async def test_a_listed_draft_says_what_it_was_about_to_become(world: Any) -> None:
    async with world.client("agent") as client:
        for mode, kind, excerpt in (
            ("reply", "reply", "a mail"),
            ("reply_all", "reply", "a mail"),
            ("forward", "forward", "a mail"),
            ("comment", "comment", "among us"),
        ):
            await client.put(f"{path(world)}/draft", json={"mode": mode, "text": "a mail", "comment": "among us"})
            (one,) = (await listed(client))["items"]
            assert (one["kind"], one["excerpt"]) == (kind, excerpt)


async def test_drafts_of_inboxes_out_of_reach_and_of_erased_people_are_not_listed(world: Any) -> None:
    agent = world.agents["agent"]
    await drafts.keep(world.parts.database, world.foreign_thread.conversation_id, agent, '{"text":"x"}', START)
    async with world.client("agent") as client, world.client() as administrator:
        assert (await listed(client))["items"] == []
        await client.put(f"{path(world)}/draft", json={"text": "Dear"})
        assert len((await listed(client))["items"]) == 1
        await administrator.delete(f"/api/v1/contacts/{world.thread.contact_id}")
        late = START + timedelta(minutes=1)
        await drafts.keep(world.parts.database, world.thread.conversation_id, agent, '{"text":"late"}', late)
        assert (await listed(client))["items"] == []
