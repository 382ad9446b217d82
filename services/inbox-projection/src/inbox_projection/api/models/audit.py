"""Shapes of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Given, Instant, PageAsked


class Who(Given):
    id: UUID
    name: str


class Target(Given):
    kind: str = Field(description="conversation, contact, inbox, team, agent, channel, rules, session, …")
    id: UUID | None


class Act(Given):
    """What somebody did. `kind` is the event's type, or LoggedIn, LogInFailed, LoggedOut, PasswordChanged,
    SessionEnded, ApiTokenMade, ApiTokenDeleted, ContactsExported, ContactsImported."""

    id: UUID
    at: datetime
    kind: str
    agent: Who | None = Field(description="null: a log-in with an e-mail that is nobody's.")
    target: Target
    details: dict[str, Any] = Field(description="The event's own fields, never personal ones.")
    address: str | None = Field(description="From where, for 400 days.")
    user_agent: str | None


class AuditAsked(PageAsked):
    agent_id: UUID | None = None
    kind: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,60}$")] | None = None
    from_: Instant | None = Field(None, alias="from")
    to: Instant | None = None
