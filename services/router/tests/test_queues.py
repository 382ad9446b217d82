"""Teams' queues on real rows: oldest first, never over a capacity, in slices, and the same after a rebuild."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.commands import (
    AssignConversation,
    ChangeAgent,
    ChangeInbox,
    ChangeTeam,
    ConnectChannel,
    CreateInbox,
    CreateTeam,
    InviteAgent,
    MarkConversationAsSpam,
    MoveConversation,
    ReopenConversation,
    ResolveConversation,
    SetAvailability,
    SetEmailFilters,
    SnoozeConversation,
    TrashConversation,
)
from events.envelope import Command
from events.workspace import EmailFilter, EmailSettings
from router import queues
from router.rebuild import rebuild
from router.testing import ANNA, AS_ANNA, BORIS, COMMANDS, INBOX, TEAM, Workbench, envelope, kinds, mail
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real


def ask(bench: Workbench, wish: Command, stream: UUID = DEFAULT_WORKSPACE_ID) -> list[Any]:
    """What a command that is done appends, without its outcome."""
    before = bench.last_position()
    outcome = bench.command(wish, stream)
    assert outcome.state == "done", outcome
    return bench.events(after=before)[:-1]


def nobody_there(bench: Workbench) -> None:
    bench.set_up_workspace()
    for agent in (ANNA, BORIS):
        ask(bench, SetAvailability(agent_id=agent, state="away"))


def limited(bench: Workbench, capacity: int) -> None:
    """Anna alone is there, with room for so many."""
    bench.set_up_workspace()
    ask(bench, SetAvailability(agent_id=BORIS, state="away"))
    ask(bench, ChangeAgent(agent_id=ANNA, capacity=capacity))


def came(bench: Workbench, count: int, name: str = "c") -> list[UUID]:
    """So many new conversations, each in a batch of its own."""
    return [opened(bench.receive(mail(f"{name}{n}@x.example", message_id=f"{name}{n}@x"))) for n in range(count)]


def opened(events: list[Any]) -> UUID:
    return next(event.stream for event in events if event.type == "ConversationOpened")


def routed(events: list[Any]) -> list[tuple[UUID, UUID, str]]:
    return [
        (event.stream, event.data.agent_id, event.data.reason) for event in events if event.type == "ConversationRouted"
    ]


def held(bench: Workbench, agent: UUID) -> int:
    query = "SELECT count(*) FROM router.conversations WHERE assignee_id = %s AND status = 'open'"
    return int(bench.rows(query, agent)[0][0])


def waiting(bench: Workbench) -> list[UUID]:
    query = "SELECT conversation_id FROM router.conversations WHERE waiting_since IS NOT NULL ORDER BY waiting_since"
    return [row[0] for row in bench.rows(query)]


def check_counts(bench: Workbench) -> None:
    """Loads and queues as counted are what the rows say."""
    loads = dict(bench.rows("SELECT agent_id, open_conversations FROM router.agent_load"))
    assert {agent: loads.get(agent, 0) for agent in (ANNA, BORIS)} == {
        ANNA: held(bench, ANNA),
        BORIS: held(bench, BORIS),
    }
    assert sum(row[0] for row in bench.rows("SELECT waiting FROM router.team_load")) == len(waiting(bench))


# -- who comes back -----------------------------------------------------------------------------------------------


def test_with_nobody_there_conversations_wait_and_are_handed_out_oldest_first_round_robin(bench: Workbench) -> None:
    nobody_there(bench)
    queue = came(bench, 4)
    assert waiting(bench) == queue
    events = ask(bench, SetAvailability(agent_id=ANNA, state="available"))
    assert kinds(events) == ["AgentAvailabilityChanged", *["ConversationRouted"] * 4]
    assert routed(events) == [(stream, ANNA, "agent_came_back") for stream in queue]
    first = events[1]
    assert {one.agent_id: one.refused for one in first.data.candidates} == {ANNA: None, BORIS: "away"}
    assert (str(first.actor), first.causation_id) == ("system", events[0].causation_id)
    assert first.data.message_id == bench.events(stream=queue[0])[0].data.message.message_id
    assert waiting(bench) == []
    check_counts(bench)


def test_the_outcome_of_who_comes_back_names_what_they_were_given(bench: Workbench) -> None:
    nobody_there(bench)
    came(bench, 1)
    outcome = bench.command(SetAvailability(agent_id=ANNA, state="available"), DEFAULT_WORKSPACE_ID)
    assert {one.topic for one in outcome.shown_at} == {"workspace.v1", "conversations.v1"}


def test_two_who_come_back_with_little_room_share_and_the_rest_waits(bench: Workbench) -> None:
    nobody_there(bench)
    queue = came(bench, 6)
    for agent in (ANNA, BORIS):
        ask(bench, ChangeAgent(agent_id=agent, capacity=2))
    wishes = [
        envelope(SetAvailability(agent_id=agent, state="available"), stream=DEFAULT_WORKSPACE_ID, actor=AS_ANNA)
        for agent in (ANNA, BORIS)
    ]
    events = bench.handle(bench.records(*wishes, topic=COMMANDS))
    assert [(stream, agent) for stream, agent, _ in routed(events)] == [
        (queue[0], ANNA), (queue[1], ANNA), (queue[2], BORIS), (queue[3], BORIS),
    ]  # fmt: skip
    assert waiting(bench) == queue[4:]
    check_counts(bench)


def test_who_is_available_already_is_given_nothing_for_saying_so(bench: Workbench) -> None:
    bench.set_up_workspace()
    (stream,) = came(bench, 1)
    ask(bench, AssignConversation(agent_id=None, team_id=TEAM), stream)
    assert routed(ask(bench, SetAvailability(agent_id=ANNA, state="available"))) == []
    assert waiting(bench) == [stream]


def test_who_joins_a_team_is_given_what_waits_there(bench: Workbench) -> None:
    bench.set_up_workspace()
    ask(bench, ChangeTeam(team_id=TEAM, member_ids=()))
    queue = came(bench, 2)
    assert waiting(bench) == queue
    events = ask(bench, ChangeTeam(team_id=TEAM, member_ids=(BORIS,)))
    assert routed(events) == [(stream, BORIS, "agent_came_back") for stream in queue]


MIXED, SALES, CLARA = UUID(int=0xD2), UUID(int=0xA2), UUID(int=0xE3)


def two_inboxes(bench: Workbench) -> tuple[list[UUID], list[UUID]]:
    """Boris sees Support, Clara sees Sales, and a team that serves neither has three conversations of Support waiting,
    and two of Sales that are younger. Each has room for one. For now the team is Anna, who sees all and is away."""
    nobody_there(bench)
    ask(bench, InviteAgent(agent_id=CLARA, name="Clara", email="clara@example.com", role="agent"))
    ask(bench, CreateTeam(team_id=MIXED, name="Mixed", member_ids=(ANNA,)))
    ask(bench, CreateInbox(inbox_id=SALES, name="Sales", member_ids=(CLARA,)))
    address = EmailSettings(address="sales@example.com", from_name="Sales")
    ask(bench, ConnectChannel(channel_id=UUID(int=0xC2), inbox_id=SALES, kind="email", email=address))
    old, young = came(bench, 3, "support"), came(bench, 2, "sales")
    for stream in young:
        ask(bench, MoveConversation(inbox_id=SALES), stream)
    for stream in (*old, *young):
        ask(bench, AssignConversation(agent_id=None, team_id=MIXED), stream)
    for agent in (CLARA, BORIS):
        ask(bench, ChangeAgent(agent_id=agent, capacity=1))
    return old, young


def test_what_nobody_there_can_open_keeps_nothing_waiting_that_came_after_it(bench: Workbench) -> None:
    old, young = two_inboxes(bench)
    ask(bench, ChangeTeam(team_id=MIXED, member_ids=(CLARA, BORIS)))
    came_back = ask(bench, SetAvailability(agent_id=CLARA, state="available"))
    assert routed(came_back) == [(young[0], CLARA, "agent_came_back")]
    assert {one.agent_id: one.refused for one in came_back[1].data.candidates} == {CLARA: None, BORIS: "not_in_inbox"}
    assert routed(ask(bench, ResolveConversation(), young[0])) == [(young[1], CLARA, "capacity_freed")]
    assert routed(ask(bench, ResolveConversation(), young[1])) == [], "what is left is nothing that Clara could open"
    assert waiting(bench) == old


def test_two_who_see_different_inboxes_are_each_given_what_they_can_open(bench: Workbench) -> None:
    old, young = two_inboxes(bench)
    for agent in (CLARA, BORIS):
        ask(bench, SetAvailability(agent_id=agent, state="available"))
    events = ask(bench, ChangeTeam(team_id=MIXED, member_ids=(ANNA, CLARA, BORIS)))
    assert routed(events) == [(old[0], BORIS, "agent_came_back"), (young[0], CLARA, "agent_came_back")]
    assert waiting(bench) == [*old[1:], young[1]]
    unlimited = ask(bench, ChangeAgent(agent_id=CLARA, capacity="unlimited"))
    assert routed(unlimited) == [(young[1], CLARA, "capacity_freed")]
    joined = ask(bench, ChangeInbox(inbox_id=INBOX, member_ids=(ANNA, BORIS, CLARA)))
    assert routed(joined) == [(stream, CLARA, "agent_came_back") for stream in old[1:]]
    assert waiting(bench) == []


# -- capacity -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
def test_of_two_mails_for_the_last_place_one_waits(bench: Workbench, together: bool) -> None:
    limited(bench, 1)
    one, two = mail("one@x.example"), mail("two@x.example")
    events = bench.receive(one, two) if together else [*bench.receive(one), *bench.receive(two)]
    assert [agent for _, agent, _ in routed(events)] == [ANNA, None]
    refused = [event for event in events if event.type == "ConversationRouted"][1].data.candidates
    assert {one.agent_id: one.refused for one in refused} == {ANNA: "at_capacity", BORIS: "away"}
    check_counts(bench)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
def test_of_two_commands_that_free_one_place_each_gives_out_one(bench: Workbench, together: bool) -> None:
    limited(bench, 2)
    streams = came(bench, 5)
    wishes = [envelope(ResolveConversation(), stream=stream, actor=AS_ANNA) for stream in streams[:2]]
    if together:
        events = bench.handle(bench.records(*wishes, topic=COMMANDS))
    else:
        events = [event for wish in wishes for event in bench.handle(bench.records(wish, topic=COMMANDS))]
    assert routed(events) == [(stream, ANNA, "capacity_freed") for stream in streams[2:4]]
    assert waiting(bench) == streams[4:]
    check_counts(bench)


@pytest.mark.parametrize(
    "wish",
    [
        ResolveConversation(),
        SnoozeConversation(),
        MarkConversationAsSpam(),
        TrashConversation(),
        AssignConversation(agent_id=BORIS, team_id=None),
        AssignConversation(agent_id=None, team_id=None),
    ],
    ids=lambda wish: type(wish).__name__,
)
def test_whatever_frees_a_place_gives_out_the_oldest(bench: Workbench, wish: Command) -> None:
    limited(bench, 1)
    mine, oldest, younger = came(bench, 3)
    assert routed(ask(bench, wish, mine)) == [(oldest, ANNA, "capacity_freed")]
    assert waiting(bench) == [younger]
    check_counts(bench)


def test_a_filter_that_takes_a_conversation_for_spam_frees_its_place(bench: Workbench) -> None:
    limited(bench, 1)
    mine, oldest = came(bench, 2)
    spam = EmailFilter(id=UUID(int=3), kind="spam", field="address", value="c0@x.example")
    ask(bench, SetEmailFilters(filters=(spam,)))
    events = bench.receive(mail("c0@x.example", in_reply_to=["c0@x"]))
    assert kinds(events) == ["MessageAppended", "MarkedAsSpam", "ConversationRouted"]
    assert (events[0].stream, events[2].stream) == (mine, oldest)
    assert bench.tallies[-1] == {"appended": 1}


def test_more_capacity_gives_out_as_many_more(bench: Workbench) -> None:
    limited(bench, 1)
    _, *queue = came(bench, 5)
    events = ask(bench, ChangeAgent(agent_id=ANNA, capacity=3))
    assert routed(events) == [(stream, ANNA, "capacity_freed") for stream in queue[:2]]
    events = ask(bench, ChangeAgent(agent_id=ANNA, capacity="unlimited"))
    assert [stream for stream, _, _ in routed(events)] == queue[2:]


def test_what_an_agent_gives_back_to_the_team_does_not_come_back_at_once(bench: Workbench) -> None:
    limited(bench, 1)
    (mine,) = came(bench, 1)
    assert routed(ask(bench, AssignConversation(agent_id=None, team_id=TEAM), mine)) == []
    assert waiting(bench) == [mine]
    (other,) = came(bench, 1, "d")
    events = ask(bench, ResolveConversation(), other)
    assert routed(events) == [(mine, ANNA, "capacity_freed")]


def test_who_is_full_of_what_was_given_by_hand_gets_nothing_until_there_is_room(bench: Workbench) -> None:
    limited(bench, 1)
    mine, second, third = came(bench, 3)
    ask(bench, AssignConversation(agent_id=ANNA, team_id=TEAM), second)
    assert held(bench, ANNA) == 2
    assert routed(ask(bench, ResolveConversation(), mine)) == []
    assert routed(ask(bench, ResolveConversation(), second)) == [(third, ANNA, "capacity_freed")]


def test_a_reopened_conversation_returns_to_its_agent_over_capacity(bench: Workbench) -> None:
    limited(bench, 1)
    (mine,) = came(bench, 1)
    ask(bench, ResolveConversation(), mine)
    came(bench, 1, "d")
    events = bench.receive(mail("c0@x.example", in_reply_to=["c0@x"]))
    assert routed(events) == [(mine, ANNA, "returned_to_agent")]
    assert held(bench, ANNA) == 2


def test_a_reopened_conversation_of_an_agent_who_left_waits_in_the_team(bench: Workbench) -> None:
    limited(bench, 1)
    (mine,) = came(bench, 1)
    ask(bench, ResolveConversation(), mine)
    ask(bench, SetAvailability(agent_id=ANNA, state="away"))
    bench.receive(mail("c0@x.example", in_reply_to=["c0@x"]))
    assert waiting(bench) == [mine]
    assert routed(ask(bench, SetAvailability(agent_id=ANNA, state="available"))) == [(mine, ANNA, "agent_came_back")]


def test_without_a_queue_nothing_more_is_asked_of_the_database(bench: Workbench) -> None:
    limited(bench, 3)
    (mine,) = came(bench, 1)
    asked: list[str] = []
    reading = bench.parts.store.read
    bench.parts.store.read = lambda cursor, streams: asked.append("read") or reading(cursor, streams)  # type: ignore[method-assign,func-returns-value]
    ask(bench, ResolveConversation(), mine)
    assert asked == ["read"]


# -- long queues --------------------------------------------------------------------------------------------------


def test_a_long_queue_is_handed_out_in_slices_by_whoever_is_active(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "SLICE", 3)
    nobody_there(bench)
    queue = came(bench, 8)
    bench.parts.handler.follow_up()
    assert not bench.parts.handler.behind
    events = ask(bench, SetAvailability(agent_id=ANNA, state="available"))
    assert [stream for stream, _, _ in routed(events)] == queue[:3]
    assert bench.parts.handler.behind and bench.count("queue_drains") == 1

    successor = bench.built().handler
    assert successor.behind, "it may have come after one that died"
    before = bench.last_position()
    successor.follow_up()
    assert [stream for stream, _, _ in routed(bench.events(after=before))] == queue[3:6]
    assert successor.behind

    before = bench.last_position()
    bench.parts.handler.follow_up()
    rest = bench.events(after=before)
    assert routed(rest) == [(stream, ANNA, "agent_came_back") for stream in queue[6:]]
    assert {event.causation_id for event in rest} == {events[0].causation_id}
    assert not bench.parts.handler.behind and bench.count("queue_drains") == 0
    successor.follow_up()
    assert not successor.behind
    assert len({event.id for event in bench.events()}) == len(bench.events())
    check_counts(bench)


def test_a_transaction_hands_out_one_slice_however_many_come_back(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "SLICE", 3)
    nobody_there(bench)
    queue = came(bench, 7)
    wishes = [
        envelope(SetAvailability(agent_id=agent, state="available"), stream=DEFAULT_WORKSPACE_ID, actor=AS_ANNA)
        for agent in (ANNA, BORIS)
    ]
    events = bench.handle(bench.records(*wishes, topic=COMMANDS))
    assert [stream for stream, _, _ in routed(events)] == queue[:3]
    before = bench.last_position()
    while bench.parts.handler.behind:
        bench.parts.handler.follow_up()
    rest = routed(bench.events(after=before))
    assert [stream for stream, _, _ in rest] == queue[3:]
    assert {agent for _, agent, _ in rest} == {ANNA, BORIS}
    check_counts(bench)


def test_who_leaves_between_two_slices_is_given_no_more(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "SLICE", 2)
    nobody_there(bench)
    queue = came(bench, 5)
    ask(bench, SetAvailability(agent_id=ANNA, state="available"))
    ask(bench, SetAvailability(agent_id=ANNA, state="away"))
    bench.parts.handler.follow_up()
    assert waiting(bench) == queue[2:] and not bench.parts.handler.behind


# -- whatever happens ---------------------------------------------------------------------------------------------

CAPACITY = 2
EMPTY = (
    b"TRUNCATE router.stored_events, router.conversations, router.agent_load, router.team_load, router.dedupe,"
    b" router.thread_keys, router.participants, router.handles, router.holdings, router.timers, router.queue_drains,"
    b" router.command_outcomes, keyring.keys"
)
FROM_QUEUE = ("agent_came_back", "capacity_freed")
steps = st.lists(
    st.tuples(
        st.sampled_from(["mail", "mail", "mail", "resolve", "reopen", "snooze", "away", "back", "team"]),
        st.integers(0, 9),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps, batch=st.integers(1, 3))
def test_routing_gives_nobody_more_than_their_capacity_and_takes_the_oldest(
    bench: Workbench, history: list[tuple[str, int]], batch: int
) -> None:
    bench.connection.execute(EMPTY)
    bench.parts.memory.forget()
    bench.set_up_workspace()
    for agent in (ANNA, BORIS):
        ask(bench, ChangeAgent(agent_id=agent, capacity=CAPACITY))
    streams: list[UUID] = []
    for step, number in history:
        agent = (ANNA, BORIS)[number % 2]
        stream = streams[number % len(streams)] if streams else None
        before, load = waiting(bench), {each: held(bench, each) for each in (ANNA, BORIS)}
        match step:
            case "mail":
                events = bench.receive(*[mail(f"{len(streams)}-{one}@x.example") for one in range(batch)])
                streams += [event.stream for event in events if event.type == "ConversationOpened"]
            case "away" | "back":
                events = ask(bench, SetAvailability(agent_id=agent, state="away" if step == "away" else "available"))
            case _ if stream is None:
                continue
            case "resolve":
                events = ask(bench, ResolveConversation(), stream)
            case "reopen":
                events = ask(bench, ReopenConversation(), stream)
            case "snooze":
                events = ask(bench, SnoozeConversation(), stream)
            case _:
                events = ask(bench, AssignConversation(agent_id=None, team_id=TEAM), stream)
        given_out = [
            one for one, to, reason in routed(events) if to and reason in ("agent_came_back", "capacity_freed")
        ]
        assert given_out == [one for one in before if one in given_out]
        assert given_out == before[: len(given_out)] or step == "team"
        if step != "reopen":
            for each in (ANNA, BORIS):
                assert held(bench, each) <= max(CAPACITY, load[each])
        check_counts(bench)
    grown = bench.rows("SELECT t::text FROM router.conversations t ORDER BY 1")
    rebuild(bench.parts)
    assert bench.rows("SELECT t::text FROM router.conversations t ORDER BY 1") == grown
