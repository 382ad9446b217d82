"""What the API shows of the views."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from events import conversations as e
from events.contacts import HandleLinked, LinkedHandle
from events.envelope import Actor
from events.values import Attachment, Blob, Handle
from inbox_projection.api.models.common import All, Page
from inbox_projection.api.models.contacts import Contact
from inbox_projection.api.models.conversations import Conversation, Message
from inbox_projection.api.models.operations import Quarantined, Reconciliation
from inbox_projection.api.models.rules import Decision

pytestmark = pytest.mark.real


async def test_the_list_shows_the_newest_activity_first_and_pages_by_cursor(world: Any) -> None:
    for number in range(7):
        world.story.pass_time(minutes=1)
        world.story.mail(world.story.person(f"Person {number}"), f"Mail {number}")
    world.show()
    async with world.client() as client:
        whole = (await client.get("/api/v1/conversations")).json()
        Page[Conversation].model_validate(whole)
        subjects = [one["subject"] for one in whole["items"]]
        assert subjects[:3] == ["Mail 6", "Mail 5", "Mail 4"]
        paged: list[str] = []
        cursor = None
        while True:
            page = (
                await client.get("/api/v1/conversations", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            ).json()
            paged += [one["subject"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == subjects


async def test_conversations_named_by_id_are_given_as_far_as_they_are_in_the_list(world: Any) -> None:
    mine, other = (world.story.mail(world.story.person(name), name) for name in ("Mine", "Other"))
    world.show()
    ids = [str(mine.conversation_id), str(other.conversation_id), str(world.foreign.conversation_id)]

    async def given(role: str, **asked: Any) -> set[str]:
        async with world.client(role) as client:
            answer = await client.get("/api/v1/conversations", params={"id": ids} | asked)
        return {one["id"] for one in answer.raise_for_status().json()["items"]}

    assert await given("administrator") == set(ids)
    assert await given("manager") == set(ids[:2]), "the third is in an inbox that is not theirs"
    assert await given("manager", q="subject:Mine", id=ids[1:]) == set()
    assert await given("manager", view="closed") == set()
    async with world.client() as client:
        assert (await client.get("/api/v1/conversations", params={"id": [ids[0]] * 101})).status_code == 422


async def test_the_thread_shows_messages_comments_and_activities_in_order(world: Any) -> None:
    thread = world.thread
    world.story.reply(thread, "On its way")
    world.story.answer(
        thread, thread.contact_id, "Thanks", html='<p onclick="x()">Thanks</p><img src="http://t/x.png">'
    )
    world.show()
    async with world.client("agent") as client:
        page = (await client.get(f"/api/v1/conversations/{thread.conversation_id}/messages")).json()
    Page[Message].model_validate(page)
    assert [(one["kind"], one["direction"]) for one in page["items"]] == [
        ("message", "in"),
        ("activity", None),
        ("message", "out"),
        ("message", "in"),
    ]
    first, routed, reply, answer = page["items"]
    assert first["text"] == "Good morning,\nwhere is it?"
    author = {"kind": "contact", "id": str(thread.contact_id), "name": "Zofia Nowak", "avatar_url": None}
    assert first["author"] == author
    assert routed["activity"]["type"] == "ConversationRouted"
    nothing_else = {"reason": None, "can_retry": False, "due_at": None, "held": None}
    assert reply["delivery"] == {"state": "queued", **nothing_else}
    assert reply["author"]["name"] == "Agent"
    assert answer["html"] == '<p>Thanks</p><img data-remote-src="http://t/x.png">'
    assert [one["sequence"] for one in page["items"]] == [1, 2, 3, 4]


ASKED: tuple[dict[str, str], ...] = (
    {"status": "open"},
    {"status": "resolved"},
    {"assignee_id": "me"},
    {"assignee_id": "none"},
    {"label": "vip"},
    {"channel": "email"},
    {"label": "vip", "status": "open", "assignee_id": "none"},
    {"assignee_id": "me", "status": "open", "channel": "email"},
)


async def test_every_filter_gives_what_filtering_the_whole_list_gives(world: Any) -> None:
    await _variety(world)
    contact, team = str(world.thread.contact_id), str(world.story.team_id)
    asked = (*ASKED, {"contact_id": contact}, {"contact_id": contact, "label": "vip"}, {"team_id": team})
    for role in ("administrator", "agent"):
        async with world.client(role) as client:
            everything = (await client.get("/api/v1/conversations", params={"limit": 200})).json()["items"]
            for one in asked:
                for inbox in ({}, {"inbox_id": str(world.story.inbox_id)}):
                    params = one | inbox
                    expected = [row["id"] for row in everything if _fits(row, params, world.agents[role])]
                    assert expected == [row["id"] for row in await _pages(client, params)], (role, params)


async def _variety(world: Any) -> None:
    story = world.story
    for number in range(24):
        story.pass_time(seconds=30)
        inbox = story.inbox_id
        if number % 5 == 4:
            story.inbox_id = world.foreign_inbox
        thread = story.mail(story.person(), f"Case {number}")
        story.inbox_id = inbox
        owner = [world.agents["agent"], world.agents["administrator"], None][number % 3]
        if owner is None:
            story.conversation(thread, e.ConversationUnassigned())
        else:
            story.conversation(thread, e.ConversationAssigned(agent_id=owner, team_id=story.team_id))
        if number % 4 == 0:
            story.conversation(thread, e.LabelAdded(label="vip"), actor=Actor("system"))
        if number % 6 == 1:
            story.conversation(thread, e.ConversationResolved())
    world.show()


async def _pages(client: Any, params: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**params, "limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/conversations", params=asked)).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _fits(one: dict[str, Any], params: dict[str, str], me: UUID) -> bool:
    assignee = {"me": str(me), "none": None}.get(params.get("assignee_id", ""), params.get("assignee_id"))
    return (
        one["status"] == params.get("status", one["status"])
        and one["inbox_id"] == params.get("inbox_id", one["inbox_id"])
        and ("assignee_id" not in params or one["assignee_id"] == assignee)
        and ("label" not in params or params["label"] in one["labels"])
        and one["contact"]["id"] == params.get("contact_id", one["contact"]["id"])
        and ("team_id" not in params or one["team_id"] == params["team_id"])
    )


async def test_contacts_are_found_by_the_beginning_of_a_name_or_an_address(world: Any) -> None:
    ids = [world.story.person(f"Anna {number:02}", f"zz{number}@client.test") for number in range(5)]
    for contact in ids:
        world.story.mail(contact)
    world.story.contact(
        world.thread.contact_id, HandleLinked(personal=LinkedHandle(handle=Handle("email", "anna.nowak@home.test")))
    )
    world.show()
    async with world.client("agent") as client:
        found = await _found(client, "aNNa")
        assert [one["name"] for one in found] == ["Anna 00", "Anna 01", "Anna 02", "Anna 03", "Anna 04", "Zofia Nowak"]
        assert [one["id"] for one in await _found(client, "zz")] == [str(one) for one in ids]
        assert await _found(client, "%") == [] == await _found(client, "Board")
        one = (await client.get(f"/api/v1/contacts/{world.thread.contact_id}")).json()
        assert [handle["value"] for handle in one["handles"]] == ["zofia@client.test", "anna.nowak@home.test"]
        listed = (await client.get(f"/api/v1/contacts/{world.thread.contact_id}/conversations")).json()
        assert [row["id"] for row in listed["items"]] == [str(world.thread.conversation_id)]
        assert len((await client.get("/api/v1/contacts")).json()["items"]) == 6


async def _found(client: Any, prefix: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {"q": prefix, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/contacts", params=asked)).json()
        Page[Contact].model_validate(page)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_an_erased_person_leaves_a_thread_without_words(world: Any) -> None:
    world.story.reply(world.thread, "Dear Zofia")
    world.story.erase(world.thread.contact_id)
    world.show()
    async with world.client() as client:
        page = await client.get(f"/api/v1/conversations/{world.thread.conversation_id}/messages")
        listed = (await client.get("/api/v1/conversations")).text
        contact = (await client.get(f"/api/v1/contacts/{world.thread.contact_id}")).json()
    Page[Message].model_validate(page.json())
    assert "Zofia" not in page.text + listed + str(contact)
    assert contact["erased"] and contact["handle"] is None and contact["handles"] == []
    assert [one["erased"] for one in page.json()["items"] if one["kind"] == "message"] == [True, True]


async def test_decisions_tell_every_rule_and_what_it_saw(world: Any) -> None:
    async with world.client("agent") as client:
        found = (await client.get(f"/api/v1/conversations/{world.thread.conversation_id}/decisions")).json()
    All[Decision].model_validate(found)
    (decision,) = found["items"]
    assert decision["rules"][0]["outcome"] == "not_matched"
    assert decision["rules"][0]["values"] == {"message.subject": "Where is my order 4711?"}
    assert decision["reason"] == "inbox_team" and decision["team_id"] == str(world.story.team_id)


async def test_the_original_of_a_mail_is_a_download(world: Any) -> None:
    raw = b"Subject: hello\r\n\r\nhello\r\n"
    blob = Blob(f"{world.story.new_id()}/abc", len(raw), "message/rfc822", "abc")
    await world.parts.blobs.put(blob.name, raw)
    content = msgspec.structs.replace(world.story.content(world.thread.contact_id, "hello", "hello"), raw=blob)
    facts = world.story.facts(content)
    added = e.MessageAppended(contact_id=world.thread.contact_id, message=facts, personal=content)
    world.story.conversation(world.thread, added, key=world.thread.contact_id)
    world.show()
    async with world.client("agent") as client:
        answer = await client.get(f"/api/v1/messages/{facts.message_id}/raw")
    assert answer.content == raw
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_an_attachment_is_a_download_whatever_it_claims_to_be(world: Any) -> None:
    evil = Attachment(world.story.new_id(), "..\\../etc/\u202egpj.html\r\nX: y", "text/html", 25, "some/blob")
    await world.parts.blobs.put("some/blob", b"<script>alert(1)</script>")
    content = msgspec.structs.replace(world.story.content(world.thread.contact_id, "a", "b"), attachments=(evil,))
    facts = world.story.facts(content)
    added = e.MessageAppended(contact_id=world.thread.contact_id, message=facts, personal=content)
    world.story.conversation(world.thread, added, key=world.thread.contact_id)
    world.show()
    async with world.client("agent") as client:
        thread = (await client.get(f"/api/v1/conversations/{world.thread.conversation_id}/messages")).json()
        (shown,) = thread["items"][-1]["attachments"]
        answer = await client.get(shown["url"])
        other = await client.get(shown["url"].replace(str(evil.id), str(world.story.new_id())))
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "x" not in answer.headers and "\u202e" not in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"gpj.html X: y\"; filename*=UTF-8''gpj.html%20X%3A%20y"
    )
    assert other.status_code == 404


async def test_quarantine_says_how_the_last_retry_of_a_mail_went(world: Any) -> None:
    stream = world.story.new_id()
    kept = e.InboundQuarantined(topic="inbound.email.v1", partition=1, offset=8, reason="why", raw="a/1", size=2)
    happened = (
        (kept, None),
        (e.QuarantineRetryRequested(raw="a/1"), "waiting"),
        (e.QuarantineRetryFailed(retry_id=stream, reason="the raw mail is gone"), "failed"),
        (e.QuarantineRetryRequested(raw="a/1"), "waiting"),
        (e.QuarantineReleased(quarantined_id=stream), "done"),
    )
    async with world.client("administrator") as client, world.client("manager") as other:
        for sequence, (event, state) in enumerate(happened, start=1):
            world.story.publish("conversations.v1", stream, sequence, event)
            world.show()
            shown = (await client.get(f"/api/v1/quarantine/{stream}")).json()
            Quarantined.model_validate(shown)
            assert (shown["retry"] or {"state": None})["state"] == state
            assert state is None or shown["retry"]["reason"] == getattr(event, "reason", None)
            listed = [one["id"] for one in (await client.get("/api/v1/quarantine")).json()["items"]]
            assert (str(stream) in listed) == (state != "done")
        assert (await other.get(f"/api/v1/quarantine/{stream}")).status_code == 403
        assert (await client.get(f"/api/v1/quarantine/{world.story.new_id()}")).status_code == 404


async def test_quarantine_shows_what_waits_and_gives_its_bytes(world: Any) -> None:
    stream = world.story.new_id()
    await world.parts.blobs.put("quarantine/1", b"\xff\x00")
    world.story.publish(
        "conversations.v1",
        stream,
        1,
        e.InboundQuarantined(
            topic="inbound.email.v1", partition=1, offset=7, reason="MalformedEvent", raw="quarantine/1", size=2
        ),
    )
    world.show()
    async with world.client() as client:
        page = (await client.get("/api/v1/quarantine")).json()
        Page[Quarantined].model_validate(page)
        (one,) = page["items"]
        assert (one["id"], one["offset"], one["released_at"]) == (str(stream), 7, None)
        assert (await client.get(one["raw_url"])).content == b"\xff\x00"
        retried = (await client.post(f"/api/v1/quarantine/{stream}/retry")).json()
        assert retried["released_at"] is not None
        assert (await client.get("/api/v1/quarantine")).json()["items"] == []


async def test_reconciliation_counts_received_stored_and_shown(world: Any) -> None:
    async with world.client("manager") as client:
        found = (await client.get("/api/v1/reconciliation", params={"to": "2026-03-02T09:00:00Z"})).json()
    Reconciliation.model_validate(found)
    assert found["total"] == {
        "received": 2,
        "appended": 2,
        "filtered": 0,
        "admitted": 0,
        "quarantined": 0,
        "released": 0,
        "shown": 2,
    }
    assert [(one["channel"], one["hour"]) for one in found["items"]] == [("email", "2026-03-02T08:00:00Z")]
