"""The blob store: raw mails, attachments, long bodies. A folder by default; S3, GCS or Azure by URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

LISTED_AT_ONCE, LISTING_REST = 100, 0.01


class BlobError(Exception):
    """Something with a blob went wrong; `retriable` says whether trying again may help."""

    retriable = False


class BlobNotFound(BlobError):
    """No blob has this name."""


class BlobStoreUnavailable(BlobError):
    """The store did not do it: it is away, full, or refuses us."""

    retriable = True


def file_of(name: str) -> str:
    """The file that holds a blob in a local folder: all in one folder, because one for each mail costs a mkdir."""
    return name.replace("/", "+")


def _as_it_is(name: str) -> str:
    return name


class Blobs:
    """Bytes by name; a name is written once and never changed. A name holds no plus sign."""

    def __init__(self, url: str) -> None:
        self._store: ObjectStore = _open(url)
        self._key = file_of if urlsplit(url).scheme == "file" else _as_it_is

    async def put(self, name: str, content: bytes) -> None:
        """Returns when the store has it. Raises BlobStoreUnavailable."""
        try:
            await self._store.put_async(self._key(name), content, use_multipart=False)
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(f"the blob store did not take {name}: {type(error).__name__}") from error

    async def get(self, name: str) -> bytes:
        """The whole blob. Raises BlobNotFound, BlobStoreUnavailable."""
        try:
            return bytes(await (await self._store.get_async(self._key(name))).bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise BlobNotFound(f"the blob store has no {name}") from error
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(f"the blob store did not give {name}: {type(error).__name__}") from error

    async def stream(self, name: str, chunk_bytes: int = 256 * 1024) -> AsyncIterator[bytes]:
        """The blob in pieces. Raises BlobNotFound, BlobStoreUnavailable before the first piece."""
        try:
            result = await self._store.get_async(self._key(name))
        except (NotFoundError, FileNotFoundError) as error:
            raise BlobNotFound(f"the blob store has no {name}") from error
        except (BaseError, OSError) as error:
            raise BlobStoreUnavailable(f"the blob store did not give {name}: {type(error).__name__}") from error
        async for chunk in result.stream(min_chunk_size=chunk_bytes):
            yield bytes(chunk)

    async def delete(self, names: Iterable[str]) -> None:
        """Deletes what is there; an absent one is no error. Raises BlobStoreUnavailable."""
        for name in names:
            try:
                await self._store.delete_async(self._key(name))
            except (NotFoundError, FileNotFoundError):
                continue
            except (BaseError, OSError) as error:
                raise BlobStoreUnavailable(f"the blob store did not delete {name}: {type(error).__name__}") from error

    async def older_than(self, instant: datetime) -> AsyncIterator[list[str]]:
        """Names of blobs last written before the instant, in batches, with a rest in seconds after each hundred looked
        at: going through a million names must not hold up what else the process does."""
        async for batch in self._store.list(chunk_size=LISTED_AT_ONCE):
            names = [entry["path"].replace("+", "/") for entry in batch if entry["last_modified"] < instant]
            if names:
                yield names
            await asyncio.sleep(LISTING_REST)


def _open(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStore(Path(unquote(parts.path)), mkdir=True)
    return from_url(url)
