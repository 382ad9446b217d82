"""Shapes of requests and answers: what OpenAPI says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from events.values import Channel


class Asked(BaseModel):
    """What every report takes. `from` and `to` are instants with an offset, or dates: midnight in `tz`."""

    model_config = ConfigDict(extra="forbid", str_max_length=400)
    from_: str | None = Field(None, alias="from", description="Included; 30 days before `to` where it is not given.")
    to: str | None = Field(None, description="Excluded; now where it is not given.")
    tz: str = Field("UTC", description="An IANA time zone, for dates and for hours, days, weeks and months.")
    inbox_id: UUID | None = None
    team_id: UUID | Literal["none"] | None = Field(
        None, description="The conversation's team when it happened; none: it had no team."
    )
    agent_id: UUID | Literal["none"] | None = Field(None, description="Who is credited; none: nobody is.")
    channel: Channel | None = None
    definition: str = Field("v1", description="The name of a definition that `GET /reports` lists as live.")


class ReportAsked(Asked):
    group_by: str | None = Field(
        None,
        description="One of agent, team, inbox, channel; one of hour, day, week, month; or one of each: agent,day.",
    )
    format: str = Field("json", description="json or csv.")


class EventsAsked(Asked):
    kind: str | None = Field(None, description="One of the report's columns, where it has several kinds of facts.")
    state: str | None = Field(None, description="Of time-in-state: only episodes that were in this state.")
    bucket: str | None = Field(None, description="One of the histogram's: only durations in it.")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before.")


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Definition(Given):
    name: str
    version: int
    live: bool = Field(description="Whether reports can be asked for by it; others are for a replay.")
    choices: dict[str, str]


class ReportDescribed(Given):
    name: str
    about: str
    group_by: list[str]
    default_group_by: list[str]
    columns: list[str]
    definitions: list[Definition]


class Reports(Given):
    items: list[ReportDescribed]
    next_cursor: None = None


class Numbers(BaseModel):
    """Times in milliseconds; the fields are the report's `columns`, those of the histogram under `histogram`."""

    model_config = ConfigDict(extra="allow")


class Group(Numbers):
    group: dict[str, str | None]


class Answer(Given):
    report: str
    definition: dict[str, Any]
    from_: datetime = Field(alias="from")
    to: datetime
    tz: str
    group_by: list[str]
    items: list[Group]
    total: Numbers


class Fact(Given):
    """One thing counted or timed, and the events (of the conversation's stream) between which it lies."""

    kind: str
    at: datetime
    started_at: datetime | None
    duration_ms: int | None
    parts_ms: dict[str, int] | None = Field(description="Of an episode: how long it was in each state.")
    reopened: bool = Field(description="Of a resolution: the conversation had been resolved before.")
    conversation_id: UUID
    number: int
    inbox_id: UUID
    channel: str
    team_id: UUID | None
    agent_id: UUID | None
    sequence: int
    event_id: UUID
    start_event_id: UUID | None


class Facts(Given):
    items: list[Fact]
    next_cursor: str | None


class FieldProblem(Given):
    """`code` says what is wrong for programs (pydantic's error types, and some of our own), `limit` the number that the
    value would have to keep to."""

    where: list[str]
    detail: str
    code: str | None = None
    limit: float | None = None


class ProblemShape(BaseModel):
    """RFC 9457. `code` is stable and for programs."""

    model_config = ConfigDict(title="Problem")
    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldProblem] | None = None
