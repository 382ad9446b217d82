"""Shapes of what tidies up conversations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Asked, Line, example


class ConversationChange(Asked):
    """Fields left out stay."""

    model_config = example(subject="Parcel 7: lost on the way")
    subject: Annotated[Line, StringConstraints(max_length=998)] | None = Field(
        None, description="What the team calls it; mails keep the subject that they have."
    )
    contact_id: UUID | None = Field(None, description="Whose it is; what was written before goes with whoever it did.")


class InboxChosen(Asked):
    inbox_id: UUID


class Merger(Asked):
    from_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class LinkAnswer(Asked):
    accept: bool
