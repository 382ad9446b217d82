"""Pipelines: the ordered stages that tickets go through, and what a channel opens for its conversations."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

from events.values import Priority

StageKind = Literal["open", "waiting_on_us", "waiting_on_customer", "closed"]
"""What a stage says of whose turn it is. A ticket in a stage of kind `closed` is closed."""


class Stage(msgspec.Struct, frozen=True):
    """A step of a pipeline. `id` is the name it was made with; tickets and settings name it by that, whatever it is
    called later. In a command it may be empty: then it is made."""

    id: str
    name: str
    kind: StageKind


class TicketAutomation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The ticket that a channel opens for each of its new conversations; `stage` None: the pipeline's first one."""

    pipeline_id: UUID
    stage: str | None = None
    priority: Priority = "normal"
    owner: UUID | None = None


DEFAULT_PIPELINE_ID: Final = UUID("01900000-0000-7000-8000-7469636b6574")
DEFAULT_PIPELINE_NAME: Final = "Support"
DEFAULT_STAGES: Final = (
    Stage("New", "New", "open"),
    Stage("Waiting on us", "Waiting on us", "waiting_on_us"),
    Stage("Waiting on customer", "Waiting on customer", "waiting_on_customer"),
    Stage("Closed", "Closed", "closed"),
)
"""Every workspace has this pipeline from its beginning, without an event, until one defines it otherwise. It never
changes here, for tickets of old name it."""
