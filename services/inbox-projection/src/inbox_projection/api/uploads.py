"""Files for replies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from inbox_projection.api import answers
from inbox_projection.api.files import download
from inbox_projection.api.forms import FILE, check_form, takes
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.conversations import File
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.policy import Permission
from inbox_projection.problems import invalid, not_found, too_large
from inbox_projection.uploads import MAX_BYTES, Upload, UploadNotFound, UploadTooLarge

router = APIRouter(route_class=GuardedRoute, tags=["uploads"])


@router.post(
    "/uploads",
    status_code=201,
    max_body_size=MAX_BYTES + 64 * 1024,
    openapi_extra=takes({"file": FILE}),
    responses=answers.gives(File, 201, "The file; it vanishes after 24 hours unless a reply or draft has it."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def upload(request: Request) -> Response:
    """One file of at most 17 MiB, which is what a mail of 25 MiB carries, in the form field `file`."""
    check_form(request)
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid(("body", "file"), "A file is required.")
        parts = parts_of(request)
        try:
            kept = await parts.uploads.keep(caller_of(request).agent_id, _name(file), file.content_type, file.file)
        except UploadTooLarge:
            raise too_large(MAX_BYTES, "file") from None
    return answers.json(shaped(kept), 201)


@router.get(
    "/uploads/{upload_id}",
    response_class=StreamingResponse,
    responses=answers.gives_bytes("application/octet-stream", "The file."),
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def read_upload(request: Request, upload_id: UUID) -> Response:
    """Only for who uploaded it; recipients and colleagues see it as an attachment of its message."""
    try:
        found = await parts_of(request).uploads.find(upload_id, caller_of(request).agent_id)
    except UploadNotFound:
        raise not_found("upload") from None
    return await download(request, found.blob, found.name, found.content_type, found.size)


def _name(file: UploadFile) -> str:
    """As the file is called. Browsers write a quotation mark in it as %22 (HTML, multipart/form-data encoding)."""
    return (file.filename or "").replace("%22", '"')


def shaped(kept: Upload) -> dict[str, Any]:
    return {
        "id": kept.id,
        "name": kept.name,
        "content_type": kept.content_type,
        "size": kept.size,
        "url": f"/api/v1/uploads/{kept.id}",
    }
