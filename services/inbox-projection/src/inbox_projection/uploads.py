"""Files that agents upload: in the blob store, a row beside each, gone after 24 hours unless a reply took them or a
draft holds them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from uuid import UUID

from events.values import Attachment
from inbox_projection.files import clean_name, clean_type
from inbox_projection.pool import Database, Row
from service_kit import mail_size
from service_kit.blobs import Blobs
from service_kit.ids import new_id

MAX_BYTES: Final = mail_size.MAX_FILES
MAX_FILES: Final = 50
_SWEEP_ROWS: Final = 500
_ALIVE: Final = """(created_at > now() - interval '24 hours' or exists (
    select from inbox_projection.draft_uploads d where d.upload_id = uploads.upload_id))"""
_FIND: Final = f"""
select * from inbox_projection.uploads where upload_id = %s and agent_id = %s and (used_by is not null or {_ALIVE})
"""  # noqa: S608 (of this file)
_UNUSED: Final = f"""
select * from inbox_projection.uploads where upload_id = any(%s) and agent_id = %s and used_by is null and {_ALIVE}
"""  # noqa: S608 (as above)
_CLAIM: Final = f"""
update inbox_projection.uploads set used_by = %(command)s, used_at = now()
 where upload_id = any(%(ids)s) and agent_id = %(agent)s
   and (used_by = %(command)s or (used_by is null and {_ALIVE}))
returning *
"""  # noqa: S608 (as above)
_SWEEP: Final = f"""
delete from inbox_projection.uploads where upload_id in (
    select upload_id from inbox_projection.uploads where used_by is null and not {_ALIVE}
    order by created_at limit %s for update skip locked)
returning blob
"""  # noqa: S608 (as above)
_FORGET: Final = """
delete from inbox_projection.uploads where used_by is not null and upload_id in (
    select (file ->> 'id')::uuid
    from inbox.conversations c join inbox.messages m using (conversation_id),
         json_array_elements(m.content::json -> 'attachments') file
    where c.contact_id = %s and m.direction = 'out')
"""


class UploadNotFound(Exception):
    """No such upload of this agent: unknown, vanished, or already part of another reply."""


class UploadTooLarge(Exception):
    """More than a mail can carry."""


@dataclass(frozen=True)
class Upload:
    id: UUID
    name: str
    content_type: str
    size: int
    blob: str


class Uploads:
    """At most `at_once` files are in memory at a time; the others wait in temporary files."""

    def __init__(self, database: Database, blobs: Blobs, at_once: int = 4) -> None:
        self._database = database
        self._blobs = blobs
        self._turn = asyncio.Semaphore(at_once)

    async def keep(self, agent_id: UUID, name: str, content_type: str | None, content: BinaryIO) -> Upload:
        """Stores the file, then its row. Raises UploadTooLarge, BlobStoreUnavailable."""
        async with self._turn:
            data = await asyncio.to_thread(content.read, MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise UploadTooLarge(f"a file may have {MAX_BYTES} bytes")
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            upload_id = new_id()
            upload = Upload(upload_id, clean_name(name), clean_type(content_type), len(data), f"{upload_id}/{digest}")
            await self._blobs.put(upload.blob, data)
        await self._database.write(
            "insert into inbox_projection.uploads (upload_id, agent_id, name, content_type, size, blob)"
            " values (%s, %s, %s, %s, %s, %s)",
            (upload.id, agent_id, upload.name, upload.content_type, upload.size, upload.blob),
        )
        return upload

    async def find(self, upload_id: UUID, agent_id: UUID) -> Upload:
        """An upload of this agent that still exists. Raises UploadNotFound."""
        row = await self._database.row(_FIND, (upload_id, agent_id))
        if row is None:
            raise UploadNotFound(str(upload_id))
        return _upload(row)

    async def unused(self, upload_ids: Sequence[UUID], agent_id: UUID) -> list[Upload]:
        """Those of these uploads of the agent that a message could still take, in the given order."""
        if not upload_ids:
            return []
        rows = await self._database.rows(_UNUSED, (list(upload_ids), agent_id))
        found = {row["upload_id"]: _upload(row) for row in rows}
        return [found[one] for one in dict.fromkeys(upload_ids) if one in found]

    async def claim(self, upload_ids: Sequence[UUID], agent_id: UUID, command_id: UUID) -> tuple[Attachment, ...]:
        """Makes the uploads attachments of this command's reply, in the given order; all of them or none.

        Claiming again for the same command gives the same. A file goes out with one reply only, so that erasing one
        person never takes another's file. Raises UploadNotFound.
        """
        wanted = list(dict.fromkeys(upload_ids))
        if not wanted:
            return ()
        rows = await self._database.write(_CLAIM, {"command": command_id, "ids": wanted, "agent": agent_id})
        found = {row["upload_id"]: _upload(row) for row in rows}
        if len(found) != len(wanted):
            await self.release(command_id)
            raise UploadNotFound("an upload is unknown, has vanished, or belongs to another reply")
        return tuple(
            Attachment(one.id, one.name, one.content_type, one.size, one.blob)
            for one in (found[upload_id] for upload_id in wanted)
        )

    async def release(self, command_id: UUID) -> None:
        """Gives the uploads of a refused command back."""
        await self._database.write(
            "update inbox_projection.uploads set used_by = null where used_by = %s", (command_id,)
        )

    async def forget(self, contact_id: UUID) -> None:
        """Drops the rows, whose names may tell of a person, of files that replies took to this contact."""
        await self._database.write(_FORGET, (contact_id,))

    async def sweep(self) -> int:
        """Deletes what was unused for 24 hours and is in no draft, rows first; forgets rows of what was used 30 days
        ago (their replies know them).

        Returns how many files vanished. A blob left behind by a crash in between goes with the general sweep.
        """
        swept = 0
        while True:
            rows = await self._database.write(_SWEEP, (_SWEEP_ROWS,))
            await self._blobs.delete([row["blob"] for row in rows])
            swept += len(rows)
            if len(rows) < _SWEEP_ROWS:
                break
        await self._database.write(
            "delete from inbox_projection.uploads where used_by is not null"
            " and coalesce(used_at, created_at) < now() - interval '30 days'"
        )
        return swept


def _upload(row: Row) -> Upload:
    return Upload(row["upload_id"], row["name"], row["content_type"], row["size"], row["blob"])
