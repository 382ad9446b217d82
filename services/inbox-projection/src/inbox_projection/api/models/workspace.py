"""Shapes of the session, agents, inboxes, teams and channels."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from inbox_projection.api.models.common import Asked, Availability, Given, Instant, Line, Name, Text
from inbox_projection.auth.passwords import MAX_LENGTH, MIN_LENGTH
from inbox_projection.recipients import make_address

RoleName = Literal["administrator", "manager", "agent"]


def _address(text: str) -> str:
    return make_address(text).address.lower()


def _zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise ValueError("not a time zone of the IANA database")
    return text


def _web_address(text: str) -> str:
    if text and not text.lower().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return text


Email = Annotated[Line, StringConstraints(max_length=254), AfterValidator(_address)]
Password = Annotated[Text, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
Ids = Annotated[list[UUID], Field(max_length=500)]


class LogIn(Asked):
    email: Annotated[Text, StringConstraints(max_length=254)]
    password: Annotated[Text, StringConstraints(max_length=1000)]


class Me(Given):
    id: UUID
    name: str
    email: str
    role: RoleName
    meeting_url: str
    signature: str
    language: str
    time_zone: str
    availability: Availability
    inbox_ids: list[UUID] = Field(description="Inboxes the agent belongs to, directly or through a team.")


class MeChange(Asked):
    name: Name | None = None
    meeting_url: Annotated[Line, StringConstraints(max_length=500), AfterValidator(_web_address)] | None = None
    signature: Annotated[Text, StringConstraints(max_length=10_000)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)] | None = (
        None
    )
    time_zone: Annotated[str, StringConstraints(max_length=60), AfterValidator(_zone)] | None = None


class AvailabilityChange(Asked):
    state: Literal["available", "away"]
    until: Instant | None = Field(None, description="For people to read; nothing changes by itself.")


class Agent(Given):
    id: UUID
    name: str
    email: str
    role: RoleName
    deactivated: bool
    availability: Availability
    meeting_url: str
    language: str
    time_zone: str
    created_at: datetime


class AgentNew(Asked):
    name: Name
    email: Email
    role: RoleName
    password: Password | None = None


class AgentChange(Asked):
    role: RoleName | None = None
    deactivated: bool | None = None


class Team(Given):
    id: UUID
    name: str
    member_ids: list[UUID]
    created_at: datetime


class TeamNew(Asked):
    name: Name
    member_ids: Ids = Field(default_factory=list)


class TeamChange(Asked):
    name: Name | None = None
    member_ids: Ids | None = None


class ChannelHealth(Given):
    state: str
    reason: str
    since: datetime
    last_in_at: datetime | None


class ChannelSettings(Given):
    address: str
    from_name: str


class Channel(Given):
    """`fallback` marks the inbox's own address, which cannot be deleted."""

    id: UUID
    inbox_id: UUID
    kind: Literal["email"]
    settings: ChannelSettings
    fallback: bool
    health: ChannelHealth
    connected_at: datetime


class ChannelSettingsNew(Asked):
    address: Email
    from_name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] = ""


class ChannelNew(Asked):
    inbox_id: UUID
    kind: Literal["email"]
    settings: ChannelSettingsNew


class ChannelSettingsChange(Asked):
    address: Email | None = None
    from_name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] | None = None


class ChannelChange(Asked):
    settings: ChannelSettingsChange


class Inbox(Given):
    id: UUID
    name: str
    fallback_address: str | None
    team_ids: list[UUID]
    member_ids: list[UUID]
    signature: str
    archived: bool
    channels: list[Channel]
    created_at: datetime


class InboxNew(Asked):
    name: Name


class InboxChange(Asked):
    name: Name | None = None
    team_ids: Ids | None = None
    member_ids: Ids | None = None
    signature: Annotated[Text, StringConstraints(max_length=10_000)] | None = None
    archived: bool | None = None
