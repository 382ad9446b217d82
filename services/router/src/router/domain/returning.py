"""Who gets a conversation that is open again without a message: by its timer or by an agent; pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from events.conversations import ConversationRouted
from events.envelope import Actor
from router.domain.assignment import Wishes, choose
from router.domain.candidates import Load
from router.domain.conversation_state import Conversation, ConversationState, Open
from router.domain.workspace_state import Workspace


def give_back(
    before: ConversationState,
    after: ConversationState,
    actor: Actor,
    workspace: Workspace,
    loads: Mapping[UUID, Load],
) -> tuple[ConversationRouted, ...]:
    """The decision about a conversation that the command opened again; `()` where it stays as it is.

    It returns to its agent, or goes to the team when that agent takes no work now, unless they opened it themselves.
    What nobody has waits for whom the agent wants to give it to; when it opens by its timer, the team's next agent
    gets it.
    """
    if not isinstance(before, Conversation) or not isinstance(after, Conversation):
        return ()
    if isinstance(before.standing, Open) or not isinstance(after.standing, Open):
        return ()
    by_agent = actor.kind == "agent"
    if after.assignee_id is None and (by_agent or after.team_id is None):
        return ()
    if by_agent and actor.id == str(after.assignee_id):
        return ()
    choice = choose(Wishes(), after, True, workspace, loads)
    if (choice.team_id, choice.agent_id) == (after.team_id, after.assignee_id):
        return ()
    return (
        ConversationRouted(
            message_id=after.last_message_id,
            rule_set_version=0,
            candidates=choice.candidates,
            team_id=choice.team_id,
            agent_id=choice.agent_id,
            reason=choice.reason,
        ),
    )
