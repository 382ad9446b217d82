"""A folder as the blob store."""

from __future__ import annotations

import pytest

from ingest_email.folder_blobs import AT_ONCE_BYTES, FolderBlobs, blobs_at
from service_kit.blobs import Blobs, BlobStoreUnavailable


async def test_what_is_written_is_read_by_everyone_elses_store(tmp_path):
    folder = tmp_path / "deep" / "blobs"
    small, large = b"x", bytes(AT_ONCE_BYTES + 1)
    store = blobs_at(folder.as_uri())
    assert isinstance(store, FolderBlobs)
    await store.put("event/small", small)
    await store.put("event/large", large)
    await store.put("event/small", b"again")

    reader = Blobs(folder.as_uri())
    assert await reader.get("event/small") == b"again"
    assert await reader.get("event/large") == large


async def test_a_folder_that_takes_nothing_is_said_to_be_away(tmp_path):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(BlobStoreUnavailable):
        await FolderBlobs(tmp_path / "file").put("event/blob", b"x")


def test_other_stores_are_reached_by_their_url():
    assert isinstance(blobs_at("memory:///"), Blobs)
