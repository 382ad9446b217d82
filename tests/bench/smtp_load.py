"""A lean SMTP load client: several connections, pipelined envelopes, the time of every 250."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from mails import LoadMail


class Refused(Exception):
    """The server did not accept a mail of the load."""


async def deliver(
    port: int, mails: Iterator[LoadMail], address: str, *, connections: int, per_second: float | None = None
) -> dict[str, float]:
    """Sends all mails and gives, by subject, when (time.perf_counter) each was accepted. Raises Refused."""
    accepted: dict[str, float] = {}
    began = time.perf_counter()
    numbered = enumerate(mails)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _expect(reader, b"220")
        writer.write(b"EHLO load.client.test\r\n")
        await _expect(reader, b"250")
        for number, mail in numbered:
            if per_second:
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            writer.write(f"MAIL FROM:<{mail.sender}>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode())
            for code in (b"250", b"250", b"354"):
                await _expect(reader, code)
            writer.write(mail.body + b".\r\n")
            await _expect(reader, b"250")
            accepted[mail.subject] = time.perf_counter()
        writer.write(b"QUIT\r\n")
        await _expect(reader, b"221")
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(connection())
    return accepted


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(code):
            raise Refused(
                f"expected {code.decode()}, got {line.decode(errors='replace').strip() or 'a closed connection'}"
            )
        if line[3:4] != b"-":
            return
