"""Word of new mails: one look at the folders twice a second for all listeners together, none without listeners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from local_runtime.mailbox_page.library import Library

LOOK_SECONDS: Final = 0.5
ALIVE_LOOKS: Final = 30
MOST_LISTENERS: Final = 20


class TooManyListeners(Exception):
    """More pages are open than anybody looks at."""


class News:
    """Server-sent events, `data: <version>`, whenever the library's version has risen."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._listeners = 0
        self._closing = asyncio.Event()
        self._changed = asyncio.Condition()
        self._look: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Ends the streams."""
        self._closing.set()

    def listen(self) -> AsyncIterator[str]:
        """Raises TooManyListeners."""
        if self._listeners >= MOST_LISTENERS:
            raise TooManyListeners
        return self._stream()

    async def _stream(self) -> AsyncIterator[str]:
        self._listeners += 1
        if self._look is None:
            self._look = asyncio.create_task(self._watch())
        seen = -1
        try:
            while not self._closing.is_set():
                async with self._changed:
                    if self._library.version == seen:
                        await self._changed.wait()
                news = self._library.version != seen
                seen = self._library.version
                yield f"data: {seen}\n\n" if news else ": alive\n\n"
        finally:
            self._listeners -= 1

    async def _watch(self) -> None:
        """Looks while anybody listens; now and then it wakes the streams, so that they notice who has left."""
        looks = 0
        while self._listeners and not self._closing.is_set():
            before = self._library.version
            version = await asyncio.to_thread(self._library.refresh)
            looks += 1
            if version != before or looks % ALIVE_LOOKS == 0:
                await self._wake()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._closing.wait()
            except TimeoutError:
                continue
        self._look = None  # whoever listens from here on starts another
        await self._wake()

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
