"""Who wrote something, and where an agent's picture is found, as the API gives them; pure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inbox_projection.pool import Row


def avatar_url(agent_id: UUID, version: int | None) -> str | None:
    """Another picture has another address, so that each may be kept for ever; None: the agent has none."""
    return None if version is None else f"/api/v1/agents/{agent_id}/avatar?v={version}"


def author(row: Row) -> dict[str, Any]:
    """Of a line's `author_…` columns."""
    return {
        "kind": row["author_kind"],
        "id": row["author_id"],
        "name": row["author_name"],
        "avatar_url": avatar_url(row["author_id"], row["author_avatar"]),
    }
