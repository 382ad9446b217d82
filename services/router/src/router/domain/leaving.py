"""Agents who leave, the workspace or an inbox: what they had there goes back to the queue; pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from events import workspace as e
from events.conversations import ConversationRouted
from events.workspace import WorkspaceEvent
from router.domain.candidates import Load, candidate, refusal
from router.domain.choices import Choice, in_team
from router.domain.conversation_state import Conversation, ConversationState, Open, Snoozed
from router.domain.workspace_state import Workspace

Left = tuple[UUID, UUID | None]
"""An agent, and the inbox to which they belong no more; None: every inbox, for they are deactivated."""


def left_by(event: WorkspaceEvent, before: Workspace, after: Workspace) -> frozenset[Left]:
    """Who has left where by this event."""
    match event:
        case e.AgentDeactivated():
            known = before.agents.get(event.agent_id)
            return frozenset({(known.id, None)}) if known is not None and known.active else frozenset()
        case e.InboxChanged():
            return _left((event.inbox_id,), before, after)
        case e.TeamChanged() | e.TeamDeleted():
            served = (one.id for one in before.inboxes.values() if event.team_id in one.team_ids)
            return _left(tuple(served), before, after)
        case _:
            return frozenset()


def is_gone(left: Left, workspace: Workspace) -> bool:
    """Whether they still are where they left; who came back meanwhile keeps what they still have."""
    agent_id, inbox_id = left
    agent = workspace.agents.get(agent_id)
    if agent is None or not agent.active:
        return True
    return inbox_id is not None and agent_id not in workspace.members_of_inbox(inbox_id)


def give_back(
    state: ConversationState, agent_id: UUID, workspace: Workspace, loads: Mapping[UUID, Load]
) -> ConversationRouted | None:
    """The decision that takes a conversation from an agent who left; None for one that they don't have, or that is
    neither open nor snoozed.

    It goes to its team, or to the inbox's first one: to the next agent there at once when somebody has room. A snoozed
    one has time until it comes back.
    """
    if not isinstance(state, Conversation) or state.assignee_id != agent_id:
        return None
    match state.standing:
        case Open():
            choice = _choice(state, agent_id, workspace, loads)
        case Snoozed():
            choice = Choice("agent_left", _team_of(state, workspace))
        case _:
            return None
    return ConversationRouted(
        message_id=state.last_message_id,
        rule_set_version=0,
        candidates=choice.candidates,
        team_id=choice.team_id,
        agent_id=choice.agent_id,
        reason=choice.reason,
    )


def _choice(state: Conversation, agent_id: UUID, workspace: Workspace, loads: Mapping[UUID, Load]) -> Choice:
    leaver = workspace.agents.get(agent_id)
    refused = None if leaver is None else refusal(leaver, loads) or "not_in_inbox"
    passed_over = () if leaver is None else (candidate(leaver, loads, refused),)
    team_id = _team_of(state, workspace)
    if team_id is None:
        return Choice("agent_left", candidates=passed_over)
    return in_team("agent_left", team_id, workspace, loads, passed_over, without=agent_id)


def _team_of(state: Conversation, workspace: Workspace) -> UUID | None:
    if state.team_id in workspace.teams:
        return state.team_id
    team = workspace.first_team(state.inbox_id)
    return None if team is None else team.id


def _left(inbox_ids: tuple[UUID, ...], before: Workspace, after: Workspace) -> frozenset[Left]:
    """Administrators see every inbox, but what comes to an inbox is no longer theirs when they are taken off it."""
    return frozenset(
        (agent_id, inbox_id)
        for inbox_id in inbox_ids
        for agent_id in set(before.members_of_inbox(inbox_id)).difference(after.members_of_inbox(inbox_id))
    )
