"""Types and bases that all shapes share: strict requests, text without what cannot be stored, pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

T = TypeVar("T")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul_character", "a NUL character cannot be stored")
    return text


def _one_line(text: str) -> str:
    if any(ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" for char in text):
        raise PydanticCustomError("not_one_line", "control characters and line breaks are not allowed")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Label = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Instant = AwareDatetime
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str, Field(max_length=400, description="`next_cursor` of the page before.")]


class Asked(BaseModel):
    """A request: a field that this version does not have is refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=400_000)


def example(**body: Any) -> ConfigDict:
    """A request as the document shows it."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid")


class Page(Given, Generic[T]):
    items: list[T]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


class All(Given, Generic[T]):
    """A list that is always whole."""

    items: list[T]
    next_cursor: None = None


class PageAsked(Asked):
    limit: Limit = 50
    cursor: Cursor | None = None


class FieldProblem(Given):
    """`code` says what is wrong for programs (pydantic's error types, and some of our own), `limit` the number that the
    value would have to keep to."""

    where: list[str]
    detail: str
    code: str | None = None
    limit: float | None = None


class ProblemShape(BaseModel):
    """RFC 9457. `code` is stable and for programs."""

    model_config = ConfigDict(title="Problem")
    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldProblem] | None = None


class Availability(Given):
    state: Literal["available", "away", "offline"]
    until: datetime | None


class Progress(Given):
    handled: int
    total: int


class CommandStatus(Given):
    """What became of a write. `resource` is the address of what it made or changed, where there is one; `progress` is
    how far a bulk is, whose `result` is what its own answer would have been."""

    id: UUID
    command: str | None
    state: Literal["pending", "done", "refused"]
    result: dict[str, Any] | None
    reason: dict[str, Any] | None
    resource: str | None
    progress: Progress | None
