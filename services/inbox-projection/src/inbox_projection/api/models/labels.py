"""Shapes of the labels that the team has agreed on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from events.labels import LabelColor
from inbox_projection.api.models.common import Asked, Given, Label, PageAsked, example


class LabelNew(Asked):
    model_config = example(name="VIP", color="purple")
    name: Label
    color: LabelColor = "grey"


class LabelChange(Asked):
    """What is left out stays."""

    name: Label | None = None
    color: LabelColor | None = None


class LabelsAsked(PageAsked):
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class DefinedLabel(Given):
    id: UUID
    name: str
    color: LabelColor
    updated_at: datetime
