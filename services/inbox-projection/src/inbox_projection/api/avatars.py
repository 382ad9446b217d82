"""The pictures that agents are shown with."""

from __future__ import annotations

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from events.avatars import RemoveAvatar, SetAvatar
from inbox_projection.api import answers
from inbox_projection.api.forms import FILE, check_form, takes
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.me import shaped_me
from inbox_projection.api.models.workspace import Me
from inbox_projection.api.parts import caller_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.pictures import CONTENT_TYPE, MAX_PIXELS, Crop, CropOutside, PictureTooLarge, PictureUnreadable
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, invalid, not_found, too_large
from inbox_projection.queries import avatars

router = APIRouter(route_class=GuardedRoute, tags=["me"])
MAX_BYTES: Final = 5 * 1024 * 1024
_CROP: Final = ("x", "y", "size")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_PIXELS: Final = {"type": "string", "pattern": "^[0-9]{1,6}$", "description": "A whole number of pixels."}
_KEEP: Final = "private, max-age=31536000, immutable"


@router.put(
    "/me/avatar",
    max_body_size=MAX_BYTES + 64 * 1024,
    openapi_extra=takes({"file": FILE} | dict.fromkeys(_CROP, _PIXELS)),
    responses=answers.gives(Me, what="As you are shown now."),
)
@policy(Permission.USE_SELF)
async def change_avatar(request: Request, key: IdempotencyKey = None) -> Response:
    """A JPEG, PNG, WebP or GIF of at most 5 MiB and 25 million pixels, in the form field `file`. Kept are 256 × 256
    pixels of it and nothing else: of the square `x`, `y`, `size` (in pixels of the upright picture) or of its middle.
    """
    check_form(request)
    await request.body()  # within its limit, and to be read again by which the Idempotency-Key knows the request
    async with request.form(max_files=1, max_fields=len(_CROP)) as form:
        file, crop = form.get("file"), _crop(form)
        if not isinstance(file, UploadFile):
            raise invalid(("body", "file"), "A picture is required.")
        content = await file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_large(MAX_BYTES, "picture")
    parts, agent_id = parts_of(request), caller_of(request).agent_id
    try:
        image = await parts.pictures.square(content, crop)
    except PictureUnreadable:
        raise Problem(422, "picture-unreadable", "This is no JPEG, PNG, WebP or GIF, or a damaged one.") from None
    except PictureTooLarge:
        detail = f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels."
        raise Problem(422, "picture-has-too-many-pixels", detail) from None
    except CropOutside as error:
        problem = f"The square is not within the picture of {error.width} × {error.height} pixels."
        raise invalid(("body", "size"), problem) from None
    command = SetAvatar(agent_id=agent_id, image=image, content_type=CONTENT_TYPE)
    await perform(request, command, parts.workspace_id, key)
    return answers.json(await shaped_me(request, agent_id))


@router.delete("/me/avatar", status_code=204, responses=answers.gives_nothing())
@policy(Permission.USE_SELF)
async def remove_avatar(request: Request, key: IdempotencyKey = None) -> Response:
    parts = parts_of(request)
    await perform(request, RemoveAvatar(agent_id=caller_of(request).agent_id), parts.workspace_id, key)
    return answers.no_content()


@router.get(
    "/agents/{agent_id}/avatar",
    response_class=Response,
    responses=answers.gives_bytes(CONTENT_TYPE, "The picture, 256 × 256 pixels.")
    | {304: {"description": "It is the one that `If-None-Match` names."}},
)
@policy(Permission.READ_WORKSPACE)
async def read_avatar(request: Request, agent_id: UUID, v: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """The one of today, at whatever version; `avatar_url` names its own, which may be kept for ever."""
    known = _known(request.headers.get("if-none-match"))
    row = await avatars.one(parts_of(request).database, agent_id, known)
    if row is None:
        raise not_found("picture")
    headers = {"ETag": f'"{row["version"]}"', "Cache-Control": _KEEP if v == row["version"] else "private, no-cache"}
    if row["image"] is None:
        return Response(status_code=304, headers=headers)
    return Response(row["image"], headers=headers, media_type=row["content_type"])


def _crop(form: FormData) -> Crop | None:
    """The square that the form names, all of it or nothing. Raises Problem 422."""
    unknown = next((name for name in form if name not in ("file", *_CROP)), None)
    if unknown is not None:
        raise invalid(("body", unknown), "There is no such field.")
    given = {name: form.get(name) for name in _CROP if name in form}
    for name in _CROP if given else ():
        value = given.get(name)
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise invalid(("body", name), "The square is named by x, y and size, whole numbers of pixels.")
    return Crop(**{name: int(str(value)) for name, value in given.items()}) if given else None


def _known(tag: str | None) -> int | None:
    found = re.fullmatch(r'(?:W/)?"([0-9]{1,9})"', tag or "")
    return None if found is None else int(found[1])
