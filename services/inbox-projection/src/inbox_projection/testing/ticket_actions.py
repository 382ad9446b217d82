"""What can happen to tickets and pipelines, as actions for a property test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

from events import tickets as t
from events import workspace as w
from events.envelope import Actor
from events.pipelines import DEFAULT_PIPELINE_ID, DEFAULT_STAGES, Stage
from inbox_projection.testing.story import Story

TITLES = ("The parcel", "Zażółć gęślą jaźń \U0001f43f", "with\x00NUL", "")
STAGES = tuple(stage.id for stage in DEFAULT_STAGES)
REASONS: tuple[t.MoveReason, ...] = get_args(t.MoveReason)
PRIORITIES: tuple[Any, ...] = ("low", "normal", "high", "urgent")


class TicketActions:
    """Makes things happen in a story; `a` and `b` choose among what there is."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._pipelines = [DEFAULT_PIPELINE_ID]
        self.all: tuple[Callable[[int, int], None], ...] = (self.opened, self.moved, self.changed, self.linked)

    def opened(self, a: int, b: int) -> None:
        threads = self.story.threads[a % 5 : a % 5 + b % 3]
        contact_id = threads[0].contact_id if threads else None
        event = t.TicketOpened(
            number=len(self.story.tickets) + 1,
            pipeline_id=self._pipeline(a, b),
            stage=STAGES[a % 3],
            assignee_id=self.story.agent_id if b % 2 else None,
            contact_id=contact_id,
            links=tuple(t.TicketLink(thread.conversation_id, self.story.inbox_id) for thread in threads),
            personal=t.TicketTitle(title=TITLES[b % len(TITLES)]),
        )
        actor = Actor("agent", str(self.story.agent_id)) if b % 2 else Actor("rule", "channel")
        self.story.open_ticket(event, actor=actor)

    def moved(self, a: int, b: int) -> None:
        stage, reason = STAGES[a % 4], REASONS[b % len(REASONS)]
        events = (
            t.TicketMoved(stage=stage, reason=reason),
            t.TicketClosed(stage=stage),
            t.TicketReopened(stage=stage, reason=reason),
        )
        self.story.ticket(self._ticket(a), events[b % 3])

    def changed(self, a: int, b: int) -> None:
        ticket = self._ticket(a)
        events: tuple[Any, ...] = (
            t.TicketRenamed(personal=t.TicketTitle(title=TITLES[a % len(TITLES)])),
            t.TicketAssigned(assignee_id=self.story.agent_id if a % 2 else None),
            t.TicketPriorityChanged(priority=PRIORITIES[a % 4]),
        )
        self.story.ticket(ticket, events[b % 3], actor=Actor("agent", str(self.story.agent_id)))

    def linked(self, a: int, b: int) -> None:
        ticket = self._ticket(a)
        threads = self.story.threads
        conversation_id = threads[b % len(threads)].conversation_id if threads else self.story.new_id()
        inbox_id = self.story.inbox_id if b % 4 else self.story.team_id
        if a % 3:
            self.story.ticket(ticket, t.TicketLinked(conversation_id=conversation_id, inbox_id=inbox_id))
        else:
            self.story.ticket(ticket, t.TicketUnlinked(conversation_id=conversation_id))

    def _ticket(self, a: int) -> UUID:
        if not self.story.tickets:
            self.opened(a, a + 1)
        return list(self.story.tickets)[a % len(self.story.tickets)]

    def _pipeline(self, a: int, b: int) -> UUID:
        if b % 5 == 0:
            self._pipelines.append(self.story.new_id())
            stages = (Stage("A", "A", "open"), Stage("Z", f"Z {b}", "closed"))
            self.story.workspace(
                w.PipelineDefined(pipeline_id=self._pipelines[-1], name=f"Pipeline {a}\x00", stages=stages)
            )
            again = self._pipelines[a % len(self._pipelines)]
            self.story.workspace(w.PipelineDefined(pipeline_id=again, name=f"Again {b}", stages=stages))
            if a % 3 == 0:
                self.story.workspace(w.PipelineDeleted(pipeline_id=again))
        return self._pipelines[a % len(self._pipelines)]
