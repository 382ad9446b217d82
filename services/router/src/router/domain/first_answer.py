"""Who first answers a conversation that nobody has gets it, unless the inbox does without; pure."""

from __future__ import annotations

from uuid import UUID

from events.conversations import ConversationAssigned
from router.domain.conversation_state import Conversation
from router.domain.reach import sees_inbox
from router.domain.workspace_state import Workspace


def taken_on(agent_id: UUID | None, state: Conversation, workspace: Workspace) -> tuple[ConversationAssigned, ...]:
    """The assignment that comes with an agent's reply; `()` where somebody has it, nobody wrote, or who wrote has left
    the inbox meanwhile.

    It stays when the reply is taken back: who writes an answer works on it, and a conversation that went back to the
    queue would be another's before the text is mended.
    """
    inbox = workspace.inboxes.get(state.inbox_id)
    if agent_id is None or state.assignee_id is not None or inbox is None or not inbox.assign_first_answer:
        return ()
    agent = workspace.agents.get(agent_id)
    if agent is None or not sees_inbox(workspace, agent, state.inbox_id):
        return ()
    return (ConversationAssigned(agent_id=agent_id, team_id=state.team_id),)
