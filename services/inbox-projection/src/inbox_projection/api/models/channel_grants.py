"""Requests and answers of authorizations at mail providers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Asked, Given, Line, example
from inbox_projection.api.models.workspace import Email, HistoryDays


class GrantAsked(Asked):
    """A mailbox at a provider that is to become a channel. `username` is its log-in where that is not the address."""

    model_config = example(
        inbox_id="01957a00-0000-7000-8000-000000000001",
        provider="google",
        address="support@acme.example",
        from_name="Acme Support",
    )
    inbox_id: UUID
    provider: Literal["google", "microsoft"]
    address: Email
    username: Email | None = None
    from_name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    history_days: HistoryDays = 0


class Authorization(Given):
    authorize_url: str = Field(description="Where the mailbox's owner gives consent; valid for 15 minutes.")
