"""A filtered mail that an agent lets in: read again as it was kept, and received as if no filter had caught it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from events import codec, frame
from events.conversations import (
    ConversationOpened,
    FilteredAdmitted,
    InboundFiltered,
    MessageAppended,
    PersonalDataErased,
)
from events.envelope import Actor, AnyEnvelope, Envelope
from events.inbound import MessageReceived
from router.answers import repeated
from router.arrivals import receive
from router.domain import errors
from router.drafts import Draft, Verdict
from router.records import Admit, Ask, Decoder
from router.working_set import CONVERSATIONS, Cause, WorkingSet
from service_kit.database import Cursor
from service_kit.decider import DomainError
from service_kit.keyring import Keyring

_FILTERED: Final = (
    b"SELECT state FROM router.stored_events WHERE originator_id = %b AND topic = 'InboundFiltered'"
    b" ORDER BY originator_version LIMIT 1"
)


def prepared(cursor: Cursor, keyring: Keyring, decoder: Decoder, ask: Ask) -> Admit:
    """The command with the mail that it lets in, as its event kept it; none where there is no such mail, or its key is
    destroyed. It never changes, so it may be read before the transaction that decides. Raises KeyNotHeld."""
    cursor.execute(_FILTERED, (ask.envelope.stream,), binary=True)
    row = cursor.fetchone()
    if row is None:
        return Admit(ask, None)
    kept = frame.unpack(row[0])
    parsed = codec.parse(kept.headers, kept.body)
    keys = {} if parsed.key_id is None else keyring.fetch(cursor, [parsed.key_id])
    received = _received(codec.open_(parsed, keys))
    return Admit(ask, None if received is None else decoder.mail(received))


def _received(filtered: Envelope[InboundFiltered]) -> Envelope[MessageReceived] | None:
    """The mail as it came; its dedupe key stays in its row, under which further copies are duplicates."""
    event = filtered.data
    if event.personal is None:
        return None
    data = MessageReceived(
        inbox_id=event.inbox_id,
        dedupe_key="",
        facts=event.message,
        content=event.personal,
        reply_to_conversation=event.reply_to_conversation,
    )
    bare: AnyEnvelope = filtered
    return msgspec.structs.replace(bare, id=filtered.stream, actor=Actor("contact"), data=data)


def admit(item: Admit, working: WorkingSet, now: datetime) -> str:
    """Done once: who lets a mail in that is in already changes nothing and is told of its conversation."""
    again = repeated(item.ask, working)
    if again is not None:
        return again
    command, stream = item.ask.envelope, item.ask.envelope.stream
    verdict = Verdict(command, command.type, item.ask.request_hash, head=(stream, CONVERSATIONS[0]))
    first = len(working.drafts)
    try:
        admitted = _admitted(working.filtered.get(stream, ()))
        if admitted is None:
            admitted = _let_in(item, working, now)
        verdict.resource_id = admitted.conversation_id
    except DomainError as refusal:
        verdict.code, verdict.detail = refusal.code, refusal.detail
    verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "admitted"


def _admitted(kept: tuple[AnyEnvelope, ...]) -> FilteredAdmitted | None:
    """How it was let in before. Raises FilteredMessageNotFound, FilteredMessageErased."""
    if not kept:
        raise errors.FilteredMessageNotFound("No filter kept out such a mail.")
    for one in kept:
        if isinstance(one.data, FilteredAdmitted):
            return one.data
    if any(isinstance(one.data, PersonalDataErased) for one in kept):
        raise errors.FilteredMessageErased("Its sender was erased; nothing is left of it.")
    return None


def _let_in(item: Admit, working: WorkingSet, now: datetime) -> FilteredAdmitted:
    if item.mail is None:
        raise errors.FilteredMessageErased("Its sender was erased; nothing is left of it.")
    command = item.ask.envelope
    first, data = len(working.drafts), item.mail.envelope.data
    receive(item.mail, working, now, caused_by=command.id, admitted=True)
    arrival = next(draft for draft in working.drafts[first:] if _is_arrival(draft))
    event = FilteredAdmitted(
        inbox_id=data.inbox_id,
        channel=data.facts.channel,
        conversation_id=arrival.envelope.stream,
        contact_id=arrival.envelope.data.contact_id,
        message_id=data.facts.message_id,
        received_at=data.facts.received_at,
    )
    sender = item.mail.handle if item.mail.sender else b""
    working.admit_filtered(command.stream, event, sender, Cause.of(command, command.actor, now))
    return event


def _is_arrival(draft: Draft) -> bool:
    return isinstance(draft.envelope.data, ConversationOpened | MessageAppended)
