"""Calls that take a file in a form: how they are described, and that a form is what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from inbox_projection.problems import invalid

FILE: Final = {"type": "string", "format": "binary"}


def takes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: a form of these fields, of which only `file` must be there."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def check_form(request: Request) -> None:
    """Raises Problem 422 when something else than a form with files was sent."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise invalid(("header", "Content-Type"), "Must be multipart/form-data.")
