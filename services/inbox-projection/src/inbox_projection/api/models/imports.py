"""Shapes of imports of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from inbox_projection.api.models.common import Given


class Previewed(Given):
    name: str
    addresses: list[str]
    phone: str
    note: str
    properties: dict[str, Any]


class FileRefused(Given):
    """The file as a whole; nothing of it was imported."""

    code: str
    detail: str
    line: int | None


class Import(Given):
    """How far an import is. Rows that were not imported are in the file at `errors_url`, each with its reason."""

    id: UUID
    state: Literal["waiting", "importing", "done", "refused"]
    dry_run: bool
    existing: Literal["update", "skip"]
    columns: dict[str, str] | None = Field(description="What each column is of a contact.")
    total: int | None = Field(description="Records of the file, once it was read through.")
    rows: int = Field(description="Records handled so far.")
    created: int
    updated: int
    skipped: int
    failed: int
    preview: list[Previewed] = Field(description="Of a dry run: the first contacts as they would be.")
    reason: FileRefused | None
    errors_url: str | None
    created_at: datetime
    finished_at: datetime | None
