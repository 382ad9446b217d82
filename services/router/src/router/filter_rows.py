"""The look-up rows of ready-made filters and of mails let in, and the statement that writes them, if there are any."""

from __future__ import annotations

from typing import Final

from router.lookup_rows import Writes
from service_kit.database import Cursor

_WRITE: Final = """
WITH corresponded AS (
  INSERT INTO router.corresponded (handle_hash)
  SELECT unnest(%(corresponded)b::bytea[])
  UNION SELECT h.handle_hash FROM router.handles h WHERE h.kind = 'email' AND h.contact_id = ANY(%(vouched)b::uuid[])
  UNION SELECT h.handle_hash FROM router.former_handles h WHERE h.contact_id = ANY(%(vouched)b::uuid[])
  UNION SELECT f.handle_hash FROM router.filtered f WHERE f.stream_id = ANY(%(streams)b::uuid[]) AND f.handle_hash <> ''
  ON CONFLICT DO NOTHING
), owned AS (
  UPDATE router.blobs b SET conversation_id = a.conversation_id, contact_id = a.contact_id
  FROM unnest(%(streams)b::uuid[], %(contacts)b::uuid[], %(conversations)b::uuid[])
       AS a(stream_id, contact_id, conversation_id)
  WHERE b.contact_id = a.stream_id
)
INSERT INTO router.filtered (stream_id, handle_hash, contact_id)
SELECT stream_id, ''::bytea, contact_id FROM unnest(%(streams)b::uuid[], %(contacts)b::uuid[])
       AS a(stream_id, contact_id)
ON CONFLICT DO NOTHING
"""
"""A filtered mail is found by its sender when that person is erased; one without a sender by the contact it became.

Of a contact that is filled in all addresses that it ever had are known: so a rebuild, in whose pages they come and go
together, finds the same.
"""


def write(cursor: Cursor, writes: Writes) -> None:
    """Writes the rows, when there are any."""
    if not (writes.corresponded or writes.vouched or writes.admitted):
        return
    cursor.execute(
        _WRITE,
        {
            "corresponded": list(writes.corresponded),
            "vouched": list(writes.vouched),
            "streams": list(writes.admitted),
            "contacts": [contact_id for contact_id, _ in writes.admitted.values()],
            "conversations": [conversation_id for _, conversation_id in writes.admitted.values()],
        },
        prepare=True,
        binary=True,
    )
