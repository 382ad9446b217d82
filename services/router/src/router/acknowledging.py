"""What follows from a first message on a channel that acknowledges: our own mail, in the name of nobody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from router.domain import acknowledgement
from router.domain.conversation import Conversation, ConversationState, NotOpened
from router.records import Mail
from router.working_set import Cause, WorkingSet


def acknowledge(
    mail: Mail, stream: UUID, before: ConversationState, after: ConversationState, working: WorkingSet, cause: Cause
) -> None:
    """Appends the acknowledgement, if there is to be one."""
    if not isinstance(before, NotOpened) or not isinstance(after, Conversation):
        return
    last: datetime | None = working.rows.known.acknowledged.get(mail.handle)
    events = acknowledgement.acknowledge(
        mail.envelope,
        before,
        after,
        stream=stream,
        workspace=working.workspace,
        house=working.house,
        last=last,
        now=cause.recorded_at,
    )
    working.append_conversation(stream, events, cause)
