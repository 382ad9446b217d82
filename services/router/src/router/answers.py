"""What follows from a command: done, refused, or a repetition that gets its first answer again; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast
from uuid import UUID

import msgspec

from events import commands
from events.commands import CompanyCommand, ContactCommand, ConversationCommand, WorkspaceCommand
from events.contact_commands import CreateContact
from events.conversations import InboundQuarantined, QuarantineReleased
from events.envelope import AnyEnvelope, Envelope
from events.outcomes import CommandHandled
from events.system_mails import SendAccountMail, SendNotificationMail
from events.ticket_commands import TicketCommand
from router import people, ticketing
from router.arrivals import receive, report
from router.asking import (
    CHANNEL_COMMANDS,
    COMPANY_COMMANDS,
    CONTACT_COMMANDS,
    CONVERSATION_COMMANDS,
    STAGED,
    TICKET_COMMANDS,
    WORKSPACE_COMMANDS,
)
from router.conversing import converse
from router.domain import ticket, workspace
from router.domain.spam_blocks import filters_after
from router.domain.system_mails import notification_mail, send_account_mail
from router.drafts import Verdict
from router.parsing_anew import ask_channel
from router.records import Ask, Mail, Retry
from router.starting import start
from router.working_set import CONTACTS, CONVERSATIONS, TICKETS, WORKSPACE, Cause, WorkingSet
from service_kit.decider import DomainError


def obey(item: Ask, working: WorkingSet, now: datetime) -> str:
    """A command: done, refused, or a repetition that gets its first answer again."""
    command, data = item.envelope, item.envelope.data
    if isinstance(data, commands.ElapseSnooze | commands.ElapseReply | commands.ElapseTrash):
        working.rows.timer_done(command.id)
        working.rows.timer_done(data.timer_id)
    again = repeated(item, working)
    if again is not None:
        return again
    verdict = Verdict(command, command.type, item.request_hash, resource_id=_resource(command))
    return _settle(item, verdict, working, now)


def _settle(item: Ask, verdict: Verdict, working: WorkingSet, now: datetime) -> str:
    first = len(working.drafts)
    try:
        verdict.head = decide(item, working, now)
        if verdict.command == CreateContact.__name__:
            verdict.resource_id = verdict.head[0]
    except DomainError as refusal:
        verdict.code, verdict.detail, verdict.resource_id = refusal.code, refusal.detail, None
    verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "done"


def decide(item: Ask, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> tuple[UUID, str]:
    """Decides one command and appends its events; returns its stream and topic. Raises DomainError. The events name
    `caused_by` as what led to them; None: the command."""
    command = item.envelope
    data, stream = command.data, command.stream
    cause = Cause.of(command, command.actor, now, caused_by)
    if isinstance(data, CONVERSATION_COMMANDS):
        asked = cast("Envelope[ConversationCommand]", command)
        state = working.conversation(stream)
        filters = filters_after(asked, state, working.workspace, working.house)
        converse(asked, working, cause, queued=item.queued)
        working.append_workspace(filters, cause)
        return stream, CONVERSATIONS[0]
    if isinstance(data, commands.StartConversation):
        start(cast("Envelope[commands.StartConversation]", command), working, cause)
        return stream, CONVERSATIONS[0]
    if isinstance(data, CONTACT_COMMANDS):
        return people.decide_contact(cast("Envelope[ContactCommand]", command), working, cause), CONTACTS[0]
    if isinstance(data, COMPANY_COMMANDS):
        people.decide_company(cast("Envelope[CompanyCommand]", command), working, cause)
        return stream, CONTACTS[0]
    if isinstance(data, TICKET_COMMANDS):
        wish = cast("Envelope[TicketCommand]", command)
        around = ticketing.around(wish.data, working)
        decided = ticket.decide(wish, working.ticket(stream), workspace=working.workspace, around=around)
        working.append_ticket(stream, decided, cause)
        return stream, TICKETS[0]
    if isinstance(data, WORKSPACE_COMMANDS):
        owner = None
        if isinstance(data, commands.InviteAgent | commands.ChangeProfile):
            owner = working.rows.known.handles.get(working.rows.agent_handle(data.email))
        wished = cast("Envelope[WorkspaceCommand]", command)
        before = working.workspace
        used = working.rows.stages_in_use(data.pipeline_id) if isinstance(data, STAGED) else ()
        decided_on = workspace.decide(wished, before, house=working.house, email_owner=owner, used_stages=used)
        working.append_workspace(decided_on, cause)
        if isinstance(data, CHANNEL_COMMANDS):
            given = () if isinstance(data, commands.DisconnectChannel) else data.secrets
            working.store_secrets(given, before)
        return working.workspace_id, WORKSPACE[0]
    if isinstance(data, SendAccountMail):
        queued = stream in working.heads
        for mail in send_account_mail(data, stream, working.workspace, queued=queued):
            working.append_system_mail(stream, mail, cause)
        return working.workspace_id, WORKSPACE[0]
    if isinstance(data, SendNotificationMail):
        states = {one.conversation_id: working.conversation(one.conversation_id) for one in item.due}
        for mail in notification_mail(data, command, item.due, states, working.workspace):
            working.append_system_mail(stream, mail, cause)
        for one in item.due:
            working.rows.writes.notices_done[data.agent_id, one.conversation_id] = (one.newest, cause.recorded_at)
        return working.workspace_id, WORKSPACE[0]
    raise TypeError(f"no decider for {command.type}")


def retry(item: Retry, working: WorkingSet, now: datetime) -> str:
    """A quarantined record handled again: released with what follows from it, or refused with the reason."""
    asked = item.ask
    again = repeated(asked, working)
    if again is not None:
        return again
    command, stream = asked.envelope, asked.envelope.stream
    verdict = Verdict(command, command.type, asked.request_hash, resource_id=stream, head=(stream, CONVERSATIONS[0]))
    kept = working.quarantined.get(stream)
    released = kept is not None and any(isinstance(one.data, QuarantineReleased) for one in kept)
    if kept is None:
        verdict.code, verdict.detail = "not_found.quarantined-record-not-found", "No such record is in quarantine."
    elif released:
        pass
    elif item.by_channel:
        first = len(working.drafts)
        ask_channel(cast(InboundQuarantined, kept[0].data), stream, working, Cause.of(command, command.actor, now))
        verdict.drafts = range(first, len(working.drafts))
    elif item.inner is None:
        verdict.code, verdict.detail = "conflict.record-still-unreadable", item.refusal
    else:
        first = len(working.drafts)
        quarantined = cast(InboundQuarantined, kept[0].data)
        cause = Cause.of(command, command.actor, now)
        needed = item.inner.envelope.data.facts.blobs if isinstance(item.inner, Mail) else ()
        unused = tuple(name for name in quarantined.blobs if name not in needed)
        release = QuarantineReleased(quarantined_id=kept[0].id, unused=unused)
        draft = working.append_quarantine(stream, release, quarantined.raw, cause)
        if isinstance(item.inner, Mail):
            receive(item.inner, working, now, caused_by=draft.envelope.id)
        else:
            report(item.inner, working, now, caused_by=draft.envelope.id)
        verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "done"


def repeated(item: Ask, working: WorkingSet) -> str | None:
    """A command whose id was handled before is not handled again: the same body gets the same answer, another body is
    refused. None for a new one."""
    command = item.envelope
    earlier, stored = working.commands.get(command.id), working.rows.known.outcomes.get(command.id)
    if earlier is None and stored is None:
        return None
    before = earlier.request_hash if earlier is not None else stored[0] if stored is not None else b""
    verdict = Verdict(command, command.type, None, remembered=False)
    if before != item.request_hash:
        verdict.code = "invalid.idempotency-key-reused"
        verdict.detail = "The same idempotency key came with another request before."
    elif earlier is not None:
        verdict.same_as = earlier
    elif stored is not None:
        verdict.repeats = msgspec.json.decode(stored[1], type=CommandHandled)
    working.answer(verdict)
    return "repeated"


_NAMED: Final[dict[str, str]] = {
    "SendReply": "reply_id",
    "CancelReply": "reply_id",
    "RetryReply": "reply_id",
    "ConfirmReply": "reply_id",
    "ForwardMessages": "reply_id",
    "AddComment": "comment_id",
    "CreateInbox": "inbox_id",
    "ChangeInbox": "inbox_id",
    "CreateTeam": "team_id",
    "ChangeTeam": "team_id",
    "DeleteTeam": "team_id",
    "InviteAgent": "agent_id",
    "SaveSnippet": "snippet_id",
    "DeleteSnippet": "snippet_id",
    "ChangeAgent": "agent_id",
    "ChangeProfile": "agent_id",
    "SetAvatar": "agent_id",
    "RemoveAvatar": "agent_id",
    "SetAvailability": "agent_id",
    "ConnectChannel": "channel_id",
    "ChangeChannel": "channel_id",
    "DisconnectChannel": "channel_id",
    "TestChannel": "test_id",
    "CreatePipeline": "pipeline_id",
    "ChangePipeline": "pipeline_id",
    "AddContactNote": "note_id",
    "DeletePipeline": "pipeline_id",
    "DefineContactProperty": "property_id",
    "ChangeContactProperty": "property_id",
    "DeleteContactProperty": "property_id",
}


def _resource(command: AnyEnvelope) -> UUID:
    """What a command makes or changes: what it names, else its target."""
    name = _NAMED.get(command.type)
    return command.stream if name is None else cast(UUID, getattr(command.data, name))
