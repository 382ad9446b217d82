"""Single-use tokens: made with a mail, kept as a hash, good once, until they expire."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from events.system_mails import AccountMailKind
from inbox_projection.auth.tokens import MAX_TOKEN_LENGTH, hash_of
from inbox_projection.pool import Database

LIVES: Final[dict[AccountMailKind, timedelta]] = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=1),
}
PREFIX: Final = "pru_"
_KEPT_DAYS: Final = 30
Why = Literal["unknown", "used", "expired"]


@dataclass(frozen=True)
class Unusable:
    """A token that is not good (any more), and why."""

    why: Why


_REDEEM: Final = """
with used as (
    update auth.single_use_tokens set used_at = now()
    where token_hash = %(hash)s and purpose = %(purpose)s and used_at is null and expires_at > now()
    returning agent_id),
others as (
    update auth.single_use_tokens o set used_at = now() from used
    where o.agent_id = used.agent_id and o.token_hash <> %(hash)s and o.used_at is null)
update auth.credentials c set password_hash = %(password)s, changed_at = now() from used
where c.agent_id = used.agent_id returning c.agent_id
"""


class SingleUseTokens:
    """Rows of `auth.single_use_tokens`.

    The token of a mail is a keyed hash of the mail's id, so that who repeats a request says the same; nobody without
    the key can make it.
    """

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key

    def token_of(self, mail_id: UUID) -> str:
        digest = hashlib.blake2b(mail_id.bytes, key=self._key, digest_size=32).digest()
        return PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")

    async def issue(self, agent_id: UUID, purpose: AccountMailKind, mail_id: UUID) -> int:
        """Makes the mail's token good; doing it again changes nothing. Returns when it ends, in Unix seconds."""
        rows = await self._database.write(
            "insert into auth.single_use_tokens as t (token_hash, mail_id, agent_id, purpose, expires_at)"
            " values (%s, %s, %s, %s, date_trunc('second', now() + %s::interval))"
            " on conflict (token_hash) do update set expires_at = t.expires_at"
            " returning extract(epoch from expires_at)::bigint as ends",
            (hash_of(self.token_of(mail_id)), mail_id, agent_id, purpose, LIVES[purpose]),
        )
        ends: int = rows[0]["ends"]
        return ends

    async def owner(self, token: str, purpose: AccountMailKind) -> UUID | Unusable:
        """Whose the token is, if it is good now; looking does not use it."""
        if len(token) > MAX_TOKEN_LENGTH:
            return Unusable("unknown")
        row = await self._database.row(
            "select agent_id, used_at is not null as used, expires_at <= now() as expired"
            " from auth.single_use_tokens where token_hash = %s and purpose = %s",
            (hash_of(token), purpose),
        )
        if row is None:
            return Unusable("unknown")
        if row["used"] or row["expired"]:
            return Unusable("used" if row["used"] else "expired")
        agent_id: UUID = row["agent_id"]
        return agent_id

    async def redeem(self, token: str, purpose: AccountMailKind, password_hash: str) -> bool:
        """Uses the token up and sets the password, both or neither; all others of the agent end with it."""
        rows = await self._database.write(
            _REDEEM, {"hash": hash_of(token), "purpose": purpose, "password": password_hash}
        )
        return bool(rows)

    async def forget_old(self) -> None:
        """Deletes what ended long ago."""
        await self._database.write(
            "delete from auth.single_use_tokens where expires_at < now() - make_interval(days => %s)", (_KEPT_DAYS,)
        )
