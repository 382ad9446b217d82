"""Whose turn it is, in which order lists come, who follows, and what is unread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from events import conversations as e
from events.envelope import Actor
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.conversations import Conversation

pytestmark = pytest.mark.real


async def pages(client: Any, params: dict[str, Any], limit: int = 4) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**params, "limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = await client.get("/api/v1/conversations", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        Page[Conversation].model_validate(page)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def live(world: Any) -> None:
    """Conversations of every standing, turn, priority and assignee, two of each second."""
    story = world.story
    for number in range(36):
        if number % 2:
            story.pass_time(seconds=30)
        inbox = story.inbox_id
        if number % 7 == 6:
            story.inbox_id = world.foreign_inbox
        thread = story.mail(story.person(), f"Case {number}")
        story.inbox_id = inbox
        if number % 3 == 1:
            story.reply(thread)
        if number % 9 == 4:
            story.pass_time(seconds=1)
            story.answer(thread, thread.contact_id)
        owner = [world.agents["agent"], world.agents["administrator"], None][number % 3]
        assigned = e.ConversationAssigned(agent_id=owner, team_id=story.team_id)
        story.conversation(thread, assigned if owner else e.ConversationUnassigned())
        for every, event in (
            (4, e.LabelAdded(label="vip")),
            (5, e.LabelAdded(label="odd")),
            (6, e.ConversationResolved()),
            (8, e.ConversationSnoozed()),
            (7, e.PriorityChanged(priority="urgent")),
            (10, e.PriorityChanged(priority="low")),
        ):
            if number % every == 1:
                story.conversation(thread, event, actor=Actor("system"))
        if number % 5 == 2:
            comment = e.CommentAdded(
                comment_id=story.new_id(), agent_id=world.agents["manager"], mentions=(world.agents["agent"],)
            )
            story.conversation(thread, comment)
    world.show()


Key = Callable[[dict[str, Any]], Any]
PRIORITY = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


def newest(one: dict[str, Any]) -> Any:
    at = datetime.fromisoformat(one["last_message_at"])
    return (-at.timestamp(), -int(one["id"].replace("-", ""), 16))


def waiting(one: dict[str, Any]) -> Any:
    since = one["waiting_since"]
    return (0, since, one["id"]) if since else (1, *newest(one))


ORDERS: dict[str, Key] = {
    "newest": newest,
    "oldest": lambda one: tuple(-part for part in newest(one)),
    "waiting": waiting,
    "priority": lambda one: (PRIORITY[one["priority"]], *newest(one)),
}
Fits = Callable[[dict[str, Any], str], bool]
ASKED: list[tuple[dict[str, Any], Fits]] = [
    ({}, lambda one, me: True),
    ({"status": ["open", "resolved"]}, lambda one, me: one["status"] in ("open", "resolved")),
    ({"assignee_id": "me"}, lambda one, me: one["assignee_id"] == me),
    ({"assignee_id": "none", "status": "open"}, lambda one, me: one["assignee_id"] is None and one["status"] == "open"),
    ({"label": ["vip", "odd"]}, lambda one, me: bool({"vip", "odd"} & set(one["labels"]))),
    ({"label": "vip", "waiting_on": "us"}, lambda one, me: "vip" in one["labels"] and one["waiting_on"] == "us"),
    ({"waiting_on": "customer"}, lambda one, me: one["waiting_on"] == "customer"),
    (
        {"waiting_on": "us", "assignee_id": "none"},
        lambda one, me: (one["waiting_on"], one["assignee_id"]) == ("us", None),
    ),
    ({"channel": ["email"], "waiting_on": "nobody"}, lambda one, me: one["waiting_on"] == "nobody"),
]


async def test_every_order_with_every_filter_is_the_whole_list_filtered_and_sorted(world: Any) -> None:
    live(world)
    for role in ("administrator", "agent"):
        me = str(world.agents[role])
        async with world.client(role) as client:
            everything = await pages(client, {}, limit=200)
            mine = [one["id"] for one in everything if me in one["follower_ids"]]
            asked = [*ASKED, ({"mentioned": "me"}, lambda one, me, mine=mine: one["id"] in mine)]
            asked += [
                (
                    {"mentioned": "me", "label": "vip"},
                    lambda one, me, mine=mine: "vip" in one["labels"] and one["id"] in mine,
                )
            ]
            for params, fits in asked:
                for sort, key in ORDERS.items():
                    expected = [one["id"] for one in sorted(everything, key=key) if fits(one, me)]
                    found = [one["id"] for one in await pages(client, params | {"sort": sort})]
                    assert found == expected, (role, params, sort)
            assert (role == "agent") == bool(mine)


async def test_a_list_can_be_of_what_began_within_a_time(world: Any) -> None:
    live(world)
    async with world.client() as client:
        everything = await pages(client, {}, limit=200)
        begun = sorted(datetime.fromisoformat(one["created_at"]) for one in everything)
        first, end = begun[5], begun[20]
        found = await pages(client, {"created_from": first.isoformat(), "created_to": end.isoformat()})
        within = [one["id"] for one in everything if first <= datetime.fromisoformat(one["created_at"]) < end]
        assert [one["id"] for one in found] == within and within


async def test_every_fixed_view_is_a_list_and_what_stands_beside_it_counts_more(world: Any) -> None:
    live(world)
    async with world.client("agent") as client:
        me = str(world.agents["agent"])
        everything = await pages(client, {}, limit=200)
        views: dict[str, Fits] = {
            "unassigned": lambda one, me: one["status"] == "open" and one["assignee_id"] is None,
            "mine": lambda one, me: one["status"] == "open" and one["assignee_id"] == me,
            "mentions": lambda one, me: one["status"] in ("open", "snoozed") and me in one["follower_ids"],
            "all_open": lambda one, me: one["status"] == "open",
            "waiting_on_us": lambda one, me: one["status"] == "open" and one["waiting_on"] == "us",
            "snoozed": lambda one, me: one["status"] == "snoozed",
            "sent": lambda one, me: one["waiting_on"] == "customer",
            "closed": lambda one, me: one["status"] == "resolved",
            "spam": lambda one, me: False,
            "trash": lambda one, me: False,
        }
        counts = (await client.get("/api/v1/counts")).json()
        for name, fits in views.items():
            order = waiting if name == "waiting_on_us" else newest
            expected = [one["id"] for one in sorted(everything, key=order) if fits(one, me)]
            assert [one["id"] for one in await pages(client, {"view": name})] == expected, name
            assert counts["fixed"][name] == {"count": len(expected), "more": False}, name
        other = await pages(client, {"view": "mine", "assignee_id": "none", "sort": "oldest"})
        assert [one["id"] for one in other] == [one["id"] for one in await pages(client, {"view": "unassigned"})][::-1]
        refused = await client.get("/api/v1/conversations?view=filtered")
        assert (refused.status_code, refused.json()["code"]) == (422, "not-conversations")


async def test_what_is_unread_is_each_agents_own(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"

    async def unread(role: str) -> bool:
        async with world.client(role) as client:
            return bool((await client.get(path)).json()["unread"])

    assert await unread("agent") and await unread("manager")
    async with world.client("agent") as client:
        sequence = (await client.get(path)).json()["sequence"]
        read = (await client.put(f"{path}/read", json={"sequence": sequence})).json()
        assert (read["unread"], read["read_up_to"]) == (False, sequence)
    assert await unread("manager"), "another's mark is another's"
    world.story.conversation(world.thread, e.LabelAdded(label="vip"))
    world.show()
    assert not await unread("agent"), "a label is nothing to read"
    world.story.answer(world.thread, world.thread.contact_id)
    world.show()
    assert await unread("agent")
    async with world.client("agent") as client:
        await client.post(f"{path}/comments", json={"text": "I take it."})
        assert not (await client.get(path)).json()["unread"], "who wrote the newest has read it"
        assert (await client.delete(f"{path}/read")).json()["unread"] is True


async def test_who_follows_is_told_and_shown_and_can_leave(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    manager = world.agents["manager"]
    async with world.client("manager") as client:
        followed = await client.put(f"{path}/followers/{manager}")
        assert followed.json()["follower_ids"] == [str(manager)]
        world.story.answer(world.thread, world.thread.contact_id)
        world.show()
        told = (await client.get("/api/v1/notifications?unread=true")).json()["items"]
        assert [one["kind"] for one in told] == ["followed"]
        assert (await client.delete(f"{path}/followers/{manager}")).json()["follower_ids"] == []


async def test_a_team_is_mentioned_and_its_members_are_told(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        comment = await client.post(f"{path}/comments", json={"text": "All!", "mentions": [str(world.story.team_id)]})
        assert comment.json()["mentions"] == [str(world.story.team_id)]
        assert (await client.get(path)).json()["follower_ids"] == [str(world.agents["manager"])]
    async with world.client("manager") as client:
        told = (await client.get("/api/v1/notifications")).json()["items"]
        assert "mention" in [one["kind"] for one in told]
        assert [one["id"] for one in await pages(client, {"mentioned": "me"})] == [str(world.thread.conversation_id)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("sort=random", "invalid"),
        ("waiting_on=them", "invalid"),
        ("status=open&status=odd", "invalid"),
        ("view=none", "invalid"),
        ("sort=newest&sort=oldest", "repeated-parameter"),
        ("mentioned=you", "invalid"),
        ("created_from=yesterday", "invalid"),
        ("cursor=x", "invalid"),
    ],
)
async def test_what_no_list_understands_is_refused(world: Any, query: str, code: str) -> None:
    async with world.client() as client:
        answer = await client.get(f"/api/v1/conversations?{query}")
        assert answer.status_code == 422, answer.text
        assert code == "invalid" or code in answer.text


async def test_a_mention_of_a_stranger_is_refused_and_says_so(world: Any) -> None:
    world.router.refusal = ("invalid.agent-not-in-inbox", "An agent who does not belong to the inbox.")
    async with world.client("agent") as client:
        wish = {"text": "You?", "mentions": [str(world.agents["stranger"])]}
        answer = await client.post(f"/api/v1/conversations/{world.thread.conversation_id}/comments", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "agent-not-in-inbox")


async def test_conversations_of_one_instant_are_each_shown_once(world: Any) -> None:
    for number in range(9):
        world.story.mail(world.story.person(), f"At once {number}")
    world.show()
    async with world.client() as client:
        for sort in ORDERS:
            found = [one["id"] for one in await pages(client, {"sort": sort}, limit=2)]
            assert len(found) == len(set(found)) == 11, sort
