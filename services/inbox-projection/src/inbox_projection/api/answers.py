"""Answers as JSON bytes, straight from rows; the models beside them say in OpenAPI what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from inbox_projection import cursors
from inbox_projection.pool import Row
from inbox_projection.problems import MEDIA_TYPE, Problem

_encoder = msgspec.json.Encoder()


def json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Times become RFC 3339 in UTC, ids UUIDs in text."""
    return Response(_encoder.encode(content), status, dict(headers or {}), "application/json")


def page(
    rows: Sequence[Row],
    limit: int,
    shaped: Callable[[Row], object],
    place: Callable[[Row], msgspec.Struct],
    **more: object,
) -> Response:
    """The first `limit` rows, of which one more was read where there are more; the cursor is the place of the last."""
    shown = rows[:limit]
    cursor = cursors.encode(place(shown[-1])) if len(rows) > limit else None
    return json({"items": [shaped(row) for row in shown], "next_cursor": cursor, **more})


def no_content() -> Response:
    return Response(status_code=204)


def problem(error: Problem) -> Response:
    return Response(error.body(), error.status, error.headers, MEDIA_TYPE)


def gives(model: type[BaseModel], status: int = 200, what: str = "Done.") -> dict[int | str, dict[str, Any]]:
    """Documents a successful answer."""
    return {status: {"model": model, "description": what}}


def gives_nothing() -> dict[int | str, dict[str, Any]]:
    return {204: {"description": "Done; there is nothing to say.", "model": None}}


def gives_bytes(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": what, "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}
