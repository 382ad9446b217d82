"""What follows from a command: done, refused, or a repetition that gets its first answer again; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast
from uuid import UUID

import msgspec

from events import commands
from events.commands import ContactCommand, ConversationCommand, WorkspaceCommand
from events.contacts import ContactErased
from events.conversations import InboundQuarantined, QuarantineReleased
from events.envelope import AnyEnvelope, Command, Envelope
from events.outcomes import CommandHandled
from router.arrivals import receive, report
from router.asking import CHANNEL_COMMANDS, CONTACT_COMMANDS, CONVERSATION_COMMANDS, WORKSPACE_COMMANDS
from router.domain import contact, conversation, workspace
from router.domain.returning import give_back
from router.drafts import Verdict
from router.records import Ask, Mail, Retry
from router.working_set import CONTACTS, CONVERSATIONS, WORKSPACE, Cause, WorkingSet
from service_kit.decider import DomainError


def obey(item: Ask, working: WorkingSet, now: datetime) -> str:
    """A command: done, refused, or a repetition that gets its first answer again."""
    command, data = item.envelope, item.envelope.data
    if isinstance(data, commands.ElapseSnooze):
        working.rows.timer_done(command.id)
        working.rows.timer_done(data.timer_id)
    again = _repeated(item, working)
    if again is not None:
        return again
    verdict = Verdict(command, command.type, item.request_hash, resource_id=_resource(command))
    return _settle(item, verdict, working, now)


def _settle(item: Ask, verdict: Verdict, working: WorkingSet, now: datetime) -> str:
    first = len(working.drafts)
    try:
        verdict.head = _decide(item.envelope, working, now)
    except DomainError as refusal:
        verdict.code, verdict.detail, verdict.resource_id = refusal.code, refusal.detail, None
    verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "done"


def _decide(command: Envelope[Command], working: WorkingSet, now: datetime) -> tuple[UUID, str]:
    """Decides one command and appends its events; returns its stream and topic. Raises DomainError."""
    data, stream = command.data, command.stream
    cause = Cause.of(command, command.actor, now)
    if isinstance(data, CONVERSATION_COMMANDS):
        asked = cast("Envelope[ConversationCommand]", command)
        state = working.conversation(stream)
        events = conversation.decide(asked, state, workspace=working.workspace, house=working.house)
        after = working.append_conversation(stream, events, cause)
        routed = give_back(state, after, command.actor, working.workspace, working.rows.known.agents)
        working.append_conversation(stream, routed, cause)
        return stream, CONVERSATIONS[0]
    if isinstance(data, CONTACT_COMMANDS):
        _decide_contact(cast("Envelope[ContactCommand]", command), working, cause)
        return stream, CONTACTS[0]
    if isinstance(data, WORKSPACE_COMMANDS):
        owner = None
        if isinstance(data, commands.InviteAgent | commands.ChangeProfile):
            owner = working.rows.known.handles.get(working.rows.agent_handle(data.email))
        wished = cast("Envelope[WorkspaceCommand]", command)
        before = working.workspace
        working.append_workspace(workspace.decide(wished, before, house=working.house, email_owner=owner), cause)
        if isinstance(data, CHANNEL_COMMANDS):
            given = () if isinstance(data, commands.DisconnectChannel) else data.secrets
            working.store_secrets(given, before)
        return working.workspace_id, WORKSPACE[0]
    raise TypeError(f"no decider for {command.type}")


def _decide_contact(command: Envelope[ContactCommand], working: WorkingSet, cause: Cause) -> None:
    """A contact's change; erasing goes on into every conversation that holds something of the person, and into every
    mail of theirs that a filter kept out."""
    stream = command.stream
    state = working.contacts.get(stream, contact.UNKNOWN)
    holding = tuple(sorted(working.rows.known.holdings.get(stream, ())))
    events = contact.decide(command, state, conversation_ids=holding)
    working.append_contact(stream, events, cause)
    if any(isinstance(event, ContactErased) for event in events):
        for conversation_id in holding:
            erased = conversation.erase(stream, working.conversation(conversation_id))
            working.append_conversation(conversation_id, erased, cause)
        for filtered in sorted(working.rows.known.filtered.get(stream, ())):
            working.erase_filtered(filtered, stream, cause)


def retry(item: Retry, working: WorkingSet, now: datetime) -> str:
    """A quarantined record handled again: released with what follows from it, or refused with the reason."""
    asked = item.ask
    again = _repeated(asked, working)
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
    elif item.inner is None:
        verdict.code, verdict.detail = "conflict.record-still-unreadable", item.refusal
    else:
        first = len(working.drafts)
        quarantined = cast(InboundQuarantined, kept[0].data)
        cause = Cause.of(command, command.actor, now)
        release = QuarantineReleased(quarantined_id=kept[0].id)
        draft = working.append_quarantine(stream, release, quarantined.raw, cause)
        if isinstance(item.inner, Mail):
            receive(item.inner, working, now, caused_by=draft.envelope.id)
        else:
            report(item.inner, working, now, caused_by=draft.envelope.id)
        verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "done"


def _repeated(item: Ask, working: WorkingSet) -> str | None:
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
    "AddComment": "comment_id",
    "CreateInbox": "inbox_id",
    "ChangeInbox": "inbox_id",
    "CreateTeam": "team_id",
    "ChangeTeam": "team_id",
    "DeleteTeam": "team_id",
    "InviteAgent": "agent_id",
    "ChangeAgent": "agent_id",
    "ChangeProfile": "agent_id",
    "SetAvailability": "agent_id",
    "ConnectChannel": "channel_id",
    "ChangeChannel": "channel_id",
    "DisconnectChannel": "channel_id",
}


def _resource(command: AnyEnvelope) -> UUID:
    """What a command makes or changes: what it names, else its target."""
    name = _NAMED.get(command.type)
    return command.stream if name is None else cast(UUID, getattr(command.data, name))
