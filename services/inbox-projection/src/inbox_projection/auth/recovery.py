"""Invitations and forgotten passwords: a mail with a token, and what the token is good for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from events.envelope import SYSTEM, Actor
from events.system_mails import AccountMailKind, SendAccountMail
from inbox_projection.auth.lockout import Lockout
from inbox_projection.auth.passwords import Passwords
from inbox_projection.auth.single_use import SingleUseTokens, Unusable
from inbox_projection.commands import BusAway, CommandPort, envelope
from inbox_projection.pool import Database, DatabaseAway
from service_kit.ids import derived_id, new_id
from service_kit.secrets import SecretBox

log = logging.getLogger(__name__)
SentKind = AccountMailKind | Literal["notification_test"]
TEST_LIVES: Final = timedelta(hours=1)
"""What has not gone by then would only puzzle."""
_ACTIVE = (
    "select c.agent_id from auth.credentials c join inbox.agents a on a.agent_id = c.agent_id"
    " where c.email = %s and not a.deactivated"
)


@dataclass(frozen=True)
class Recovery:
    """`allowed` limits how often a password may be asked for, by account and by network address."""

    database: Database
    tokens: SingleUseTokens
    passwords: Passwords
    allowed: Lockout
    secrets: SecretBox
    commands: CommandPort
    workspace_id: UUID
    clock: Callable[[], datetime]

    async def write_to(self, agent_id: UUID, kind: AccountMailKind, mail_id: UUID, actor: Actor = SYSTEM) -> None:
        """Has the mail sent, once for each mail id. The agent must be able to log in. Raises BusAway, DatabaseAway."""
        ends = await self.tokens.issue(agent_id, kind, mail_id)
        box = self.secrets.seal(mail_id, self.tokens.token_of(mail_id))
        await self._send(kind, agent_id, mail_id, actor, box, datetime.fromtimestamp(ends, UTC))

    async def test(self, agent_id: UUID, mail_id: UUID, actor: Actor) -> None:
        """Has a mail sent that only says that it arrived, once for each mail id. Raises BusAway."""
        await self._send("notification_test", agent_id, mail_id, actor, b"", self.clock() + TEST_LIVES)

    async def _send(
        self, kind: SentKind, agent_id: UUID, mail_id: UUID, actor: Actor, token: bytes, ends: datetime
    ) -> None:
        command = SendAccountMail(kind=kind, agent_id=agent_id, token=token, expires_at=ends)
        outcome = await self.commands.ask(
            envelope(
                command,
                command_id=derived_id(mail_id, "send"),
                stream=mail_id,
                workspace_id=self.workspace_id,
                actor=actor,
                now=self.clock(),
            )
        )
        if outcome is not None and outcome.state == "refused":
            log.warning("a mail to an agent was refused", extra={"code": outcome.code, "kind": kind})

    async def may_ask(self, email: str, address: str) -> int:
        """0, or the seconds to wait; unknown addresses are counted like known ones."""
        return await self.allowed.attempt(email.strip().lower(), address)

    async def may_test(self, agent_id: UUID, address: str) -> int:
        """0, or the seconds to wait before the agent may have a test sent again."""
        return await self.allowed.of("notification test").attempt(str(agent_id), address)

    async def forgot(self, email: str) -> None:
        """Writes to the active agent who logs in with this e-mail, if there is one. What is away is only logged: who
        gets no mail asks again, and the answer was given before."""
        try:
            row = await self.database.row(_ACTIVE, (email.strip().lower(),))
            if row is not None:
                await self.write_to(row["agent_id"], "password_reset", new_id())
        except (BusAway, DatabaseAway) as error:
            log.warning("a mail for a new password was not sent", extra={"fault": type(error).__name__})

    async def owner(self, token: str, kind: AccountMailKind) -> UUID | Unusable:
        """The active agent whom the token is for; it is not used by this."""
        found = await self.tokens.owner(token, kind)
        if isinstance(found, Unusable):
            return found
        row = await self.database.row("select 1 from inbox.agents where agent_id = %s and not deactivated", (found,))
        return found if row is not None else Unusable("unknown")

    async def redeem(self, token: str, kind: AccountMailKind, password: str) -> bool:
        """Sets the password and uses the token up; False when another request was faster."""
        return await self.tokens.redeem(token, kind, await self.passwords.hash(password))
