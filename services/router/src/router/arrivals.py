"""What follows from a fact: a message, a report, or a record that cannot be handled; pure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from events.conversations import InboundQuarantined
from events.envelope import SYSTEM, Actor
from events.inbound import ChannelHealthChanged
from events.values import Handle
from router.domain import assignment, contact, conversation, threading, workspace
from router.domain.assignment import Surroundings
from router.domain.conversation import Arrival, Conversation, NotOpened
from router.domain.threading import Join, KnownThread
from router.drafts import Verdict
from router.records import Broken, Mail, Report
from router.working_set import Cause, WorkingSet


class _Participants(msgspec.Struct, frozen=True):
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
        team_id = working.first_team(inbox_id)
        around = Surroundings(
            loads=rows.known.agents,
            team_waiting=0 if team_id is None else rows.known.teams.get(team_id, 0),
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
        working.answer(verdict)
    return "quarantined"
