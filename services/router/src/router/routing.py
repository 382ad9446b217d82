"""Pure composition: the records of a batch and what is known of them give events, look-up rows and outcomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never, cast, get_args
from uuid import UUID

import msgspec

from events import commands
from events.commands import ContactCommand, ConversationCommand, WorkspaceCommand
from events.contacts import ContactErased
from events.conversations import InboundQuarantined, QuarantineReleased
from events.envelope import SYSTEM, Actor, AnyEnvelope, Command, Envelope
from events.inbound import ChannelHealthChanged
from events.outcomes import CommandHandled
from events.values import Handle
from router.domain import assignment, contact, conversation, threading, workspace
from router.domain.assignment import Surroundings
from router.domain.conversation import Arrival, Conversation, NotOpened
from router.domain.threading import Join, KnownThread
from router.drafts import Verdict
from router.hashes import Hashes
from router.lookup_rows import Asked
from router.records import Ask, Broken, Item, Mail, Report, Retry
from router.states import Wanted
from router.working_set import CONTACTS, CONVERSATIONS, WORKSPACE, Cause, WorkingSet
from service_kit.decider import DomainError

CONVERSATION_COMMANDS: Final = get_args(ConversationCommand)
CONTACT_COMMANDS: Final = get_args(ContactCommand)
WORKSPACE_COMMANDS: Final = get_args(WorkspaceCommand)


def ask(items: Iterable[Item], hashes: Hashes) -> Asked:
    """What must be looked up for these items."""
    asked = Asked()
    for item in items:
        match item:
            case Mail():
                _ask_for_mail(asked, item)
            case Retry():
                asked.commands.add(item.ask.envelope.id)
                if isinstance(item.inner, Mail):
                    _ask_for_mail(asked, item.inner)
            case Ask(envelope=envelope):
                asked.commands.add(envelope.id)
                match envelope.data:
                    case commands.EraseContact():
                        asked.erasing.add(envelope.stream)
                    case commands.InviteAgent(email=email) | commands.ChangeProfile(email=email):
                        asked.handles.add(("agent", hashes.handle("agent", email)))
                    case _:
                        pass
            case Report():
                pass
            case Broken(command=command):
                if command is not None:
                    asked.commands.add(command[0])
            case _:
                assert_never(item)
    return asked


def _ask_for_mail(asked: Asked, mail: Mail) -> None:
    data = mail.envelope.data
    asked.dedupe.add((data.inbox_id, data.dedupe_key))
    asked.thread_keys.update((data.inbox_id, key_hash) for key_hash in mail.thread.hashes.values())
    if mail.sender:
        asked.handles.add((data.facts.channel, mail.handle))
    asked.conversations.update(mail.keys.conversations)


def want(items: Iterable[Item], known_conversations: Iterable[UUID], erasing: Iterable[UUID]) -> Wanted:
    """Whose states must be read: what the look-ups point to, and the targets of reports and commands."""
    wanted = Wanted()
    wanted.conversations.update(known_conversations, erasing)
    for item in items:
        match item:
            case Mail():
                wanted.conversations.update(item.keys.conversations)
            case Report():
                _want_for_report(wanted, item)
            case Retry():
                wanted.quarantined.add(item.ask.envelope.stream)
                wanted.others.add(item.ask.envelope.id)
                if isinstance(item.inner, Mail):
                    wanted.conversations.update(item.inner.keys.conversations)
                elif item.inner is not None:
                    _want_for_report(wanted, item.inner)
            case Ask(envelope=envelope):
                wanted.others.add(envelope.id)
                if isinstance(envelope.data, CONVERSATION_COMMANDS):
                    wanted.conversations.add(envelope.stream)
                elif isinstance(envelope.data, CONTACT_COMMANDS):
                    wanted.contacts.add(envelope.stream)
                elif isinstance(envelope.data, commands.RetryQuarantined):
                    wanted.quarantined.add(envelope.stream)
            case Broken(command=command):
                if command is not None:
                    wanted.others.add(command[0])
            case _:
                assert_never(item)
    return wanted


def _want_for_report(wanted: Wanted, report: Report) -> None:
    if not isinstance(report.envelope.data, ChannelHealthChanged):
        wanted.conversations.add(report.envelope.stream)


def handle(item: Item, working: WorkingSet, now: datetime) -> None:
    """Adds what follows from one record to the working set. Whatever a DomainError or an odd value raises out of a
    fact (not a command) is the record's fault."""
    match item:
        case Mail():
            working.tally.add(receive(item, working, now))
        case Report():
            working.tally.add(report(item, working, now))
        case Ask():
            working.tally.add(obey(item, working, now))
        case Retry():
            working.tally.add(retry(item, working, now))
        case Broken():
            working.tally.add(quarantine(item, working, now))
        case _:
            assert_never(item)


@dataclass(frozen=True, slots=True)
class _Participants:
    """Answers whether an address takes part in a conversation, by its hash."""

    working: WorkingSet
    mail: Mail
    stream: UUID

    def __contains__(self, address: object) -> bool:
        return address == self.mail.sender and (self.stream, self.mail.handle) in self.working.rows.known.participants


def receive(mail: Mail, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> str:
    """A message: a duplicate, or appended to the conversation that it belongs to, or the first of a new one."""
    message, rows = mail.envelope, working.rows
    data = message.data
    inbox_id, facts = data.inbox_id, data.facts
    if (inbox_id, data.dedupe_key) in rows.known.dedupe:
        return "duplicate"
    known_id = rows.known.handles.get((facts.channel, mail.handle)) if mail.sender else None
    contact_id = known_id or working.house.derived_id(message.id, "contact")
    cause = Cause.of(message, Actor("contact", str(contact_id)), now, caused_by)
    if known_id is None:
        handle_ = Handle(kind=facts.channel, value=mail.sender)
        events = contact.meet(handle_, data.content.sender.name, contact.UNKNOWN)
        working.append_contact(contact_id, events, cause)
    own = mail.thread.hashes.get(mail.keys.own)
    holder = None if own is None else rows.holder(inbox_id, own)
    joined = _thread(mail, working)
    stream = (
        joined.conversation_id if isinstance(joined, Join) else working.house.derived_id(message.id, "conversation")
    )
    before = working.conversation(stream)
    arrival = Arrival(
        contact_id=contact_id,
        number=rows.known.last_number + 1 if isinstance(before, NotOpened) else 0,
        suggested_link=None if isinstance(joined, Join) else joined.suggested_link,
        repeated_external_id=holder is not None and holder.received,
    )
    after = working.append_conversation(stream, conversation.receive(message, before, arrival), cause, mail.thread)
    rows.dedupe(inbox_id, data.dedupe_key, contact_id, now)
    if isinstance(after, Conversation):
        team = working.workspace.first_team(inbox_id)
        around = Surroundings(
            loads=rows.known.agents,
            team_waiting=rows.known.teams.get(team.id, 0) if team else 0,
            contact_known=known_id is not None,
        )
        routed = assignment.route(message, before, after, workspace=working.workspace, around=around, now=now)
        working.append_conversation(stream, routed, cause)
    return "appended"


def _thread(mail: Mail, working: WorkingSet) -> threading.Join | threading.NewConversation:
    inbox_id = mail.envelope.data.inbox_id
    held: dict[str, UUID] = {}
    for one, key_hash in mail.thread.hashes.items():
        holder = working.rows.holder(inbox_id, key_hash)
        if holder is not None:
            held[one] = holder.conversation_id
    threads: dict[UUID, KnownThread] = {}
    for stream in {*held.values(), *mail.keys.conversations}:
        state = working.conversation(stream)
        if isinstance(state, Conversation):
            threads[stream] = KnownThread(inbox_id=state.inbox_id, participants=_Participants(working, mail, stream))
    return threading.join(mail.keys, inbox_id=inbox_id, sender=mail.sender, held=held, threads=threads).decision


def report(item: Report, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> str:
    """What became of a reply or a channel. Raises ReplyNotFound where no such reply was ever queued."""
    envelope, data = item.envelope, item.envelope.data
    cause = Cause.of(envelope, SYSTEM, now, caused_by)
    if isinstance(data, ChannelHealthChanged):
        noted = workspace.note_health(data, working.workspace)
        working.append_workspace(noted, cause)
        return "appended" if noted else "duplicate"
    events = conversation.report(data, working.conversation(envelope.stream))
    working.append_conversation(envelope.stream, events, cause)
    return "appended" if events else "duplicate"


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
    _answer(verdict, working)
    return "refused" if verdict.code else "done"


def _decide(command: Envelope[Command], working: WorkingSet, now: datetime) -> tuple[UUID, str]:
    """Decides one command and appends its events; returns its stream and topic. Raises DomainError."""
    data, stream = command.data, command.stream
    cause = Cause.of(command, command.actor, now)
    if isinstance(data, CONVERSATION_COMMANDS):
        asked = cast("Envelope[ConversationCommand]", command)
        state = working.conversation(stream)
        events = conversation.decide(asked, state, workspace=working.workspace, house=working.house)
        working.append_conversation(stream, events, cause)
        return stream, CONVERSATIONS[0]
    if isinstance(data, CONTACT_COMMANDS):
        _decide_contact(cast("Envelope[ContactCommand]", command), working, cause)
        return stream, CONTACTS[0]
    if isinstance(data, WORKSPACE_COMMANDS):
        owner = None
        if isinstance(data, commands.InviteAgent | commands.ChangeProfile):
            owner = working.rows.known.handles.get(working.rows.agent_handle(data.email))
        wished = cast("Envelope[WorkspaceCommand]", command)
        working.append_workspace(
            workspace.decide(wished, working.workspace, house=working.house, email_owner=owner), cause
        )
        return working.workspace_id, WORKSPACE[0]
    raise TypeError(f"no decider for {command.type}")


def _decide_contact(command: Envelope[ContactCommand], working: WorkingSet, cause: Cause) -> None:
    """A contact's change; erasing goes on into every conversation that holds something of the person."""
    stream = command.stream
    state = working.contacts.get(stream, contact.UNKNOWN)
    holding = tuple(sorted(working.rows.known.holdings.get(stream, ())))
    events = contact.decide(command, state, conversation_ids=holding)
    working.append_contact(stream, events, cause)
    if any(isinstance(event, ContactErased) for event in events):
        for conversation_id in holding:
            erased = conversation.erase(stream, working.conversation(conversation_id))
            working.append_conversation(conversation_id, erased, cause)


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
    _answer(verdict, working)
    return "refused" if verdict.code else "done"


def quarantine(item: Broken, working: WorkingSet, now: datetime) -> str:
    """A record that cannot be handled: kept as an event in a stream of its own, its bytes as a blob."""
    cause = Cause(item.stream, item.correlation_id, SYSTEM, now, now, parent=None)
    event = InboundQuarantined(
        topic=item.topic,
        partition=item.partition,
        offset=item.offset,
        reason=item.reason,
        raw=item.blob,
        size=len(item.raw),
    )
    draft = working.append_quarantine(item.stream, event, item.blob, cause)
    if item.command is not None:
        command_id, name = item.command
        envelope = msgspec.structs.replace(draft.envelope, id=command_id, stream=command_id)
        verdict = Verdict(envelope, name, None, "invalid.command-quarantined", item.reason, remembered=False)
        _answer(verdict, working)
    return "quarantined"


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
    _answer(verdict, working)
    return "repeated"


def _answer(verdict: Verdict, working: WorkingSet) -> None:
    working.verdicts.append(verdict)
    if verdict.remembered:
        working.commands[verdict.cause.id] = verdict


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
