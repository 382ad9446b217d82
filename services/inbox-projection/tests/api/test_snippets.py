"""Snippets as agents keep and use them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox_projection.api.models.snippets import Rendered, Snippet
from inbox_projection.rendering import render

pytestmark = pytest.mark.real
NEW = {"name": "Bye", "folder": "Everyday", "text": "Yours, {{agent.first_name}} {{agent.meeting_url|}}"}


async def test_a_snippet_is_made_found_changed_and_deleted(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        made = await client.post("/api/v1/snippets", json=NEW)
        assert made.status_code == 201, made.text
        Snippet.model_validate(made.json())
        path = f"/api/v1/snippets/{made.json()['id']}"
        names = [one["name"] for one in (await client.get("/api/v1/snippets")).json()["items"]]
        assert names == ["Greeting", "Bye"]
        first = (await client.get("/api/v1/snippets?limit=1")).json()
        rest = (await client.get(f"/api/v1/snippets?limit=1&cursor={first['next_cursor']}")).json()
        assert [one["name"] for one in (*first["items"], *rest["items"])] == names and rest["next_cursor"] is None
        assert [one["name"] for one in (await other.get("/api/v1/snippets")).json()["items"]] == ["Greeting"]
        assert (await other.patch(path, json={"text": "x"})).status_code == 404
        assert (await other.delete(path)).status_code == 404
        changed = (await client.patch(path, json={"shared": True, "html": "<p>Yours</p>"})).json()
        assert (changed["shared"], changed["text"], changed["html"]) == (True, NEW["text"], "<p>Yours</p>")
        assert (await other.delete(path)).status_code == 204
        assert (await client.patch(path, json={"text": "x"})).status_code == 404


async def test_it_is_rendered_for_the_conversation_and_whoever_asks(world: Any) -> None:
    async with world.client("agent") as client:
        upload = await client.post("/api/v1/uploads", files={"file": ("terms.txt", b"terms", "text/plain")})
        texts = {"text": "{{contact.first_name}} #{{conversation.number}} {{agent.first_name}} {{agent.signature}}"}
        asked = NEW | texts | {"attachment_ids": [upload.json()["id"]]}
        made = (await client.post("/api/v1/snippets", json=asked)).json()
        path, body = f"/api/v1/snippets/{made['id']}/render", {"conversation_id": str(world.thread.conversation_id)}
        first = await client.post(path, json=body)
        assert first.status_code == 200, first.text
        Rendered.model_validate(first.json())
        assert first.json()["text"] == "Zofia #1 Agent {{agent.signature}}"
        assert first.json()["missing"] == ["agent.signature"]
        (copy,) = first.json()["attachments"]
        again = (await client.post(path, json=body)).json()["attachments"][0]
        assert (copy["name"], copy["size"]) == ("terms.txt", 5) and again["id"] != copy["id"]
        reply = {"text": "Here.", "attachment_ids": [copy["id"]]}
        sent = await client.post(f"/api/v1/conversations/{world.thread.conversation_id}/replies", json=reply)
        assert [one["name"] for one in sent.json()["attachments"]] == ["terms.txt"]
        foreign = {"conversation_id": str(world.foreign_thread.conversation_id)}
        assert (await client.post(path, json=foreign)).status_code == 404


async def test_it_is_rendered_for_a_message_that_is_to_begin_a_conversation(world: Any) -> None:
    async with world.client("agent") as client:
        text = "Dear {{contact.first_name}}, {{conversation.subject}} {{inbox.name}} {{conversation.number}}"
        made = (await client.post("/api/v1/snippets", json=NEW | {"text": text})).json()
        path, inbox = f"/api/v1/snippets/{made['id']}/render", str(world.story.inbox_id)
        first = {"inbox_id": inbox, "to": "Ann Smith <ann@client.test>", "subject": "Your offer"}
        given = (await client.post(path, json={"first": first})).json()
        assert given["text"] == "Dear Ann, Your offer Support {{conversation.number}}"
        assert given["missing"] == ["conversation.number"]
        nobody = (await client.post(path, json={"first": {"inbox_id": inbox}})).json()
        assert "contact.first_name" in nobody["missing"]
        foreign = await client.post(path, json={"first": {"inbox_id": str(world.foreign_inbox)}})
        assert foreign.status_code == 404
        both = {"first": first, "conversation_id": str(world.thread.conversation_id)}
        for wrong in ({}, both):
            assert (await client.post(path, json=wrong)).status_code == 422


async def test_the_signature_is_the_inboxs_template_with_the_agents_own_words(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/signature"
    world.router.inbox_changed(world.story.inbox_id, signature="{{agent.name}}, {{inbox.name}} {{agent.meeting_url}}")
    world.show()
    async with world.client("manager") as client:
        answer = await client.get(path)
    assert answer.json() == {"text": "Manager, Support {{agent.meeting_url}}", "missing": ["agent.meeting_url"]}


def test_a_name_is_text_in_html() -> None:
    made = render("Hi {{contact.name}}", "<p>Hi {{contact.name}}</p>", {"contact.name": "<img src=x onerror=y> & Co"})
    assert made.text == "Hi <img src=x onerror=y> & Co"
    assert made.html == "<p>Hi &lt;img src=x onerror=y&gt; &amp; Co</p>"


async def test_the_signature_stands_below_what_is_sent_in_text_and_html(world: Any) -> None:
    world.router.inbox_changed(world.story.inbox_id, signature="{{agent.name}}, {{inbox.name}} {{agent.meeting_url}}")
    world.show()
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client("agent") as client:
        plain = (await client.post(path, json={"text": "It is on its way."})).json()
        rich = (await client.post(path, json={"text": "", "html": "<p>It is on its way.</p>"})).json()
        first = {"inbox_id": str(world.story.inbox_id), "to": ["new@customer.test"], "subject": "Hi", "text": "Hello"}
        begun = (await client.post("/api/v1/conversations", json=first)).json()
        thread = (await client.get(f"/api/v1/conversations/{begun['id']}/messages")).json()["items"]
    assert plain["text"] == "It is on its way.\n\n-- \nAgent, Support"
    assert rich["text"] == plain["text"] and rich["html"].endswith("<p>--&nbsp;<br>Agent, Support</p>")
    (sent,) = (one for one in thread if one["kind"] == "message")
    assert sent["text"] == "Hello\n\n-- \nAgent, Support"
