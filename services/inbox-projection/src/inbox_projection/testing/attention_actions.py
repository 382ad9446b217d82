"""Who looks at what: followers, mentions and saved views, for histories that a property test draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from events import conversations as c
from events.envelope import Actor
from events.labels import LabelDefined, LabelDeleted
from events.saved_views import ViewDeleted, ViewFilter, ViewSaved
from inbox_projection.testing.story import Story, Thread


class AttentionActions:
    """`a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._views: list[UUID] = []
        self._agents = [story.new_id() for _ in range(3)]
        self.all: tuple[Callable[[int, int], None], ...] = (
            self.following,
            self.mention,
            self.machine,
            self.view,
            self.label,
        )

    def following(self, a: int, b: int) -> None:
        agent_id = self._agents[b % 3]
        event: Any = c.ConversationFollowed if a % 3 else c.ConversationUnfollowed
        self.story.conversation(self._thread(a), event(agent_id=agent_id), actor=Actor("agent", str(agent_id)))

    def mention(self, a: int, b: int) -> None:
        author, first, second = (self._agents[(b + number) % 3] for number in range(3))
        comment = c.CommentAdded(
            comment_id=self.story.new_id(),
            agent_id=author,
            mentions=(first,) if a % 2 else (),
            mentioned_team_ids=(self.story.team_id,) if b % 2 else (),
            mentioned_members=(first, second, author) if b % 2 else (),
            personal=c.CommentText(text="Look."),
        )
        thread = self._thread(a)
        self.story.conversation(thread, comment, key=thread.contact_id, actor=Actor("agent", str(author)))

    def machine(self, a: int, b: int) -> None:
        """What nobody waits for an answer to."""
        thread = self._thread(a)
        content = self.story.content(thread.contact_id, thread.subject, "I am away.")
        facts = replace(self.story.facts(content), automated="auto-replied" if b % 2 else None)
        if thread.contact_id in self.story.erased_at:
            return
        appended = c.MessageAppended(
            contact_id=thread.contact_id, message=facts, in_side_thread=b % 2 == 0, personal=content
        )
        self.story.conversation(thread, appended, key=thread.contact_id)

    def view(self, a: int, b: int) -> None:
        if self._views and a % 4 == 0:
            self.story.workspace(ViewDeleted(view_id=self._views[b % len(self._views)]))
            return
        if not self._views or a % 2:
            self._views.append(self.story.new_id())
        view_id = self._views[a % len(self._views)]
        wanted = ViewFilter(
            inbox_id=self.story.inbox_id if b % 2 else None, label=("vip",), whose="me" if a % 3 else None
        )
        owner = self._agents[a % 3] if b % 3 else None
        self.story.workspace(ViewSaved(view_id=view_id, owner_id=owner, name=f"View {b}", filter=wanted))

    def label(self, a: int, b: int) -> None:
        label_id = self._agents[a % 3]
        former = (f"Former {a}", "vip") if b % 2 else ()
        defined = LabelDefined(label_id=label_id, name=f"Label {b}", color="red", former_names=former)
        self.story.workspace(LabelDeleted(label_id=label_id) if b % 4 == 3 else defined)

    def _thread(self, a: int) -> Thread:
        if not self.story.threads:
            self.story.mail(self.story.person())
        return self.story.threads[a % len(self.story.threads)]
