"""The rows that routing needs: read by one statement early in a batch's transaction, written by one at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import errors

from router import contact_rows, filter_rows, handback_rows, last_agents, merging_rows, notification_rows, ticket_rows
from router.domain.assignment import Load
from router.errors import LookupTaken
from router.lookup_rows import Asked, Known, QueueDrain, Successor, ThreadKey, Waiting, Writes
from router.lookup_statements import DRAINS, READ, REBUILD, WAITING, WRITE
from service_kit import database
from service_kit.database import Cursor
from service_kit.faults import StaleOffsets
from service_kit.offsets import Move

SCHEMA: Final = "router"


def install(dsn: str) -> None:
    """Creates or updates the router's own tables."""
    database.migrate(dsn, SCHEMA, "router.migrations")


def read(cursor: Cursor, asked: Asked, moves: Sequence[Move] = ()) -> Known:
    """All that is known of what is asked, in one round trip, and one more where conversations go on in others.

    Raises StaleOffsets when a move would not begin at its stored offset: the batch was handled by another process, and
    what it would write may well exist already.
    """
    key_inboxes, key_hashes = _columns(asked.thread_keys, 2)
    dedupe_inboxes, dedupe_keys = _columns(asked.dedupe, 2)
    handle_kinds, handle_hashes = _columns(asked.handles, 2)
    cursor.execute(
        READ,
        {
            "key_inboxes": key_inboxes,
            "key_hashes": key_hashes,
            "conversations": list(asked.conversations),
            "dedupe_inboxes": dedupe_inboxes,
            "dedupe_keys": dedupe_keys,
            "handle_kinds": handle_kinds,
            "handle_hashes": handle_hashes,
            "erasing": list(asked.erasing),
            "commands": list(asked.commands),
            "ticketed": list(asked.ticketed),
            "pipelines": list(asked.pipelines),
            "people": list(asked.people | asked.erasing),
            "domains": list(asked.domains),
            "strangers": list(asked.strangers),
            "topics": [move.topic for move in moves],
            "partitions": [move.partition for move in moves],
            "firsts": [move.first for move in moves],
        },
        prepare=True,
        binary=True,
    )
    known = Known()
    for kind, one, other, text, first, second, number, at in cursor:
        match kind:
            case "d":
                known.dedupe.add((one, text))
            case "k":
                known.thread_keys[(one, first)] = ThreadKey(other, bool(number))
            case "p":
                known.participants[(one, first)] = bool(number)
            case "h":
                known.handles[(text, first)] = one
                if other != one:
                    known.holders[(text, first)] = other
                if number:
                    known.blocked.add(one)
            case "c":
                known.domains[text] = one
            case "m":
                known.survivors[one] = other
            case "x":
                known.successors[one] = Successor(other, merged=bool(number))
            case "w":
                known.corresponded.add(first)
            case "q":
                known.acknowledged[first] = at
            case "e":
                known.holdings.setdefault(one, []).append(other)
            case "f":
                known.filtered.setdefault(one, []).append(other)
            case "o":
                known.outcomes[one] = (first, second)
            case "a":
                known.agents[one] = Load(open_conversations=number, last_assigned_at=at)
            case "s":
                _check_moved(number, moves)
            case "t":
                known.teams[one] = number
            case "l":
                known.tickets[one] = (*known.tickets.get(one, ()), other)
            case "u":
                known.contact_tickets.setdefault(one, []).append(other)
            case "g":
                known.ticket_stages[one, text] = number
            case "n" if text == "ticket":
                known.last_ticket_number = number
            case _:
                known.last_number = number
    merging_rows.complete(cursor, known)
    contact_rows.complete(cursor, asked, known)
    return known


def waiting(
    cursor: Cursor,
    places: Mapping[UUID, int],
    changed: Collection[UUID],
    unseen: Collection[tuple[UUID, UUID]],
) -> list[Waiting]:
    """Of each team's stored queue so many, the oldest, without the conversations that the batch has changed, and those
    of inboxes that are `unseen` by the team."""
    asked = {
        "teams": list(places),
        "mosts": list(places.values()),
        "changed": list(changed),
        "blind_teams": [team_id for team_id, _ in unseen],
        "unseen": [inbox_id for _, inbox_id in unseen],
    }
    cursor.execute(WAITING, asked, binary=True)
    return [Waiting(*row) for row in cursor]


def drains(cursor: Cursor) -> dict[UUID, QueueDrain]:
    """The agents whose teams' queues are being handed out."""
    cursor.execute(DRAINS, binary=True)
    return {agent_id: QueueDrain(*row) for agent_id, *row in cursor}


def write(cursor: Cursor, writes: Writes, *, rebuilding: bool = False) -> None:
    """Writes all rows and moves the offsets, in one round trip, and one more each where there are tickets, or
    contacts that are merged, blocked or lose an address, or companies, or conversations that go on in others, or agents
    to be told of something by mail.

    Raises StaleOffsets when another process moved one of them, LookupTaken when a row that was read as free is taken:
    roll back and decide again. `rebuilding` is for writing without reading: the first holder of a thread key keeps it.
    """
    contact_rows.unlink(cursor, writes)
    try:
        cursor.execute(REBUILD if rebuilding else WRITE, _parameters(writes), prepare=True, binary=True)
    except errors.UniqueViolation as error:
        raise LookupTaken(f"a look-up row was taken meanwhile: {error.diag.constraint_name}") from error
    row = cursor.fetchone()
    _check_moved(row[0] if row else 0, writes.moves)
    ticket_rows.write(cursor, writes)
    contact_rows.write(cursor, writes)
    merging_rows.write(cursor, writes)
    filter_rows.write(cursor, writes)
    notification_rows.write(cursor, writes)
    last_agents.write(cursor, writes)
    handback_rows.write(cursor, writes)


def _check_moved(fitting: int, moves: Sequence[Move]) -> None:
    if fitting != len(moves):
        raise StaleOffsets(f"{len(moves) - fitting} of {len(moves)} offsets were moved by another process")


def _parameters(writes: Writes) -> dict[str, Any]:
    names: list[str] = []
    columns: list[list[Any]] = []

    def add(wanted: str, rows: Iterable[tuple[Any, ...]]) -> None:
        titles = wanted.split()
        names.extend(titles)
        columns.extend(_columns(rows, len(titles)))

    add(
        "topics partitions firsts nexts lasts",
        ((m.topic, m.partition, m.first, m.next, m.last_id) for m in writes.moves),
    )
    add("erased erased_at", writes.erased.items())
    add("renamed renamed_hashes", writes.renamed.items())
    add("told told_at", writes.acknowledged.items())
    add("blobs_done", ((name,) for name in writes.blobs_done))
    add("key_ids wrapped", writes.keys)
    add("dedupe_inboxes dedupe_keys dedupe_contacts dedupe_at", ((*key, *row) for key, row in writes.dedupe.items()))
    add(
        "thread_inboxes thread_hashes thread_conversations thread_contacts thread_received",
        ((*key, *row) for key, row in writes.thread_keys.items()),
    )
    add("received_inboxes received_hashes", writes.received)
    add(
        "participant_conversations participant_hashes participant_sides",
        ((*pair, side) for pair, side in writes.participants.items()),
    )
    add("handle_kinds handle_hashes handle_contacts", ((*key, contact) for key, contact in writes.handles.items()))
    add("holding_contacts holding_conversations", writes.holdings)
    add(
        "conversation_ids inbox_ids contact_ids statuses assignees teams waiting",
        (
            (
                conversation_id,
                row.inbox_id,
                row.contact_id,
                row.status,
                row.assignee_id,
                row.team_id,
                row.waiting_since,
            )
            for conversation_id, row in writes.conversations.items()
        ),
    )
    add(
        "agents agent_open agent_last",
        ((agent_id, load.open_conversations, load.last_assigned_at) for agent_id, load in writes.agents.items()),
    )
    add("load_teams team_waiting", writes.teams.items())
    add(
        "timers timer_conversations timer_due timer_kinds",
        ((timer_id, *row) for timer_id, row in writes.timers.items()),
    )
    add("timers_done", ((timer_id,) for timer_id in writes.timers_done))
    add("blobs blob_conversations blob_contacts", ((name, *row) for name, row in writes.blobs.items()))
    add("filtered filtered_hashes", writes.filtered.items())
    add(
        "drains drain_reasons drain_causes drain_correlations",
        ((agent_id, one.reason, one.cause_id, one.correlation_id) for agent_id, one in writes.drains.items()),
    )
    add("drains_done", ((agent_id,) for agent_id in writes.drains_done))
    add("outcome_ids request_hashes outcomes outcome_at", writes.outcomes)
    return {**dict(zip(names, columns, strict=True)), "last_number": writes.last_number}


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns; no rows give `width` empty columns."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
