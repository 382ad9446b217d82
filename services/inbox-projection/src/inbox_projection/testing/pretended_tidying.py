"""What a router would make of commands that tidy up, told in a story; it refuses nothing."""

from __future__ import annotations

from typing import Any

from events import commands as c
from events import conversations as e
from events.envelope import Command, Envelope
from inbox_projection.testing.story import Story, Thread

TOLD = (
    c.ChangeSubject,
    c.ChangeConversationContact,
    c.MoveConversation,
    c.MergeConversations,
    c.MuteConversation,
    c.UnmuteConversation,
    c.RefuseSuggestedLink,
)


def tell(story: Story, command: Envelope[Command], thread: Thread) -> None:
    """The events of the command."""
    data: Any = command.data
    match data:
        case c.ChangeSubject():
            changed = e.SubjectChanged(personal=e.Subject(subject=data.subject))
            story.conversation(thread, changed, key=thread.contact_id, actor=command.actor)
        case c.ChangeConversationContact():
            given = e.ConversationContactChanged(contact_id=data.contact_id, before_id=thread.contact_id)
            story.conversation(thread, given, actor=command.actor)
            if data.subject is not None:
                named = e.SubjectChanged(personal=e.Subject(subject=data.subject))
                story.conversation(thread, named, key=data.contact_id, actor=command.actor)
        case c.MoveConversation():
            moved = e.ConversationMoved(inbox_id=data.inbox_id, from_inbox_id=story.inbox_id)
            story.conversation(thread, moved, actor=command.actor)
        case c.MergeConversations():
            _merge(story, command, thread)
        case c.MuteConversation():
            story.conversation(thread, e.ConversationMuted(), actor=command.actor)
        case c.UnmuteConversation():
            story.conversation(thread, e.ConversationUnmuted(), actor=command.actor)
        case c.RefuseSuggestedLink():
            story.conversation(
                thread, e.SuggestedLinkRefused(conversation_id=data.conversation_id), actor=command.actor
            )
        case _:
            raise TypeError(f"not told here: {command.type}")


def _merge(story: Story, command: Envelope[Any], thread: Thread) -> None:
    gone = [each for each in story.threads if each.conversation_id in command.data.from_ids]
    merged = tuple(e.MergedConversation(each.conversation_id, 0) for each in gone)
    story.conversation(thread, e.ConversationsMerged(merged=merged), actor=command.actor)
    into = e.ConversationMergedInto(survivor_id=thread.conversation_id, number=1)
    for each in gone:
        story.conversation(each, into, actor=command.actor)
