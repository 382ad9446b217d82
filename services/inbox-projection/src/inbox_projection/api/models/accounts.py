"""Shapes of what agents prove themselves with, and of limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Asked, Given, Name, Text
from inbox_projection.api.models.workspace import Password


class Token(Given):
    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")


class TokenMade(Token):
    token: str = Field(description="Shown this once: it is kept as a hash only.")


class TokenNew(Asked):
    name: Name


class SessionShown(Given):
    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = Field(description="The network address that it was begun from; behind a proxy the proxy's.")
    user_agent: str
    current: bool = Field(description="Whether this very request came with its cookie.")


class PasswordChange(Asked):
    old_password: Annotated[Text, StringConstraints(max_length=1000)]
    new_password: Password


class Limit(Given):
    limit: int | None = Field(description="null: as many as come.")
    count: int


class LimitsShown(Given):
    """One too many is refused with 409 `limit-reached`."""

    inboxes: Limit
    agents: Limit
    channels: Limit
    chatflows: Limit


class InvitationAccepted(Asked):
    name: Name | None = None
    password: Password


class PasswordForgotten(Asked):
    email: Annotated[Text, StringConstraints(max_length=254)]


class PasswordNew(Asked):
    password: Password
