"""Inboxes, teams, agents, channels and rule sets: small tables, read whole."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from events.rules import Rule, fingerprint
from inbox_projection import business_hours, channel_settings
from inbox_projection.authors import avatar_url
from inbox_projection.pool import Database, Row
from inbox_projection.queries.avatars import OF_AUTHOR
from service_kit.limits import UNLIMITED, LimitName

AGENTS: Final = f"""
select a.agent_id, role, deactivated, availability, available_until, capacity, language, time_zone, name, email,
       meeting_url, signature, created_at, v.version as avatar from inbox.agents a {OF_AUTHOR}
"""  # noqa: S608 (of queries/avatars.py)
_ME: Final = AGENTS + " where a.agent_id = %s"
_INBOXES: Final = (
    "select inbox_id, name, fallback_address, team_ids, member_ids, signature, quote_history, archived,"
    " assign_first_answer, reopen_days, business_hours, created_at from inbox.inboxes"
    " where %(all)s or inbox_id = any(%(ids)s::uuid[]) order by created_at, inbox_id"
)
_CHANNELS: Final = (
    "select c.channel_id, c.inbox_id, c.kind, c.settings, c.fallback, c.connected_at, c.health_state,"
    " c.health_reason, c.health_since, c.health_part, c.health_parts, t.last_in_at from inbox.channels c"
    " left join inbox.channel_activity t on t.channel_id = c.channel_id"
    " where c.disconnected_at is null and (%(all)s or c.inbox_id = any(%(ids)s::uuid[]))"
    " order by c.connected_at, c.channel_id"
)


async def agent(database: Database, agent_id: UUID) -> Row | None:
    return await database.row(_ME, (agent_id,))


async def counts(database: Database) -> dict[LimitName, int]:
    """How many there are of what can be limited, counted as the router does; these tables are small."""
    row = await database.row(
        "select (select count(inbox_id) from inbox.inboxes where not archived) as inboxes,"
        " (select count(agent_id) from inbox.agents where not deactivated) as agents,"
        " (select count(channel_id) from inbox.channels where disconnected_at is null and not fallback) as channels"
    )
    found = row or {}
    return {name: found.get(name, 0) for name in UNLIMITED.by_name()}


async def teams(database: Database) -> list[Row]:
    return await database.rows(
        "select team_id, name, member_ids, created_at from inbox.teams order by created_at, team_id"
    )


async def team(database: Database, team_id: UUID) -> Row | None:
    return await database.row(
        "select team_id, name, member_ids, created_at from inbox.teams where team_id = %s", (team_id,)
    )


async def inboxes(database: Database, ids: frozenset[UUID] | None, *, servers: bool = False) -> list[dict[str, Any]]:
    """Inboxes with their channels (and these with their `servers`), as the API gives them; `ids` None is all."""
    wanted = {"all": ids is None, "ids": list(ids or ())}
    channels_of: dict[UUID, list[dict[str, Any]]] = {}
    for row in await channels(database, ids):
        channels_of.setdefault(row["inbox_id"], []).append(shaped_channel(row, servers=servers))
    return [
        {
            "id": row["inbox_id"],
            "name": row["name"],
            "fallback_address": row["fallback_address"],
            "team_ids": row["team_ids"],
            "member_ids": row["member_ids"],
            "signature": row["signature"],
            "quote_history": row["quote_history"],
            "archived": row["archived"],
            "assign_first_answer": row["assign_first_answer"],
            "reopen_days": row["reopen_days"],
            "business_hours": business_hours.shaped(row["business_hours"]),
            "channels": channels_of.get(row["inbox_id"], []),
            "created_at": row["created_at"],
        }
        for row in await database.rows(_INBOXES, wanted)
    ]


async def channels(database: Database, inbox_ids: frozenset[UUID] | None) -> list[Row]:
    """Connected channels, oldest first; `inbox_ids` None is all."""
    return await database.rows(_CHANNELS, {"all": inbox_ids is None, "ids": list(inbox_ids or ())})


async def rule_sets(database: Database) -> dict[str, Any]:
    """The draft and the published rules, as the API gives them."""
    rows = {row["state"]: row for row in await database.rows("select state, version, rules from inbox.rule_sets")}
    published = rows.get("published")
    rules = [] if published is None else msgspec.json.decode(published["rules"])
    draft = msgspec.json.decode(rows["draft"]["rules"]) if "draft" in rows else rules
    return {
        "rules": draft,
        "version": fingerprint(msgspec.convert(draft, tuple[Rule, ...])),
        "published": {"version": 0 if published is None else published["version"], "rules": rules},
    }


def shaped_agent(row: Row) -> dict[str, Any]:
    return {
        "id": row["agent_id"],
        "name": row["name"],
        "email": row["email"],
        "role": row["role"],
        "deactivated": row["deactivated"],
        "availability": {"state": row["availability"], "until": row["available_until"]},
        "capacity": row["capacity"],
        "meeting_url": row["meeting_url"],
        "avatar_url": avatar_url(row["agent_id"], row["avatar"]),
        "language": row["language"],
        "time_zone": row["time_zone"],
        "created_at": row["created_at"],
    }


def shaped_team(row: Row) -> dict[str, Any]:
    return {
        "id": row["team_id"],
        "name": row["name"],
        "member_ids": row["member_ids"],
        "created_at": row["created_at"],
    }


def shaped_channel(row: Row, *, servers: bool) -> dict[str, Any]:
    return {
        "id": row["channel_id"],
        "inbox_id": row["inbox_id"],
        "kind": row["kind"],
        "settings": channel_settings.shaped(channel_settings.stored(row["settings"]), servers=servers),
        "fallback": row["fallback"],
        "health": {
            "state": row["health_state"],
            "reason": row["health_reason"],
            "since": row["health_since"],
            "last_in_at": row["last_in_at"],
            "part": row["health_part"],
            "parts": msgspec.json.decode(row["health_parts"]),
        },
        "connected_at": row["connected_at"],
    }


async def inbox_ids_of(database: Database, agent_id: UUID) -> list[UUID]:
    """Inboxes the agent belongs to, directly or through a team."""
    rows = await database.rows(
        "select i.inbox_id from inbox.inboxes i where %(agent)s = any(i.member_ids) or exists (select"
        " from inbox.teams t where t.team_id = any(i.team_ids) and %(agent)s = any(t.member_ids))"
        " order by i.created_at, i.inbox_id",
        {"agent": agent_id},
    )
    return [row["inbox_id"] for row in rows]


async def inbox_of_channel(database: Database, channel_id: UUID) -> UUID | None:
    """The inbox of a channel, connected or not."""
    row = await database.row("select inbox_id from inbox.channels where channel_id = %s", (channel_id,))
    return None if row is None else row["inbox_id"]
