"""Lanes on a real PostgreSQL: a dead server's backlog stands in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from ingest_email import delivery_ledger
from ingest_email import ledger_statements as statements
from ingest_email.delivery import Answered, PutOff, Silence, Taken
from ingest_email.delivery_lanes import Turn, Turns
from ingest_email.delivery_ledger import HASTENED, NO_CHANNEL, Queued
from ingest_email.testing_ledger import NOW, OneProcess, a_reply
from service_kit.ids import new_id

pytestmark = pytest.mark.real
LATER = NOW + timedelta(minutes=30)


TAKEN = Answered(("ann@example.org",), {0: Taken()})
PUT_OFF = Answered(("ann@example.org",), {0: PutOff("451")})
SILENT = Answered(("ann@example.org",), {0: Silence()})


def by_channel(channel_id: UUID) -> Queued:
    return msgspec.structs.replace(a_reply(), channel_id=channel_id)


def test_each_lane_gives_what_it_has_room_for_and_the_relay_serves_all_others(process: OneProcess) -> None:
    mine, dead, other = new_id(), new_id(), new_id()
    own = [by_channel(mine) for _ in range(3)]
    process.insert(*own, by_channel(dead), *(unknown := [by_channel(other), a_reply()]))
    turns = Turns(
        Turn(10, NOW),
        {mine: Turn(2, NOW), dead: Turn(1, NOW - timedelta(hours=48), suspect=True, closed=True)},
        known=5,
        suspects=5,
    )
    leased = {lease.delivery.reply_id: lease.channel_id for lease in process.lease_turns(turns)}
    assert leased == {
        own[0].reply_id: mine,
        own[1].reply_id: mine,
        unknown[0].reply_id: other,
        unknown[1].reply_id: NO_CHANNEL,
    }


def test_servers_that_are_not_known_to_work_share_their_own_places(process: OneProcess) -> None:
    suspects, known = [new_id() for _ in range(5)], new_id()
    process.insert(*(by_channel(channel_id) for channel_id in suspects), by_channel(known))
    lanes = {channel_id: Turn(1, NOW, suspect=True) for channel_id in suspects} | {known: Turn(4, NOW)}
    leased = [lease.channel_id for lease in process.lease_turns(Turns(Turn(0, NOW), lanes, known=1, suspects=2))]
    assert len(leased) == 3 and known in leased


def test_what_has_waited_too_long_is_leased_from_a_closed_lane(process: OneProcess) -> None:
    channel_id = new_id()
    process.insert(by_channel(channel_id))
    later = NOW + timedelta(hours=49)
    closed = Turns(
        Turn(0, later), {channel_id: Turn(1, later - timedelta(hours=48), suspect=True, closed=True)}, suspects=1
    )
    assert len(process.lease_turns(closed, later)) == 1


def test_a_closed_lane_is_nothing_to_wait_for(process: OneProcess) -> None:
    channel_id = new_id()
    process.insert(by_channel(channel_id))
    for turn, due in ((Turn(1, NOW, suspect=True, closed=True), None), (Turn(1, NOW, suspect=True), NOW)):
        turns = Turns(Turn(1, NOW), {channel_id: turn}, suspects=1)
        assert process.do(lambda cursor, turns=turns: process.ledger.next_due(cursor, turns)) == due  # type: ignore[misc]


def test_what_waits_of_a_channel_is_hastened_and_nothing_else(process: OneProcess) -> None:
    mine, own = new_id(), new_id()
    replies = [by_channel(mine), by_channel(own), a_reply()]
    process.insert(*replies)
    turns = Turns(Turn(10, NOW), {own: Turn(4, NOW)}, known=5)
    for lease in process.lease_turns(turns):
        process.settle(lease, PUT_OFF)

    def hasten(*hurried: UUID | None) -> int:
        return process.do(lambda cursor: process.ledger.hasten(cursor, turns, hurried, NOW))

    assert [hasten(own), hasten(own), hasten(None), hasten(None)] == [1, 0, 2, 0]


def test_a_long_backlog_is_hastened_a_portion_at_a_time_the_oldest_first(process: OneProcess) -> None:
    channel_id = new_id()
    replies = [by_channel(channel_id) for _ in range(HASTENED + 1)]
    process.insert(*replies, now=LATER)
    turns = Turns(Turn(0, NOW), {channel_id: Turn(500, NOW)}, known=500)

    def hasten() -> int:
        return process.do(lambda cursor: process.ledger.hasten(cursor, turns, [channel_id], NOW))

    assert hasten() == HASTENED
    assert {lease.delivery.reply_id for lease in process.lease_turns(turns)} == {one.reply_id for one in replies[:-1]}
    assert [hasten(), hasten()] == [1, 0]


def test_what_waits_for_a_dead_server_is_not_looked_at_when_others_are_leased(process: OneProcess) -> None:
    dead, other = new_id(), new_id()
    process.insert(*(by_channel(dead) for _ in range(3_000)))
    process.insert(by_channel(other), now=NOW + timedelta(seconds=1))
    process.connection.execute("ANALYZE ingest_email.deliveries")
    later = NOW + timedelta(minutes=1)
    turns = Turns(Turn(8, later), {dead: Turn(0, later, suspect=True)})

    def buffers(statement: str, **parameters: object) -> int:
        explained = process.connection.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), parameters
        ).fetchone()
        assert explained is not None
        return int(explained[0][0]["Plan"]["Shared Hit Blocks"])

    told = delivery_ledger.parameters(turns)
    assert buffers(statements.NEXT_DUE, **told) < 500
    leased = {"instance": "test", "incarnation": new_id(), "until": later}
    assert buffers(statements.LEASE, **told, **leased) < 500
