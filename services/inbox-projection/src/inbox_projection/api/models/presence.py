"""Shapes of presence in a conversation."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from inbox_projection.api.models.common import Asked, Given


class PresenceAsked(Asked):
    state: Literal["viewing", "replying", "gone"]


class Present(Given):
    agent_id: UUID
    state: Literal["viewing", "replying"]


class Attending(Given):
    """`renew_seconds`: after so long say it again."""

    presence: list[Present]
    renew_seconds: int
