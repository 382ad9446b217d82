"""Limits: what is one too many is refused with limit and count; what does not count makes room."""

from __future__ import annotations

from dataclasses import replace

from events import commands as c
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.workspace import (
    AgentDeactivated,
    AgentInvited,
    ChannelDisconnected,
    EmailSettings,
    InboxChanged,
    WorkspaceEvent,
)
from router.domain import errors, workspace
from router.domain.limits import counted
from router.domain.testing import ACME, BOB, HOUSE, SUPPORT, WORKSPACE, a_workspace, an_id, command
from router.domain.workspace import Workspace
from service_kit.limits import Limits
from service_kit.spec import Given
from service_kit.spec import given as given_decider

NEW = an_id("new")
HAS = a_workspace()
FULL = Limits(
    inboxes=counted("inboxes", HAS), agents=counted("agents", HAS), channels=counted("channels", HAS), chatflows=0
)


def given(
    *history: WorkspaceEvent, limits: Limits = FULL
) -> Given[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(replace(HOUSE, limits=limits)), *ACME, *history)


def ask(data: WorkspaceCommand) -> Envelope[WorkspaceCommand]:
    return command(data, on=WORKSPACE)


INBOX = ask(c.CreateInbox(inbox_id=NEW, name="One more"))
AGENT = ask(c.InviteAgent(agent_id=NEW, name="New", email="new@acme.test", role="agent"))
CHANNEL = ask(
    c.ConnectChannel(
        channel_id=NEW, inbox_id=SUPPORT, kind="email", email=EmailSettings(address="more@acme-elsewhere.test")
    )
)


def test_one_too_many_is_refused_with_the_limit_and_the_count() -> None:
    for wish, name in ((INBOX, "inboxes"), (AGENT, "agents"), (CHANNEL, "channels")):
        refused = given().when(wish)
        refused.then_refused(errors.LimitReached)
        count = FULL.by_name()[name]  # type: ignore[index]
        assert f"may have {count} {name}, and it has {count}" in str(refused.refusal)


def test_without_a_limit_as_many_as_come() -> None:
    for wish in (INBOX, AGENT, CHANNEL):
        assert given(limits=Limits()).when(wish).refusal is None


def test_what_was_made_already_is_not_counted_again() -> None:
    same = AgentInvited(agent_id=NEW, role="agent")
    taken = workspace.decider(replace(HOUSE, limits=FULL), NEW)
    given_decider(taken, *ACME, same).when(AGENT).then_nothing_happened()


def test_what_does_not_count_makes_room() -> None:
    archived = InboxChanged(inbox_id=SUPPORT, name="Support", archived=True)
    assert given(archived).when(INBOX).refusal is None
    assert given(AgentDeactivated(agent_id=BOB)).when(AGENT).refusal is None
    connected = next(one for one in HAS.channels.values() if not one.is_fallback)
    assert given(ChannelDisconnected(channel_id=connected.id)).when(CHANNEL).refusal is None


def test_who_comes_back_needs_room_as_well() -> None:
    back = ask(c.ChangeAgent(agent_id=BOB, deactivated=False))
    gone = AgentDeactivated(agent_id=BOB)
    given(gone, AgentInvited(agent_id=NEW, role="agent")).when(back).then_refused(errors.LimitReached)
    assert given(gone).when(back).refusal is None
    unarchive = ask(c.ChangeInbox(inbox_id=SUPPORT, archived=False))
    archived = InboxChanged(inbox_id=SUPPORT, name="Support", archived=True)
    given(archived, limits=Limits(inboxes=0)).when(unarchive).then_refused(errors.LimitReached)
