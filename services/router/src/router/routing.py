"""Pure composition: the records of a batch and what is known of them give events, look-up rows and outcomes."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from router.admitting import admit
from router.answers import obey, retry
from router.arrivals import quarantine, receive, report
from router.asking import ask, want
from router.bulk import change
from router.parsing_anew import settle
from router.records import Admit, Ask, Broken, Bulk, Item, Mail, ParsedAnew, Report, Retry
from router.working_set import WorkingSet

__all__ = ["ask", "handle", "want"]


def handle(item: Item, working: WorkingSet, now: datetime) -> None:
    """Adds what follows from one record to the working set. Whatever a DomainError or an odd value raises out of a
    fact (not a command) is the record's fault."""
    match item:
        case Mail():
            working.tally.add(receive(item, working, now))
        case Report():
            working.tally.add(report(item, working, now))
        case ParsedAnew():
            working.tally.add(settle(item, working, now))
        case Ask():
            working.tally.add(obey(item, working, now))
        case Retry():
            working.tally.add(retry(item, working, now))
        case Admit():
            working.tally.add(admit(item, working, now))
        case Bulk():
            working.tally.add(change(item, working, now))
        case Broken():
            working.tally.add(quarantine(item, working, now))
        case _:
            assert_never(item)
