"""Hands one mail to a mail server, with a stop before the final dot (RFC 5321).

aiosmtplib speaks the protocol; the body is written by hand between its DATA and its final dot, because the ledger
must know of the dot before the server does.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException, SMTPServerDisconnected

from ingest_email.delivery import Answer, Answered, PutOff, Silence, Taken, TurnedDown
from ingest_email.relay_url import SmtpRelay
from ingest_email.render import Mail

BeforeFinalDot = Callable[[Mapping[int, Answer]], Awaitable[None]]
BLOCK: Final = 64 * 1024
LEAVE_SECONDS: Final = 5.0
CONNECTION: Final = "connection"
_DOT_AT_LINE_START: Final = re.compile(rb"(?m)^\.")
_ABOUT_US: Final = frozenset({421, 530, 534, 535, 538})


@dataclass(frozen=True)
class TimeOuts:
    """Seconds. RFC 5321 4.5.3.2 asks for ten minutes after the final dot; the others are shorter than its advice,
    because giving up there costs only another try. `attempt` bounds all before the final dot together.
    """

    connect: float = 30.0
    command: float = 60.0
    block: float = 120.0
    final: float = 600.0
    attempt: float = 900.0


class SmtpTransport:
    """One connection for each mail."""

    def __init__(self, relay: SmtpRelay, hello: str, time_outs: TimeOuts) -> None:
        self._relay = relay
        self._hello = hello
        self._time_outs = time_outs
        self._leaving: set[asyncio.Task[None]] = set()

    async def send(self, mail: Mail, wanted: Sequence[int], before_final_dot: BeforeFinalDot) -> Answered:
        """Tries the recipients of these indexes; every one of them has an answer, whatever the server does.

        `before_final_dot` gets the answers as they would be if the server fell silent, and is awaited before the dot.
        When it raises, the connection is cut without the dot, so that the server keeps nothing (RFC 5321 4.1.1.4),
        and its error is raised here. Nothing else is raised.
        """
        client = self._client()
        answers: dict[int, Answer] = {}
        between_mails = False
        try:
            try:
                async with asyncio.timeout(self._time_outs.attempt):
                    accepted = await self._until_the_dot(client, mail, wanted, answers)
            except (SMTPException, OSError) as error:
                rest = _answer_to(error)
                return Answered(mail.recipients, {index: answers.get(index, rest) for index in wanted})
            if accepted:
                await before_final_dot({**answers, **dict.fromkeys(accepted, Silence())})
                answers.update(dict.fromkeys(accepted, await self._the_dot(client)))
            between_mails = True
            return Answered(mail.recipients, answers)
        finally:
            if between_mails and client.is_connected:
                self._quit_aside(client)
            else:
                client.close()

    def _client(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username,
            password=relay.password,
            local_hostname=self._hello,
            timeout=self._time_outs.command,
            use_tls=relay.tls == "implicit",
            start_tls={"implicit": False, "required": True, "offered": None, "never": False}[relay.tls],
            validate_certs=relay.tls != "offered",
        )

    async def _until_the_dot(
        self, client: aiosmtplib.SMTP, mail: Mail, wanted: Sequence[int], answers: dict[int, Answer]
    ) -> list[int]:
        """Returns for whom the server takes the mail; the refused are in `answers`."""
        await self._greet(client)
        size = [f"SIZE={len(mail.content)}".encode()] if client.supports_extension("size") else []
        await self._command(client, {250}, b"MAIL", f"FROM:<{mail.sender}>".encode("ascii"), *size)
        accepted = []
        for index in wanted:
            try:
                await self._command(client, {250, 251}, b"RCPT", f"TO:<{mail.recipients[index]}>".encode("ascii"))
                accepted.append(index)
            except SMTPResponseException as error:
                if error.code in _ABOUT_US:
                    raise
                answers[index] = _answer_to(error)
        if accepted:
            await self._command(client, {354}, b"DATA")
            await self._write(client, mail.content)
        return accepted

    async def _greet(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.connect(timeout=self._time_outs.connect)
            if client.is_ehlo_or_helo_needed:
                try:
                    await client.ehlo()
                except aiosmtplib.SMTPHeloError:
                    await client.helo()
        except SMTPResponseException as error:
            raise _NotAboutTheMail(error.code, error.message) from error

    async def _command(self, client: aiosmtplib.SMTP, good: set[int], *words: bytes) -> None:
        code, text = await client.execute_command(*words)
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
        return _refusal(code, words) if 400 <= code < 600 else Silence()

    def _quit_aside(self, client: aiosmtplib.SMTP) -> None:
        """QUIT, while the answer is already on its way to the ledger."""

        async def leave() -> None:
            with suppress(SMTPException, OSError):
                await client.quit(timeout=LEAVE_SECONDS)
            client.close()

        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


class _NotAboutTheMail(SMTPException):
    """The server refused us (greeting, EHLO, STARTTLS, log-in), not the mail: an operator can mend that."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _answer_to(error: Exception) -> Answer:
    if isinstance(error, _NotAboutTheMail):
        return PutOff(str(error.code), error.message)
    if isinstance(error, SMTPResponseException):
        return _refusal(error.code, error.message)
    return PutOff(CONNECTION, str(error) or type(error).__name__)


def _refusal(code: int, words: str) -> PutOff | TurnedDown:
    """5xx is final, unless it is about our log-in; everything else may go better later."""
    text = words.encode("utf-8", "replace").decode("utf-8")
    if 500 <= code < 600 and code not in _ABOUT_US:
        return TurnedDown(str(code), text)
    return PutOff(str(code) if code > 0 else "garbled", text)
