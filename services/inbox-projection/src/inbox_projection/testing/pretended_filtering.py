"""What a router would make of commands about filtered mails and of bulks, told in a story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from events import commands as c
from events.bulk import BulkChange, ChangeConversations, RefusedChange
from events.conversations import ConversationOpened, FilteredAdmitted, OpenedContent
from events.envelope import Actor, Command, Envelope
from inbox_projection.testing.story import Story, Thread


def admit(story: Story, stream: UUID, actor: Actor) -> UUID:
    """The filtered mail opens a conversation of a new contact, once; returns it."""
    known = story.admitted.get(stream)
    if known is not None:
        return known
    kept = story.kept_out[stream]
    assert kept.personal is not None
    contact_id = story.person("Let In")
    thread = Thread(story.new_id(), contact_id, kept.personal.subject, people={contact_id})
    story.threads.append(thread)
    opened = ConversationOpened(
        number=len(story.threads),
        inbox_id=kept.inbox_id,
        contact_id=contact_id,
        channel=kept.channel,
        channel_id=kept.channel_id,
        message=kept.message,
        personal=OpenedContent(subject=kept.personal.subject, message=kept.personal),
    )
    story.conversation(thread, opened, key=contact_id)
    admitted = FilteredAdmitted(
        inbox_id=kept.inbox_id,
        channel=kept.channel,
        conversation_id=thread.conversation_id,
        contact_id=contact_id,
        message_id=kept.message.message_id,
        received_at=kept.message.received_at,
    )
    story.publish("conversations.v1", stream, 2, admitted, actor=actor)
    story.admitted[stream] = thread.conversation_id
    return thread.conversation_id


def change(
    story: Story, command: Envelope[ChangeConversations], tell: Callable[[Envelope[Any]], None]
) -> tuple[RefusedChange, ...]:
    """Each conversation of the story is changed, with the bulk as the cause; the others are refused."""
    wish, known = command.data, {thread.conversation_id for thread in story.threads}
    story.cause = wish.bulk_id
    for conversation_id in wish.conversation_ids:
        if conversation_id in known:
            tell(replace(command, stream=conversation_id, data=single(wish.change)))
    return tuple(
        RefusedChange(each, "not_found.conversation-not-found") for each in wish.conversation_ids if each not in known
    )


def single(change: BulkChange) -> Command:
    """The command for one conversation, of those that tests give."""
    plain: dict[str, Command] = {
        "resolve": c.ResolveConversation(),
        "open": c.ReopenConversation(),
        "spam": c.MarkConversationAsSpam(),
        "trash": c.TrashConversation(),
        "snooze": c.SnoozeConversation(until=change.until),
        "assign": c.AssignConversation(agent_id=change.agent_id, team_id=change.team_id, keep_team=change.keep_team),
        "add_label": c.AddLabel(label=change.label),
        "remove_label": c.RemoveLabel(label=change.label),
        "priority": c.ChangePriority(priority=change.priority),
        "read": c.MarkRead(up_to=change.up_to),
        "mute": c.MuteConversation(),
        "unmute": c.UnmuteConversation(),
    }
    return plain[change.kind]
