"""Handled exactly once in effect: whatever is repeated, overtaken or broken off, the store is the arbiter."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events.commands import AddComment, AddLabel
from local_runtime.postgres import PostgresServer
from router.testing import AS_ANNA, COMMANDS, Workbench, envelope, kinds, mail
from router.working_set import WorkingSet
from service_kit.faults import CommitUnclear, StaleOffsets
from service_kit.ids import new_id
from service_kit.offsets import Offsets
from service_kit.testing import TcpProxy

pytestmark = pytest.mark.real
MOST_ROUND_TRIPS = 8


def next_offset(bench: Workbench, topic: str = "inbound.email.v1") -> int:
    with bench.connection.cursor() as cursor:
        return Offsets("router").load(cursor)[topic, 0].next_offset


def test_a_batch_that_was_handled_already_is_stale_and_writes_nothing(bench: Workbench) -> None:
    records = bench.records(mail(), mail())
    bench.handle(records)
    position = bench.last_position()
    with pytest.raises(StaleOffsets):
        bench.parts.handler.handle(records)
    assert bench.last_position() == position
    assert next_offset(bench) == 2


def test_a_zombie_that_wakes_up_beside_its_successor_writes_nothing(bench: Workbench) -> None:
    records = bench.records(mail(), mail(), mail())
    zombie, successor = bench.parts, bench.built()
    bench.handle(records[:1], zombie)
    bench.handle(records[1:], successor)
    with pytest.raises(StaleOffsets):
        zombie.handler.handle(records[1:2])
    assert kinds(bench.events()).count("ConversationOpened") == 3


def test_offsets_move_with_the_id_of_the_last_record(bench: Workbench) -> None:
    first, last = mail(), mail()
    bench.receive(first, last)
    with bench.connection.cursor() as cursor:
        assert Offsets("router").load(cursor)["inbound.email.v1", 0] == (2, str(last.id))


def test_partitions_of_one_batch_move_together_or_not_at_all(bench: Workbench) -> None:
    one, two = bench.records(mail(), partition=0), bench.records(mail(), partition=1)
    bench.handle(two)
    with pytest.raises(StaleOffsets):
        bench.parts.handler.handle([*one, *two])
    assert next_offset(bench) == 0
    bench.handle(one)
    assert kinds(bench.events()).count("ConversationOpened") == 2


def test_a_rolled_back_batch_leaves_no_trace_in_memory(bench: Workbench) -> None:
    bench.receive(mail(message_id="one@c"))
    stale = bench.records(mail(in_reply_to=["one@c"]))
    fresh = bench.built()
    bench.handle(stale, fresh)
    with pytest.raises(StaleOffsets):
        bench.parts.handler.handle(stale)
    assert bench.receive(mail(in_reply_to=["one@c"]))[0].sequence == 4


@pytest.mark.parametrize("arrived", [False, True], ids=["the COMMIT is lost", "its answer is lost"])
def test_an_unclear_commit_is_said_and_the_offsets_tell_what_happened(
    bench: Workbench, postgres: PostgresServer, arrived: bool
) -> None:
    database = psycopg.conninfo.conninfo_to_dict(bench.dsn)["dbname"]
    with TcpProxy(postgres.port) as proxy:
        through = bench.built(postgres.tcp_dsn_of(str(database), port=proxy.port))
        records = bench.records(mail(), mail())
        bench.handle(records[:1], through)
        proxy.cut_at(b"COMMIT", after=arrived)
        with pytest.raises(CommitUnclear):
            through.handler.handle(records[1:])
        assert next_offset(bench) == (2 if arrived else 1)
        if not arrived:
            bench.handle(records[1:], through)
        assert kinds(bench.events()).count("ConversationOpened") == 2


def test_handling_twice_makes_the_same_ids(bench: Workbench) -> None:
    received = mail()
    first = [(event.id, event.stream) for event in bench.receive(received)]
    bench.rows(
        "WITH a AS (DELETE FROM router.stored_events), b AS (DELETE FROM router.dedupe),"
        " c AS (DELETE FROM router.handles), d AS (DELETE FROM router.thread_keys),"
        " e AS (DELETE FROM keyring.keys), f AS (UPDATE router.numbers SET last = 0) SELECT 1"
    )
    fresh = bench.built()
    assert [(event.id, event.stream) for event in bench.handle(bench.records(received), fresh)] == first


def test_what_its_stream_shows_as_handled_is_not_handled_again_but_seen(bench: Workbench) -> None:
    """The dedupe key was lost, the stream has its place taken: neither a loop for ever nor a second conversation."""
    received = mail(dedupe_key="k")
    bench.receive(received)
    bench.rows("DELETE FROM router.dedupe RETURNING 1")
    bench.rows("DELETE FROM router.thread_keys RETURNING 1")
    events = bench.receive(mail(), received, mail())
    assert kinds(events).count("ConversationOpened") == 2
    assert [event.data.reason.split()[0] for event in events if event.type == "InboundQuarantined"] == [
        "StreamConflict"
    ]


def round_trips(bench: Workbench, trace: Path, records: list[object]) -> int:
    """How often the handler waited for the server while it handled these records."""
    connection = bench.parts.store._connected()
    with trace.open("wb") as file:
        connection.pgconn.trace(file.fileno())
        bench.parts.handler.handle(records)  # type: ignore[arg-type]
        connection.pgconn.untrace()
    return trace.read_text().count("ReadyForQuery")


def test_a_batch_of_mails_costs_at_most_eight_round_trips(bench: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    contact = bench.receive(mail("known@c.example", message_id="one@c"))[0].stream
    for _ in range(8):
        bench.receive(mail(), mail("known@c.example", in_reply_to=["one@c"]))
    bench.parts.keyring.forget([contact])
    bench.parts.memory.forget()
    records = bench.records(
        *[mail(f"{n}@c.example") for n in range(50)], mail("known@c.example", in_reply_to=["one@c"])
    )
    counted = round_trips(bench, tmp_path / "trace", records)
    assert 6 <= counted <= MOST_ROUND_TRIPS, f"{counted}; below 6 the count itself would be wrong"


def test_a_batch_of_commands_costs_at_most_eight_round_trips(bench: Workbench, tmp_path: Path) -> None:
    bench.set_up_workspace()
    contact, opened = bench.receive(mail())[:2]
    for _ in range(8):
        bench.command(AddComment(comment_id=new_id(), text="warm"), opened.stream)
    bench.parts.keyring.forget([contact.stream])
    bench.parts.memory.forget()
    data = [AddComment(comment_id=new_id(), text="x"), AddLabel(label="vip"), AddLabel(label="vip")]
    records = bench.records(*[envelope(one, stream=opened.stream, actor=AS_ANNA) for one in data], topic=COMMANDS)
    counted = round_trips(bench, tmp_path / "trace", records)
    assert 7 <= counted <= MOST_ROUND_TRIPS, f"{counted}; below 7 the count itself would be wrong"


def test_what_a_batch_needed_is_freed_with_it_and_left_to_no_collector(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    working_sets: list[weakref.ref[WorkingSet]] = []

    class Watched(WorkingSet):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            working_sets.append(weakref.ref(self))

    monkeypatch.setattr("router.batch.WorkingSet", Watched)
    bench.set_up_workspace()
    gc.disable()
    try:
        bench.receive(mail(), mail())
        assert working_sets
        assert [each() for each in working_sets] == [None] * len(working_sets)
    finally:
        gc.enable()
