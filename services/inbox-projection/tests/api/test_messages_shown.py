"""Messages as agents see them, and what a reply takes along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from events import conversations as e
from events import workspace as w
from events.values import Address, Attachment, Bounce, Invitation
from inbox_projection.api.models.conversations import Message
from inbox_projection.api.models.replies import Answering

pytestmark = pytest.mark.real


def comes_in(world: Any, *, facts: dict[str, Any] | None = None, **content: Any) -> Any:
    """A further mail in the conversation."""
    thread = world.thread
    made = msgspec.structs.replace(world.story.content(thread.contact_id, "Re: it", "text"), **content)
    known = msgspec.structs.replace(world.story.facts(made), **(facts or {}))
    event = e.MessageAppended(contact_id=thread.contact_id, message=known, personal=made)
    world.story.conversation(thread, event, key=thread.contact_id)
    world.show()
    return known


async def last_message(world: Any, **asked: Any) -> dict[str, Any]:
    async with world.client("agent") as client:
        path = f"/api/v1/conversations/{world.thread.conversation_id}/messages"
        answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found = [one for one in answer.json()["items"] if one["kind"] == "message"]
    Message.model_validate(found[-1])
    return dict(found[-1])


async def reply(world: Any, client: Any, **body: Any) -> Any:
    return await client.post(f"/api/v1/conversations/{world.thread.conversation_id}/replies", json=body)


async def test_a_bounce_says_of_whom_and_which_reply(world: Any) -> None:
    reply_id = world.story.new_id()
    bounce = Bounce(recipient="x@gone.test", status="5.1.1", diagnostic="550 no such user", external_id="id@us.test")
    comes_in(
        world,
        bounce=bounce,
        facts={"automated": "content-type", "automated_kind": "bounce", "bounced_reply_id": reply_id},
    )
    shown = await last_message(world)
    assert (shown["automated"], shown["automated_kind"]) == (True, "bounce")
    assert shown["bounce"] == {**msgspec.structs.asdict(bounce), "reply_id": str(reply_id)}


async def test_an_invitation_is_summed_up(world: Any) -> None:
    begin = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    meeting = Invitation(method="REQUEST", summary="Demo", organizer="Ann", starts_at=begin)
    comes_in(world, invitation=meeting)
    shown = (await last_message(world))["invitation"]
    assert (shown["summary"], shown["starts_at"], shown["ends_at"]) == ("Demo", "2026-03-04T09:00:00Z", None)


async def test_a_failed_authentication_is_a_warning(world: Any) -> None:
    comes_in(world, facts={"authentication": "dmarc=fail"})
    assert (await last_message(world))["authentication"] == "dmarc=fail"
    comes_in(world)
    plain = await last_message(world)
    assert plain["authentication"] is plain["bounce"] is plain["invitation"] is plain["automated_kind"] is None


async def test_pictures_of_the_mail_are_in_their_place_and_those_elsewhere_wait(world: Any) -> None:
    logo = Attachment(world.story.new_id(), "logo.png", "image/png", 3, "some/logo", content_id="logo@x")
    await world.parts.blobs.put("some/logo", b"png")
    html = (
        '<p>Hi<img src="cid:logo@x"><img src="https://t.test/p.gif"></p><div class="gmail_quote">On A wrote: old</div>'
    )
    facts = comes_in(world, html=html, attachments=(logo,))
    blocked, loaded = await last_message(world), await last_message(world, images="show")
    url = f"/api/v1/messages/{facts.message_id}/attachments/{logo.id}"
    assert f'<img src="{url}">' in blocked["html"] and blocked["attachments"][0]["inline"]
    assert blocked["remote_images"] == loaded["remote_images"] == 1
    assert 'src="https://t.test/p.gif"' not in blocked["html"].replace("data-remote-src", "")
    assert '<img src="https://t.test/p.gif">' in loaded["html"]
    assert "<details>" in blocked["html"]
    async with world.client("agent") as client:
        assert (await client.get(url)).content == b"png"
        path = f"/api/v1/conversations/{world.thread.conversation_id}/messages"
        assert (await client.get(path, params={"images": "maybe"})).status_code == 422


async def test_spam_by_a_filter_names_it(world: Any) -> None:
    filter_id = world.story.new_id()
    world.story.conversation(world.thread, e.MarkedAsSpam(filter_id=filter_id))
    world.show()
    async with world.client("agent") as client:
        page = (await client.get(f"/api/v1/conversations/{world.thread.conversation_id}/messages")).json()
    assert page["items"][-1]["activity"] == {"type": "MarkedAsSpam", "details": {"filter_id": str(filter_id)}}


async def test_a_reply_of_html_only_gets_a_text(world: Any) -> None:
    async with world.client("agent") as client:
        sent = await reply(world, client, html="<p>Dear Ann,</p><p>it is <b>here</b>.</p><script>x</script>")
        assert sent.status_code == 201, sent.text
        both = await reply(world, client, text="mine", html="<p>other</p>")
        neither = await reply(world, client, text="  ", html=" ")
    assert sent.json()["text"] == "Dear Ann,\n\nit is here."
    assert sent.json()["html"] == "<p>Dear Ann,</p><p>it is <b>here</b>.</p>"
    assert both.json()["text"] == "mine"
    assert (neither.status_code, neither.json()["code"]) == (422, "reply-empty")


async def test_a_picture_in_a_reply_is_an_upload_shown_in_place(world: Any) -> None:
    async with world.client("agent") as client, world.client("manager") as other:
        ids = []
        for name in ("a.png", "b.pdf"):
            kept = await client.post("/api/v1/uploads", files={"file": (name, b"x", "image/png")})
            ids.append(kept.json()["id"])
        html = f'<p>See <img src="cid:{ids[0].upper()}" alt="a"> and <img src="cid:unknown"></p>'
        stolen = await reply(world, other, html=html)
        assert (stolen.status_code, stolen.json()["code"]) == (422, "upload-not-found")
        sent = await reply(world, client, html=html, attachment_ids=[ids[1]])
        assert sent.status_code == 201, sent.text
        shown = sent.json()
        picture = next(one for one in shown["attachments"] if one["inline"])
        assert picture["id"] == ids[0] and len(shown["attachments"]) == 2
        assert f'src="{picture["url"]}"' in shown["html"]
        assert (await other.get(picture["url"])).content == b"x"
        again = await reply(world, client, html=html)
        assert again.status_code == 422
    content = world.router.asked[-1].data.content
    by_id = {one.id: one.content_id for one in content.attachments}
    assert by_id == {UUID(ids[0]): f"{ids[0]}@postroom", UUID(ids[1]): None}
    assert f'src="cid:{ids[0]}@postroom"' in content.html and 'src="cid:unknown"' in content.html


async def test_a_refused_reply_gives_its_pictures_back(world: Any) -> None:
    async with world.client("agent") as client:
        kept = await client.post("/api/v1/uploads", files={"file": ("a.png", b"x", "image/png")})
        html = f'<img src="cid:{kept.json()["id"]}">'
        world.router.refusal = ("conflict.conversation-is-spam", "Spam.")
        assert (await reply(world, client, html=html)).status_code == 409
        world.router.refusal = None
        assert (await reply(world, client, html=html)).status_code == 201


async def test_an_inbox_that_wants_it_quotes_the_message_answered(world: Any) -> None:
    sent_at = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    comes_in(world, facts={"sent_at": sent_at}, new_text="Żółw " * 20_000, quoted="> older")
    async with world.client() as admin, world.client("agent") as client:
        await reply(world, client, text="without")
        assert world.router.asked[-1].data.content.history is None
        path = f"/api/v1/inboxes/{world.story.inbox_id}"
        changed = await admin.patch(path, json={"quote_history": True})
        assert changed.json()["quote_history"] and (await admin.get(path)).json()["quote_history"]
        await reply(world, client, text="with")
    history = world.router.asked[-1].data.content.history
    assert history.sent_at == sent_at and history.sender.name == "Zofia Nowak"
    size = len(history.text.encode())
    assert 64 * 1024 - 2 <= size <= 64 * 1024 and "Żółw " * 10_000 not in history.text + " "


async def test_nothing_of_an_erased_person_is_quoted(world: Any) -> None:
    world.router.inbox_changed(world.story.inbox_id, name="Support", quote_history=True)
    world.story.erase(world.thread.contact_id)
    world.show()
    async with world.client("agent") as client:
        await reply(world, client, text="Hello", to=["other@client.test"])
    assert world.router.asked[-1].data.content.history is None


async def test_an_agent_who_is_offline_is_shown_so(world: Any) -> None:
    world.story.workspace(w.AgentAvailabilityChanged(agent_id=world.agents["agent"], state="offline"))
    world.show()
    async with world.client("agent") as client:
        assert (await client.get("/api/v1/me")).json()["availability"]["state"] == "offline"


async def test_a_thread_is_read_from_its_end_page_by_page(world: Any) -> None:
    for number in range(3):
        comes_in(world, to=(Address(f"{number}@client.test"),))
    path = f"/api/v1/conversations/{world.thread.conversation_id}/messages"
    async with world.client("agent") as client:
        whole = [one["id"] for one in (await client.get(path)).json()["items"]]
        pages: list[list[str]] = []
        asked: dict[str, Any] = {"from": "end", "limit": 2}
        while True:
            page = (await client.get(path, params=asked)).json()
            pages.insert(0, [one["id"] for one in page["items"]])
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        assert len(whole) > 3 and [one for page in pages for one in page] == whole


async def test_what_a_reply_would_go_out_with_is_what_it_goes_out_with(world: Any) -> None:
    boss = Address("boss@client.test", "Boss")
    comes_in(world, cc=(boss,))
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        proposed = (await client.get(f"{path}/answering")).json()
        Answering.model_validate(proposed)
        sent = (await reply(world, client, text="Here it is")).json()
    assert (proposed["to"], proposed["cc"], proposed["subject"]) == (sent["to"], sent["cc"], sent["subject"])
    assert proposed["cc"] == [{"address": "boss@client.test", "name": "Boss"}]
    speaking = next(one for one in proposed["addresses"] if one["channel_id"] == proposed["channel_id"])
    assert speaking["address"] == sent["from"]["address"]


async def test_the_html_of_a_mail_is_a_page_that_runs_nothing_and_asks_nobody(world: Any) -> None:
    facts = comes_in(world, html='<p onclick="x()">Hi<script>x()</script><img src="https://t.test/p.gif"></p>')
    path = f"/api/v1/messages/{facts.message_id}/html"
    async with world.client("agent") as client, world.client("stranger") as stranger:
        blocked, loaded = await client.get(path), await client.get(path, params={"images": "show"})
        foreign = await stranger.get(path)
    assert blocked.status_code == 200, blocked.text
    rules = blocked.headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules and "sandbox allow-same-origin " in rules and "allow-scripts" not in rules
    assert "img-src 'self' data:;" in rules and "https:" not in rules and "frame-ancestors 'self'" in rules
    assert "script" not in blocked.text and "onclick" not in blocked.text and ' src="https://t.test' not in blocked.text
    assert "https:" in loaded.headers["Content-Security-Policy"] and ' src="https://t.test/p.gif"' in loaded.text
    assert foreign.status_code == 404


async def test_a_mail_without_html_has_no_page(world: Any) -> None:
    facts = comes_in(world)
    async with world.client("agent") as client:
        assert (await client.get(f"/api/v1/messages/{facts.message_id}/html")).status_code == 404
