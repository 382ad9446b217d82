"""Bytes from the blob store as a download that no browser shows or runs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from inbox_projection.api.parts import parts_of
from inbox_projection.files import SAFE_HEADERS, clean_type, disposition


async def download(request: Request, blob: str, name: str, content_type: str, size: int | None = None) -> Response:
    """The blob in pieces. Raises BlobNotFound and BlobStoreUnavailable before the first one."""
    pieces = parts_of(request).blobs.stream(blob)
    first = await anext(pieces, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    headers = {**SAFE_HEADERS, "Content-Disposition": disposition(name)}
    if size is not None:
        headers["Content-Length"] = str(size)
    return StreamingResponse(all_of_it(), headers=headers, media_type=_type(content_type))


def _type(content_type: str) -> str:
    """As declared, but for what a browser might run when it is told to show it all the same."""
    bare = clean_type(content_type)
    harmless = bare.startswith(("image/", "audio/", "video/", "font/")) and bare != "image/svg+xml"
    documents = bare in ("application/pdf", "message/rfc822", "text/plain", "text/csv", "application/zip")
    return bare if harmless or documents or bare.startswith("application/vnd.") else "application/octet-stream"
