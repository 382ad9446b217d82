"""The event store, on a real PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from events.frame import unpack
from service_kit.database import connect
from service_kit.event_store import EventStore, Head, NewEvent
from service_kit.faults import CommitUnclear, StreamConflict
from service_kit.ids import new_id
from service_kit.testing import TcpProxy, an_event, stored

pytestmark = pytest.mark.real
TOPIC = "conversations.v1"


def appended(store: EventStore, *events: NewEvent) -> list[int]:
    with store.transaction() as cursor:
        return store.append(cursor, events)


def test_positions_rise_in_the_order_of_the_events(store: EventStore) -> None:
    events = [stored(an_event(new_id(), 1), TOPIC) for _ in range(200)]
    positions = appended(store, *events)
    assert positions == sorted(positions)
    assert [each.originator_id for each in store.select_notifications(None, 1000)] == [each.stream for each in events]


def test_a_batch_of_five_megabytes_is_appended_in_one_statement(store: EventStore) -> None:
    events = [stored(an_event(new_id(), 1), TOPIC, padding=10_000) for _ in range(500)]
    assert len(appended(store, *events)) == 500


def test_streams_are_read_after_a_sequence_and_by_their_heads(store: EventStore) -> None:
    one, other = new_id(), new_id()
    positions = appended(
        store, *[stored(an_event(one, n), TOPIC) for n in (1, 2, 3)], stored(an_event(other, 1), TOPIC)
    )
    with store.transaction() as cursor:
        read = store.read(cursor, {one: 1, other: 1, new_id(): 0})
        heads = store.heads(cursor, [one, other, new_id()])
    assert [each.sequence for each in read[one]] == [2, 3]
    assert dict(unpack(read[one][0].state).headers)["ce_sequence"] == b"2"
    assert other not in read
    assert heads == {one: Head(3, positions[2]), other: Head(1, positions[3])}


def test_a_taken_sequence_is_a_conflict_and_nothing_of_the_batch_stays(store: EventStore) -> None:
    stream, other = new_id(), new_id()
    appended(store, stored(an_event(stream, 1), TOPIC))
    with pytest.raises(StreamConflict):
        appended(store, stored(an_event(other, 1), TOPIC), stored(an_event(stream, 1), TOPIC))
    with store.transaction() as cursor:
        assert store.heads(cursor, [stream, other]).keys() == {stream}


def test_whatever_is_raised_inside_rolls_back_and_the_store_goes_on(store: EventStore) -> None:
    stream = new_id()
    with pytest.raises(ZeroDivisionError), store.transaction() as cursor:
        store.append(cursor, [stored(an_event(stream, 1), TOPIC)])
        _ = 1 / 0
    assert len(appended(store, stored(an_event(stream, 1), TOPIC))) == 1


def test_a_second_writer_waits_until_the_first_has_committed(store: EventStore, fresh_database: str) -> None:
    other = EventStore(fresh_database)
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with other.transaction() as cursor:
            order.append("second in")
            other.append(cursor, [stored(an_event(new_id(), 1), TOPIC)])

    thread = threading.Thread(target=second)
    with store.transaction() as cursor:
        thread.start()
        waiting.wait()
        blocked(fresh_database)
        store.append(cursor, [stored(an_event(new_id(), 1), TOPIC)])
        order.append("first out")
    thread.join()
    other.close()
    assert order == ["first out", "second in"]


def blocked(dsn: str) -> None:
    """Returns when some session waits for an advisory lock."""
    with connect(dsn, "test") as connection:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
        while connection.execute(waiting.encode()).fetchone() is None:
            pass


def test_insert_events_is_refused_because_it_would_not_decide_in_its_transaction(store: EventStore) -> None:
    with pytest.raises(NotImplementedError):
        store.insert_events([])


def test_a_listener_is_woken_by_an_append_and_by_nothing_else(store: EventStore, fresh_database: str) -> None:
    with connect(fresh_database, "test") as listener:
        listener.execute(b"LISTEN router_stored_events")
        with store.transaction() as cursor:
            store.heads(cursor, [new_id()])
        assert list(listener.notifies(timeout=0.1)) == []
        appended(store, stored(an_event(new_id(), 1), TOPIC))
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1


def test_creating_twice_changes_nothing(store: EventStore) -> None:
    store.create()
    assert store.epoch() == "main/1"


@pytest.mark.faults
@pytest.mark.parametrize("after", [False, True], ids=["before the server got it", "after it was done"])
def test_a_connection_cut_at_commit_is_unclear_and_the_next_transaction_connects_anew(
    postgres: Any, fresh_database: str, after: bool
) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(fresh_database)["dbname"])
    with TcpProxy(postgres.port) as proxy:
        store = EventStore(postgres.tcp_dsn_of(name, port=proxy.port))
        store.create()
        stream = uuid4()
        proxy.cut_at(b"COMMIT", after=after)
        with pytest.raises(CommitUnclear):
            appended(store, stored(an_event(stream, 1), TOPIC))
        assert proxy.cuts == 1
        with store.transaction() as cursor:
            assert (stream in store.heads(cursor, [stream])) is after
        store.close()
