"""Pictures are made in a thread of their own, one after another: no request waits for them but their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from inbox_projection.pictures import Crop, square


class PictureWork:
    """At most one picture is decoded at a time, so that uploads can take neither the memory nor all processors."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    async def square(self, content: bytes, crop: Crop | None) -> bytes:
        """As pictures.square, and raises what that does."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, square, content, crop)
