"""One connection to an IMAP server: bytes into responses, within limits of size and time."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from ingest_email.imap_errors import (
    CertificateRefused,
    ConnectionLost,
    MailboxUnreachable,
    ProtocolBroken,
    TlsFailed,
    TooSlow,
)
from ingest_email.imap_syntax import Literal, Piece, announced, without_announcement

MAX_LINE: Final = 64 * 1024
MAX_LIST_LINE: Final = 16 * 1024 * 1024
"""Of a listing of UIDs: two million mails."""
MAX_LITERALS: Final = 200
MAX_SKIPPED: Final = 4 * 1024**3
T = TypeVar("T")
_CHUNK: Final = 64 * 1024
_QUICK_ACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)


class Wire:
    """Sends bytes and reads responses: a line, and the literals and lines that belong to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._reader, self._writer, self._seconds = reader, writer, seconds
        self._buffer = bytearray()
        self._socket = writer.get_extra_info("socket")

    async def send(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                self._writer.write(data)
                await self._writer.drain()
        except TimeoutError as error:
            raise TooSlow("the server takes no more commands") from error
        except (OSError, ssl.SSLError) as error:
            raise ConnectionLost(f"the connection broke: {type(error).__name__}") from error

    async def response(
        self, *, max_line: int = MAX_LINE, max_literal: int = MAX_LINE, wait: float | None = None
    ) -> list[Piece]:
        """The next response. Its first byte is waited for `wait` seconds, every further one the usual time.

        A literal over `max_literal` is read past. Raises ConnectionLost, TooSlow, ProtocolBroken.
        """
        line = await self._line(max_line, self._seconds if wait is None else wait)
        pieces: list[Piece] = []
        while (size := announced(line)) is not None:
            if len(pieces) > 2 * MAX_LITERALS or size > MAX_SKIPPED:
                raise ProtocolBroken("the server's answer is beyond all measure")
            pieces.append(without_announcement(line))
            if size <= max_literal:
                pieces.append(Literal(size, await self._exactly(size)))
            else:
                await self._skip(size)
                pieces.append(Literal(size, None))
            line = await self._line(max_line, self._seconds)
        pieces.append(line)
        return pieces

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Raises CertificateRefused, TlsFailed, ProtocolBroken where something came before TLS, which nobody vouches
        for (CVE-2011-0411)."""
        if self._buffer:
            raise ProtocolBroken("the server sent something between STARTTLS and TLS")
        await _secured(self._writer.start_tls(context, server_hostname=host), self._seconds)

    def close(self) -> None:
        self._writer.transport.abort()

    async def _line(self, limit: int, wait: float) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise ProtocolBroken(f"the server sent a line over {limit} bytes")
            await self._fill(wait)
            wait = self._seconds
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    async def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._fill(self._seconds)
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        return content

    async def _skip(self, size: int) -> None:
        while len(self._buffer) < size:
            size -= len(self._buffer)
            self._buffer.clear()
            await self._fill(self._seconds)
        del self._buffer[:size]

    async def _fill(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                chunk = await self._reader.read(_CHUNK)
        except TimeoutError as error:
            raise TooSlow(f"the server said nothing for {seconds:.0f} s") from error
        except (OSError, ssl.SSLError) as error:
            raise ConnectionLost(f"the connection broke: {type(error).__name__}") from error
        if not chunk:
            raise ConnectionLost("the server hung up")
        self._buffer += chunk
        self._acknowledge()

    def _acknowledge(self) -> None:
        """At once. Servers that send an answer in pieces wait with the next one for the acknowledgement (RFC 896),
        which the system otherwise holds back for 40 ms (RFC 1122 4.2.3.2): at every answer."""
        if self._socket is not None and _QUICK_ACK is not None:
            with suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)


async def connect(host: str, port: int, tls: ssl.SSLContext | None, seconds: float) -> Wire:
    """Raises MailboxUnreachable, CertificateRefused, TlsFailed."""
    opening = asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
    reader, writer = await _secured(opening, seconds)
    return Wire(reader, writer, seconds)


async def _secured(connecting: Coroutine[Any, Any, T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await connecting
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefused(f"the server's certificate is refused: {error.verify_message}") from error
    except (ssl.SSLError, ConnectionResetError) as error:
        raise TlsFailed(f"no TLS with the server: {type(error).__name__}") from error
    except (OSError, TimeoutError) as error:
        raise MailboxUnreachable(f"no connection: {type(error).__name__}") from error
