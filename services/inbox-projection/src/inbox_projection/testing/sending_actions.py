"""What can happen to replies that wait, side threads, first messages and snippets, as actions for a property test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from events import conversations as c
from events.envelope import Actor
from events.snippets import SnippetDeleted, SnippetSaved
from events.values import Address
from inbox_projection.testing.story import Story, Thread

TEXTS = ("Good morning", "", "Zażółć gęślą jaźń \U0001f43f", "with\x00NUL", "{{contact.first_name|there}}")


class SendingActions:
    """Makes things happen in a story; `a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._snippets: list[UUID] = []
        self.all: tuple[Callable[[int, int], None], ...] = (self.waits, self.changes, self.begins, self.snippet)

    def waits(self, a: int, b: int) -> None:
        """A reply that is held back, a forward, an acknowledgement, or an answer in the side thread."""
        thread, story = self._thread(a), self.story
        hold = c.Hold(kind="scheduled", not_before=story.now + timedelta(days=1), timer_id=story.new_id())
        kinds: tuple[dict[str, Any], ...] = (
            {"hold": hold, "then": c.Then(status="resolved")},
            {"in_side_thread": True, "forwarded_ids": (story.new_id(),)},
            {"automatic": True, "agent_id": None},
        )
        if b % 4 == 3 and thread.contact_id not in story.erased_at:
            content = story.content(thread.contact_id, thread.subject, TEXTS[a % len(TEXTS)])
            event = c.MessageAppended(
                contact_id=thread.contact_id, message=story.facts(content), in_side_thread=True, personal=content
            )
            story.conversation(thread, event, key=thread.contact_id)
            return
        self._queued(thread, TEXTS[b % len(TEXTS)], **kinds[b % 3])

    def changes(self, a: int, b: int) -> None:
        """What became of the thread's newest reply."""
        thread = self._thread(a)
        reply_id = thread.replies[-1] if thread.replies else self.story.reply(thread)
        content = self._content(reply_id, thread, TEXTS[b % len(TEXTS)])
        events: tuple[Any, ...] = (
            c.ReplyHeld(
                reply_id=reply_id,
                agent_id=self.story.agent_id if a % 3 else None,
                reason="customer_wrote" if a % 2 else "put_away",
            ),
            c.ReplyReleased(
                reply_id=reply_id,
                conversation_id=thread.conversation_id,
                inbox_id=self.story.inbox_id,
                channel="email",
                channel_id=self.story.channel_id,
                reason="due",
                after_attempt=a % 3,
                personal=content,
            ),
            c.ReplyCancelled(reply_id=reply_id, channel="email", released=a % 2 == 0),
            c.ConversationReopened(reason="reply_failed"),
        )
        event = events[b % len(events)]
        self.story.conversation(thread, event, key=thread.contact_id if b % len(events) == 1 else None)

    def begins(self, a: int, b: int) -> None:
        """We write first."""
        story = self.story
        thread = Thread(story.new_id(), story.person(TEXTS[a % len(TEXTS)]), TEXTS[b % len(TEXTS)])
        story.threads.append(thread)
        thread.people.add(thread.contact_id)
        started = c.ConversationStarted(
            number=len(story.threads),
            inbox_id=story.inbox_id,
            contact_id=thread.contact_id,
            channel="email",
            channel_id=story.channel_id,
            message_id=story.new_id(),
            personal=c.StartedContent(subject=thread.subject),
        )
        story.conversation(thread, started, key=thread.contact_id, actor=Actor("agent", str(story.agent_id)))
        self._queued(thread, TEXTS[(a + b) % len(TEXTS)])

    def snippet(self, a: int, b: int) -> None:
        if not self._snippets or b % 3 == 0:
            self._snippets.append(self.story.new_id())
        snippet_id = self._snippets[a % len(self._snippets)]
        saved = SnippetSaved(
            snippet_id=snippet_id,
            owner_id=self.story.agent_id if a % 2 else None,
            name=TEXTS[b % len(TEXTS)],
            text=TEXTS[a % len(TEXTS)],
            html="<p>Hi</p>" if b % 2 else None,
        )
        self.story.workspace(SnippetDeleted(snippet_id=snippet_id) if b % 5 == 4 else saved)

    def _queued(self, thread: Thread, text: str, **fields: Any) -> None:
        story, reply_id = self.story, self.story.new_id()
        thread.replies.append(reply_id)
        queued = c.ReplyQueued(
            reply_id=reply_id,
            conversation_id=thread.conversation_id,
            inbox_id=story.inbox_id,
            channel="email",
            channel_id=story.channel_id,
            **{"agent_id": story.agent_id, **fields},
            personal=self._content(reply_id, thread, text),
        )
        story.conversation(thread, queued, key=thread.contact_id)

    def _content(self, reply_id: UUID, thread: Thread, text: str) -> c.ReplyContent:
        return c.ReplyContent(
            external_id=f"{reply_id.hex}@postroom.test",
            sender=Address("support@postroom.test"),
            to=(Address("zofia@client.test"),),
            subject=f"Re: {thread.subject}",
            text=text,
        )

    def _thread(self, a: int) -> Thread:
        if not self.story.threads:
            self.story.mail(self.story.person())
        return self.story.threads[a % len(self.story.threads)]
