"""One transaction for each batch: look up, decide, append, write; and what to do when something in it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, cast
from uuid import UUID

import msgspec

from events.bulk import ChangeConversations
from events.commands import RetryQuarantined
from events.conversations import InboundQuarantined
from events.errors import EventError, KeyNotHeld
from events.filtering import AdmitFiltered
from events.sealing import DataKey, Erased
from events.system_mails import SendNotificationMail
from router import (
    admitting,
    answering,
    bulk,
    handback_rows,
    last_agents,
    lookups,
    notification_rows,
    queued_replies,
    routing,
)
from router.domain.house import House
from router.drafts import Draft, Tally
from router.excerpts import with_excerpts
from router.handbacks import give_back
from router.hashes import Hashes
from router.lookup_rows import Asked, Known, Writes
from router.queues import drain, note_rest, rest_of
from router.records import Ask, Broken, Decoder, Handled, Item, Mail, ParsedAnew, Retry, reason_of, segments
from router.rows import Rows
from router.sealing import OUTCOMES, key_ids, outcomes_of, placed, sealed
from router.states import Memory, envelope_of
from router.working_set import WorkingSet
from service_kit import faults, secrets
from service_kit.blobs import BlobNotFound
from service_kit.clock import Clock
from service_kit.database import Cursor
from service_kit.event_store import EventStore
from service_kit.faults import StreamConflict
from service_kit.keyring import Keyring
from service_kit.offsets import Move, Record, moves_of

log = logging.getLogger("router.batch")
_outcome_encoder = msgspec.json.Encoder()


class RawStore(Protocol):
    """The blob store as the worker thread sees it."""

    def put(self, name: str, content: bytes) -> None: ...
    def get(self, name: str) -> bytes: ...


class Pair(msgspec.Struct, frozen=True):
    """A record and what was made of it."""

    record: Record
    item: Item


class BatchHandler:
    """Handles batches of records, each in one transaction of at most 8 round trips. For one thread at a time.

    `handle` returns when everything is committed. It raises StaleOffsets (another process has handled the batch),
    CommitUnclear and whatever `faults.kind` calls "wait" or "stop"; after any of them nothing of this batch is certain
    and the stored offsets must be read again. A culprit is no such failure: it is quarantined, and the rest goes on.
    While `behind`, `follow_up` is to be called between batches.
    """

    def __init__(
        self,
        *,
        store: EventStore,
        keyring: Keyring,
        memory: Memory,
        decoder: Decoder,
        house: House,
        raw: RawStore,
        clock: Clock,
        settled: Callable[[Tally], None] = lambda tally: None,
    ) -> None:
        self._store, self._keyring, self._memory = store, keyring, memory
        self._decoder, self._house, self._raw = decoder, house, raw
        self._clock, self._settled = clock, settled
        self._last = datetime.min.replace(tzinfo=clock().tzinfo)
        self.behind = True
        """Whether queues may be left to be handed out: after too long a one, and before this was ever looked up."""

    @property
    def hashes(self) -> Hashes:
        return self._decoder.hashes

    def decode(self, records: Sequence[Record]) -> list[Handled | Broken]:
        """The records as items; touches nothing, so it may run while another batch is being written."""
        return [self._decoder.item(record) for record in records]

    def handle(self, records: Sequence[Record], decoded: Sequence[Handled | Broken] | None = None) -> None:
        """Handles the records in order, those before a failure even if it raises."""
        items = self.decode(records) if decoded is None else decoded
        try:
            for indexes in segments(items):
                self._part([Pair(records[index], self._prepared(records[index], items[index])) for index in indexes])
        except BaseException:
            self._memory.forget()
            raise
        self._keyring.evict()

    def follow_up(self) -> None:
        """The next slice of the queues that were too long for one transaction, and of what agents left behind.

        Raises what `handle` raises.
        """
        more = self._give_back()
        self._drain()
        self.behind = self.behind or more

    def _give_back(self) -> bool:
        """Whether there may be more to give back."""
        now = self._instant(1)
        try:
            with self._store.transaction() as cursor:
                due = handback_rows.first(cursor)
                if due is None:
                    return False
                working = self._working_set(cursor, (), Asked(), [])
                give_back(cursor, self._store, self._memory, working, due, now)
                note_rest(working, working.take_freed())
                new_keys = self._written(cursor, working, [], now)
        except BaseException:
            self._memory.forget()
            raise
        self._committed(working, new_keys)
        return True

    def _drain(self) -> None:
        now = self._instant(1)
        try:
            with self._store.transaction() as cursor:
                left = lookups.drains(cursor)
                if left:
                    working = self._working_set(cursor, (), Asked(), [])
                    freed = {agent_id: rest_of(one, now) for agent_id, one in left.items()}
                    if not drain(cursor, self._store, self._memory, working, freed):
                        working.rows.writes.drains_done.update(left)
                    new_keys = self._written(cursor, working, [], now)
        except BaseException:
            self._memory.forget()
            raise
        self.behind = bool(left) and not working.rows.writes.drains_done
        if left:
            self._committed(working, new_keys)

    def _prepared(self, record: Record, item: Handled | Broken) -> Item:
        if isinstance(item, Broken):
            self._raw.put(item.blob, item.raw)
        elif isinstance(item, Ask) and isinstance(item.envelope.data, RetryQuarantined):
            return self._retry(item)
        elif isinstance(item, Ask) and isinstance(item.envelope.data, AdmitFiltered):
            with self._store.transaction() as cursor:
                return admitting.prepared(cursor, self._keyring, self._decoder, item)
        elif isinstance(item, Ask) and isinstance(item.envelope.data, ChangeConversations):
            return bulk.parts_of(item, self._house)
        elif isinstance(item, Ask) and isinstance(item.envelope.data, queued_replies.SENDING):
            return self._readable(record, lambda: self._with_reply(item))
        elif isinstance(item, Mail) and item.envelope.data.answers_mail is not None:
            return self._readable(record, lambda: self._with_notification(item))
        elif isinstance(item, ParsedAnew):
            return self._readable(record, lambda: self._with_mail(item))
        elif isinstance(item, Ask) and isinstance(item.envelope.data, SendNotificationMail):
            return self._readable(record, lambda: self._with_due(item))
        return item

    def _readable(self, record: Record, completed: Callable[[], Item]) -> Item:
        """The item with what the store has of it; `Broken` when the store's copy of that cannot be read."""
        try:
            return completed()
        except KeyNotHeld:
            raise
        except EventError as error:
            broken = self._decoder.broken(record, error)
            self._raw.put(broken.blob, broken.raw)
            return broken

    def _with_reply(self, ask: Ask) -> Ask:
        """The command with the reply that it speaks of. Raises EventError."""
        with self._store.transaction() as cursor:
            return msgspec.structs.replace(ask, queued=queued_replies.find(cursor, self._keyring, ask))

    def _with_notification(self, mail: Mail) -> Mail:
        """An agent's answer with what it answers. Raises EventError."""
        answered = mail.envelope.data.answers_mail
        if answered is None:
            return mail
        with self._store.transaction() as cursor:
            return msgspec.structs.replace(mail, notified=answering.find(cursor, self._keyring, answered))

    def _with_due(self, ask: Ask) -> Ask:
        """A mail to an agent with what is due, and what was written there. Raises EventError."""
        data = cast(SendNotificationMail, ask.envelope.data)
        with self._store.transaction() as cursor:
            due = notification_rows.due(cursor, data.agent_id, ask.envelope.occurred_at)
            return msgspec.structs.replace(ask, due=with_excerpts(cursor, self._keyring, due, data.agent_id))

    def _with_mail(self, item: ParsedAnew) -> ParsedAnew:
        mail = None if item.mail is None else self._with_notification(item.mail)
        return msgspec.structs.replace(item, mail=mail)

    def _retry(self, ask: Ask) -> Retry:
        """The quarantined record that is to be handled again, read and decoded before the transaction."""
        stream = ask.envelope.stream
        with self._store.transaction() as cursor:
            stored = self._store.read(cursor, {stream: 0}).get(stream, [])
        if not stored or stored[0].type != InboundQuarantined.__name__:
            return Retry(ask, None, "No such record is in quarantine.")
        kept = envelope_of(stored[0]).data
        try:
            inner = self._decoder.again(self._raw.get(kept.raw))
            if inner is None:
                return Retry(ask, None, by_channel=True)
            return Retry(ask, self._with_notification(inner) if isinstance(inner, Mail) else inner)
        except BlobNotFound:
            return Retry(ask, None, "The bytes of the record are no longer in the blob store.")
        except (EventError, msgspec.DecodeError, ValueError) as error:
            return Retry(ask, None, reason_of(error))

    def _part(self, pairs: list[Pair], conflicts: int = 0) -> None:
        try:
            self._transact(pairs)
        except StreamConflict as conflict:
            if conflicts == 0:
                log.warning("deciding again: %s", conflict)
                self._memory.forget()
                self._part(pairs, conflicts + 1)
                return
            self._without_culprit(pairs, conflict)
        except Exception as error:
            if faults.kind(error) != "culprit":
                raise
            self._without_culprit(pairs, error)

    def _without_culprit(self, pairs: list[Pair], error: Exception) -> None:
        """Halves the batch until the culprit is alone, and quarantines it."""
        if len(pairs) > 1:
            middle = len(pairs) // 2
            self._part(pairs[:middle])
            self._part(pairs[middle:])
            return
        pair = pairs[0]
        reason = reason_of(error)
        log.error("%s/%d/%d quarantined: %s", pair.record.topic, pair.record.partition, pair.record.offset, reason)
        match pair.item:
            case Broken():
                raise error
            case Retry(ask=ask, inner=inner):
                if inner is None:
                    raise error
                self._transact([Pair(pair.record, Retry(ask, None, reason))])
            case ParsedAnew(envelope=envelope, mail=mail):
                if mail is None:
                    raise error
                self._transact([Pair(pair.record, ParsedAnew(envelope, None, reason))])
            case _:
                broken = self._decoder.broken(pair.record, error)
                self._raw.put(broken.blob, broken.raw)
                self._transact([Pair(pair.record, broken)])

    def _transact(self, pairs: Sequence[Pair]) -> None:
        items, moves = [pair.item for pair in pairs], moves_of(pair.record for pair in pairs)
        now = self._instant(len(items))
        asked = routing.ask(items, self.hashes)
        with self._store.transaction() as cursor:
            working = self._working_set(cursor, items, asked, moves)
            for index, item in enumerate(items):
                routing.handle(item, working, now + timedelta(microseconds=index))
                if working.freed:
                    self._hand_out(cursor, working)
            new_keys = self._written(cursor, working, moves, now)
        self._committed(working, new_keys)

    def _hand_out(self, cursor: Cursor, working: WorkingSet) -> None:
        """What waits goes to whom the record freed; the record's own outcome waits for these events, too."""
        first, freed = len(working.drafts), working.take_freed()
        if drain(cursor, self._store, self._memory, working, freed):
            note_rest(working, freed)
        working.take_freed()
        for verdict in working.verdicts[-1:]:
            if verdict.drafts and verdict.drafts.stop == first:
                verdict.drafts = range(verdict.drafts.start, len(working.drafts))

    def _committed(self, working: WorkingSet, new_keys: dict[UUID, DataKey]) -> None:
        self._keyring.keep(new_keys)
        self._keyring.forget(working.rows.writes.erased)
        touched = {stream: working.conversations[stream] for stream in working.touched}
        self._memory.keep(working.workspace, touched, working.heads)
        self.behind = self.behind or bool(working.rows.writes.drains or working.rows.writes.handbacks)
        self._settled(working.tally)

    def _working_set(self, cursor: Cursor, items: Sequence[Item], asked: Asked, moves: list[Move]) -> WorkingSet:
        known = lookups.read(cursor, asked, moves)
        wanted = routing.want(items, _conversations(known), _tickets(known), _people(known, asked))
        stored = self._store.read(cursor, self._memory.reading(wanted))
        states = self._memory.states(wanted, stored)
        asking = last_agents.wanted(items, known, states.workspace)
        if asking:
            known.last_agents.update(last_agents.read(cursor, asking))
        rows = Rows(known, Writes(), self.hashes, self._decoder.conversation_of, states.workspace)
        return WorkingSet(states, rows, self._house, self._memory.workspace_id)

    def _keys(self, cursor: Cursor, working: WorkingSet) -> tuple[dict[UUID, DataKey | Erased], dict[UUID, DataKey]]:
        """All keys that the batch's events need, and of these the new ones, whose rows are written with the others."""
        needed = key_ids(working.drafts)
        new_keys, rows = self._keyring.make(needed & working.new_keys)
        working.rows.writes.keys.extend(rows)
        held = self._keyring.fetch(cursor, needed - working.new_keys)
        return {**held, **new_keys}, new_keys

    def _written(self, cursor: Cursor, working: WorkingSet, moves: list[Move], now: datetime) -> dict[UUID, DataKey]:
        """Writes everything; returns the new keys, which count from the commit on."""
        keys, new_keys = self._keys(cursor, working)
        drafts, writes = working.drafts, working.rows.writes
        positions = self._store.append(cursor, [sealed(draft, keys) for draft in drafts])
        placed(drafts, positions, working.heads)
        answers = outcomes_of(working.verdicts, drafts, positions, working.heads, now)
        self._store.append(cursor, [sealed(Draft(envelope, OUTCOMES, None), {}) for _, envelope in answers])
        writes.outcomes.extend(
            (verdict.cause.id, verdict.request_hash or b"", _outcome_encoder.encode(envelope.data), now)
            for verdict, envelope in answers
            if verdict.remembered
        )
        writes.moves = moves
        lookups.write(cursor, writes)
        secrets.remove(cursor, writes.secrets_gone)
        secrets.store(cursor, writes.secrets.items())
        return new_keys

    def _instant(self, records: int) -> datetime:
        """An instant for the first record, each further one having its own microsecond; they never go back."""
        now = max(self._clock(), self._last)
        self._last = now + timedelta(microseconds=records)
        return now


def _people(known: Known, asked: Asked) -> set[UUID]:
    """Contacts to whom more happens than the commands' targets: those of merged sets, those who have a named handle."""
    found = {contact_id for handle in asked.cards if (contact_id := known.handles.get(handle)) is not None}
    return found.union(known.survivors, known.survivors.values())


def _tickets(known: Known) -> set[UUID]:
    found: set[UUID] = set()
    for linked in (*known.tickets.values(), *known.contact_tickets.values()):
        found.update(linked)
    return found


def _conversations(known: Known) -> set[UUID]:
    found = {key.conversation_id for key in known.thread_keys.values()}
    for held in (*known.holdings.values(), *known.filtered.values()):
        found.update(held)
    found.update(known.successors, (each.conversation_id for each in known.successors.values()))
    return found
