"""What follows from a fact: a message, a report, or a record that cannot be handled; pure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from events.channel_tests import ChannelTestReported
from events.conversations import InboundFiltered, InboundQuarantined
from events.envelope import SYSTEM, Actor
from events.inbound import ChannelHealthChanged
from events.values import Handle
from router import agent_mail, tests_of_channels
from router.acknowledging import acknowledge
from router.domain import assignment, contact, conversation, threading, workspace
from router.domain.assignment import Surroundings
from router.domain.conversation import Arrival, Conversation, ConversationState, NotOpened
from router.domain.email_filters import Caught
from router.domain.following_up import goes_on
from router.domain.threading import Join, KnownThread
from router.drafts import Verdict
from router.merging_rows import circle
from router.people import company_of
from router.records import Broken, Mail, Report
from router.ticketing import follow_message, follow_replies, new_ticket_id
from router.tidying import follow_arrival, follow_survivor, hold_merged
from router.working_set import Cause, WorkingSet


class _Participants(msgspec.Struct, frozen=True):
    """Answers whether an address takes part in a conversation, or in what is one with it, by its hash."""

    working: WorkingSet
    mail: Mail
    stream: UUID

    def __contains__(self, address: object) -> bool:
        known = self.working.rows.known
        return address == self.mail.sender and any(
            (each, self.mail.handle) in known.participants for each in circle(known, self.stream)
        )


def receive(
    mail: Mail, working: WorkingSet, now: datetime, caused_by: UUID | None = None, *, admitted: bool = False
) -> str:
    """A message: a duplicate, blocked by a filter, or appended to the conversation that it belongs to, or the first of
    a new one. One that was `admitted` is no duplicate of itself, and no filter catches it."""
    message, rows = mail.envelope, working.rows
    data = message.data
    inbox_id, facts = data.inbox_id, data.facts
    if not admitted and ((inbox_id, data.dedupe_key) in rows.known.dedupe or _is_echo(mail, working)):
        return "duplicate"
    if data.channel_test is not None and not admitted:
        return tests_of_channels.arrived(mail, data.channel_test, working, now, caused_by)
    if data.answers_mail is not None and not admitted:
        return agent_mail.answer(mail, working, now, caused_by)
    bounced = None if facts.bounced_reply_id is None else _bounced(mail, working)
    blocked_id = _blocked(mail, working) if bounced is None and not admitted else None
    if blocked_id is not None:
        return _block(mail, Caught(blocked_id, "block", 0), working, now, caused_by, blocked_id)
    filtered = facts.channel == "email" and bounced is None and not admitted
    caught = _caught(mail, working) if filtered else None
    if caught is not None and caught.kind == "block":
        return _block(mail, caught, working, now, caused_by)
    contact_id, is_known = _author(mail, bounced, working, now, caused_by)
    cause = Cause.of(message, Actor("contact", str(contact_id)) if bounced is None else SYSTEM, now, caused_by)
    own = mail.thread.hashes.get(mail.keys.own)
    holder = None if own is None else rows.holder(inbox_id, own)
    joined = _goes_on(mail, working) if bounced is None else Join(bounced)
    stream = (
        joined.conversation_id if isinstance(joined, Join) else working.house.derived_id(message.id, "conversation")
    )
    before = working.conversation(stream)
    arrival = Arrival(
        contact_id=contact_id,
        number=rows.known.last_number + 1 if isinstance(before, NotOpened) else 0,
        suggested_link=None if isinstance(joined, Join) else joined.suggested_link,
        follow_up_of=None if isinstance(joined, Join) else joined.follow_up_of,
        repeated_external_id=holder is not None and holder.received,
        spam_filter_id=None if caught is None else caught.filter_id,
        in_side_thread=_is_aside(mail, stream, before, working, is_bounce=bounced is not None),
    )
    events = conversation.receive(message, before, arrival)
    after = working.append_conversation(stream, events[:1] if facts.history else events, cause, mail.thread)
    if not admitted:
        rows.dedupe(inbox_id, data.dedupe_key, contact_id, now)
    if facts.history:
        working.append_conversation(stream, events[1:], Cause.of(message, SYSTEM, now, caused_by))
        return "appended"
    if isinstance(after, Conversation):
        team_id = working.first_team(inbox_id)
        around = Surroundings(
            loads=rows.known.agents,
            team_waiting=0 if team_id is None else rows.known.teams.get(team_id, 0),
            contact_known=is_known,
            last_agent_id=rows.known.last_agents.get(contact_id),
            new_ticket_id=new_ticket_id(mail, stream, before, after, events, working),
        )
        hold_merged(stream, events, working, cause)
        routed = assignment.route(message, before, after, workspace=working.workspace, around=around, now=now)
        settled = working.append_conversation(stream, routed, cause)
        follow_message(mail, stream, before, settled, events, routed, working, cause)
        acknowledge(mail, stream, before, settled, working, cause)
        follow_arrival(mail, stream, before, working, cause)
    if bounced is not None:
        follow_replies(stream, before, events, working, cause)
        follow_survivor(stream, before, events, working, cause)
    return "appended"


def _is_aside(mail: Mail, stream: UUID, before: ConversationState, working: WorkingSet, *, is_bounce: bool) -> bool:
    """Whether the mail belongs to the conversation's side thread: its sender takes part by a forward of ours only, or
    it says that such a forward was not delivered."""
    if is_bounce:
        reply_id = mail.envelope.data.facts.bounced_reply_id
        known = before.replies.get(reply_id) if isinstance(before, Conversation) and reply_id else None
        return known is not None and known.in_side_thread
    return _only_aside(mail, stream, working)


def _only_aside(mail: Mail, stream: UUID, working: WorkingSet) -> bool:
    known = working.rows.known
    if not known.successors:
        return known.participants.get((stream, mail.handle), False)
    found = (known.participants.get((each, mail.handle)) for each in circle(known, stream))
    sides = [side for side in found if side is not None]
    return bool(sides) and all(sides)


def _goes_on(mail: Mail, working: WorkingSet) -> threading.Join | threading.NewConversation:
    """Where the message belongs, or where that goes on."""
    found = _thread(mail, working)
    if not isinstance(found, Join):
        return found
    facts = mail.envelope.data.facts
    aside = facts.history or _only_aside(mail, found.conversation_id, working)
    return goes_on(found.conversation_id, facts, working.conversation, working.workspace, aside=aside)


def _is_echo(mail: Mail, working: WorkingSet) -> bool:
    keys = mail.keys
    if keys.echo is None:
        return False
    state = working.conversation(keys.echo)
    return (
        isinstance(state, Conversation)
        and state.has_been_in(mail.envelope.data.inbox_id)
        and threading.is_echo(keys.own, mail.sender, state, working.workspace)
    )


def _bounced(mail: Mail, working: WorkingSet) -> UUID | None:
    """The conversation of the reply that the mail says was not delivered: it joins that one, and no filter keeps it
    out, for it was proven by our signature. None for a reply that we never sent."""
    data = mail.envelope.data
    for stream in mail.keys.conversations:
        state = working.conversation(stream)
        ours = isinstance(state, Conversation) and state.has_been_in(data.inbox_id)
        if ours and conversation.bounced_reply(data.facts, state) is not None:
            return stream
    return None


def _author(
    mail: Mail, bounced: UUID | None, working: WorkingSet, now: datetime, caused_by: UUID | None
) -> tuple[UUID, bool]:
    """The contact who wrote, and whether they had written before; made here when not.

    A mail server that sends a bounce becomes no contact: what it says is about the person whom the reply went to, goes
    under their key and is erased with them.
    """
    message, known = mail.envelope, working.rows.known
    if bounced is not None:
        state = working.conversation(bounced)
        person = conversation.key_holder(state) if isinstance(state, Conversation) else None
        if person is not None:
            return person, True
    channel = message.data.facts.channel
    known_id = known.handles.get((channel, mail.handle)) if mail.sender else None
    if known_id is not None:
        return known_id, True
    contact_id = working.house.derived_id(message.id, "contact")
    handle, name = Handle(kind=channel, value=mail.sender), message.data.content.sender.name
    events = contact.meet(handle, name, contact.UNKNOWN, company_of(mail.sender, working))
    working.append_contact(contact_id, events, Cause.of(message, Actor("contact", str(contact_id)), now, caused_by))
    return contact_id, False


def _blocked(mail: Mail, working: WorkingSet) -> UUID | None:
    """The contact who wrote, if agents blocked that person."""
    known = working.rows.known
    if not known.blocked or not mail.sender:
        return None
    contact_id = known.handles.get((mail.envelope.data.facts.channel, mail.handle))
    return contact_id if contact_id in known.blocked else None


def _caught(mail: Mail, working: WorkingSet) -> Caught | None:
    """The filter that the mail meets: one that people made, else a ready-made one, which those pass whom we
    know: we wrote to them, made or filled in their contact, or let a mail of theirs in."""
    filters, data = working.workspace.filters, mail.envelope.data
    caught = filters.catch(data)
    if caught is None and filters.switches and mail.handle not in working.rows.known.corresponded:
        return filters.switched(data)
    return caught


def _block(
    mail: Mail,
    caught: Caught,
    working: WorkingSet,
    now: datetime,
    caused_by: UUID | None,
    contact_id: UUID | None = None,
) -> str:
    """A mail that a filter keeps out of the inbox: kept in a stream of its own, with nobody's contact."""
    message, data = mail.envelope, mail.envelope.data
    stream = working.house.derived_id(message.id, "filtered")
    event = InboundFiltered(
        inbox_id=data.inbox_id,
        channel=data.facts.channel,
        channel_id=data.facts.channel_id,
        filter_id=caught.filter_id,
        filter_version=caught.version,
        contact_id=contact_id,
        switch=caught.switch,
        reply_to_conversation=data.reply_to_conversation,
        message=data.facts,
        personal=data.content,
    )
    working.append_filtered(stream, event, Cause.of(message, SYSTEM, now, caused_by))
    working.rows.dedupe(data.inbox_id, data.dedupe_key, stream, now)
    return "filtered"


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
            lies_in = inbox_id if state.has_been_in(inbox_id) else state.inbox_id
            threads[stream] = KnownThread(inbox_id=lies_in, participants=_Participants(working, mail, stream))
    return threading.join(mail.keys, inbox_id=inbox_id, sender=mail.sender, held=held, threads=threads).decision


def report(item: Report, working: WorkingSet, now: datetime, caused_by: UUID | None = None) -> str:
    """What became of a reply or a channel. Raises ReplyNotFound where no such reply was ever queued."""
    envelope, data = item.envelope, item.envelope.data
    cause = Cause.of(envelope, SYSTEM, now, caused_by)
    if isinstance(data, ChannelHealthChanged):
        noted = workspace.note_health(data, working.workspace)
        working.append_workspace(noted, cause)
        return "appended" if noted else "duplicate"
    if isinstance(data, ChannelTestReported):
        return tests_of_channels.reported(data, working, cause)
    before = working.conversation(envelope.stream)
    events = conversation.report(data, before)
    working.append_conversation(envelope.stream, events, cause)
    follow_replies(envelope.stream, before, events, working, cause)
    follow_survivor(envelope.stream, before, events, working, cause)
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
        blobs=item.blobs,
    )
    draft = working.append_quarantine(item.stream, event, item.blob, cause)
    if item.command is not None:
        command_id, name = item.command
        envelope = msgspec.structs.replace(draft.envelope, id=command_id, stream=command_id)
        verdict = Verdict(envelope, name, None, "invalid.command-quarantined", item.reason, remembered=False)
        working.answer(verdict)
    return "quarantined"
