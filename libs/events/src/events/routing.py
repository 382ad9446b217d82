"""Routing of a channel as people set it up: who gets its conversations when no rule says so."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

RoutingKind = Literal["nobody", "agents", "team", "last_agent"]


class ChannelRouting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`nobody`: they wait for whom takes them; `agents`: round robin among these; `team`: round robin in `team_id`;
    `last_agent`: who answered the contact last.

    For `agents` and `last_agent`, `team_id` is the team that gets what they don't take; None: the inbox's first one.
    """

    kind: RoutingKind
    agent_ids: tuple[UUID, ...] = ()
    team_id: UUID | None = None
