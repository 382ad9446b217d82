"""Log-in with e-mail and password, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import UniqueViolation

from inbox_projection.auth.lockout import Lockout
from inbox_projection.auth.passwords import Passwords
from inbox_projection.auth.tokens import hash_of
from inbox_projection.pool import Database


class EmailTaken(Exception):
    """Another agent logs in with this e-mail."""


@dataclass(frozen=True)
class Wait:
    """Too many failures: nothing is tried for so many seconds."""

    seconds: int


class Credentials:
    """E-mails are compared without case."""

    def __init__(self, database: Database, passwords: Passwords, lockout: Lockout) -> None:
        self._database = database
        self._passwords = passwords
        self._lockout = lockout

    async def log_in(self, email: str, password: str, address: str) -> UUID | Wait | None:
        """The agent; None when the pair is wrong, the agent is unknown, deactivated or has no password.

        These cannot be told apart, neither by the answer nor by its time. `address` is the caller's network address.
        """
        email = email.strip().lower()
        seconds = await self._lockout.attempt(email, address)
        if seconds:
            return Wait(seconds)
        row = await self._database.row(
            "select c.agent_id, c.password_hash, coalesce(not a.deactivated, false) as active"
            " from auth.credentials c left join inbox.agents a on a.agent_id = c.agent_id where c.email = %s",
            (email,),
        )
        stored = row["password_hash"] if row is not None else None
        right = await self._passwords.verify(stored, password)
        if row is None or not right or not row["active"]:
            return None
        await self._lockout.succeeded(email, address)
        if self._passwords.outdated(row["password_hash"]):
            await self._set_hash(row["agent_id"], await self._passwords.hash(password))
        agent_id: UUID = row["agent_id"]
        return agent_id

    async def set(self, agent_id: UUID, email: str, password: str | None) -> None:
        """The agent's e-mail, and a password unless None (then an earlier one stays). Raises EmailTaken."""
        password_hash = None if password is None else await self._passwords.hash(password)
        try:
            await self._database.write(
                "insert into auth.credentials as c (agent_id, email, password_hash) values (%s, %s, %s)"
                " on conflict (agent_id) do update set email = excluded.email, changed_at = now(),"
                " password_hash = coalesce(excluded.password_hash, c.password_hash)",
                (agent_id, email.strip().lower(), password_hash),
            )
        except UniqueViolation as error:
            raise EmailTaken("another agent logs in with this e-mail") from error

    async def check(self, agent_id: UUID, password: str) -> bool:
        """Whether this is the agent's password; counts as no attempt."""
        row = await self._database.row("select password_hash from auth.credentials where agent_id = %s", (agent_id,))
        return row is not None and await self._passwords.verify(row["password_hash"], password)

    async def change(self, agent_id: UUID, old: str, new: str, address: str) -> Wait | bool:
        """The new password in place of the old one; False when the old one is wrong or there is none.

        Wrong ones count like failed log-ins. Nobody who has only found a session can guess on.
        """
        row = await self._database.row(
            "select email, password_hash from auth.credentials where agent_id = %s", (agent_id,)
        )
        email = "" if row is None else row["email"]
        seconds = await self._lockout.attempt(email, address)
        if seconds:
            return Wait(seconds)
        if row is None or not await self._passwords.verify(row["password_hash"], old):
            return False
        await self._lockout.succeeded(email, address)
        await self._set_hash(agent_id, await self._passwords.hash(new))
        return True

    async def owner_of(self, email: str) -> UUID | None:
        """The agent who logs in with this e-mail."""
        row = await self._database.row(
            "select agent_id from auth.credentials where email = %s", (email.strip().lower(),)
        )
        return None if row is None else row["agent_id"]

    async def give_token(self, agent_id: UUID, token: str, name: str) -> None:
        """Makes `token` valid for the agent; other tokens of this name are revoked. Doing it again changes nothing."""
        await self._database.write(
            "with others as (update auth.api_tokens set revoked_at = now()"
            "  where agent_id = %(agent)s and name = %(name)s and token_hash <> %(hash)s and revoked_at is null"
            "  returning 1)"
            " insert into auth.api_tokens (token_hash, agent_id, name)"
            " select %(hash)s, %(agent)s, %(name)s from (select count(*) from others) first"
            " on conflict (token_hash) do update set revoked_at = null",
            {"agent": agent_id, "name": name, "hash": hash_of(token)},
        )

    async def _set_hash(self, agent_id: UUID, password_hash: str) -> None:
        await self._database.write(
            "update auth.credentials set password_hash = %s, changed_at = now() where agent_id = %s",
            (password_hash, agent_id),
        )
