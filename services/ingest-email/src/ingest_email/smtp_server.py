"""Serves SMTP sessions on a port: sockets, time-outs, limits and TLS around the dialogue, which decides."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol, cast
from uuid import UUID

from ingest_email.smtp_data import Room
from ingest_email.smtp_dialogue import AcceptMail, Action, AskRecipient, Dialogue, HangUp, Rules, Say, StartTls
from service_kit.ids import new_id

log = logging.getLogger(__name__)

MAX_PENDING_BYTES: Final = 64 * 1024
"""A sender who goes on while an answer is owed is not read beyond this."""
TRY_LATER: Final = b"451 4.3.0 Can't store mail at the moment, try again later\r\n"


class Intake(Protocol):
    """What the server asks of its surroundings; none of it raises."""

    def is_known(self, address: str) -> bool:
        """Whether the address surely exists; False says nothing."""

    async def check(self, address: str, correlation_id: UUID) -> int:
        """250, 550 or 451 for an address that is not known."""

    async def accept(self, mail: AcceptMail) -> bytes:
        """The answer to a mail, 250 only when it is stored."""

    def refused(self, reason: str) -> None:
        """Counts a refusal that was not asked for."""


@dataclass(frozen=True)
class Limits:
    """Seconds and counts. Time-outs of RFC 5321 4.5.3.2.7 and of our own against sessions that never get anywhere."""

    idle_seconds: float = 300.0
    progress_seconds: float = 900.0
    max_sessions: int = 1000
    max_sessions_per_host: int = 100
    max_unfinished_bytes: int = 256 * 1024 * 1024


class Session(asyncio.Protocol):
    """One connection."""

    __slots__ = ("_dialogue", "_host", "_last_progress", "_server", "_task", "_transport", "last_heard")

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._dialogue = Dialogue(server.rules, server.room, new_id)
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._host = ""
        self.last_heard = self._last_progress = server.now()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._transport is not None:
            return
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._host = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        if self._server.admit(self, self._host):
            self._transport.write(self._dialogue.greeting())
        else:
            self._server.intake.refused("too_many_sessions")
            self._transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._dialogue.closed()
        self._server.forget(self, self._host)

    def data_received(self, data: bytes) -> None:
        self.last_heard = self._server.now()
        self._dialogue.receive(data)
        if self._task is None:
            self._go_on()
        elif self._dialogue.pending > MAX_PENDING_BYTES and self._transport is not None:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """The peer doesn't read what we say: then we don't listen either."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    @property
    def is_busy(self) -> bool:
        """Whether an answer is owed."""
        return self._task is not None

    def hang_up(self, text: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._dialogue.closed()
            self._transport.write(text)
            self._transport.close()

    def part(self) -> None:
        """The server goes down: ends now, or after the mail under way."""
        if not self.is_busy and not self._dialogue.in_mail:
            self.hang_up(b"421 4.3.2 Going down, come back soon\r\n")

    def overdue(self, now: float, limits: Limits) -> bool:
        if self._task is not None:
            return False
        return now - self.last_heard > limits.idle_seconds or now - self._last_progress > limits.progress_seconds

    def _go_on(self) -> None:
        """Handles what came until an answer must be waited for; what is said meanwhile goes out in one piece."""
        out: list[bytes] = []
        while (action := self._dialogue.next()) is not None:
            if isinstance(action, AskRecipient) and self._server.intake.is_known(action.address):
                action = self._dialogue.recipient_answered(250)
            if not self._do(action, out):
                break
        transport = self._transport
        if transport is not None and not transport.is_closing() and out:
            transport.write(b"".join(out))
        if self._dialogue.is_over and transport is not None:
            transport.close()
        if self._server.is_draining:
            self.part()

    def _do(self, action: Action, out: list[bytes]) -> bool:
        """Whether the next action may follow at once."""
        if isinstance(action, Say):
            out.append(action.text)
            return True
        if isinstance(action, HangUp):
            out.append(action.text)
            return False
        if isinstance(action, StartTls):
            out.append(action.text)
            self._begin(self._start_tls())
        elif isinstance(action, AskRecipient):
            self._begin(self._check(action))
        else:
            self._begin(self._accept(action))
        return False

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(work)

    async def _check(self, asked: AskRecipient) -> None:
        try:
            code = await self._server.intake.check(asked.address, asked.correlation_id)
        except Exception:
            log.exception("a recipient could not be checked")
            code = 451
        self._answer(self._dialogue.recipient_answered(code))

    async def _accept(self, mail: AcceptMail) -> None:
        try:
            text = await self._server.intake.accept(mail)
        except Exception:
            log.exception("a mail could not be accepted")
            text = TRY_LATER
        if text.startswith(b"250"):
            self._last_progress = self._server.now()
        self._answer(self._dialogue.mail_answered(text))

    def _answer(self, action: Action) -> None:
        """Says it and goes on with what was pipelined behind the question."""
        self._task = None
        self.last_heard = self._server.now()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        out: list[bytes] = []
        self._do(action, out)
        transport.write(b"".join(out))
        transport.resume_reading()
        self._go_on()

    async def _start_tls(self) -> None:
        assert self._transport is not None and self._server.tls is not None
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(
                self._transport, self, self._server.tls, server_side=True, ssl_handshake_timeout=30.0
            )
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            self._server.intake.refused("tls_handshake")
            self._transport.abort()
            return
        self._transport = secure
        self._dialogue.tls_started()
        self._task = None


class SmtpServer:
    """All sessions of one process."""

    def __init__(
        self,
        intake: Intake,
        rules: Rules,
        limits: Limits = Limits(),
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.intake, self.rules, self.limits, self.tls = intake, rules, limits, tls
        self.room = Room(limits.max_unfinished_bytes)
        self.now = now or asyncio.get_running_loop().time
        self.is_draining = False
        self.port = 0
        self._sessions: set[Session] = set()
        self._hosts: Counter[str] = Counter()
        self._emptied = asyncio.Event()
        self._listener: asyncio.Server | None = None

    def admit(self, session: Session, host: str) -> bool:
        if len(self._sessions) >= self.limits.max_sessions or self.is_draining:
            return False
        if self._hosts[host] >= self.limits.max_sessions_per_host:
            return False
        self._sessions.add(session)
        self._hosts[host] += 1
        return True

    def forget(self, session: Session, host: str) -> None:
        if session in self._sessions:
            self._sessions.discard(session)
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]
        if not self._sessions:
            self._emptied.set()

    def sweep(self) -> None:
        """Ends sessions that say nothing, or get nowhere."""
        now = self.now()
        for session in [session for session in self._sessions if session.overdue(now, self.limits)]:
            self.intake.refused("timeout")
            session.hang_up(b"421 4.4.2 Timed out\r\n")

    @asynccontextmanager
    async def serving(self, host: str, port: int, *, reuse_port: bool = True) -> AsyncIterator[None]:
        """Listens while the block runs (`port` says where); raises OSError when the port is taken by others."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(self), host, port, reuse_port=reuse_port, backlog=512)
        self.port, self._listener = server.sockets[0].getsockname()[1], server
        sweeper = loop.create_task(self._sweep_for_ever())
        try:
            yield
        finally:
            sweeper.cancel()
            server.close()

    async def drain(self, seconds: float) -> None:
        """Takes no more connections, ends idle ones, and waits at most `seconds` for mails that are under way."""
        self.is_draining = True
        self._emptied.clear()
        if self._listener is not None:
            self._listener.close()
        for session in list(self._sessions):
            session.part()
        if self._sessions:
            try:
                async with asyncio.timeout(seconds):
                    await self._emptied.wait()
            except TimeoutError:
                log.warning("sessions were still open at the end", extra={"sessions": len(self._sessions)})
        for session in list(self._sessions):
            session.hang_up(b"421 4.3.2 Going down, come back soon\r\n")

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(5.0)
            self.sweep()
