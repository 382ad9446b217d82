"""What a router would make of commands about tickets and pipelines, told in a story; it refuses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events import ticket_commands as c
from events import tickets as t
from events import workspace as w
from events.envelope import Command, Envelope
from events.pipelines import DEFAULT_PIPELINE_ID, DEFAULT_PIPELINE_NAME, DEFAULT_STAGES, Stage
from inbox_projection.testing.story import Story

TOLD = (
    c.OpenTicket,
    c.ChangeTicket,
    c.LinkTicket,
    c.UnlinkTicket,
    c.CreatePipeline,
    c.ChangePipeline,
    c.DeletePipeline,
)


def tell(story: Story, command: Envelope[Command], inboxes: Mapping[UUID, UUID]) -> None:
    """The events of the command. `inboxes` has those of conversations that are not in the story's inbox."""
    data: Any = command.data
    match data:
        case c.OpenTicket():
            linked = [each for each in story.threads if each.conversation_id in data.conversation_ids]
            opened = t.TicketOpened(
                number=len(story.tickets) + 1,
                pipeline_id=data.pipeline_id or DEFAULT_PIPELINE_ID,
                stage=data.stage or DEFAULT_STAGES[0].id,
                priority=data.priority,
                assignee_id=data.assignee_id,
                contact_id=data.contact_id or next((thread.contact_id for thread in linked), None),
                links=tuple(t.TicketLink(each, inboxes.get(each, story.inbox_id)) for each in data.conversation_ids),
                personal=t.TicketTitle(title=data.title),
            )
            story.open_ticket(opened, ticket_id=command.stream, actor=command.actor)
        case c.ChangeTicket():
            for event in _changes(data):
                story.ticket(command.stream, event, actor=command.actor)
        case c.LinkTicket(conversation_id=each):
            linking = t.TicketLinked(conversation_id=each, inbox_id=inboxes.get(each, story.inbox_id))
            story.ticket(command.stream, linking, actor=command.actor)
        case c.UnlinkTicket(conversation_id=each):
            story.ticket(command.stream, t.TicketUnlinked(conversation_id=each), actor=command.actor)
        case c.CreatePipeline() | c.ChangePipeline():
            stages = tuple(Stage(stage.id or stage.name, stage.name, stage.kind) for stage in data.stages or ())
            defined = w.PipelineDefined(
                pipeline_id=data.pipeline_id,
                name=data.name or DEFAULT_PIPELINE_NAME,
                stages=stages or DEFAULT_STAGES,
            )
            story.workspace(defined, actor=command.actor)
        case c.DeletePipeline():
            story.workspace(w.PipelineDeleted(pipeline_id=data.pipeline_id), actor=command.actor)
        case _:
            raise AssertionError(f"nothing is told of {command.type}")


def _changes(data: c.ChangeTicket) -> list[t.TicketEvent]:
    events: list[t.TicketEvent] = []
    if data.title is not None:
        events.append(t.TicketRenamed(personal=t.TicketTitle(title=data.title)))
    if data.stage is not None:
        events.append(t.TicketClosed(stage=data.stage) if data.stage == "Closed" else t.TicketMoved(stage=data.stage))
    if data.priority is not None:
        events.append(t.TicketPriorityChanged(priority=data.priority))
    if data.unassign or data.assignee_id is not None:
        events.append(t.TicketAssigned(assignee_id=None if data.unassign else data.assignee_id))
    return events
