"""Shapes of tickets and pipelines."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from events.pipelines import StageKind
from inbox_projection.api.models.common import Asked, Given, Line, PageAsked, Text, example
from inbox_projection.api.models.conversations import PriorityName

Title = Annotated[Text, StringConstraints(min_length=1, max_length=500)]
StageName = Annotated[
    Line, StringConstraints(min_length=1, max_length=200), Field(description="The id or the name of a stage.")
]


class Ticket(Given):
    id: UUID
    number: int
    title: str = Field(description="Empty once the contact is erased.")
    pipeline_id: UUID
    stage: str = Field(description="The id of a stage of the pipeline.")
    priority: PriorityName
    assignee_id: UUID | None
    contact_id: UUID | None
    conversation_ids: list[UUID] = Field(description="Those that you may see.")
    created_at: datetime
    closed_at: datetime | None = Field(description="null: its stage does not close it.")


class TicketOfConversation(Asked):
    """Left out, the title is the conversation's subject, the pipeline the default one, the stage its first."""

    title: Title | None = None
    pipeline_id: UUID | None = None
    stage: StageName | None = None
    priority: PriorityName = "normal"
    assignee_id: UUID | None = None


class TicketNew(TicketOfConversation):
    """The contact is that of the first conversation, unless it is given."""

    model_config = example(title="The printer smokes", priority="high")
    title: Title
    contact_id: UUID | None = None
    conversation_ids: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)


class TicketChange(Asked):
    model_config = example(stage="Waiting on customer")
    title: Title | None = None
    stage: StageName | None = None
    priority: PriorityName | None = None
    assignee_id: UUID | None = Field(None, description="null: nobody; left out: as it is.")


class TicketsAsked(PageAsked):
    pipeline_id: UUID | None = None
    stage: StageName | None = None
    assignee_id: UUID | Literal["me", "none"] | None = None
    priority: PriorityName | None = None
    contact_id: UUID | None = None
    status: Literal["open", "closed"] | None = None
    id: Annotated[list[UUID], Field(max_length=100)] = Field(
        default_factory=list, description="Only these, as far as they are in the list: what a live page reads anew."
    )


class Stage(Given):
    id: str = Field(description="The name that it was made with.")
    name: str
    kind: StageKind


class Pipeline(Given):
    """`default` marks the one that every workspace has."""

    id: UUID
    name: str
    stages: list[Stage]
    default: bool


class StageAsked(Asked):
    """`id` keeps a stage that is there; without one, the stage is that of this name, or a new one."""

    id: Annotated[Line, StringConstraints(min_length=1, max_length=200)] | None = None
    name: Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    kind: StageKind = "open"


Stages = Annotated[list[StageAsked], Field(min_length=2, max_length=50)]
PipelineName = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PipelineNew(Asked):
    model_config = example(
        name="Returns",
        stages=[
            {"name": "New", "kind": "open"},
            {"name": "Parcel on its way", "kind": "waiting_on_customer"},
            {"name": "Paid back", "kind": "closed"},
        ],
    )
    name: PipelineName
    stages: Stages


class PipelineChange(Asked):
    """Stages are given whole. One that tickets are in, or that settings open tickets in, cannot go."""

    name: PipelineName | None = None
    stages: Stages | None = None
