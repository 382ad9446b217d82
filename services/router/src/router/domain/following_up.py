"""Where a message goes on that belongs to a conversation: there, where that was merged into, or in a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from events.values import MessageFacts
from router.domain.conversation_state import Conversation, ConversationState, Discarded, Merged, Resolved
from router.domain.filters import is_only_noted
from router.domain.threading import Join, NewConversation
from router.domain.workspace_state import Workspace

REOPEN_DAYS: Final = 30


def goes_on(
    joined: UUID,
    facts: MessageFacts,
    state_of: Callable[[UUID], ConversationState],
    workspace: Workspace,
    *,
    aside: bool = False,
) -> Join | NewConversation:
    """The conversation that a message joins which belongs to `joined`, or that it begins another one, as its follow-up.

    What is merged goes on in what stands for it. What was resolved for more days than its inbox reopens after, and what
    is gone from the trash, goes on in its newest follow-up, and when that is over too, or there is none, in a new
    conversation. What is only noted, or comes to a side thread (`aside`), begins nothing.
    """
    here, seen = joined, set[UUID]()
    while here not in seen:
        seen.add(here)
        state = state_of(here)
        if not isinstance(state, Conversation):
            break
        if isinstance(state.standing, Merged):
            here = state.standing.into
        elif aside or not is_over(state, facts, workspace):
            break
        elif state.followed_up_by is None:
            return NewConversation(follow_up_of=here)
        else:
            here = state.followed_up_by
    return Join(here)


def is_over(state: Conversation, facts: MessageFacts, workspace: Workspace) -> bool:
    """Whether a message comes too late for a conversation."""
    match state.standing:
        case Discarded():
            late = True
        case Resolved(at=datetime() as at) if not state.muted:
            late = facts.received_at - at > _reopens_for(state, workspace)
        case _:
            late = False
    return late and not is_only_noted(facts, state.mails_lately)


def _reopens_for(state: Conversation, workspace: Workspace) -> timedelta:
    inbox = workspace.inboxes.get(state.inbox_id)
    return timedelta(days=REOPEN_DAYS if inbox is None else inbox.reopen_days)
