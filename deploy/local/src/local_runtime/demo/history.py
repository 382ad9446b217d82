"""The whole demo, made from the texts: the same ids and words for the same arguments."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from local_runtime.demo.cast import Cast
from local_runtime.demo.filtered import keep_out, set_filters
from local_runtime.demo.house import furnish
from local_runtime.demo.journal import Journal
from local_runtime.demo.office_hours import midnight_of
from local_runtime.demo.scripts import scripts
from local_runtime.demo.shelves import fill_shelves
from local_runtime.demo.talk import Talk
from service_kit.hashing import derive_key

DAYS = 31


def demo_history(*, workspace_id: UUID, now: datetime, mail_domain: str, secret_key: str, admin_email: str) -> Journal:
    """Thirty days that end with `now`, the moment of the first start."""
    journal = Journal(Cast(workspace_id, mail_domain, admin_email))
    first_day = (midnight_of(now) - timedelta(days=DAYS)).astimezone(now.tzinfo)
    furnish(journal, first_day)
    set_filters(journal, first_day)
    token_key = derive_key(secret_key, "reply-token")
    told = scripts()
    fill_shelves(journal, told, first_day)
    for number, script in enumerate(told, start=1):
        Talk(journal, token_key, number, script, now).write()
    keep_out(journal, now)
    return journal
