"""Subject, contact, another inbox, merging, muting and suggested links over HTTP; and what the trash hides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from events import conversations as e
from events.commands import CancelReply
from inbox_projection.testing import Thread

pytestmark = pytest.mark.real
BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)


def at(thread: Thread | UUID, more: str = "") -> str:
    return f"/api/v1/conversations/{thread.conversation_id if isinstance(thread, Thread) else thread}{more}"


def another(world: Any, subject: str = "And another thing", *, of: UUID | None = None) -> Thread:
    """A further conversation of the own inbox."""
    contact_id = of or world.story.person("Sam", f"{world.story.new_id().hex}@elsewhere.test")
    thread: Thread = world.story.mail(contact_id, subject, f"About {subject}")
    world.show()
    return thread


def asked(world: Any) -> list[str]:
    return [type(each.data).__name__ for each in world.router.asked]


def line_break(text: str) -> bool:
    return any(ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" for char in text)


async def test_the_subject_is_what_the_team_calls_it(world: Any) -> None:
    async with world.client("agent") as client:
        changed = await client.patch(at(world.thread), json={"subject": "Parcel 7"})
        assert (changed.status_code, changed.json()["subject"]) == (200, "Parcel 7")
        again = await client.patch(at(world.thread), json={"subject": "Parcel 7"})
        assert again.json() == changed.json() and asked(world) == ["ChangeSubject"], "it was so already"
        assert (await client.patch(at(world.thread), json={})).json() == changed.json()
        shown = (await client.get(at(world.thread, "/messages"))).json()["items"]
        (line,) = [one for one in shown if (one["activity"] or {}).get("type") == "SubjectChanged"]
        assert (line["subject"], line["activity"]["details"]) == ("Parcel 7", {})
        (act,) = (await world.client().get("/api/v1/audit?kind=SubjectChanged")).json()["items"]
        assert "Parcel 7" not in json.dumps(act)
        assert (await client.patch(at(world.thread), json={"subject": "x" * 999})).status_code == 422
        for injected in ("Hi\r\nBcc: all@customer.test", "Hi\nX: y", "Hi\0", "a\x85b", "a\u2028b"):
            assert (await client.patch(at(world.thread), json={"subject": injected})).status_code == 422


@pytest.mark.skipif(BLNS is None, reason="the corpora are not beside the checkout")
async def test_naughty_subjects_come_back_as_they_were_written(world: Any) -> None:
    assert BLNS is not None
    naughty = [text for text in json.loads(BLNS.read_text("utf-8")) if not line_break(text) and len(text) <= 998]
    async with world.client("agent") as client:
        for text in naughty:
            answer = await client.patch(at(world.thread), json={"subject": text})
            assert answer.status_code == 200 and answer.json()["subject"] == text, text


async def test_the_contact_can_be_another_person_whom_the_agent_may_know(world: Any) -> None:
    other = another(world)
    async with world.client("agent") as client:
        changed = await client.patch(at(world.thread), json={"contact_id": str(other.contact_id), "subject": "Both"})
        assert (changed.json()["contact"]["id"], changed.json()["subject"]) == (str(other.contact_id), "Both")
        listed = (await client.get(f"/api/v1/conversations?contact_id={other.contact_id}")).json()["items"]
        assert str(world.thread.conversation_id) in [one["id"] for one in listed]
        for stranger in (world.foreign_thread.contact_id, uuid4()):
            assert (await client.patch(at(world.thread), json={"contact_id": str(stranger)})).status_code == 404
    assert asked(world) == ["ChangeConversationContact"], "both, or neither"


async def test_a_moved_conversation_is_out_of_sight_at_once_and_both_inboxes_are_told(world: Any) -> None:
    own, before = world.thread, world.execute("select coalesce(max(feed_id), 0) from inbox.feed")[0][0]
    async with world.client() as administrator, world.client("agent") as agent:
        for inbox in (world.foreign_inbox, uuid4()):
            assert (await agent.put(at(own, "/inbox"), json={"inbox_id": str(inbox)})).status_code == 404
        assert asked(world) == []
        moved = await administrator.put(at(own, "/inbox"), json={"inbox_id": str(world.foreign_inbox)})
        assert (moved.status_code, moved.json()["inbox_id"]) == (200, str(world.foreign_inbox))
        assert (await agent.get(at(own))).status_code == 404
        assert (await agent.get(at(own, "/messages"))).status_code == 404
        assert str(own.conversation_id) not in (await agent.get("/api/v1/conversations")).text
        shown = (await administrator.get(at(own, "/messages"))).json()["items"]
        assert shown[-1]["activity"]["type"] == "ConversationMoved"
    told = world.execute(
        "select inbox_id from inbox.feed where feed_id > %s and conversation_id = %s", (before, own.conversation_id)
    )
    assert {row[0] for row in told} == {world.story.inbox_id, world.foreign_inbox}


async def test_merged_conversations_are_one_thread_in_the_order_of_time(world: Any) -> None:
    own = world.thread
    other = another(world, "The same parcel")
    for thread, text in ((own, "Anybody?"), (other, "Hello?")):
        world.story.pass_time(minutes=1)
        world.story.answer(thread, thread.contact_id, text)
    world.show()
    async with world.client("agent") as client:
        counts = [(await client.get(at(each))).json()["message_count"] for each in (own, other)]
        merged = await client.post(at(own, "/merge"), json={"from_ids": [str(other.conversation_id)]})
        assert merged.status_code == 200, merged.text
        assert merged.json()["message_count"] == sum(counts)
        gone = (await client.get(at(other))).json()
        assert (gone["status"], gone["merged_into"]) == ("resolved", str(own.conversation_id))
        pages, cursor = list[Any](), ""
        while True:
            page = (await client.get(at(own, f"/messages?limit=2{cursor}"))).json()
            pages += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        whole = (await client.get(at(own, "/messages"))).json()["items"]
        assert pages == whole and len({one["id"] for one in whole}) == len(whole)
        last = (await client.get(at(own, "/messages?from=end&limit=2"))).json()
        before = (await client.get(at(own, f"/messages?from=end&limit=200&cursor={last['next_cursor']}"))).json()
        assert before["items"] + last["items"] == whole and before["next_cursor"] is None
        texts = [one["new_text"] for one in whole if one["kind"] == "message"]
        assert texts[-2:] == ["Anybody?", "Hello?"] and "About The same parcel" in texts
        theirs = [one for one in whole if one["conversation_id"] == str(other.conversation_id)]
        assert theirs and {one["sequence"] for one in theirs} == {0}
        assert "ConversationsMerged" in [(one["activity"] or {}).get("type") for one in whole]
        mine = (await client.get(at(other, "/messages"))).json()["items"]
        assert [one["id"] for one in mine] == [one["id"] for one in theirs]


async def test_a_reply_after_merging_answers_the_newest_message_of_both(world: Any) -> None:
    other = another(world, "The same parcel")
    world.story.pass_time(minutes=1)
    world.story.answer(other, other.contact_id, "Hello?")
    world.show()
    async with world.client("agent") as client:
        await client.post(at(world.thread, "/merge"), json={"from_ids": [str(other.conversation_id)]})
        answered = await client.post(at(world.thread, "/replies"), json={"text": "Yes."})
        assert answered.status_code == 201, answered.text
        theirs = (await client.get(at(other, "/messages"))).json()["items"]
        newest = [one for one in theirs if one["direction"] == "in"][-1]
        assert newest["text"] == "Hello?" and answered.json()["to"] == [newest["from"]]


async def test_a_reply_of_the_merged_one_is_taken_back_where_it_is_shown(world: Any) -> None:
    other = another(world)
    reply_id = world.story.reply(other)
    world.router.replies.add(reply_id)
    async with world.client("agent") as client:
        await client.post(at(world.thread, "/merge"), json={"from_ids": [str(other.conversation_id)]})
        await client.delete(at(world.thread, f"/replies/{reply_id}"))
    (cancelled,) = [each for each in world.router.asked if isinstance(each.data, CancelReply)]
    assert cancelled.stream == other.conversation_id


async def test_what_is_foreign_or_unknown_is_not_merged(world: Any) -> None:
    async with world.client("agent") as client:
        for stranger in (world.foreign_thread.conversation_id, uuid4()):
            other = str(another(world).conversation_id)
            answer = await client.post(at(world.thread, "/merge"), json={"from_ids": [other, str(stranger)]})
            assert answer.status_code == 404
        for body in ({"from_ids": []}, {"from_ids": [str(uuid4())] * 51}, {"from_ids": ["x"]}):
            assert (await client.post(at(world.thread, "/merge"), json=body)).status_code == 422
        world.router.refusal = ("conflict.conversation-is-merged", "It was merged into #2.")
        other = str(another(world).conversation_id)
        refused = await client.post(at(world.thread, "/merge"), json={"from_ids": [other]})
        assert (refused.status_code, refused.json()["code"]) == (409, "conversation-is-merged")


async def test_a_muted_conversation_tells_nobody(world: Any) -> None:
    own, story = world.thread, world.story
    agent_id = world.agents["agent"]
    async with world.client("agent") as client:
        assert (await client.put(at(own, "/mute"))).json()["muted"] is True
        story.conversation(own, e.ConversationAssigned(agent_id=agent_id, team_id=None))
        story.answer(own, own.contact_id, "Psst")
        world.show()
        kinds = "select kind from inbox.notifications where conversation_id = %s and kind = 'customer_answered'"
        assert world.execute(kinds, (own.conversation_id,)) == []
        assert (await client.delete(at(own, "/mute"))).json()["muted"] is False
        story.answer(own, own.contact_id, "Loud")
        world.show()
        assert world.execute(kinds, (own.conversation_id,)) == [("customer_answered",)]
    assert asked(world) == ["MuteConversation", "UnmuteConversation"]


def suggested(world: Any, of: UUID) -> UUID:
    """A conversation that may belong to another one."""
    story = world.story
    contact_id, stream = story.person("Thief", f"{story.new_id().hex}@elsewhere.test"), story.new_id()
    content = story.content(contact_id, "Re: it", "It is me")
    thread = Thread(stream, contact_id, "Re: it", people={contact_id})
    story.threads.append(thread)
    opened = e.ConversationOpened(
        number=77,
        inbox_id=story.inbox_id,
        contact_id=contact_id,
        channel="email",
        channel_id=story.channel_id,
        message=story.facts(content),
        suggested_link=of,
        personal=e.OpenedContent(subject="Re: it", message=content),
    )
    story.conversation(thread, opened, key=contact_id)
    world.show()
    return UUID(str(stream))


async def test_a_suggested_link_is_refused_or_accepted_which_merges(world: Any) -> None:
    own = world.thread
    first, second = suggested(world, own.conversation_id), suggested(world, own.conversation_id)
    foreign = suggested(world, world.foreign_thread.conversation_id)
    async with world.client("agent") as client:
        nothing = await client.post(at(own, "/suggested-link"), json={"accept": True})
        assert (nothing.status_code, nothing.json()["code"]) == (409, "no-suggested-link")
        assert (await client.post(at(own, "/suggested-link"), json={"accept": False})).status_code == 200
        refused = await client.post(at(first, "/suggested-link"), json={"accept": False})
        assert refused.json()["suggested_link"] is None and refused.json()["merged_into"] is None
        for _ in range(2):
            accepted = await client.post(at(second, "/suggested-link"), json={"accept": True})
            assert accepted.status_code == 200
            assert accepted.json()["merged_into"] == str(own.conversation_id)
        assert (await client.post(at(foreign, "/suggested-link"), json={"accept": True})).status_code == 404
    assert asked(world) == ["RefuseSuggestedLink", "MergeConversations"]
    assert world.router.asked[-1].stream == own.conversation_id


async def test_what_was_in_the_trash_for_too_long_is_nowhere_any_more(world: Any) -> None:
    gone, story = another(world), world.story
    story.conversation(gone, e.ConversationTrashed(until=story.now, timer_id=story.new_id()))
    world.show()
    async with world.client() as client:
        assert str(gone.conversation_id) in (await client.get("/api/v1/conversations?status=trash")).text
        (message,) = [one for one in (await client.get(at(gone, "/messages"))).json()["items"] if one["direction"]]
        story.conversation(gone, e.TrashElapsed(timer_id=story.new_id()))
        world.show()
        for path in ("", "/messages", "/decisions"):
            assert (await client.get(at(gone, path))).status_code == 404, path
        assert (await client.get(f"/api/v1/messages/{message['id']}/raw")).status_code == 404
        assert (await client.put(at(gone, "/status"), json={"status": "open"})).status_code == 404
        listed = [
            (await client.get(f"/api/v1/conversations{query}")).text
            for query in ("", "?status=trash", f"?contact_id={gone.contact_id}", "?view=trash")
        ]
        assert not any(str(gone.conversation_id) in text for text in listed)
        assert str(gone.conversation_id) not in (await client.get(f"/api/v1/contacts/{gone.contact_id}/timeline")).text


async def test_a_follow_up_and_what_it_follows_name_each_other(world: Any) -> None:
    own, story = world.thread, world.story
    later = another(world)
    story.conversation(own, e.ConversationFollowedUp(conversation_id=later.conversation_id, number=2))
    world.show()
    async with world.client("agent") as client:
        assert (await client.get(at(own))).json()["follow_up_ids"] == [str(later.conversation_id)]
        assert (await client.get(at(later))).json()["follow_up_of"] is None
        (kept,) = (await client.get("/api/v1/inboxes")).json()["items"]
        assert kept["reopen_days"] == 30


async def test_the_days_after_which_a_message_comes_too_late_are_the_inboxs(world: Any) -> None:
    inbox = f"/api/v1/inboxes/{world.story.inbox_id}"
    async with world.client("manager") as client:
        changed = await client.patch(inbox, json={"reopen_days": 7})
        assert changed.status_code == 200 and world.router.asked[-1].data.reopen_days == 7
        for wrong in (-1, 3651, "soon"):
            assert (await client.patch(inbox, json={"reopen_days": wrong})).status_code == 422
