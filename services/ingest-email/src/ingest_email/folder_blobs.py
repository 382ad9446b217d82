"""A local folder as the blob store of the receiving process: small blobs are written at once, without a thread.

By way of obstore's threads, which wake the event loop and contend for the interpreter's lock, a mail of 7 kB costs
twice to three times as much. The files are those of service_kit.blobs, by which all others read.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from service_kit.blobs import Blobs, BlobStoreUnavailable, file_of

AT_ONCE_BYTES: Final = 256 * 1024
"""Larger blobs are written in a thread, so that the other sessions go on."""
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class FolderBlobs:
    """Writes blobs under a folder; a process that dies while writing leaves a file that no event names."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    async def put(self, name: str, content: bytes) -> None:
        """Returns when the file is written. Raises BlobStoreUnavailable."""
        try:
            if len(content) <= AT_ONCE_BYTES:
                self._write(name, content)
            else:
                await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise BlobStoreUnavailable(f"the blob folder did not take {name}: {type(error).__name__}") from error

    def _write(self, name: str, content: bytes) -> None:
        path = f"{self._folder}/{file_of(name)}"
        try:
            descriptor = os.open(path, _FLAGS, 0o640)
        except FileNotFoundError:
            os.makedirs(self._folder, exist_ok=True)  # noqa: PTH103
            descriptor = os.open(path, _FLAGS, 0o640)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)


def blobs_at(url: str) -> FolderBlobs | Blobs:
    """The blob store that the URL names."""
    parts = urlsplit(url)
    return FolderBlobs(Path(unquote(parts.path))) if parts.scheme == "file" else Blobs(url)
