"""What deciding remembers of a snippet."""

from __future__ import annotations

from uuid import UUID

import msgspec

from events.snippets import SnippetSaved


class Snippet(msgspec.Struct, frozen=True):
    """Whose it is (None: everybody's), a digest of it, of this process only, and its files."""

    owner_id: UUID | None
    digest: int
    blobs: tuple[str, ...] = ()


def snippet_of(event: SnippetSaved) -> Snippet:
    return Snippet(event.owner_id, hash(event), tuple(one.blob for one in event.attachments))
