"""From where agents act: an address and a program beside each command and log-in, kept for 400 days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from inbox_projection.pool import Database
from service_kit.ids import new_id

KEEP_DAYS: Final = 400
MAX_USER_AGENT: Final = 300
_ROWS: Final = 5_000
SessionKind = Literal["LoggedIn", "LogInFailed", "LoggedOut", "PasswordChanged"]
SESSION_KINDS: Final = ("LoggedIn", "LogInFailed", "LoggedOut", "PasswordChanged")


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

    async def of_session(self, kind: SessionKind, agent_id: UUID | None, origin: Origin) -> None:
        await self._write(new_id(), kind, agent_id, origin)

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

    async def _write(self, origin_id: UUID, kind: str, agent_id: UUID | None, origin: Origin) -> None:
        await self._database.write(
            "insert into inbox_projection.origins (origin_id, kind, agent_id, address, user_agent)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            (origin_id, kind, agent_id, origin.address, origin.user_agent),
        )
