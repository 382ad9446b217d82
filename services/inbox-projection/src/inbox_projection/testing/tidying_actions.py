"""What tidying up does to conversations, as actions for a property test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from events import conversations as c
from inbox_projection.testing.story import Story, Thread

SUBJECTS = ("Parcel 7", "", "Zażółć gęślą jaźń \U0001f43f", "with\x00NUL")


class TidyingActions:
    """Makes things happen in a story; `a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._inboxes = [story.new_id(), story.new_id(), story.inbox_id]
        self.all: tuple[Callable[[int, int], None], ...] = (
            self.renamed,
            self.given,
            self.moved,
            self.merged,
            self.rest,
        )

    def renamed(self, a: int, b: int) -> None:
        """Sealed under a contact's key, who may be another one than before."""
        thread = self._thread(a)
        key = sorted(thread.people)[b % len(thread.people)]
        if key in self.story.erased_at:
            self.story.conversation(thread, c.SubjectChanged())
            return
        changed = c.SubjectChanged(personal=c.Subject(subject=SUBJECTS[b % len(SUBJECTS)]))
        self.story.conversation(thread, changed, key=key)

    def given(self, a: int, b: int) -> None:
        people = list(self.story.contacts) or [self.story.person()]
        other = people[b % len(people)]
        thread = self._thread(a)
        self.story.conversation(thread, c.ConversationContactChanged(contact_id=other, before_id=thread.contact_id))

    def moved(self, a: int, b: int) -> None:
        agent = self.story.agent_id if b % 2 else None
        to, was = self._inboxes[b % 3], self._inboxes[a % 3]
        self.story.conversation(self._thread(a), c.ConversationMoved(inbox_id=to, from_inbox_id=was, agent_id=agent))

    def merged(self, a: int, b: int) -> None:
        into, gone = self._thread(a), self._thread(b)
        if into.conversation_id == gone.conversation_id:
            return
        merged = c.MergedConversation(gone.conversation_id, b)
        since = self.story.now if b % 2 else None
        self.story.conversation(
            into, c.ConversationsMerged(merged=(merged,), last_message_at=since, waiting_since=since)
        )
        self.story.conversation(gone, c.ConversationMergedInto(survivor_id=into.conversation_id, number=a))

    def rest(self, a: int, b: int) -> None:
        thread, new_id = self._thread(a), self.story.new_id()
        events: tuple[Any, ...] = (
            c.ConversationMuted(),
            c.ConversationUnmuted(),
            c.SuggestedLinkRefused(conversation_id=new_id),
            c.ConversationFollowedUp(conversation_id=new_id, number=b),
            c.ConversationTrashed(until=self.story.now, timer_id=new_id),
            c.TrashElapsed(timer_id=new_id),
        )
        self.story.conversation(thread, events[b % len(events)])

    def _thread(self, a: int) -> Thread:
        if not self.story.threads:
            self.story.mail(self.story.person())
        return self.story.threads[a % len(self.story.threads)]
