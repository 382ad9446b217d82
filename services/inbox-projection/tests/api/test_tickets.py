"""Tickets and pipelines over HTTP: opened, changed, listed, linked; who may see them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from events import tickets as t
from events.envelope import Actor
from events.pipelines import DEFAULT_PIPELINE_ID
from events.ticket_commands import ChangePipeline, ChangeTicket, OpenTicket

pytestmark = pytest.mark.real
ODD_TITLES = (
    "<script>alert(1)</script>",
    "  ﷽ 👾 ",
    "Ω≈ç√∫˜µ≤≥÷",
    "\u202a\u202atest\u202a",
    "\t\r\n",
    "nil; DROP TABLE tickets",
    "%s{0}",
)


def api(path: str) -> str:
    return f"/api/v1{path}"


async def test_a_ticket_is_opened_for_a_conversation_and_both_name_each_other(world: Any) -> None:
    own = world.thread.conversation_id
    async with world.client("agent") as client:
        answer = await client.post(api(f"/conversations/{own}/tickets"), json={"priority": "high"})
        ticket = answer.json()
        assert answer.status_code == 201
        assert ticket == {
            "id": ticket["id"],
            "number": 1,
            "title": "Where is my order 4711?",
            "pipeline_id": str(DEFAULT_PIPELINE_ID),
            "stage": "New",
            "priority": "high",
            "assignee_id": None,
            "contact_id": str(world.thread.contact_id),
            "conversation_ids": [str(own)],
            "created_at": ticket["created_at"],
            "closed_at": None,
        }
        assert (await client.get(api(f"/tickets/{ticket['id']}"))).json() == ticket
        assert (await client.get(api(f"/conversations/{own}"))).json()["ticket_ids"] == [ticket["id"]]
        (listed,) = (await client.get(api("/conversations"))).json()["items"]
        assert listed["ticket_ids"] == [ticket["id"]]
        (feed,) = world.execute("select inbox_id from inbox.feed where kind = 'ticket'")
        assert feed == (world.story.inbox_id,)
        acts = (await world.client().get(api("/audit?kind=TicketOpened"))).json()["items"]
        assert [act["target"] for act in acts] == [{"kind": "ticket", "id": ticket["id"]}]
        assert "personal" not in acts[0]["details"] and "order" not in str(acts[0]["details"])


async def test_a_ticket_that_is_no_ticket_is_refused(world: Any) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"title": ""},
        {"title": "x" * 501},
        {"title": "NUL \x00"},
        {"title": "t", "priority": "huge"},
        {"title": "t", "stage": ""},
        {"title": "t", "pipeline_id": "x"},
        {"title": "t", "number": 7},
        {"title": "t", "conversation_ids": [str(uuid4())] * 101},
    )
    async with world.client("agent") as client:
        for body in wrong:
            assert (await client.post(api("/tickets"), json=body)).status_code == 422, body
    assert world.router.asked == []


async def test_titles_come_back_byte_for_byte(world: Any) -> None:
    async with world.client("agent") as client:
        for title in ODD_TITLES:
            made = (await client.post(api("/tickets"), json={"title": title})).json()
            assert made["title"] == title
            assert (await client.get(api(f"/tickets/{made['id']}"))).json()["title"] == title


async def test_a_ticket_is_changed_by_one_command_that_says_only_what_is_asked(world: Any) -> None:
    agent = str(world.agents["agent"])
    async with world.client("agent") as client:
        made = (await client.post(api("/tickets"), json={"title": "T", "assignee_id": agent})).json()
        path = api(f"/tickets/{made['id']}")
        body = {"title": "T", "stage": "Waiting on us", "priority": "urgent"}
        changed = (await client.patch(path, json=body)).json()
        assert world.router.asked[-1].data == ChangeTicket(stage="Waiting on us", priority="urgent")
        assert (changed["stage"], changed["priority"], changed["assignee_id"]) == ("Waiting on us", "urgent", agent)
        closed = (await client.patch(path, json={"stage": "Closed", "assignee_id": None, "title": "U"})).json()
        assert world.router.asked[-1].data == ChangeTicket(title="U", stage="Closed", unassign=True)
        assert (closed["title"], closed["assignee_id"]) == ("U", None) and closed["closed_at"] is not None
        for wrong in ({"number": 3}, {"pipeline_id": str(uuid4())}, {"title": ""}, {"priority": "x"}):
            assert (await client.patch(path, json=wrong)).status_code == 422
        world.router.refusal = ("conflict.ticket-is-erased", "Erased.")
        refused = await client.patch(path, json={"title": "V"})
        assert (refused.status_code, refused.json()["code"]) == (409, "ticket-is-erased")


async def test_conversations_are_linked_and_parted(world: Any) -> None:
    own, foreign = world.thread.conversation_id, world.foreign_thread.conversation_id
    async with world.client() as client, world.client("agent") as agent:
        made = (await client.post(api("/tickets"), json={"title": "T", "conversation_ids": [str(own)]})).json()
        link = api(f"/tickets/{made['id']}/conversations/{foreign}")
        both = (await client.put(link)).json()
        assert set(both["conversation_ids"]) == {str(own), str(foreign)}
        seen = (await agent.get(api(f"/tickets/{made['id']}"))).json()
        assert seen["conversation_ids"] == [str(own)], "what is in a foreign inbox is not told"
        assert (await agent.delete(link)).status_code == 404
        assert (await client.delete(link)).json()["conversation_ids"] == [str(own)]
        assert (await client.get(api(f"/conversations/{foreign}"))).json()["ticket_ids"] == []
        last = api(f"/tickets/{made['id']}/conversations/{own}")
        parted = await agent.delete(last)
        assert (parted.status_code, parted.json()["conversation_ids"]) == (200, []), "the answer to one's own change"
        assert (await agent.get(api(f"/tickets/{made['id']}"))).status_code == 404


def tickets_of_all_kinds(world: Any) -> None:
    """In one's own inbox, in a foreign one, in both, in none; assigned, closed, of another stage."""
    story, agents = world.story, world.agents
    own, foreign = world.thread, world.foreign_thread
    links = {
        "own": (t.TicketLink(own.conversation_id, story.inbox_id),),
        "foreign": (t.TicketLink(foreign.conversation_id, world.foreign_inbox),),
    }
    places = ("own", "foreign", "both", "none")
    for number in range(32):
        place = places[number % 4]
        linked = links["own"] + links["foreign"] if place == "both" else links.get(place, ())
        opener, assignee = (
            [*agents.values(), None][number % 5],
            [None, agents["agent"], agents["stranger"]][number % 3],
        )
        opened = t.TicketOpened(
            number=number + 1,
            pipeline_id=DEFAULT_PIPELINE_ID,
            stage=("New", "Waiting on us", "Waiting on customer")[number % 3],
            priority=("normal", "high")[number % 2],
            assignee_id=assignee,
            contact_id=own.contact_id if place in ("own", "both") else None,
            links=linked,
            personal=t.TicketTitle(title=f"Ticket {number + 1} {place}"),
        )
        actor = Actor("rule", "channel") if opener is None else Actor("agent", str(opener))
        ticket_id = story.open_ticket(opened, actor=actor)
        if number % 7 == 6:
            story.ticket(ticket_id, t.TicketClosed(stage="Closed"))
    world.show()


async def every_page(client: Any, query: str) -> list[dict[str, Any]]:
    """All items, by pages of three; each page is in order and repeats nothing."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await client.get(api(f"/tickets?limit=3&{query}{cursor}"))).json()
        items += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    numbers = [item["number"] for item in items]
    assert numbers == sorted(set(numbers), reverse=True)
    return items


async def test_lists_show_exactly_the_tickets_that_can_be_read_and_fit(world: Any) -> None:
    tickets_of_all_kinds(world)
    for role in ("administrator", "manager", "agent", "stranger"):
        await check_lists(world, role)


async def check_lists(world: Any, role: str) -> None:
    me, nobody = str(world.agents[role]), str(uuid4())
    queries: dict[str, Any] = {
        "": lambda one: True,
        "status=open": lambda one: one["closed_at"] is None,
        "status=closed": lambda one: one["closed_at"] is not None,
        "stage=waiting on us": lambda one: one["stage"] == "Waiting on us",
        "stage=Closed&status=open": lambda one: False,
        f"pipeline_id={DEFAULT_PIPELINE_ID}&status=open": lambda one: one["closed_at"] is None,
        f"pipeline_id={nobody}": lambda one: False,
        "stage=Nowhere": lambda one: False,
        "assignee_id=me": lambda one: one["assignee_id"] == me,
        "assignee_id=none": lambda one: one["assignee_id"] is None,
        "assignee_id=none&stage=New": lambda one: one["assignee_id"] is None and one["stage"] == "New",
        f"assignee_id={world.agents['stranger']}&priority=high": lambda one: (
            one["assignee_id"] == str(world.agents["stranger"]) and one["priority"] == "high"
        ),
        "priority=high": lambda one: one["priority"] == "high",
        f"contact_id={world.thread.contact_id}&status=open": lambda one: (
            one["contact_id"] == str(world.thread.contact_id) and one["closed_at"] is None
        ),
    }
    async with world.client() as everybody, world.client(role) as client:
        every = await every_page(everybody, "")
        assert len(every) == 32
        readable = {}
        for one in every:
            answer = await client.get(api(f"/tickets/{one['id']}"))
            assert answer.status_code in (200, 404)
            if answer.status_code == 200:
                readable[one["id"]] = answer.json()
        for query, fits in queries.items():
            found = await every_page(client, query)
            assert found == [readable[one["id"]] for one in every if one["id"] in readable and fits(one)], query
        some = every[::3]
        asked = "&".join(f"id={one['id']}" for one in some) + f"&id={uuid4()}"
        found = await every_page(client, f"{asked}&status=open")
        assert found == [readable[one["id"]] for one in some if one["id"] in readable and one["closed_at"] is None]
    inbox_of_nobody = {one["id"] for one in every if "none" in one["title"]}
    own = {one["id"] for one in every if "own" in one["title"] or "both" in one["title"]}
    if role == "administrator":
        assert len(readable) == 32
    elif role == "stranger":
        assert not own & readable.keys() - {one["id"] for one in every if one["assignee_id"] == me}
    else:
        assert own <= readable.keys() and (inbox_of_nobody <= readable.keys()) == (role == "manager")


async def test_a_stranger_opens_a_ticket_without_conversations_and_sees_it_alone(world: Any) -> None:
    async with world.client("stranger") as stranger, world.client("agent") as agent, world.client("manager") as manager:
        made = await stranger.post(api("/tickets"), json={"title": "Mine"})
        path = api(f"/tickets/{made.json()['id']}")
        assert [(await each.get(path)).status_code for each in (stranger, manager, agent)] == [200, 200, 404]
        body = {"title": "T", "conversation_ids": [str(world.thread.conversation_id)]}
        assert (await stranger.post(api("/tickets"), json=body)).status_code == 404
        body = {"title": "T", "contact_id": str(world.thread.contact_id)}
        assert (await stranger.post(api("/tickets"), json=body)).status_code == 404


async def test_the_same_key_opens_one_ticket(world: Any) -> None:
    async with world.client("agent") as client:
        made = [
            (await client.post(api("/tickets"), json={"title": "T"}, headers={"Idempotency-Key": "k"})).json()
            for _ in range(2)
        ]
        assert made[0] == made[1]
        assert len((await client.get(api("/tickets"))).json()["items"]) == 1
    assert {str(one.stream) for one in world.router.asked if isinstance(one.data, OpenTicket)} == {made[0]["id"]}


async def test_an_erased_contact_takes_the_title_along(world: Any) -> None:
    ticket = world.ticket_of(world.thread)
    async with world.client() as client:
        assert (await client.get(api(f"/tickets/{ticket}"))).json()["title"] == "Where is my order 4711?"
        assert (await client.delete(api(f"/contacts/{world.thread.contact_id}"))).status_code == 204
        assert (await client.get(api(f"/tickets/{ticket}"))).json()["title"] == ""


async def test_a_pipeline_is_deleted_once_and_a_refusal_says_what_to_do(world: Any) -> None:
    body = {"name": "Returns", "stages": [{"name": "Asked"}, {"name": "Paid", "kind": "closed"}]}
    async with world.client() as client:
        made = (await client.post(api("/pipelines"), json=body)).json()
        path = api(f"/pipelines/{made['id']}")
        world.router.refusal = ("conflict.pipeline-in-use", "There are tickets in 'Asked'.")
        refused = await client.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "pipeline-in-use")
        assert "Asked" in refused.json()["detail"]
        world.router.refusal = None
        assert (await client.delete(path)).status_code == 204
        assert (await client.delete(path)).status_code == 404
        assert [one["default"] for one in (await client.get(api("/pipelines"))).json()["items"]] == [True]


async def test_an_agent_has_as_many_conversations_as_are_open_and_assigned(world: Any) -> None:
    agent_id = str(world.agents["agent"])
    path = api(f"/conversations/{world.thread.conversation_id}")

    async def load() -> int:
        async with world.client() as client:
            listed = (await client.get(api("/agents"))).json()["items"]
        return int(next(one["open_conversations"] for one in listed if one["id"] == agent_id))

    async with world.client("agent") as client:
        await client.put(f"{path}/assignment", json={"agent_id": None})
        before = await load()
        await client.put(f"{path}/assignment", json={"agent_id": agent_id})
        assert await load() == before + 1
        await client.put(f"{path}/status", json={"status": "resolved"})
        assert await load() == before


async def test_pipelines_are_listed_made_and_changed_the_default_one_without_being_made(world: Any) -> None:
    async with world.client("manager") as manager, world.client("agent") as agent:
        (default,) = (await agent.get(api("/pipelines"))).json()["items"]
        assert (default["id"], default["name"], default["default"]) == (str(DEFAULT_PIPELINE_ID), "Support", True)
        assert [(stage["id"], stage["kind"]) for stage in default["stages"]] == [
            ("New", "open"),
            ("Waiting on us", "waiting_on_us"),
            ("Waiting on customer", "waiting_on_customer"),
            ("Closed", "closed"),
        ]
        body = {"name": "Returns", "stages": [{"name": "Asked"}, {"name": "Paid", "kind": "closed"}]}
        assert (await agent.post(api("/pipelines"), json=body)).status_code == 403
        made = await manager.post(api("/pipelines"), json=body)
        assert (made.status_code, made.json()["name"], made.json()["default"]) == (201, "Returns", False)
        path = api(f"/pipelines/{default['id']}")
        stages = [
            {"name": "closed", "kind": "closed"},
            {"id": "New", "name": "Fresh", "kind": "open"},
            {"name": "Later"},
        ]
        changed = (await manager.patch(path, json={"name": "Help", "stages": stages})).json()
        asked = world.router.asked[-1].data
        assert isinstance(asked, ChangePipeline)
        assert [stage.id for stage in asked.stages or ()] == ["Closed", "New", ""]
        assert [stage["name"] for stage in changed["stages"]] == ["closed", "Fresh", "Later"]
        assert [one["name"] for one in (await agent.get(api("/pipelines"))).json()["items"]] == ["Help", "Returns"]
        world.router.refusal = ("conflict.stage-in-use", "In use.")
        assert (await manager.patch(path, json={"stages": stages})).status_code == 409
        assert (await manager.patch(api(f"/pipelines/{uuid4()}"), json={"name": "X"})).status_code == 404
        for wrong in ({"stages": []}, {"name": ""}, {"stages": [{"name": "a", "kind": "x"}, {"name": "b"}]}):
            assert (await manager.patch(path, json=wrong)).status_code == 422


async def test_a_channel_is_switched_to_opening_tickets_and_back(world: Any) -> None:
    path = api(f"/channels/{world.story.channel_id}")
    switch = {"pipeline_id": str(DEFAULT_PIPELINE_ID), "stage": "New", "priority": "high", "owner": None}
    async with world.client("manager") as client:
        on = (await client.patch(path, json={"settings": {"ticket_automation": switch}})).json()
        assert (on["settings"]["ticket_automation"], on["fallback"]) == (switch, True)
        kept = (await client.patch(path, json={"settings": {"from_name": "Acme"}})).json()
        assert kept["settings"]["ticket_automation"] == switch
        off = (await client.patch(path, json={"settings": {"ticket_automation": None}})).json()
        assert off["settings"]["ticket_automation"] is None
        for wrong in ({"stage": "New"}, {**switch, "priority": "x"}, {**switch, "other": 1}):
            assert (await client.patch(path, json={"settings": {"ticket_automation": wrong}})).status_code == 422


async def test_a_rule_may_open_tickets(world: Any) -> None:
    action = {"kind": "open_ticket", "pipeline_id": None, "stage": "New", "priority": "urgent", "owner": None}
    rule = {"id": str(uuid4()), "name": "All", "when": {"kind": "all", "of": []}, "then": [action]}
    async with world.client("manager") as client:
        drafted = await client.put(api("/rules"), json={"rules": [rule]})
        assert drafted.status_code == 200, drafted.text
        (then,) = drafted.json()["rules"][0]["then"]
        assert (then["kind"], then["stage"], then["priority"]) == ("open_ticket", "New", "urgent")
