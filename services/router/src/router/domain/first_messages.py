"""Writing first, and forwarding: messages of ours that answer nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from events.commands import ForwardMessages, StartConversation
from events.conversations import (
    ConversationAssigned,
    ConversationEvent,
    ConversationStarted,
    ReplyCancelled,
    ReplyContent,
    ReplyQueued,
    StartedContent,
)
from events.envelope import Envelope
from router.domain import errors
from router.domain.conversation_state import (
    NOT_OPENED,
    Conversation,
    ConversationState,
    Open,
    Resolved,
    Snoozed,
    evolve,
)
from router.domain.held_replies import check_standing, close
from router.domain.house import House
from router.domain.reach import check_agent
from router.domain.replies import (
    agent_of,
    check_channel,
    check_content,
    check_filled,
    check_then,
    hold_of,
    undo_window,
)
from router.domain.status import trash
from router.domain.workspace_state import Workspace

MAX_FORWARDED: Final = 50
_BEGUN: Final = 2
"""The sequence of a first message: whatever was said after it has a greater one."""


def start(
    command: Envelope[StartConversation],
    state: ConversationState,
    *,
    contact_id: UUID,
    number: int,
    workspace: Workspace,
    house: House,
) -> tuple[ConversationEvent, ...]:
    """A conversation that begins with a mail of ours to `contact_id`; `()` when it was begun before.

    With an undo window or a time to send at the mail waits, as replies do. Refuses what has to wait for the customer's
    first word (CustomerMustWriteFirst), and what `check_content` does.
    """
    wish, now = command.data, command.occurred_at
    if isinstance(state, Conversation):
        return ()
    inbox = workspace.inbox(wish.inbox_id)
    if inbox.archived:
        raise errors.InboxIsArchived("An archived inbox begins no conversations.")
    channel = workspace.channel(wish.channel_id)
    if channel.kind != "email":
        raise errors.CustomerMustWriteFirst("Only a mail can begin a conversation; here the customer writes first.")
    external_id = house.message_id(wish.message_id, command.stream)
    content = msgspec.structs.replace(wish.content, external_id=external_id)
    check_content(content)
    check_filled(content.subject, content.text, content.html or "")
    check_channel(wish.channel_id, content, wish.inbox_id, "email", workspace)
    _check_not_ours(content, workspace)
    if wish.assignee_id is not None:
        check_agent(wish.assignee_id, wish.inbox_id, workspace)
    hold = hold_of(wish, now, house.derived_id(command.id, "reply timer"))
    check_then(wish, now)
    team = workspace.first_team(wish.inbox_id)
    started = ConversationStarted(
        number=number,
        inbox_id=wish.inbox_id,
        contact_id=contact_id,
        channel="email",
        channel_id=wish.channel_id,
        message_id=wish.message_id,
        personal=StartedContent(subject=content.subject),
    )
    queued = ReplyQueued(
        reply_id=wish.message_id,
        conversation_id=command.stream,
        inbox_id=wish.inbox_id,
        channel="email",
        channel_id=wish.channel_id,
        agent_id=agent_of(command.actor),
        blobs=tuple(attachment.blob for attachment in content.attachments),
        hold=hold,
        then=wish.then,
        personal=content,
    )
    begun: tuple[ConversationEvent, ...] = (started, queued)
    if wish.assignee_id is not None or team is not None:
        begun += (ConversationAssigned(agent_id=wish.assignee_id, team_id=None if team is None else team.id),)
    if wish.then is None or (hold is not None and hold.kind == "scheduled"):
        return begun
    stands: ConversationState = NOT_OPENED
    for event in begun:
        stands = evolve(stands, event)
    if not isinstance(stands, Conversation):
        return begun
    return (*begun, *close(wish.then, stands, now, house.derived_id(command.id, "snooze")))


def taken_back(
    cancelled: tuple[ConversationEvent, ...], state: Conversation, now: datetime, timer_id: UUID
) -> tuple[ConversationEvent, ...]:
    """What cancelling leads to: a conversation that only consists of a first message which never left goes to the
    trash with it. Where anything else was said, or the mail may be under way, it is only cancelled."""
    unsent = next((each for each in cancelled if isinstance(each, ReplyCancelled) and not each.released), None)
    alone = len(state.replies) == 1 and state.last_spoken <= _BEGUN and not state.mails_lately and not state.merged_ids
    if unsent is None or not alone or not isinstance(state.standing, Open | Resolved | Snoozed):
        return cancelled
    return (unsent, *trash(state, now=now, timer_id=timer_id))


def forward(
    command: Envelope[ForwardMessages], state: Conversation, workspace: Workspace, house: House
) -> tuple[ReplyQueued, ...]:
    """Messages sent on to others, in the conversation's side thread; `()` when that was done before.

    It names none of the customer's ids, so that no answer to it leads to the customer's thread.
    """
    wish = command.data
    if wish.reply_id in state.replies:
        return ()
    check_standing(state)
    if not 0 < len(wish.message_ids) <= MAX_FORWARDED:
        raise errors.NothingToForward(f"A forward takes 1 to {MAX_FORWARDED} messages along.")
    external_id = house.side_message_id(wish.reply_id, command.stream)
    content = msgspec.structs.replace(
        wish.content, external_id=external_id, in_reply_to=None, references=(), history=None
    )
    check_content(content)
    check_filled(wish.note)
    check_channel(wish.channel_id, content, state.inbox_id, state.channel, workspace)
    _check_not_ours(content, workspace)
    return (
        ReplyQueued(
            reply_id=wish.reply_id,
            conversation_id=command.stream,
            inbox_id=state.inbox_id,
            channel=state.channel,
            channel_id=wish.channel_id,
            agent_id=agent_of(command.actor),
            blobs=wish.blobs,
            hold=undo_window(wish.undo_seconds, command.occurred_at, house.derived_id(command.id, "reply timer")),
            in_side_thread=True,
            forwarded_ids=wish.message_ids,
            personal=content,
        ),
    )


def _check_not_ours(content: ReplyContent, workspace: Workspace) -> None:
    """What goes to ourselves comes back and goes out again."""
    if any(workspace.is_ours(one.address) for one in (*content.to, *content.cc, *content.bcc)):
        raise errors.OwnAddress("An address of ours cannot be a recipient.")
