"""Files that agents upload, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from inbox_projection.api.models.conversations import File
from inbox_projection.uploads import MAX_BYTES
from service_kit.blobs import BlobNotFound

pytestmark = pytest.mark.real


async def upload(client: Any, name: str = "bill.pdf", content: bytes = b"%PDF", kind: str = "application/pdf") -> Any:
    return await client.post("/api/v1/uploads", files={"file": (name, content, kind)})


async def test_an_upload_becomes_an_attachment_of_one_reply(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client("agent") as client, world.client("manager") as other:
        kept = (await upload(client, "../zażółć.pdf")).json()
        File.model_validate(kept)
        assert (kept["name"], kept["size"]) == ("zażółć.pdf", 4)
        assert (await client.get(kept["url"])).content == b"%PDF"
        assert (await other.get(kept["url"])).status_code == 404
        stolen = await other.post(path, json={"text": "a", "attachment_ids": [kept["id"]]})
        assert (stolen.status_code, stolen.json()["code"]) == (422, "upload-not-found")
        body = {"text": "see attached", "attachment_ids": [kept["id"]]}
        sent = (await client.post(path, json=body, headers={"Idempotency-Key": "a"})).json()
        again = (await client.post(path, json=body, headers={"Idempotency-Key": "a"})).json()
        assert sent == again
        (attached,) = sent["attachments"]
        assert attached["id"] == kept["id"]
        assert (await other.get(attached["url"])).content == b"%PDF"
        twice = await client.post(path, json=body)
        assert (twice.status_code, twice.json()["code"]) == (422, "upload-not-found")


async def test_a_refused_reply_gives_its_files_back(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client("agent") as client:
        kept = (await upload(client)).json()
        body = {"text": "a", "attachment_ids": [kept["id"]]}
        world.router.refusal = ("precondition_failed.newer-message-exists", "Newer.")
        assert (await client.post(path, json=body)).status_code == 412
        assert (await client.post(path, json={**body, "to": ["support@postroom.test"]})).status_code == 422
        world.router.refusal = None
        assert (await client.post(path, json=body)).status_code == 201


async def test_unused_files_vanish_after_a_day(world: Any) -> None:
    async with world.client("agent") as client:
        old, fresh = (await upload(client)).json(), (await upload(client)).json()
        world.execute(
            "update inbox_projection.uploads set created_at = now() - interval '25 hours' where upload_id = %s",
            (old["id"],),
        )
        (blob,) = world.execute("select blob from inbox_projection.uploads where upload_id = %s", (old["id"],))
        assert (await client.get(old["url"])).status_code == 404
        assert await world.parts.uploads.sweep() == 1
        with pytest.raises(BlobNotFound):
            await world.parts.blobs.get(blob[0])
        assert (await client.get(fresh["url"])).status_code == 200


async def test_too_much_too_many_or_no_file_is_refused(world: Any) -> None:
    async with world.client("agent") as client:
        exactly = await upload(client, content=b"x" * MAX_BYTES)
        assert exactly.status_code == 201
        for content in (b"x" * (MAX_BYTES + 1), b"x" * (MAX_BYTES + 10_000_000)):
            assert (await upload(client, content=content)).status_code == 413
        two = [("file", ("a", b"a", "text/plain")), ("file", ("b", b"b", "text/plain"))]
        for options in (
            {"files": two},
            {"files": {"other": ("a", b"a", "text/plain")}},
            {"data": {"file": "text"}},
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
            {"json": {}},
        ):
            answer = await client.post("/api/v1/uploads", **options)
            assert answer.status_code in (400, 422), options
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_files_type_is_no_promise(world: Any) -> None:
    async with world.client("agent") as client:
        for kind, shown in (("text/html", "application/octet-stream"), ("image/svg+xml", "application/octet-stream")):
            kept = (await upload(client, "x.html", b"<script>", kind)).json()
            answer = await client.get(kept["url"])
            assert answer.headers["content-type"] == shown
            assert answer.headers["content-disposition"].startswith("attachment;")
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
