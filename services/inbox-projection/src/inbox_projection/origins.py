"""From where agents act: an address and a program beside each command, log-in and other act, kept for 400 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args
from uuid import UUID

from inbox_projection.pool import Database
from service_kit.ids import new_id

KEEP_DAYS: Final = 400
MAX_USER_AGENT: Final = 300
_ROWS: Final = 5_000
ActKind = Literal[
    "LoggedIn",
    "LogInFailed",
    "LoggedOut",
    "PasswordChanged",
    "SessionEnded",
    "ApiTokenMade",
    "ApiTokenDeleted",
    "ContactsExported",
    "ContactsImported",
]
"""What agents do that is no command: it is on no log, and is told by its origin alone."""
ACT_KINDS: Final[tuple[ActKind, ...]] = get_args(ActKind)


@dataclass(frozen=True)
class Origin:
    """The network address that the request came from, and what the client says that it is."""

    address: str
    user_agent: str

    @staticmethod
    def of(address: str | None, user_agent: str | None) -> Origin:
        """Printable and short, whatever was sent."""
        words = "".join(char if char.isprintable() else " " for char in user_agent or "")
        return Origin(address or "unknown", words[:MAX_USER_AGENT].strip())


class Origins:
    """Rows of `inbox_projection.origins`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_command(self, command_id: UUID, agent_id: UUID, origin: Origin) -> None:
        """Before the command is published, so that no act is without; a repeated one keeps its first origin."""
        await self._write(command_id, "command", agent_id, origin)

    async def of_import(self, import_id: UUID, command_ids: Sequence[UUID]) -> None:
        """Commands of an import come from where its file came from; nothing for one of which that is forgotten."""
        await self._database.write(
            "insert into inbox_projection.origins (origin_id, kind, agent_id, address, user_agent)"
            " select c, 'command', o.agent_id, o.address, o.user_agent from unnest(%s::uuid[]) c,"
            " inbox_projection.origins o where o.origin_id = %s on conflict do nothing",
            (list(command_ids), import_id),
        )

    async def of_act(
        self,
        kind: ActKind,
        agent_id: UUID | None,
        origin: Origin,
        *,
        target_id: UUID | None = None,
        act_id: UUID | None = None,
    ) -> None:
        """`act_id`: one that is told twice is one."""
        await self._write(act_id or new_id(), kind, agent_id, origin, target_id)

    async def forget_old(self) -> None:
        """Deletes what is older than 400 days, in portions."""
        while True:
            gone = await self._database.write(
                "delete from inbox_projection.origins where origin_id in (select origin_id from"
                " inbox_projection.origins where at < now() - make_interval(days => %s) order by at limit %s)"
                " returning 1 as gone",
                (KEEP_DAYS, _ROWS),
            )
            if len(gone) < _ROWS:
                return

    async def _write(
        self, origin_id: UUID, kind: str, agent_id: UUID | None, origin: Origin, target_id: UUID | None = None
    ) -> None:
        await self._database.write(
            "insert into inbox_projection.origins (origin_id, kind, agent_id, address, user_agent, target_id)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            (origin_id, kind, agent_id, origin.address, origin.user_agent, target_id),
        )
