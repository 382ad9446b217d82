"""Every refusal of the API as one exception and one body: problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:postroom:problem:"
_LIMITS: Final = ("max_length", "min_length", "le", "ge", "lt", "gt")


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong value: where (`body`, `query`, `path` or `header`, then names, indexes) and what; never the value.
    `code` is stable and for programs, `limit` the number that the value would have to keep to."""

    where: tuple[str, ...]
    detail: str
    code: str = ""
    limit: float | None = None

    @staticmethod
    def of(found: Mapping[str, Any]) -> FieldError:
        """What pydantic says of one value (`ValidationError.errors()`)."""
        where = tuple(str(part)[:60] for part in found["loc"])
        context = found.get("ctx") or {}
        limit = next((context[one] for one in _LIMITS if isinstance(context.get(one), int | float)), None)
        code = "" if found["type"] == "value_error" else str(found["type"])[:60]
        if code in ("too_long", "too_short") and isinstance(found.get("input"), str):
            code = f"string_{code}"  # as the same limit is called where no validator of ours comes before it
        return FieldError(where, str(found["msg"]).removeprefix("Value error, ")[:300], code, limit)


class Problem(Exception):
    """A request that is refused. `code` is stable and for programs, `detail` is for people; neither echoes input.
    `more` are members of the document beside the usual ones."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        self.more = dict(more or {})

    def body(self) -> bytes:
        """The problem+json document."""
        document: dict[str, object] = {
            "type": TYPE_PREFIX + self.code,
            "title": title_of(self.status),
            "status": self.status,
            "code": self.code,
            **self.more,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = self.errors
        return msgspec.json.encode(document)


def title_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def unauthenticated(detail: str = "Log in, or send a valid API token.") -> Problem:
    return Problem(401, "not-authenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="postroom"'})


def forbidden(detail: str = "Your role does not allow this.", code: str = "not-allowed") -> Problem:
    return Problem(403, code, detail)


def not_found(what: str) -> Problem:
    return Problem(404, "not-found", f"There is no such {what}, or it is not yours to see.")


def invalid(where: Sequence[str], detail: str, code: str = "invalid-request", field: str = "") -> Problem:
    """A value that has the wrong shape or that this version does not know; `field` is the code of the field's error."""
    return Problem(422, code, "The request is not valid.", errors=(FieldError(tuple(where), detail, field),))


def too_large(limit: int, what: str = "body") -> Problem:
    return Problem(413, "too-large", f"The {what} is larger than {limit} bytes.")


def unavailable(detail: str, code: str = "unavailable", retry_after: int = 2) -> Problem:
    return Problem(503, code, detail, headers={"Retry-After": str(retry_after)})
