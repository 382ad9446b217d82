"""What agents are told of: their own matters and those of their inboxes, never what they did, until it is read."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from events import conversations as e
from events import workspace as w
from events.envelope import SYSTEM, Actor
from events.notifications import KINDS
from inbox_projection.feed import Entry, entry

pytestmark = pytest.mark.real
ALL = "/api/v1/notifications"


async def told(world: Any, role: str = "agent", **query: Any) -> dict[str, Any]:
    async with world.client(role) as client:
        answer = await client.get(ALL, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def kinds(world: Any, role: str = "agent", **query: Any) -> list[str]:
    return [one["kind"] for one in (await told(world, role, **query))["items"]]


def by(world: Any, role: str) -> Actor:
    return Actor("agent", str(world.agents[role]))


def assigned(world: Any, to: str, actor: Actor = SYSTEM) -> None:
    world.story.pass_time(seconds=1)
    world.story.conversation(world.thread, e.ConversationUnassigned(), actor=actor)
    event = e.ConversationAssigned(agent_id=world.agents[to], team_id=None)
    world.story.conversation(world.thread, event, actor=actor)
    world.show()


def mentioned(world: Any, *roles: str, actor: str = "manager") -> None:
    world.story.pass_time(seconds=1)
    text = e.CommentText(text="Have a look")
    comment = e.CommentAdded(
        comment_id=uuid4(),
        agent_id=world.agents[actor],
        mentions=tuple(world.agents[role] for role in roles),
        personal=text,
    )
    world.story.conversation(world.thread, comment, key=world.thread.contact_id, actor=by(world, actor))
    world.show()


async def start_read(world: Any, role: str = "agent") -> None:
    """What furnishing the world told is read."""
    body = await told(world, role)
    if body["items"]:
        async with world.client(role) as client:
            await client.put(f"{ALL}/read", json={"up_to": body["items"][0]["id"]})
    assert (await told(world, role, unread="true"))["items"] == []


async def test_who_is_given_a_conversation_is_told_by_whom(world: Any) -> None:
    await start_read(world)
    assigned(world, "agent", by(world, "manager"))
    body = await told(world, unread="true")
    (one,) = body["items"]
    assert (one["kind"], one["conversation_id"]) == ("assigned", str(world.thread.conversation_id))
    assert one["actor"] == {"kind": "agent", "id": str(world.agents["manager"]), "name": "Manager"}
    assert body["unread_count"] == 1 and one["read"] is False
    assert await kinds(world, "manager", unread="true") == await kinds(world, "manager")


async def test_nobody_is_told_of_what_they_did(world: Any) -> None:
    await start_read(world)
    assigned(world, "agent", by(world, "agent"))
    mentioned(world, "agent", actor="agent")
    assert await kinds(world, unread="true") == []


async def test_what_concerns_an_inbox_is_told_to_its_members_but_who_did_it(world: Any) -> None:
    for role in ("agent", "manager", "administrator"):
        await start_read(world, role)
    world.story.pass_time(seconds=1)
    failing = w.ChannelHealthNoted(
        channel_id=world.support_channel, state="down", reason="refused", since=world.story.now
    )
    world.story.workspace(failing)
    world.story.pass_time(seconds=1)
    elapsed = e.SnoozeElapsed(timer_id=uuid4())
    world.story.conversation(world.thread, elapsed, actor=by(world, "manager"))
    world.show()
    assert await kinds(world, "agent", unread="true") == ["snooze_over", "channel_unhealthy"]
    assert await kinds(world, "manager", unread="true") == ["channel_unhealthy"]
    assert await kinds(world, "stranger") == [] and await kinds(world, "administrator", unread="true") == []


async def test_who_wrote_a_reply_is_told_that_it_was_held_or_that_nobody_knows_whether_it_arrived(world: Any) -> None:
    for role in ("agent", "manager"):
        await start_read(world, role)
    held = e.ReplyHeld(reply_id=uuid4(), agent_id=world.agents["agent"], reason="customer_wrote")
    doubt = e.ReplyUncertain(reply_id=held.reply_id, attempt=1, agent_id=world.agents["agent"])
    world.story.pass_time(seconds=1)
    world.story.conversation(world.thread, doubt, actor=SYSTEM)
    world.show()
    assert await kinds(world, "agent", unread="true") == []
    for event in (held, replace(doubt, attempt=2, final=True)):
        world.story.pass_time(seconds=1)
        world.story.conversation(world.thread, event, actor=SYSTEM)
        world.show()
        assert await kinds(world, "agent", unread="true") == ["send_failed"]
        assert await kinds(world, "manager", unread="true") == []
        await start_read(world)


async def test_a_mention_is_told_to_whom_it_names(world: Any) -> None:
    await start_read(world)
    await start_read(world, "administrator")
    mentioned(world, "agent", "stranger")
    assert await kinds(world, unread="true") == ["mention"]
    assert await kinds(world, "administrator", unread="true") == []


async def test_what_is_mentioned_to_somebody_out_of_reach_stays_hidden(world: Any) -> None:
    mentioned(world, "stranger")
    assert await kinds(world, "stranger") == []


async def test_a_storm_is_one_notification(world: Any) -> None:
    await start_read(world)
    assigned(world, "agent")
    for _ in range(100):
        world.story.pass_time(milliseconds=1)
        world.story.answer(world.thread, world.thread.contact_id, "Hello?")
    world.show()
    body = await told(world, unread="true")
    assert [one["kind"] for one in body["items"]] == ["customer_answered", "assigned"]
    assert body["unread_count"] == 2
    assert body["items"][0]["sequence"] == world.thread.sequence


async def test_reading_the_conversation_reads_what_it_told(world: Any) -> None:
    await start_read(world)
    assigned(world, "agent")
    mark = f"/api/v1/conversations/{world.thread.conversation_id}/read"
    async with world.client("agent") as client:
        assert (await client.put(mark, json={"sequence": world.thread.sequence})).status_code == 200
        assert await kinds(world, unread="true") == []
        assert (await told(world))["items"][0]["read"] is True
        assert (await client.delete(mark)).status_code == 200
        assert await kinds(world, unread="true") == ["assigned"]
        assert (await client.put(mark, json={"sequence": 0})).status_code == 422
    foreign = f"/api/v1/conversations/{world.foreign_thread.conversation_id}/read"
    async with world.client("agent") as client:
        assert (await client.put(foreign, json={"sequence": 1})).status_code == 404


async def test_all_up_to_one_are_read_and_what_is_on_top_is_not(world: Any) -> None:
    await start_read(world)
    assigned(world, "agent")
    first = (await told(world, unread="true"))["items"][0]["id"]
    mentioned(world, "agent")
    async with world.client("agent") as client:
        left = await client.put(f"{ALL}/read", json={"up_to": first})
        assert left.json() == {"unread_count": 1}
        again = await client.put(f"{ALL}/read", json={"up_to": first})
        assert again.json() == {"unread_count": 1}
        assert (await client.put(f"{ALL}/read", json={"up_to": str(uuid4())})).status_code == 404
    async with world.client("stranger") as client:
        assert (await client.put(f"{ALL}/read", json={"up_to": first})).status_code == 404
    assert await kinds(world, unread="true") == ["mention"]


async def test_one_of_a_channel_is_read_alone_until_it_comes_anew(world: Any) -> None:
    def fails() -> None:
        world.story.pass_time(seconds=1)
        health = w.ChannelHealthNoted(
            channel_id=world.support_channel, state="down", reason="refused", since=world.story.now
        )
        world.story.workspace(health)
        world.show()

    await start_read(world)
    assigned(world, "agent")
    fails()
    newest = (await told(world, unread="true"))["items"][0]
    assert newest["kind"] == "channel_unhealthy"
    path = f"{ALL}/{newest['id']}/read"
    async with world.client("agent") as client:
        assert (await client.put(path)).json() == {"unread_count": 1}
        assert (await client.put(f"{ALL}/{uuid4()}/read")).status_code == 404
    async with world.client("stranger") as client:
        assert (await client.put(path)).status_code == 404
    assert await kinds(world, unread="true") == ["assigned"]
    assert [one["read"] for one in (await told(world))["items"]][:2] == [True, False]
    assert "channel_unhealthy" in await kinds(world, "manager", unread="true"), "another's reading is another's"
    fails()
    assert await kinds(world, unread="true") == ["channel_unhealthy", "assigned"]


async def test_pages_follow_each_other(world: Any) -> None:
    assigned(world, "agent")
    mentioned(world, "agent")
    whole = [one["id"] for one in (await told(world))["items"]]
    found, cursor = [], None
    for _ in whole:
        page = await told(world, limit=1, **({} if cursor is None else {"cursor": cursor}))
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert found == whole and cursor is None and len(whole) >= 2


async def test_who_does_not_want_to_be_told_is_not(world: Any) -> None:
    await start_read(world)
    path = "/api/v1/me/notification-preferences"
    async with world.client("agent") as client:
        before = (await client.get(path)).json()
        assert (len(before["in_app"]), before["mail"], before["mail_rhythm"]) == (len(KINDS), [], "at_once")
        wish = {"in_app": ["mention"], "mail": ["assigned"], "mail_rhythm": "daily"}
        assert (await client.put(path, json=wish)).json() == wish
        of_all = wish | {"mail": list(KINDS)}
        assert (await client.put(path, json=of_all)).json() == of_all
        assert (await client.put(path, json=wish)).json() == wish
        assert (await client.put(path, json={"in_app": ["everything"]})).status_code == 422
    assigned(world, "agent")
    mentioned(world, "agent")
    body = await told(world, unread="true")
    assert [one["kind"] for one in body["items"]] == ["mention"] and body["unread_count"] == 1


async def test_a_test_goes_by_mail_to_who_asks_and_not_without_end(world: Any) -> None:
    path = "/api/v1/me/notification-preferences/test"
    async with world.client("agent") as client:
        for _ in range(2):
            sent = await client.post(path, headers={"Idempotency-Key": "once"})
            assert (sent.status_code, sent.json()) == (200, {"to": "agent@agents.test"})
        mail, token = world.router.mails[-1]
        assert (mail.kind, mail.agent_id, token) == ("notification_test", world.agents["agent"], "")
        assert len({one.id for one in world.router.asked if one.type == "SendAccountMail"}) == 1
        answers = [await client.post(path) for _ in range(10)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused and all(int(one.headers["Retry-After"]) > 0 for one in refused)
    assert refused[0].json()["code"] == "too-many-tests"
    async with world.client("stranger") as client:
        assert (await client.post(path)).status_code == 200


async def test_the_feed_says_it_to_whom_it_concerns(world: Any) -> None:
    assigned(world, "agent")
    rows = world.execute(
        "select feed_id, kind, conversation_id, inbox_id, sequence, position from inbox.feed"
        " where kind = 'notification' order by feed_id desc limit 1"
    )
    made: Entry = entry(*rows[0])
    assert (made.agent_id, made.inbox_id) == (UUID(str(world.agents["agent"])), world.story.inbox_id)
    assert b"event: notification" in made.text and str(world.agents["agent"]).encode() not in made.text


async def test_a_channel_that_is_well_again_takes_its_notification_away(world: Any) -> None:
    def noted(part: Any, state: str) -> None:
        world.story.pass_time(seconds=1)
        health = w.ChannelHealthNoted(
            channel_id=world.support_channel, part=part, state=state, reason="", since=world.story.now
        )
        world.story.workspace(health)

    await start_read(world)
    noted("receiving", "down")
    noted("sending", "down")
    world.show()
    assert await kinds(world, unread="true") == ["channel_unhealthy"]
    noted("receiving", "ok")
    world.show()
    assert await kinds(world, unread="true") == ["channel_unhealthy"], "sending is down still"
    noted("sending", "ok")
    world.show()
    assert "channel_unhealthy" not in await kinds(world)
    noted("receiving", "down")
    noted("receiving", "ok")
    world.show()
    assert "channel_unhealthy" not in await kinds(world), "both in one batch"
    noted("receiving", "ok")
    noted("receiving", "down")
    world.show()
    assert await kinds(world, unread="true") == ["channel_unhealthy"]
    world.story.pass_time(seconds=1)
    world.story.workspace(w.ChannelDisconnected(channel_id=world.support_channel))
    world.show()
    assert "channel_unhealthy" not in await kinds(world), "it is no channel any more"
