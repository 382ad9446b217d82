"""One wish for many conversations: by ids or filter, what is refused, how far it is, and that it is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.bulk import ChangeConversations
from events.commands import AssignConversation
from events.envelope import Command, Envelope
from events.outcomes import CommandHandled
from inbox_projection.api.models.bulk import BulkResult
from inbox_projection.api.models.common import CommandStatus
from inbox_projection.bulks import Bulks
from inbox_projection.commands import BusAway
from inbox_projection.queries import bulks

pytestmark = pytest.mark.real
PATH = "/api/v1/conversations/bulk"
RESOLVE = {"type": "status", "status": "resolved"}


def conversations(world: Any, count: int = 5) -> list[str]:
    """More conversations of the own inbox."""
    threads = [world.story.mail(world.story.person()) for _ in range(count)]
    world.show()
    return [str(thread.conversation_id) for thread in threads]


def pieces(world: Any) -> list[ChangeConversations]:
    return [one.data for one in world.router.asked if isinstance(one.data, ChangeConversations)]


class OneByOne:
    """The pretended router, which takes one command at a time. Of the first so many it lets through, then none until
    it is opened; `down` says how often the bus is away before that."""

    def __init__(self, router: Any, passes: int = 1_000, down: int = 0) -> None:
        self.router, self.passes, self.down = router, passes, down
        self.opened, self.turn = asyncio.Event(), asyncio.Lock()

    async def ask(self, command: Envelope[Command], *, publish: bool = True) -> CommandHandled | None:
        if self.down:
            self.down -= 1
            raise BusAway("away")
        self.passes -= 1
        if self.passes < 0:
            await self.opened.wait()
        async with self.turn:
            found: CommandHandled | None = await self.router.ask(command, publish=publish)
        return found


def cut(world: Any, piece: int, commands: Any = None, **more: Any) -> Bulks:
    """The API carries bulks out in pieces of this size from now on."""
    parts = world.parts
    made = Bulks(
        parts.database, commands or OneByOne(world.router), parts.workspace_id, parts.clock, piece=piece, **more
    )
    parts.__dict__["bulks"] = made
    return made


async def test_by_ids_each_is_changed_and_shown(world: Any) -> None:
    ids = conversations(world)
    async with world.client("agent") as client:
        answer = await client.post(PATH, json={"ids": [*ids, ids[0]], "command": RESOLVE})
        BulkResult.model_validate(answer.json())
        assert answer.json() == {"matched": 5, "done": 5, "refused": []}
        shown = (await client.get("/api/v1/conversations", params={"status": "resolved"})).json()["items"]
    assert {one["id"] for one in shown} == set(ids)
    (piece,) = pieces(world)
    assert [str(one) for one in piece.conversation_ids] == ids and piece.change.kind == "resolve"


async def test_by_filter_those_that_it_shows_now(world: Any) -> None:
    ids = conversations(world)
    async with world.client("agent") as client:
        await client.put(f"/api/v1/conversations/{ids[0]}/labels/vip")
        await client.put(f"/api/v1/conversations/{ids[1]}/labels/vip")
        asked = {"filter": {"label": ["vip"]}, "command": {"type": "priority", "priority": "high"}}
        counted = await client.post(PATH, json={**asked, "dry_run": True})
        assert counted.json() == {"matched": 2, "done": 0, "refused": []} and pieces(world) == []
        done = await client.post(PATH, json=asked)
        everything = await client.post(PATH, json={"filter": {}, "command": RESOLVE, "dry_run": True})
    assert done.json()["done"] == 2 and {str(one) for one in pieces(world)[0].conversation_ids} == set(ids[:2])
    assert everything.json()["matched"] == 6, "the foreign inbox is not counted"


async def test_ids_of_a_foreign_inbox_and_unknown_ones_are_refused_one_by_one_as_not_found(world: Any) -> None:
    ids, foreign, unknown = conversations(world, 2), str(world.foreign_thread.conversation_id), str(uuid4())
    for dry_run in (True, False):
        asked = {"ids": [foreign, *ids, unknown], "command": RESOLVE, "dry_run": dry_run}
        async with world.client("agent") as client:
            answer = (await client.post(PATH, json=asked)).json()
        assert (answer["matched"], answer["done"]) == (2, 0 if dry_run else 2)
        assert {(one["id"], one["reason"]) for one in answer["refused"]} == {
            (foreign, "conversation-not-found"),
            (unknown, "conversation-not-found"),
        }
    async with world.client("stranger") as client:
        answer = (await client.post(PATH, json={"ids": ids, "command": RESOLVE})).json()
    assert (answer["matched"], answer["done"], len(answer["refused"])) == (0, 0, 2)
    assert [str(each) for piece in pieces(world) for each in piece.conversation_ids] == ids


async def test_a_filter_names_no_inbox_out_of_reach(world: Any) -> None:
    asked = {"filter": {"inbox_id": str(world.foreign_inbox)}, "command": RESOLVE}
    moved = {"filter": {}, "command": {"type": "inbox", "inbox_id": str(world.foreign_inbox)}}
    async with world.client("agent") as client:
        assert (await client.post(PATH, json=asked)).status_code == 404
        assert (await client.post(PATH, json=moved)).status_code == 404


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ({"type": "assignment", "agent_id": None}, "assign"),
        ({"type": "status", "status": "snoozed", "until": "2030-01-01T00:00:00Z"}, "snooze"),
        ({"type": "status", "status": "open"}, "open"),
        ({"type": "status", "status": "spam"}, "spam"),
        ({"type": "add_label", "label": "a"}, "add_label"),
        ({"type": "remove_label", "label": "a"}, "remove_label"),
        ({"type": "read"}, "read"),
        ({"type": "unread"}, "read"),
        ({"type": "mute"}, "mute"),
        ({"type": "unmute"}, "unmute"),
    ],
)
async def test_every_command_becomes_a_change(world: Any, command: dict[str, Any], kind: str) -> None:
    async with world.client("agent") as client:
        answer = await client.post(PATH, json={"ids": [str(world.thread.conversation_id)], "command": command})
    assert answer.status_code == 200, answer.text
    assert pieces(world)[0].change.kind == kind


async def test_an_assignment_says_whether_each_keeps_its_team(world: Any) -> None:
    ids, agent_id = [str(world.thread.conversation_id)], str(uuid4())
    async with world.client("agent") as client:
        for more in ({}, {"keep_team": True}):
            asked = {"type": "assignment", "agent_id": agent_id, **more}
            assert (await client.post(PATH, json={"ids": ids, "command": asked})).status_code == 200
        alone = await client.put(
            f"/api/v1/conversations/{ids[0]}/assignment", json={"agent_id": agent_id, "keep_team": True}
        )
    assert alone.status_code == 200
    assert [piece.change.keep_team for piece in pieces(world)] == [False, True]
    assert world.router.asked[-1].data == AssignConversation(agent_id=UUID(agent_id), team_id=None, keep_team=True)


async def test_muting_many_shows_and_can_be_taken_back(world: Any) -> None:
    ids = conversations(world, 3)
    async with world.client("agent") as client:
        for kind, muted in (("mute", True), ("unmute", False)):
            answer = await client.post(PATH, json={"ids": ids, "command": {"type": kind}})
            assert answer.json() == {"matched": 3, "done": 3, "refused": []}
            shown = [(await client.get(f"/api/v1/conversations/{each}")).json() for each in ids]
            assert [one["muted"] for one in shown] == [muted] * 3


def addresses(world: Any, count: int) -> tuple[list[str], list[str]]:
    """So many conversations, and who wrote them."""
    people = [world.story.person() for _ in range(count)]
    ids = [str(world.story.mail(each).conversation_id) for each in people]
    world.show()
    return ids, [f"{each.hex[-12:]}@client.test" for each in people]


async def spammed(client: Any, ids: list[str], block: str, **more: Any) -> Any:
    command = {"type": "status", "status": "spam", "block": block}
    return await client.post(PATH, json={"ids": ids, "command": command}, **more)


async def test_spam_that_blocks_names_the_sender_of_each_conversation_or_nobody(world: Any) -> None:
    ids, senders = addresses(world, 3)
    world.story.erase(world.story.threads[-1].contact_id)
    world.show()
    async with world.client("agent") as client:
        for block in ("sender", "domain"):
            assert (await spammed(client, ids, block)).status_code == 200
    by_address, by_domain = pieces(world)
    assert [str(one) for one in by_address.conversation_ids] == ids
    assert [(one.field, one.value) for one in by_address.blocks] == [
        ("address", senders[0]),
        ("address", senders[1]),
        ("address", ""),
    ]
    assert [(one.field, one.value) for one in by_domain.blocks] == [
        ("domain", "client.test"),
        ("domain", "client.test"),
        ("domain", ""),
    ]


async def test_a_piece_that_is_given_again_blocks_whom_it_blocked_before_whoever_wrote_since(world: Any) -> None:
    ids, senders = addresses(world, 1)
    died = cut(world, 2, OneByOne(world.router, passes=0), answer_seconds=0.1)
    async with world.client("agent") as client:
        assert (await spammed(client, ids, "sender")).status_code == 202
        (task,) = died._running.values()
        task.cancel()
        asked_at = world.story.now
        world.execute(f"update inbox_projection.bulks set created_at = '{asked_at}', claimed_until = null")
        world.story.pass_time(seconds=60)
        thread = next(each for each in world.story.threads if str(each.conversation_id) == ids[0])
        world.story.answer(thread, world.story.person())
        world.show()
        assert await cut(world, 2).step()
        assert (await spammed(client, ids, "sender")).status_code == 200
    blocked = [[one.value for one in piece.blocks] for piece in pieces(world)]
    assert blocked[0] == senders and blocked[1] != senders, "asked anew, it is whoever wrote last"


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": RESOLVE},
        {"ids": [], "command": RESOLVE},
        {"ids": [str(uuid4())], "filter": {}, "command": RESOLVE},
        {"ids": ["x"], "command": RESOLVE},
        {"ids": [str(uuid4())] * 10_001, "command": RESOLVE},
        {"filter": {"colour": "red"}, "command": RESOLVE},
        {"filter": {}, "command": {"type": "merge", "from_ids": []}},
        {"filter": {}, "command": {"type": "status", "status": "resolved", "until": "2030-01-01T00:00:00Z"}},
        {"filter": {}, "command": {"type": "status", "status": "gone"}},
        {"filter": {}, "command": {"type": "status", "status": "resolved", "block": "sender"}},
        {"filter": {}, "command": {"type": "status", "status": "spam", "block": "everybody"}},
        {"filter": {}, "command": {"type": "add_label", "label": "a\nb"}},
        {"filter": {}, "command": {"type": "priority", "priority": "none"}},
        {"filter": {}, "command": {"type": "assignment", "team_id": str(uuid4()), "keep_team": True}},
        {"filter": {}},
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_asked(world: Any, wrong: dict[str, Any]) -> None:
    async with world.client("agent") as client:
        answer = await client.post(PATH, json=wrong)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert pieces(world) == []


async def test_more_than_may_be_changed_at_once_is_refused_clearly(world: Any) -> None:
    conversations(world)
    cut(world, 2, most=3)
    async with world.client("agent") as client:
        for dry_run in (True, False):
            answer = await client.post(PATH, json={"filter": {}, "command": RESOLVE, "dry_run": dry_run})
            assert (answer.status_code, answer.json()["code"]) == (422, "too-many-matched")
    assert pieces(world) == []


async def test_what_the_router_refuses_is_named_with_the_reason(world: Any) -> None:
    world.router.refusal = ("not_found.agent-not-found", "There is no such agent.")
    ids = conversations(world, 2)
    asked = {"ids": ids, "command": {"type": "assignment", "agent_id": str(uuid4())}}
    async with world.client("agent") as client:
        answer = (await client.post(PATH, json=asked)).json()
    assert (answer["matched"], answer["done"]) == (2, 0)
    assert sorted((one["id"], one["reason"]) for one in answer["refused"]) == sorted(
        (i, "agent-not-found") for i in ids
    )


async def test_the_same_key_does_it_once_and_answers_the_same(world: Any) -> None:
    ids = conversations(world)
    cut(world, 2)
    headers, asked = {"Idempotency-Key": "one"}, {"ids": [*ids, str(uuid4())], "command": RESOLVE}
    async with world.client("agent") as client:
        first = await client.post(PATH, json=asked, headers=headers)
        again = await client.post(PATH, json=asked, headers=headers)
        other = await client.post(PATH, json={**asked, "ids": ids}, headers=headers)
    assert first.json() == again.json() and (first.json()["done"], len(first.json()["refused"])) == (5, 1)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert [len(piece.conversation_ids) for piece in pieces(world)] == [2, 2, 1]
    assert len({piece.bulk_id for piece in pieces(world)}) == 1


async def until(condition: Callable[[], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := await condition()):
            await asyncio.sleep(0.01)
    return found


async def test_how_far_it_is_can_be_asked_and_what_came_of_it(world: Any) -> None:
    ids = conversations(world)
    gate = OneByOne(world.router, passes=1)
    cut(world, 2, gate, answer_seconds=0.2)
    async with world.client("agent") as client, world.client("stranger") as stranger, world.client() as admin:
        pending = await client.post(PATH, json={"ids": ids, "command": RESOLVE})
        assert (pending.status_code, pending.json()["state"]) == (202, "pending")
        where = pending.headers["Location"]

        async def counted() -> Any:
            status = (await client.get(where)).json()
            return status if status["progress"]["handled"] else None

        halfway = await until(counted)
        CommandStatus.model_validate(halfway)
        assert (halfway["state"], halfway["progress"]) == ("pending", {"handled": 2, "total": 5})
        assert (await stranger.get(where)).status_code == 404
        gate.opened.set()

        async def ended() -> Any:
            status = (await admin.get(where)).json()
            return status if status["state"] == "done" else None

        done = await until(ended)
    assert done["result"] == {"matched": 5, "done": 5, "refused": []} and done["progress"]["handled"] == 5


async def test_what_a_dead_process_left_is_taken_up_after_its_last_piece_and_done_once(world: Any) -> None:
    ids = conversations(world)
    died = cut(world, 2, OneByOne(world.router, passes=1), answer_seconds=0.2)
    headers, asked = {"Idempotency-Key": "k"}, {"ids": ids, "command": RESOLVE}
    async with world.client("agent") as client:
        pending = await client.post(PATH, json=asked, headers=headers)
        bulk_id = UUID(pending.json()["id"])

        async def counted() -> Any:
            row = await bulks.one(world.parts.database, bulk_id)
            return row is not None and row["handled"] == 2

        await until(counted)
        (task,) = died._running.values()
        task.cancel()
        successor = cut(world, 2)
        assert not await successor.step(), "it is claimed for a while"
        world.execute("update inbox_projection.bulks set claimed_until = now() - interval '1 second'")
        assert await successor.step()
        again = await client.post(PATH, json=asked, headers=headers)
    assert again.json() == {"matched": 5, "done": 5, "refused": []}
    assert [len(piece.conversation_ids) for piece in pieces(world)] == [2, 2, 1]


async def test_a_bus_that_is_away_is_waited_for(world: Any) -> None:
    cut(world, 2, OneByOne(world.router, down=3), retry_seconds=0.01)
    async with world.client("agent") as client:
        answer = await client.post(PATH, json={"ids": conversations(world), "command": RESOLVE})
    assert answer.json()["done"] == 5


async def test_one_that_breaks_us_is_ended_and_its_rest_refused(world: Any) -> None:
    class Broken:
        async def ask(self, command: Any, *, publish: bool = True) -> CommandHandled | None:
            raise RuntimeError("odd")

    cut(world, 2, Broken())
    async with world.client("agent") as client:
        answer = await client.post(PATH, json={"ids": conversations(world), "command": RESOLVE})
    assert (answer.json()["done"], {one["reason"] for one in answer.json()["refused"]}) == (0, {"bulk-failed"})
