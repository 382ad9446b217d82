"""What follows from an agent's answer to a notification mail: the agent's reply, or the mail kept with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec.structs import replace

from events.conversations import InboundFiltered, ReplyQueued
from events.envelope import SYSTEM, Envelope
from router.conversing import Events, converse
from router.domain import errors
from router.domain.agent_answers import check_answer, reply_of
from router.domain.conversation import Conversation
from router.domain.system_mails import answer_refused
from router.hashes import AGENT
from router.records import Mail
from router.working_set import Cause, WorkingSet
from service_kit.decider import DomainError


def answer(mail: Mail, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> str:
    """A second copy is a duplicate, also by way of another inbox; what may be the agent's reply is sent as one; any
    other is kept among the filtered ones, and its agent told why, unless a machine wrote it."""
    message, data = mail.envelope, mail.envelope.data
    assert data.answers_mail is not None
    if (data.answers_mail, data.dedupe_key) in working.rows.known.dedupe:
        return "duplicate"
    try:
        _reply(mail, working, now, caused_by)
        outcome = "appended"
    except DomainError as refusal:
        _keep(mail, refusal, working, now, caused_by)
        outcome = "filtered"
    stream = (
        working.house.derived_id(message.id, "filtered") if mail.notified is None else mail.notified.conversation_id
    )
    for scope in (data.inbox_id, data.answers_mail):
        working.rows.dedupe(scope, data.dedupe_key, stream, now)
    return outcome


def _reply(mail: Mail, working: WorkingSet, now: datetime, caused_by: UUID | None) -> None:
    message, facts = mail.envelope, mail.envelope.data.facts
    sender_id = working.rows.known.handles.get((AGENT, mail.agent_handle))
    notified = check_answer(message.data, mail.notified, sender_id, working.workspace)
    state = working.conversation(notified.conversation_id)
    if not isinstance(state, Conversation):
        raise errors.ConversationNotFound("The conversation of the notification is not there.")
    command = reply_of(message, notified, state, working.workspace, working.house)
    cause = Cause.of(message, command.actor, now, caused_by)

    def written(events: Events) -> Events:
        return tuple(
            replace(event, written_as=facts, blobs=tuple(dict.fromkeys((*facts.blobs, *event.blobs))))
            if isinstance(event, ReplyQueued)
            else event
            for event in events
        )

    converse(cast("Envelope[Any]", command), working, cause, noted=written)


def _keep(mail: Mail, refusal: DomainError, working: WorkingSet, now: datetime, caused_by: UUID | None) -> None:
    message, data, notified = mail.envelope, mail.envelope.data, mail.notified
    assert data.answers_mail is not None
    kept = InboundFiltered(
        inbox_id=data.inbox_id,
        channel=data.facts.channel,
        channel_id=data.facts.channel_id,
        filter_id=data.answers_mail,
        filter_version=0,
        refused=refusal.reason,
        message=data.facts,
        personal=data.content,
    )
    cause = Cause.of(message, SYSTEM, now, caused_by)
    working.append_filtered(working.house.derived_id(message.id, "filtered"), kept, cause)
    agent = None if notified is None else working.workspace.agents.get(notified.agent_id)
    if notified is None or agent is None or not agent.active or isinstance(refusal, errors.AnswerAutomated):
        return
    mail_id = working.house.derived_id(message.id, "answer refused")
    told = answer_refused(mail_id, agent.id, notified.conversation_id, notified.number, refusal.reason, now)
    working.append_system_mail(mail_id, told, cause)
