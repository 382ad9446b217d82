"""What agents ask of tickets and pipelines."""

from __future__ import annotations

from uuid import UUID

from events.envelope import Command
from events.pipelines import Stage
from events.values import Priority


class OpenTicket(Command, frozen=True, kw_only=True):
    """The target of this and of every command below but those of pipelines is the ticket.

    `pipeline_id` None is the default one, `stage` (its id or its name) None the first one. The contact is that of the
    first conversation, unless it is given.
    """

    title: str
    pipeline_id: UUID | None = None
    stage: str | None = None
    priority: Priority = "normal"
    assignee_id: UUID | None = None
    contact_id: UUID | None = None
    conversation_ids: tuple[UUID, ...] = ()


class ChangeTicket(Command, frozen=True, kw_only=True):
    """A field left out stays; `unassign` gives the ticket to nobody."""

    title: str | None = None
    stage: str | None = None
    priority: Priority | None = None
    assignee_id: UUID | None = None
    unassign: bool = False


class LinkTicket(Command, frozen=True, kw_only=True):
    conversation_id: UUID


class UnlinkTicket(Command, frozen=True, kw_only=True):
    conversation_id: UUID


class CreatePipeline(Command, frozen=True, kw_only=True):
    """The target is the workspace."""

    pipeline_id: UUID
    name: str
    stages: tuple[Stage, ...]


class ChangePipeline(Command, frozen=True, kw_only=True):
    """A field left out stays; the stages are given whole. The target is the workspace."""

    pipeline_id: UUID
    name: str | None = None
    stages: tuple[Stage, ...] | None = None


class DeletePipeline(Command, frozen=True, kw_only=True):
    """Only one that no ticket is in and nothing opens tickets in. The target is the workspace."""

    pipeline_id: UUID


TicketCommand = OpenTicket | ChangeTicket | LinkTicket | UnlinkTicket
