"""A quarantined mail is read anew by the service that received it; what comes of that releases it, or says why not."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from events.conversations import (
    InboundQuarantined,
    QuarantineReleased,
    QuarantineRetryFailed,
    QuarantineRetryRequested,
)
from events.envelope import SYSTEM
from router.arrivals import receive
from router.records import ParsedAnew
from router.working_set import Cause, WorkingSet


def ask_channel(quarantined: InboundQuarantined, stream: UUID, working: WorkingSet, cause: Cause) -> None:
    """Asks for it. Asking again is harmless: the first answer that can be handled counts."""
    working.append_quarantine(stream, QuarantineRetryRequested(raw=quarantined.raw), quarantined.raw, cause)


def settle(item: ParsedAnew, working: WorkingSet, now: datetime) -> str:
    """The mail as it is read now is handled as if it had come, and the record released with it; or the reason is noted.
    Of a record that is no longer in quarantine, and of an answer that came before, nothing follows."""
    fact = item.envelope.data
    stream, kept = fact.quarantine_id, working.quarantined.get(fact.quarantine_id, ())
    if not kept or any(isinstance(one.data, QuarantineReleased) for one in kept):
        return "duplicate"
    quarantined = cast(InboundQuarantined, kept[0].data)
    cause = Cause.of(item.envelope, SYSTEM, now)
    if item.mail is None:
        failed = QuarantineRetryFailed(retry_id=fact.retry_id, reason=item.reason)
        if any(one.data == failed for one in kept):
            return "duplicate"
        working.append_quarantine(stream, failed, quarantined.raw, cause)
        return "appended"
    outcome = receive(item.mail, working, now, caused_by=item.envelope.id)
    owned = working.rows.writes.blobs
    unused = tuple(name for name in quarantined.blobs if name not in owned)
    released = QuarantineReleased(quarantined_id=kept[0].id, unused=unused)
    working.append_quarantine(stream, released, quarantined.raw, cause)
    return outcome
