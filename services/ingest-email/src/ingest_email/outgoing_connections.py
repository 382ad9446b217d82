"""Connections to one mail server, made with TLS and log-in as asked, and kept open for the next mails of a burst."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiosmtplib
from aiosmtplib.errors import SMTPAuthenticationError, SMTPException

from ingest_email.delivery import FaultCode
from ingest_email.outgoing_faults import ServerFault, fault_in
from ingest_email.relay_url import SmtpRelay

LEAVE_SECONDS: Final = 5.0
Password = Callable[[], Awaitable[str | None]]


@dataclass(frozen=True)
class Reuse:
    """How long a connection may wait for the next mail, in seconds, and how many mails it carries."""

    idle: float = 15.0
    mails: int = 100


@dataclass(eq=False)
class Connection:
    """A greeted, logged-in session; `mails` is how many it has carried."""

    client: aiosmtplib.SMTP
    mails: int = 0
    expiry: asyncio.TimerHandle | None = None


class Connections:
    """Belongs to one event loop. `password` is asked for each time that a connection logs in."""

    def __init__(
        self, server: SmtpRelay, hello: str, password: Password, *, connect: float, command: float, reuse: Reuse
    ) -> None:
        self._server, self._hello, self._password = server, hello, password
        self._connect_seconds, self._command_seconds, self._reuse = connect, command, reuse
        self._idle: list[Connection] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    def idle(self) -> Connection | None:
        """The last used of those that wait, no longer waiting; the server may have hung up unseen."""
        while self._idle:
            connection = self._idle.pop()
            _forget_expiry(connection)
            if connection.client.is_connected:
                return connection
            connection.client.close()
        return None

    async def fresh(self) -> Connection:
        """A new one. Raises ServerFault, and what asking for the password raises."""
        if self._server.tls == "refused":
            raise ServerFault("insecure", "insecure", "without TLS only a server on this machine is talked to")
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            local_hostname=self._hello,
            timeout=self._command_seconds,
            use_tls=self._server.tls == "implicit",
            start_tls=False,
            validate_certs=self._server.tls != "offered",
        )
        try:
            await self._greet(client)
            await self._secure(client)
            await self._log_in(client)
        except BaseException:
            client.close()
            raise
        return Connection(client)

    def keep(self, connection: Connection) -> None:
        """After a mail whose last word was spoken: waits for the next, unless it has carried enough."""
        connection.mails += 1
        if self._closed or not connection.client.is_connected or connection.mails >= self._reuse.mails:
            self.leave(connection)
            return
        connection.expiry = asyncio.get_running_loop().call_later(self._reuse.idle, self._expire, connection)
        self._idle.append(connection)

    def leave(self, connection: Connection) -> None:
        """QUIT, while whoever used it goes on."""

        async def quit_() -> None:
            with suppress(SMTPException, OSError):
                await connection.client.quit(timeout=LEAVE_SECONDS)
            connection.client.close()

        if connection.client.is_connected:
            task = asyncio.create_task(quit_())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        else:
            connection.client.close()

    def retire(self) -> None:
        """Takes leave of those that wait; those in use leave when they are given back."""
        self._closed = True
        while (connection := self.idle()) is not None:
            self.leave(connection)

    async def close(self, seconds: float = 1.0) -> None:
        """`retire`, and waits for the leave to be taken, but not long."""
        self.retire()
        if self._leaving:
            _, late = await asyncio.wait(tuple(self._leaving), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _expire(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
            self.leave(connection)

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.connect(timeout=self._connect_seconds)
            await self._introduce(client)
        except (SMTPException, OSError) as error:
            raise fault_in(error, "refused") from error

    async def _introduce(self, client: aiosmtplib.SMTP) -> None:
        if client.is_ehlo_or_helo_needed:
            try:
                await client.ehlo()
            except aiosmtplib.SMTPHeloError:
                await client.helo()

    async def _secure(self, client: aiosmtplib.SMTP) -> None:
        wanted = self._server.tls
        offered = client.supports_extension("starttls")
        if wanted == "required" and not offered:
            raise ServerFault("tls-missing", "tls-missing", "the server does not offer STARTTLS")
        if wanted == "required" or (wanted == "offered" and offered):
            try:
                await client.starttls()
                await self._introduce(client)
            except (SMTPException, OSError) as error:
                raise fault_in(error, "tls-failed") from error

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        if self._server.username is None:
            return
        password = await self._password()
        by_token = "xoauth2" in client.server_auth_methods
        if not (by_token if self._server.by_grant else client.supported_auth_methods):
            raise ServerFault("login-missing", "login-missing", "the server offers no log-in that we know")
        username, secret = self._server.username.encode(), (password or "").encode()
        try:
            await (client.auth_xoauth2 if self._server.by_grant else client.login)(username, secret)
        except SMTPAuthenticationError as error:
            wrong: FaultCode = "grant-expired" if self._server.by_grant else "wrong-password"
            raise fault_in(error, wrong if 500 <= error.code < 600 else "refused") from error
        except (SMTPException, OSError) as error:
            raise fault_in(error, "refused") from error


def _forget_expiry(connection: Connection) -> None:
    if connection.expiry is not None:
        connection.expiry.cancel()
        connection.expiry = None
