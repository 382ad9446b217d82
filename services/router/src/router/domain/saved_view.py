"""What deciding remembers of a saved view."""

from __future__ import annotations

from uuid import UUID

import msgspec

from events.saved_views import ViewSaved


class SavedView(msgspec.Struct, frozen=True):
    """Whose it is (None: everybody's) and a digest of it, of this process only."""

    owner_id: UUID | None
    digest: int


def view_of(event: ViewSaved) -> SavedView:
    return SavedView(event.owner_id, hash(event))
