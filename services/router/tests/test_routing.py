"""Channels' routing, first answers and agents who leave, on real rows: once each, in slices, the same when rebuilt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events.commands import (
    AssignConversation,
    ChangeAgent,
    ChangeChannel,
    ChangeInbox,
    ChangeTeam,
    CreateTeam,
    EraseContact,
    SendReply,
    SetAvailability,
    SnoozeConversation,
)
from events.conversations import ReplyContent
from events.envelope import Actor, Command
from events.routing import ChannelRouting
from events.values import Address
from events.workspace import EmailSettings
from router import handbacks
from router.rebuild import rebuild
from router.testing import ANNA, AS_ANNA, BORIS, CHANNEL, INBOX, SUPPORT, TEAM, Workbench, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real
AS_BORIS = Actor("agent", str(BORIS))


def ask(bench: Workbench, wish: Command, stream: UUID = DEFAULT_WORKSPACE_ID, actor: Actor = AS_ANNA) -> list[Any]:
    """What a command that is done appends, without its outcome."""
    before = bench.last_position()
    outcome = bench.command(wish, stream, actor=actor)
    assert outcome.state == "done", outcome
    return bench.events(after=before)[:-1]


def routing(kind: Any, **more: Any) -> ChangeChannel:
    settings = EmailSettings(address=SUPPORT, from_name="S", routing=ChannelRouting(kind=kind, **more))
    return ChangeChannel(channel_id=CHANNEL, email=settings)


def answer(bench: Workbench, stream: UUID, actor: Actor, to: str = "maria@customer.example") -> list[Any]:
    content = ReplyContent(external_id="", sender=Address(SUPPORT), to=(Address(to),), subject="Re", text="Yes")
    return ask(bench, SendReply(reply_id=new_id(), channel_id=CHANNEL, content=content), stream, actor)


def opened(events: list[Any]) -> UUID:
    return next(event.stream for event in events if event.type == "ConversationOpened")


def decided(events: list[Any]) -> list[tuple[str, UUID | None, UUID | None]]:
    found = [event.data for event in events if event.type == "ConversationRouted"]
    return [(one.reason, one.team_id, one.agent_id) for one in found]


def held_by(bench: Workbench, agent: UUID) -> list[UUID]:
    query = "SELECT conversation_id FROM router.conversations WHERE assignee_id = %s"
    return sorted(row[0] for row in bench.rows(query, agent))


def follow_up(bench: Workbench) -> int:
    """How many slices it took."""
    slices = 0
    while bench.parts.handler.behind:
        bench.parts.handler.follow_up()
        slices += 1
    return slices


# -- routing and first answers ------------------------------------------------------------------------------------


def test_who_answered_last_gets_the_contacts_next_conversation_also_after_a_rebuild(bench: Workbench) -> None:
    bench.set_up_workspace()
    ask(bench, routing("nobody"))
    events = bench.receive(mail("rosa@x.example"))
    assert decided(events) == [("channel_nobody", None, None)]
    taken = answer(bench, opened(events), AS_BORIS, "rosa@x.example")
    assert kinds(taken) == ["ReplyQueued", "ConversationAssigned"]
    assert held_by(bench, BORIS) == [opened(events)]

    ask(bench, routing("last_agent"))
    assert decided(bench.receive(mail("rosa@x.example"))) == [("last_agent", None, BORIS)]
    [(reason, team, _)] = decided(bench.receive(mail("stranger@x.example")))
    assert (reason, team) == ("inbox_team", TEAM)

    grown = bench.rows("SELECT contact_id, agent_id, answered_at FROM router.last_agents")
    rebuild(bench.parts)
    assert bench.rows("SELECT contact_id, agent_id, answered_at FROM router.last_agents") == grown != []
    assert decided(bench.receive(mail("rosa@x.example"))) == [("last_agent", None, BORIS)]


def test_who_answers_in_the_batch_of_the_next_mail_is_known_there(bench: Workbench) -> None:
    bench.set_up_workspace()
    ask(bench, routing("last_agent"))
    first = opened(bench.receive(mail("rosa@x.example")))
    answer(bench, first, AS_ANNA, "rosa@x.example")
    answer(bench, first, AS_BORIS, "rosa@x.example")
    assert decided(bench.receive(mail("rosa@x.example"), mail("rosa@x.example"))) == [("last_agent", None, BORIS)] * 2


def test_of_an_erased_contact_nobody_was_the_last(bench: Workbench) -> None:
    bench.set_up_workspace()
    contact, first = bench.receive(mail("rosa@x.example"))[:2]
    answer(bench, first.stream, AS_BORIS, "rosa@x.example")
    assert bench.count("last_agents") == 1
    ask(bench, EraseContact(), contact.stream)
    assert bench.count("last_agents") == 0


# -- who leaves ---------------------------------------------------------------------------------------------------


@pytest.fixture
def eight_of_boris(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Boris has eight conversations, one of them snoozed; Anna, who is away, has one. Slices are of three."""
    monkeypatch.setattr(handbacks, "SLICE", 3)
    bench.set_up_workspace()
    streams = [opened(bench.receive(mail(f"c{number}@x.example"))) for number in range(9)]
    for stream in streams[1:]:
        ask(bench, AssignConversation(agent_id=BORIS, team_id=TEAM), stream)
    ask(bench, AssignConversation(agent_id=ANNA, team_id=TEAM), streams[0])
    ask(bench, SnoozeConversation(), streams[8])
    follow_up(bench)
    return streams[1:]


def test_what_an_agent_had_who_is_deactivated_goes_back_in_slices_by_whoever_is_active(
    bench: Workbench, eight_of_boris: list[UUID]
) -> None:
    before = bench.last_position()
    events = ask(bench, ChangeAgent(agent_id=BORIS, deactivated=True))
    assert kinds(events) == ["AgentDeactivated"] and bench.count("handbacks") == 1
    assert bench.parts.handler.behind
    bench.parts.handler.follow_up()
    assert len(held_by(bench, BORIS)) == 5

    successor = bench.built().handler
    successor.follow_up()
    assert len(held_by(bench, BORIS)) == 2 and successor.behind
    follow_up(bench)
    assert held_by(bench, BORIS) == [] and bench.count("handbacks") == 0

    given_back = [event for event in bench.events(after=before) if event.type == "ConversationRouted"]
    assert sorted(event.stream for event in given_back) == sorted(eight_of_boris), "each once"
    assert {event.causation_id for event in given_back} == {events[0].causation_id}
    assert {str(event.actor) for event in given_back} == {"system"}
    snoozed = next(event.data for event in given_back if event.stream == eight_of_boris[-1])
    assert (snoozed.reason, snoozed.team_id, snoozed.agent_id) == ("agent_left", TEAM, None)
    assert {event.data.agent_id for event in given_back if event.data is not snoozed} == {ANNA}
    loads = dict(bench.rows("SELECT agent_id, open_conversations FROM router.agent_load"))
    assert loads == {ANNA: 8, BORIS: 0}
    grown = bench.rows("SELECT t::text FROM router.conversations t ORDER BY 1")
    rebuild(bench.parts)
    assert bench.rows("SELECT t::text FROM router.conversations t ORDER BY 1") == grown


def test_a_slice_that_fails_is_given_back_by_the_next_try(bench: Workbench, eight_of_boris: list[UUID]) -> None:
    ask(bench, ChangeAgent(agent_id=BORIS, deactivated=True))
    append = bench.parts.store.append
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(bench.parts.store, "append", lambda *_: (_ for _ in ()).throw(OSError("died")))
        with pytest.raises(OSError, match="died"):
            bench.parts.handler.follow_up()
    assert len(held_by(bench, BORIS)) == 8 and bench.parts.handler.behind
    assert bench.parts.store.append == append
    follow_up(bench)
    assert held_by(bench, BORIS) == []


def test_who_comes_back_between_two_slices_keeps_the_rest(bench: Workbench, eight_of_boris: list[UUID]) -> None:
    ask(bench, ChangeAgent(agent_id=BORIS, deactivated=True))
    bench.parts.handler.follow_up()
    ask(bench, ChangeAgent(agent_id=BORIS, deactivated=False))
    follow_up(bench)
    assert len(held_by(bench, BORIS)) == 5 and bench.count("handbacks") == 0


def test_who_is_taken_off_an_inbox_gives_back_what_is_there(bench: Workbench, eight_of_boris: list[UUID]) -> None:
    ask(bench, ChangeTeam(team_id=TEAM, member_ids=(ANNA,)))
    assert not bench.parts.handler.behind, "Boris still belongs to the inbox himself"
    ask(bench, ChangeInbox(inbox_id=INBOX, member_ids=(ANNA,)))
    assert bench.rows("SELECT agent_id, inbox_id FROM router.handbacks") == [(BORIS, INBOX)]
    follow_up(bench)
    assert held_by(bench, BORIS) == [] and len(held_by(bench, ANNA)) == 8


def test_with_nobody_left_it_waits_in_the_queue_and_goes_to_who_comes_next(
    bench: Workbench, eight_of_boris: list[UUID]
) -> None:
    ask(bench, ChangeAgent(agent_id=ANNA, capacity=3))
    ask(bench, ChangeAgent(agent_id=BORIS, deactivated=True))
    follow_up(bench)
    assert len(held_by(bench, ANNA)) == 3
    assert bench.rows("SELECT waiting FROM router.team_load") == [(5,)]
    ask(bench, ChangeAgent(agent_id=ANNA, capacity="unlimited"))
    follow_up(bench)
    assert len(held_by(bench, ANNA)) == 8, "the snoozed one comes back by itself"


def test_an_administrator_made_agent_gives_back_what_they_see_no_more(
    bench: Workbench, eight_of_boris: list[UUID]
) -> None:
    ask(bench, ChangeAgent(agent_id=BORIS, role="administrator"))
    ask(bench, ChangeTeam(team_id=TEAM, member_ids=(ANNA,)))
    ask(bench, ChangeInbox(inbox_id=INBOX, member_ids=(ANNA,)))
    follow_up(bench)
    for stream in eight_of_boris[:4]:
        ask(bench, AssignConversation(agent_id=BORIS, team_id=TEAM), stream)
    assert len(held_by(bench, BORIS)) == 4, "an administrator sees every inbox"
    events = ask(bench, ChangeAgent(agent_id=BORIS, role="agent"))
    assert kinds(events) == ["AgentRoleChanged"]
    assert bench.rows("SELECT agent_id, inbox_id FROM router.handbacks") == [(BORIS, INBOX)]
    follow_up(bench)
    assert held_by(bench, BORIS) == [] and bench.count("handbacks") == 0
    refused = bench.command(AssignConversation(agent_id=BORIS, team_id=None), eight_of_boris[0])
    assert (refused.state, refused.code) == ("refused", "invalid.agent-not-in-inbox")


def test_what_waits_for_a_team_goes_to_the_inboxs_own_when_the_team_serves_it_no_more(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handbacks, "SLICE", 3)
    bench.set_up_workspace()
    second = new_id()
    ask(bench, CreateTeam(team_id=second, name="Second line", member_ids=()))
    refused = bench.command(AssignConversation(agent_id=None, team_id=second), opened(bench.receive(mail())))
    assert (refused.state, refused.code) == ("refused", "invalid.team-not-in-inbox")

    ask(bench, ChangeInbox(inbox_id=INBOX, team_ids=(TEAM, second)))
    streams = [opened(bench.receive(mail(f"c{number}@x.example"))) for number in range(5)]
    for stream in streams:
        ask(bench, AssignConversation(agent_id=None, team_id=second), stream)
    ask(bench, SetAvailability(agent_id=BORIS, state="away"))
    before = bench.last_position()
    ask(bench, ChangeInbox(inbox_id=INBOX, team_ids=(TEAM,)))
    assert follow_up(bench) >= 2, "in slices"
    given_back = [event for event in bench.events(after=before) if event.type == "ConversationRouted"]
    assert sorted(event.stream for event in given_back) == sorted(streams)
    assert decided(given_back) == [("team_left", TEAM, ANNA)] * 5
    waiting = dict(bench.rows("SELECT team_id, waiting FROM router.team_load"))
    assert waiting[second] == 0 and bench.count("handbacks") == 0
