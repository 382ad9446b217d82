"""Hands one mail to a mail server, with a stop before the final dot (RFC 5321).

aiosmtplib speaks the protocol; the body is written by hand between its DATA and its final dot, because the ledger
must know of the dot before the server does.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException, SMTPServerDisconnected

from ingest_email.delivery import Answer, Answered, PutOff, Silence, Taken
from ingest_email.outgoing_connections import Connection, Connections, Password, Reuse
from ingest_email.outgoing_faults import CLOSING, CONNECTION, answer_to, fault_of, is_about_us, refusal
from ingest_email.relay_url import SmtpRelay
from ingest_email.render import Mail

BeforeFinalDot = Callable[[Mapping[int, Answer]], Awaitable[None]]
BLOCK: Final = 64 * 1024
_DOT_AT_LINE_START: Final = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class TimeOuts:
    """Seconds. RFC 5321 4.5.3.2 asks for ten minutes after the final dot; the others are shorter than its advice,
    because giving up there costs only another try. `attempt` bounds all before the final dot together; `resume` is for
    the first command on a connection that has waited, which may be gone without a word.
    """

    connect: float = 30.0
    command: float = 60.0
    block: float = 120.0
    final: float = 600.0
    attempt: float = 900.0
    resume: float = 10.0


class SmtpTransport:
    """One mail server. Connections stay open for a burst; a mail that finds a dropped one goes by a new one."""

    def __init__(
        self,
        server: SmtpRelay,
        hello: str,
        time_outs: TimeOuts,
        *,
        password: Password | None = None,
        reuse: Reuse | None = None,
    ) -> None:
        self._time_outs = time_outs

        async def fixed() -> str | None:
            return server.password

        self._connections = Connections(
            server,
            hello,
            password or fixed,
            connect=time_outs.connect,
            command=time_outs.command,
            reuse=reuse or Reuse(),
        )

    async def send(self, mail: Mail, wanted: Sequence[int], before_final_dot: BeforeFinalDot) -> Answered:
        """Tries the recipients of these indexes; every one of them has an answer, whatever the server does.

        `before_final_dot` gets the answers as they would be if the server fell silent, and is awaited before the dot.
        When it raises, the connection is cut without the dot, so that the server keeps nothing (RFC 5321 4.1.1.4),
        and its error is raised here; so is what asking for the password raises. Nothing else is.
        """
        answers: dict[int, Answer] = {}
        connection: Connection | None = None
        part = "cut"
        try:
            try:
                async with asyncio.timeout(self._time_outs.attempt):
                    connection = await self._begun(mail)
                    accepted = await self._until_the_dot(connection.client, mail, wanted, answers)
            except (SMTPException, OSError) as error:
                rest = answer_to(error)
                answered = {index: answers.get(index, rest) for index in wanted}
                return Answered(mail.recipients, answered, fault_of(error))
            part = "leave"
            if accepted:
                part = "cut"
                await before_final_dot({**answers, **dict.fromkeys(accepted, Silence())})
                answer = await self._the_dot(connection.client)
                answers.update(dict.fromkeys(accepted, answer))
                part = "leave" if isinstance(answer, Silence) else "keep"
            closing = any(isinstance(one, PutOff) and one.code == str(CLOSING) for one in answers.values())
            return Answered(mail.recipients, answers, "refused" if closing else None)
        finally:
            if connection is not None:
                self._part(connection, part)

    async def close(self) -> None:
        """Takes leave of the connections that wait."""
        await self._connections.close()

    def retire(self) -> None:
        """No more mails by this server: `close` without waiting. Those under way end first."""
        self._connections.retire()

    def _part(self, connection: Connection, how: str) -> None:
        if how == "keep":
            self._connections.keep(connection)
        elif how == "leave":
            self._connections.leave(connection)
        else:
            connection.client.close()

    async def _begun(self, mail: Mail) -> Connection:
        """A connection on which the server took MAIL: one that waited, or a new one when that was dropped."""
        waiting = self._connections.idle()
        if waiting is not None:
            try:
                await self._mail_from(waiting, mail, min(self._time_outs.resume, self._time_outs.command))
                return waiting
            except SMTPResponseException as error:
                waiting.client.close()
                if error.code != CLOSING:
                    raise
            except (SMTPException, OSError):
                waiting.client.close()
            except BaseException:
                waiting.client.close()
                raise
        connection = await self._connections.fresh()
        try:
            await self._mail_from(connection, mail, self._time_outs.command)
        except BaseException:
            connection.client.close()
            raise
        return connection

    async def _mail_from(self, connection: Connection, mail: Mail, seconds: float) -> None:
        client = connection.client
        size = [f"SIZE={len(mail.content)}".encode()] if client.supports_extension("size") else []
        await self._command(client, {250}, b"MAIL", f"FROM:<{mail.sender}>".encode("ascii"), *size, timeout=seconds)

    async def _until_the_dot(
        self, client: aiosmtplib.SMTP, mail: Mail, wanted: Sequence[int], answers: dict[int, Answer]
    ) -> list[int]:
        """Returns for whom the server takes the mail; the refused are in `answers`."""
        accepted = []
        for index in wanted:
            try:
                await self._command(client, {250, 251}, b"RCPT", f"TO:<{mail.recipients[index]}>".encode("ascii"))
                accepted.append(index)
            except SMTPResponseException as error:
                if is_about_us(error):
                    raise
                answers[index] = answer_to(error)
        if accepted:
            await self._command(client, {354}, b"DATA")
            await self._write(client, mail.content)
        return accepted

    async def _command(
        self, client: aiosmtplib.SMTP, good: set[int], *words: bytes, timeout: float | None = None
    ) -> None:
        code, text = await client.execute_command(*words, timeout=timeout or self._time_outs.command)
        if code not in good:
            raise SMTPResponseException(code, text)

    async def _write(self, client: aiosmtplib.SMTP, content: bytes) -> None:
        """The body, dots doubled (RFC 5321 4.5.2), in blocks, each with its time-out; `content` ends with CRLF."""
        stuffed = memoryview(_DOT_AT_LINE_START.sub(b"..", content))
        for start in range(0, len(stuffed), BLOCK):
            protocol = client.protocol
            if protocol is None:
                raise SMTPServerDisconnected("the server hung up while it was given the message")
            protocol.write(bytes(stuffed[start : start + BLOCK]))
            async with asyncio.timeout(self._time_outs.block):
                await protocol._drain_helper()  # asyncio's flow control, which aiosmtplib has no public name for
        if not client.is_connected:
            raise SMTPServerDisconnected("the server hung up before the end of the message")

    async def _the_dot(self, client: aiosmtplib.SMTP) -> Answer:
        if not client.is_connected:
            return PutOff(CONNECTION, "the server hung up before the end of the message")
        try:
            code, words = await client.execute_command(b".", timeout=self._time_outs.final)
        except (SMTPException, OSError):
            return Silence()
        if 200 <= code < 300:
            return Taken()
        return refusal(code, words) if 400 <= code < 600 else Silence()
