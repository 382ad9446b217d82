"""Who a token or a session belongs to, as of now: role and inboxes come from the views, in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from inbox_projection.auth.tokens import MAX_TOKEN_LENGTH, hash_of, new_token
from inbox_projection.origins import Origin
from inbox_projection.policy import Caller
from inbox_projection.pool import Database, Row
from service_kit.ids import new_id
from service_kit.web.log_ins import GRACE
from service_kit.web.log_ins import IDLE as IDLE

ABSOLUTE: Final = timedelta(days=14)
ROTATION: Final = timedelta(hours=1)
_SEEN_EVERY: Final = timedelta(minutes=1)

_OF_BEARER: Final = """
select k.token_id, coalesce(k.last_used_at < now() - %s::interval, true) as unseen, a.agent_id, a.role, a.time_zone,
       array(select i.inbox_id from inbox.inboxes i
             where a.agent_id = any(i.member_ids)
                or exists (select from inbox.teams t where t.team_id = any(i.team_ids)
                           and a.agent_id = any(t.member_ids))) as inbox_ids
from auth.api_tokens k join inbox.agents a on a.agent_id = k.agent_id
where k.token_hash = %s and k.revoked_at is null and not a.deactivated
"""
_OF_COOKIE: Final = """
select s.session_id, a.agent_id, a.role, a.time_zone,
       array(select i.inbox_id from inbox.inboxes i
             where a.agent_id = any(i.member_ids)
                or exists (select from inbox.teams t where t.team_id = any(i.team_ids)
                           and a.agent_id = any(t.member_ids))) as inbox_ids,
       s.token_hash = %(hash)s and s.rotated_at < now() - %(rotation)s::interval as stale,
       s.seen_at < now() - %(seen_every)s::interval as unseen
from auth.sessions s join inbox.agents a on a.agent_id = s.agent_id
where (s.token_hash = %(hash)s or (s.previous_hash = %(hash)s and s.rotated_at > now() - %(grace)s::interval))
  and s.expires_at > now() and s.seen_at > now() - %(idle)s::interval and not a.deactivated
"""
_OF_AGENT: Final = """
select a.agent_id, a.role, a.time_zone,
       array(select i.inbox_id from inbox.inboxes i
             where a.agent_id = any(i.member_ids)
                or exists (select from inbox.teams t where t.team_id = any(i.team_ids)
                           and a.agent_id = any(t.member_ids))) as inbox_ids
from inbox.agents a where a.agent_id = %s and not a.deactivated
"""
_END: Final = """
with gone as (delete from auth.sessions where token_hash = %(hash)s or previous_hash = %(hash)s returning agent_id)
insert into auth.presence as p (agent_id, ended_at) select distinct agent_id, now() from gone
on conflict (agent_id) do update set ended_at = excluded.ended_at
"""
_END_ALL: Final = """
with gone as (delete from auth.sessions where agent_id = %(agent)s
              and token_hash <> %(kept)s and previous_hash is distinct from %(kept)s
              and (%(session)s::uuid is null or session_id = %(session)s) returning agent_id)
insert into auth.presence as p (agent_id, ended_at) select distinct agent_id, now() from gone
on conflict (agent_id) do update set ended_at = excluded.ended_at
returning agent_id
"""
_SESSIONS: Final = """
select session_id as id, created_at, seen_at, expires_at, address, user_agent,
       token_hash = %(hash)s or coalesce(previous_hash = %(hash)s, false) as current
from auth.sessions where agent_id = %(agent)s and expires_at > now() and seen_at > now() - %(idle)s::interval
order by seen_at desc, session_id
"""
_NO_COOKIE: Final = b""


@dataclass(frozen=True)
class Session:
    """A caller by cookie; `new_token` replaces the cookie when it is time."""

    session_id: UUID
    caller: Caller
    new_token: str | None = None


class Identities:
    """Looks up, begins and ends what callers prove themselves with. Tokens themselves are stored nowhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_token(self, token: str) -> Caller | None:
        """The owner of an API token; None for an unknown or revoked one and for a deactivated agent."""
        if len(token) > MAX_TOKEN_LENGTH:
            return None
        row = await self._database.row(_OF_BEARER, (_SEEN_EVERY, hash_of(token)))
        if row is None:
            return None
        if row["unseen"]:
            await self._database.write(
                "update auth.api_tokens set last_used_at = now() where token_id = %s", (row["token_id"],)
            )
        return _caller(row)

    async def of_session(self, token: str, *, renew: bool = True) -> Session | None:
        """The session of a cookie; None once it is over (12 hours idle, 14 days in all) or was ended.

        With `renew` False its token is never replaced, for callers who could not hand the new one on.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            return None
        row = await self._database.row(
            _OF_COOKIE,
            {"hash": hash_of(token), "rotation": ROTATION, "grace": GRACE, "idle": IDLE, "seen_every": _SEEN_EVERY},
        )
        if row is None:
            return None
        renewed = await self._rotate(row["session_id"], token) if row["stale"] and renew else None
        if row["unseen"] and renewed is None:
            await self._database.write(
                "update auth.sessions set seen_at = now() where session_id = %s", (row["session_id"],)
            )
        return Session(row["session_id"], _caller(row), renewed)

    async def _rotate(self, session_id: UUID, token: str) -> str | None:
        """A new token, unless a request beside this one was faster."""
        renewed, old = new_token("prs_"), hash_of(token)
        changed = await self._database.write(
            "update auth.sessions set token_hash = %s, previous_hash = %s, rotated_at = now(), seen_at = now()"
            " where session_id = %s and token_hash = %s returning session_id",
            (hash_of(renewed), old, session_id, old),
        )
        return renewed if changed else None

    async def begin(self, agent_id: UUID, replaced: str | None, origin: Origin | None = None) -> str:
        """A new session's token; the session of the cookie that came with the log-in, if any, ends."""
        token = new_token("prs_")
        if replaced is not None:
            await self.end(replaced)
        await self._database.write(
            "with old as (delete from auth.sessions where agent_id = %(agent)s"
            "  and (expires_at < now() or seen_at < now() - %(idle)s::interval))"
            ", known as (insert into auth.presence (agent_id) values (%(agent)s) on conflict do nothing)"
            " insert into auth.sessions (session_id, agent_id, token_hash, expires_at, address, user_agent)"
            " values (%(session)s, %(agent)s, %(hash)s, now() + %(absolute)s::interval, %(address)s, %(program)s)",
            {
                "agent": agent_id,
                "session": new_id(),
                "hash": hash_of(token),
                "idle": IDLE,
                "absolute": ABSOLUTE,
                "address": "" if origin is None else origin.address,
                "program": "" if origin is None else origin.user_agent,
            },
        )
        return token

    async def end(self, token: str) -> None:
        """Ends the session of this cookie; an unknown one is no error."""
        if len(token) <= MAX_TOKEN_LENGTH:
            found = hash_of(token)
            await self._database.write(_END, {"hash": found})

    async def end_all(self, agent_id: UUID, *, but: str | None = None) -> None:
        """Ends every session of an agent (deactivated, or with a new password), `but` the one of this cookie."""
        await self._end_some(agent_id, None, but)

    async def end_one(self, agent_id: UUID, session_id: UUID) -> bool:
        """Whether the agent had this session; it is over."""
        return bool(await self._end_some(agent_id, session_id, None))

    async def sessions(self, agent_id: UUID, token: str | None) -> list[Row]:
        """The agent's sessions that are not over, last seen first; `current` is the one of this cookie."""
        return await self._database.rows(_SESSIONS, {"agent": agent_id, "hash": _hash(token), "idle": IDLE})

    async def _end_some(self, agent_id: UUID, session_id: UUID | None, but: str | None) -> list[Row]:
        return await self._database.write(_END_ALL, {"agent": agent_id, "session": session_id, "kept": _hash(but)})


async def caller_of_agent(database: Database, agent_id: UUID) -> Caller | None:
    """The agent as of now, for what goes on after the request that asked for it; None for a deactivated one."""
    row = await database.row(_OF_AGENT, (agent_id,))
    return None if row is None else _caller(row)


def _hash(token: str | None) -> bytes:
    return _NO_COOKIE if token is None or len(token) > MAX_TOKEN_LENGTH else hash_of(token)


def _caller(row: dict[str, Any]) -> Caller:
    return Caller(row["agent_id"], row["role"], frozenset(row["inbox_ids"]), row["time_zone"])
