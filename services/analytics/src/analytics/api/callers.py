"""Who a token or a session belongs to and which inboxes they may see, as of now; it never changes a log-in."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from analytics.workspace import Reach, Workspace, reach_of
from service_kit.web.log_ins import GRACE, IDLE, MAX_TOKEN_LENGTH, hash_of
from service_kit.web.pool import Database

_OF_BEARER: Final = """
select k.agent_id, w.state::text as workspace from auth.api_tokens k cross join analytics.workspace w
where k.token_hash = %(hash)s and k.revoked_at is null
"""
_OF_SESSION: Final = """
select s.agent_id, w.state::text as workspace from auth.sessions s cross join analytics.workspace w
where (s.token_hash = %(hash)s or (s.previous_hash = %(hash)s and s.rotated_at > now() - %(grace)s::interval))
  and s.expires_at > now() and s.seen_at > now() - %(idle)s::interval
"""
_workspace: Final = msgspec.json.Decoder(Workspace).decode


class Callers:
    """Reads what the agents' API keeps of log-ins in the schema `auth`. Every method raises DatabaseAway."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_token(self, token: str) -> Reach | None:
        """Of an API token; None for an unknown or revoked one and for a deactivated agent."""
        return await self._find(_OF_BEARER, token)

    async def of_session(self, token: str) -> Reach | None:
        """Of a session's cookie; None once it is over. Looking at reports does not prolong it."""
        return await self._find(_OF_SESSION, token, grace=GRACE, idle=IDLE)

    async def _find(self, query: Any, token: str, **more: object) -> Reach | None:
        if len(token) > MAX_TOKEN_LENGTH:
            return None
        row = await self._database.row(query, {"hash": hash_of(token), **more})
        return None if row is None else reach_of(_workspace(row["workspace"]), row["agent_id"])
