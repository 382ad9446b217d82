from datetime import timedelta
from pathlib import Path

import pytest

from service_kit.blobs import BlobNotFound, Blobs, BlobStoreUnavailable
from service_kit.clock import utc_now


async def test_what_was_put_is_there_again_whole_and_in_pieces(tmp_path: Path) -> None:
    blobs = Blobs((tmp_path / "store").as_uri())
    await blobs.put("event/abc", b"raw mail" * 1000)
    assert await blobs.get("event/abc") == b"raw mail" * 1000
    assert b"".join([piece async for piece in blobs.stream("event/abc")]) == b"raw mail" * 1000


async def test_an_unknown_blob_is_told_apart_from_a_store_that_is_away(tmp_path: Path) -> None:
    blobs = Blobs((tmp_path / "store").as_uri())
    with pytest.raises(BlobNotFound):
        await blobs.get("nothing")
    (tmp_path / "store").rmdir()
    (tmp_path / "store").write_bytes(b"no folder any more")
    with pytest.raises(BlobStoreUnavailable):
        await blobs.put("event/blob", b"x")


async def test_deleting_is_no_error_where_nothing_is(tmp_path: Path) -> None:
    blobs = Blobs((tmp_path / "store").as_uri())
    await blobs.put("a", b"1")
    await blobs.delete(["a", "a", "b"])
    with pytest.raises(BlobNotFound):
        await blobs.get("a")


async def test_old_blobs_are_found_by_their_age(tmp_path: Path) -> None:
    blobs = Blobs((tmp_path / "store").as_uri())
    await blobs.put("event/old", b"1")
    later = utc_now() + timedelta(minutes=1)
    assert [name async for names in blobs.older_than(later) for name in names] == ["event/old"]
    assert [name async for names in blobs.older_than(later - timedelta(days=15)) for name in names] == []
