"""API tokens that agents make for themselves: named, shown once, kept as a hash, revoked."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from psycopg.errors import UniqueViolation

from inbox_projection.auth.tokens import hash_of, new_token
from inbox_projection.pool import Database, Row
from service_kit.ids import new_id

PREFIX: Final = "prt_"
MAX_TOKENS: Final = 50


class TokenNameTaken(Exception):
    """The agent has a valid token of this name."""


class TooManyTokens(Exception):
    """The agent has as many valid tokens as an agent may have."""


class ApiTokens:
    """Rows of `auth.api_tokens`. A token that was revoked is never valid again, unless the installation's settings
    give that very token anew."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, agent_id: UUID) -> list[Row]:
        """The valid ones, oldest first: id, name, created_at, last_used_at."""
        return await self._database.rows(
            "select token_id as id, name, created_at, last_used_at from auth.api_tokens"
            " where agent_id = %s and revoked_at is null order by created_at, token_id",
            (agent_id,),
        )

    async def make(self, agent_id: UUID, name: str) -> tuple[Row, str]:
        """The row as `of` gives it, and the token itself, which nobody can read again.

        Raises TokenNameTaken, TooManyTokens (50; two at once may make one more).
        """
        if len(await self.of(agent_id)) >= MAX_TOKENS:
            raise TooManyTokens
        token = new_token(PREFIX)
        try:
            rows = await self._database.write(
                "insert into auth.api_tokens (token_hash, token_id, agent_id, name) values (%s, %s, %s, %s)"
                " returning token_id as id, name, created_at, last_used_at",
                (hash_of(token), new_id(), agent_id, name),
            )
        except UniqueViolation as error:
            raise TokenNameTaken from error
        return rows[0], token

    async def revoke(self, agent_id: UUID, token_id: UUID) -> bool:
        """Whether the agent had such a token; from now on it is nobody's."""
        rows = await self._database.write(
            "update auth.api_tokens set revoked_at = now() where agent_id = %s and token_id = %s"
            " and revoked_at is null returning token_id",
            (agent_id, token_id),
        )
        return bool(rows)

    async def revoke_all(self, agent_id: UUID) -> None:
        """All tokens of an agent who is deactivated."""
        await self._database.write(
            "update auth.api_tokens set revoked_at = now() where agent_id = %s and revoked_at is null", (agent_id,)
        )
