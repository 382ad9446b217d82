"""A conversation moved to another inbox: what is left of its assignment, and who is next there."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from events.commands import MoveConversation
from events.conversations import ConversationMoved, ConversationRouted
from router.domain import errors
from router.domain.assignment import Wishes, choose
from router.domain.candidates import Load
from router.domain.conversation_state import Conversation, Open, Snoozed, evolve
from router.domain.workspace_state import Workspace


def move(
    wish: MoveConversation, state: Conversation, workspace: Workspace, loads: Mapping[UUID, Load]
) -> tuple[ConversationMoved | ConversationRouted, ...]:
    """It lies in the inbox from now on; `()` when it does already. An agent or team that does not belong there has it
    no more; what nobody has then goes to the inbox's team, or waits in its queue.

    Raises InboxNotFound, InboxIsArchived, OfAnotherChannel.
    """
    inbox = workspace.inbox(wish.inbox_id)
    if inbox.id == state.inbox_id:
        return ()
    if inbox.archived:
        raise errors.InboxIsArchived("Nothing is moved to an archived inbox.")
    if not any(
        one.connected and one.inbox_id == inbox.id and one.kind == state.channel for one in workspace.channels.values()
    ):
        raise errors.OfAnotherChannel("The inbox has no channel of this kind: nobody could answer there.")
    keeps = state.assignee_id in workspace.members_of_inbox(inbox.id)
    moved = ConversationMoved(
        inbox_id=inbox.id,
        from_inbox_id=state.inbox_id,
        agent_id=state.assignee_id if keeps else None,
        team_id=state.team_id if state.team_id in inbox.team_ids else None,
    )
    after = evolve(state, moved)
    if not isinstance(after, Conversation) or keeps or not isinstance(after.standing, Open | Snoozed):
        return (moved,)
    choice = choose(Wishes(), after, False, workspace, loads)
    return (
        moved,
        ConversationRouted(
            message_id=after.last_message_id,
            rule_set_version=0,
            candidates=choice.candidates,
            team_id=choice.team_id,
            agent_id=choice.agent_id,
            reason=choice.reason,
        ),
    )


def go_along(state: Conversation, moved: ConversationMoved, survivor_id: UUID) -> tuple[ConversationMoved, ...]:
    """What was merged into the moved one lies where that lies; it has an assignment no more."""
    if state.inbox_id == moved.inbox_id:
        return ()
    return (ConversationMoved(inbox_id=moved.inbox_id, from_inbox_id=state.inbox_id, with_id=survivor_id),)
