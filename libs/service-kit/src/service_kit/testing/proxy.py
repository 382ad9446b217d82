"""A TCP proxy that cuts connections when told."""

from __future__ import annotations

import asyncio
import threading
from typing import Self


class TcpProxy:
    """A proxy on a free port of 127.0.0.1 in a thread of its own, that cuts connections when told.

    `cut_at(pattern, after=…)`: the next time that a client sends these bytes, its connection is cut; before the server
    gets them, or (`after`) when the server has answered, before the client gets the answer. Once for each call.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.cuts = 0
        self._target = host, port
        self._pattern: bytes | None = None
        self._after = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.StreamWriter] = set()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            self._server.close()
            for writer in list(self._connections):
                writer.transport.abort()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut_at(self, pattern: bytes, *, after: bool) -> None:
        self._after, self._pattern = after, pattern

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._connections |= {writer, there}
        doomed = asyncio.Event()
        try:
            await asyncio.gather(
                self._upstream(reader, there, writer, doomed), self._downstream(there_reader, writer, there, doomed)
            )
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            for each in (writer, there):
                each.transport.abort()
                self._connections.discard(each)

    async def _upstream(
        self,
        reader: asyncio.StreamReader,
        there: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        doomed: asyncio.Event,
    ) -> None:
        while block := await reader.read(65536):
            if self._pattern is not None and self._pattern in block:
                self._pattern = None
                self.cuts += 1
                doomed.set()
                if not self._after:
                    break
            there.write(block)
            await there.drain()
        if doomed.is_set() and self._after:
            return
        there.transport.abort()
        back.transport.abort()

    async def _downstream(
        self,
        there: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        behind: asyncio.StreamWriter,
        doomed: asyncio.Event,
    ) -> None:
        while block := await there.read(65536):
            if doomed.is_set():
                break
            writer.write(block)
            await writer.drain()
        writer.transport.abort()
        behind.transport.abort()
