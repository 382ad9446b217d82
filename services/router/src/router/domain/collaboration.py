"""What the team does around a conversation: comments, assignment by hand, read marks, priority."""

from __future__ import annotations

import msgspec

from events.commands import AddComment, AssignConversation, ChangePriority, MarkRead
from events.conversations import (
    CommentAdded,
    CommentText,
    ConversationAssigned,
    ConversationReadMarked,
    ConversationUnassigned,
    PriorityChanged,
)
from events.envelope import Actor
from router.domain import errors
from router.domain.conversation_state import Conversation, key_holder
from router.domain.following import mentioned
from router.domain.reach import check_agent, check_team, team_reaches
from router.domain.replies import MAX_CONTENT, agent_of
from router.domain.workspace_state import Workspace


def add_comment(
    command: AddComment, actor: Actor, state: Conversation, workspace: Workspace
) -> tuple[CommentAdded, ...]:
    """An internal comment, signed by its agent; whom it mentions belongs to the inbox, and is named once."""
    agent_id = agent_of(actor)
    if agent_id is None:
        raise errors.OnlyForAgents("Only an agent can comment.")
    if not command.text.strip():
        raise errors.CommentEmpty("A comment needs a text.")
    if len(msgspec.json.encode(command.text)) > MAX_CONTENT:
        raise errors.CommentTooLong(f"A comment has at most {MAX_CONTENT} bytes.")
    named = mentioned(command.mentions, state, workspace)
    if key_holder(state) is None:
        raise errors.ConversationIsErased("Everybody in this conversation was erased; nothing can be added to it.")
    return (
        CommentAdded(
            comment_id=command.comment_id,
            agent_id=agent_id,
            mentions=named.agents,
            mentioned_team_ids=named.teams,
            mentioned_members=named.members,
            personal=CommentText(text=command.text),
        ),
    )


def assign(
    command: AssignConversation, state: Conversation, workspace: Workspace
) -> tuple[ConversationAssigned | ConversationUnassigned, ...]:
    """With this agent and this team, or the one that it has. A hand is free: an agent who is away, or in no such team,
    may be given it, but none who cannot open it. A team that is gone, or that nobody who sees the inbox is in, is not
    kept.

    Raises AgentIsDeactivated, AgentNotInInbox, TeamNotInInbox.
    """
    if command.agent_id is not None:
        check_agent(command.agent_id, state.inbox_id, workspace)
    team_id = state.team_id if command.keep_team else command.team_id
    if team_id is not None and command.keep_team and not team_reaches(workspace, team_id, state.inbox_id):
        team_id = None
    elif team_id is not None:
        check_team(team_id, state.inbox_id, workspace)
    if (command.agent_id, team_id) == (state.assignee_id, state.team_id):
        return ()
    if command.agent_id is None and team_id is None:
        return (ConversationUnassigned(),)
    return (ConversationAssigned(agent_id=command.agent_id, team_id=team_id),)


def mark_read(command: MarkRead, actor: Actor, state: Conversation) -> tuple[ConversationReadMarked, ...]:
    """How far the agent has read; never back but to the very beginning, and never beyond what there is.

    Read marks are nothing to read: who reads up to one's own mark says nothing new.
    """
    agent_id = agent_of(actor)
    if agent_id is None:
        raise errors.OnlyForAgents("Only an agent reads.")
    known = state.read.get(agent_id)
    up_to = max(0, min(command.up_to, state.newest))
    if up_to == known or 0 < up_to < (known or 0):
        return ()
    return (ConversationReadMarked(agent_id=agent_id, up_to=up_to),)


def change_priority(command: ChangePriority, state: Conversation) -> tuple[PriorityChanged, ...]:
    return () if command.priority == state.priority else (PriorityChanged(priority=command.priority),)
