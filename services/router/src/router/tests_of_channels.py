"""What follows from a fact about a channel's test: from a report of a hop of ours, and from its mail that came back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from events.channel_tests import ChannelTestReported
from events.conversations import InboundFiltered
from events.envelope import SYSTEM
from router.domain.channel_tests import note_arrival, note_report
from router.domain.errors import ChannelTestOver
from router.records import Mail
from router.working_set import Cause, WorkingSet


def reported(report: ChannelTestReported, working: WorkingSet, cause: Cause) -> str:
    """The report is noted when it is news."""
    noted = note_report(report, working.workspace)
    working.append_workspace(noted, cause)
    return "appended" if noted else "duplicate"


def arrived(mail: Mail, test_id: UUID, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> str:
    """The test's mail is noted, and is nobody's: no contact, no conversation. One that comes when its test is over is
    kept among the filtered ones."""
    message, data = mail.envelope, mail.envelope.data
    cause = Cause.of(message, SYSTEM, now, caused_by)
    try:
        working.append_workspace(note_arrival(test_id, data, working.workspace), cause)
        outcome = "appended"
    except ChannelTestOver as refusal:
        late = InboundFiltered(
            inbox_id=data.inbox_id,
            channel=data.facts.channel,
            channel_id=data.facts.channel_id,
            filter_id=test_id,
            filter_version=0,
            refused=refusal.reason,
            message=data.facts,
            personal=data.content,
        )
        working.append_filtered(working.house.derived_id(message.id, "filtered"), late, cause)
        outcome = "filtered"
    working.rows.dedupe(data.inbox_id, data.dedupe_key, test_id, now)
    return outcome
