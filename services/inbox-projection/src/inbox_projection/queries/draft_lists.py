"""An agent's drafts, the last written first: what is in work and not sent, in conversations within reach and as a first
message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from inbox_projection.policy import Caller
from inbox_projection.pool import Database, Row
from inbox_projection.queries.drafts import ANSWERED
from inbox_projection.views.inbox import preview_of

_PAGE: Final = f"""
select d.conversation_id, d.content, d.updated_at, c.conversation_id is null as first, c.number, c.inbox_id, c.subject,
       coalesce(p.merged_into, c.contact_id) as contact_id, coalesce(s.name, p.name, '') as contact_name,
       case when s.contact_id is null then p.handle else s.handle end as contact_handle
  from inbox_projection.drafts d
  left join inbox.conversations c on c.conversation_id = d.conversation_id and c.status <> 'discarded'
  left join inbox.contacts p on p.contact_id = c.contact_id
  left join inbox.contacts s on s.contact_id = p.merged_into
 where d.agent_id = %(me)s and (d.updated_at, d.conversation_id) < (%(at)s, %(id)s)
   and case when c.conversation_id is null then d.conversation_id = d.agent_id
            else p.erased_at is null and (%(every)s or c.inbox_id = any(%(inboxes)s::uuid[])) and not {ANSWERED} end
 order by d.updated_at desc, d.conversation_id desc limit %(limit)s
"""  # noqa: S608 (of this service)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended."""

    at: datetime
    id: UUID


class _Written(msgspec.Struct, frozen=True):
    """What a list shows of a draft's content."""

    mode: str = "reply_all"
    inbox_id: UUID | None = None
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""
    to: tuple[str, ...] = ()
    text: str = ""
    comment: str = ""


_written: Final = msgspec.json.Decoder(_Written)
NEWEST: Final = Place(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


async def page(database: Database, caller: Caller, after: Place | None, limit: int) -> list[Row]:
    """Those that `GET` of the draft would give, too: not answered since, of nobody who was erased."""
    begin = after or NEWEST
    asked = {"me": caller.agent_id, "at": begin.at, "id": begin.id, "limit": limit}
    reach = caller.reach
    return await database.rows(_PAGE, {**asked, "every": reach is None, "inboxes": list(reach or ())})


def place_of(row: Row) -> Place:
    return Place(row["updated_at"], row["conversation_id"])


def shaped(row: Row) -> dict[str, Any]:
    """A row as the API gives it; of a mail with a comment beside it that of the two at which the agent was."""
    written, first = _written.decode(row["content"]), row["first"]
    contact = {"id": row["contact_id"], "name": row["contact_name"], "handle": row["contact_handle"]}
    conversation = {"id": row["conversation_id"], "number": row["number"], "inbox_id": row["inbox_id"]}
    mail, comment = preview_of(written.text), preview_of(written.comment)
    commenting = written.mode == "comment"
    return {
        "conversation": None if first else {**conversation, "subject": row["subject"], "contact": contact},
        "kind": "first_message" if first else written.mode.removesuffix("_all"),
        "inbox_id": written.inbox_id if first else row["inbox_id"],
        "subject": written.subject if first else row["subject"],
        "to": list(written.to),
        "excerpt": (comment or mail) if commenting else (mail or comment),
        "updated_at": row["updated_at"],
    }
