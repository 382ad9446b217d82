"""Shapes of a channel's routing."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from inbox_projection.api.models.common import Asked, Given

RoutingKind = Literal["nobody", "agents", "team", "last_agent"]


class Routing(Given):
    kind: RoutingKind
    agent_ids: list[UUID]
    team_id: UUID | None


class RoutingAsked(Asked):
    """Who gets conversations of the channel when no rule says so. `agents`: round robin among `agent_ids`;
    `last_agent`: who answered the contact last. What these don't take gets the team `team_id`, without one the inbox's
    first team.
    """

    kind: RoutingKind
    agent_ids: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)
    team_id: UUID | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind == "agents") != bool(self.agent_ids):
            raise ValueError("agent_ids belong to the kind agents, and it needs them")
        if self.kind == "team" and self.team_id is None:
            raise ValueError("the kind team needs team_id")
        if self.kind == "nobody" and self.team_id is not None:
            raise ValueError("the kind nobody has no team_id")
        return self
