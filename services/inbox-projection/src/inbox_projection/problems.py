"""Every refusal of the API as one exception and one body: problem+json (RFC 9457)."""

from __future__ import annotations

from typing import Final

from service_kit.web.problems import (
    MEDIA_TYPE,
    TYPE_PREFIX,
    FieldError,
    Problem,
    forbidden,
    invalid,
    not_found,
    title_of,
    too_large,
    unauthenticated,
    unavailable,
)

__all__ = [
    "MEDIA_TYPE",
    "TYPE_PREFIX",
    "FieldError",
    "Problem",
    "forbidden",
    "invalid",
    "not_found",
    "of_refusal",
    "title_of",
    "too_large",
    "unauthenticated",
    "unavailable",
]

_STATUS_OF_MEANING: Final = {
    "not_found": 404,
    "conflict": 409,
    "invalid": 422,
    "forbidden": 403,
    "precondition_failed": 412,
}


def of_refusal(code: str, detail: str) -> Problem:
    """What a command's refusal (`meaning.reason`) is over HTTP; one without a known meaning is a conflict."""
    meaning, dot, reason = code.partition(".")
    if not dot or meaning not in _STATUS_OF_MEANING:
        return Problem(409, code.replace(".", "-").replace("_", "-") or "refused", detail)
    return Problem(_STATUS_OF_MEANING[meaning], reason, detail)
