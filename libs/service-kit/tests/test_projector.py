"""The live projector, with real Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from events.errors import KeyNotHeld
from service_kit.database import connect
from service_kit.faults import StaleOffsets, StreamGap, TooManyDeadLetters
from service_kit.health import Health
from service_kit.ids import new_id
from service_kit.log_probe import probing
from service_kit.testing import an_event, headed, letters, until
from service_kit.testing.projecting import Setting, running, shown
from service_kit.view_writer import ViewWriter

pytestmark = pytest.mark.real


async def test_events_become_rows_with_positions_and_a_notification(setting: Setting) -> None:
    one, other = new_id(), new_id()
    await setting.put(headed(an_event(one, 1), 1), headed(an_event(one, 2), 4))
    await setting.put(headed(an_event(other, 1), 2), partition=1)
    with connect(setting.dsn, "test") as listener:
        listener.execute(b"LISTEN inbox_shown")
        async with running(setting.projector(notify_channel="inbox_shown")) as task:
            await shown(setting, 1, 2, 4, task=task)
            said: list[Any] = []

            def all_said() -> bool:
                said.extend(each for note in listener.notifies(timeout=0.01) for each in json.loads(note.payload))
                return [setting.topic, 0, 4] in said and [setting.topic, 1, 2] in said

            await until(all_said)
        found = listener.execute(b"SELECT topic, partition, store, position FROM inbox.positions").fetchall()
    assert sorted(found) == [(setting.topic, 0, "main/1", 4), (setting.topic, 1, "main/1", 2)]


async def test_what_a_relay_sent_again_is_shown_once_also_after_a_restart(setting: Setting) -> None:
    stream = new_id()
    records = [headed(an_event(stream, n), n) for n in range(1, 6)]
    await setting.put(*records[:3], *records[:4])
    async with running(setting.projector()):
        await shown(setting, 1, 2, 3, 4)
    await setting.put(*records)
    async with running(setting.projector()):
        await shown(setting, 1, 2, 3, 4, 5)


async def test_a_zombies_stale_batch_writes_nothing(setting: Setting) -> None:
    stream = new_id()
    await setting.put(*[headed(an_event(stream, n), n) for n in (1, 2, 3)])
    async with probing(setting.bootstrap) as probe:
        records = (await probe.tails([(setting.topic, 0)]))[setting.topic, 0]
    zombie, successor = (ViewWriter(setting.dsn, "inbox", name) for name in ("zombie", "successor"))
    zombie.create()
    for each in (zombie, successor):
        each.load({(setting.topic, 0): 0})
    wrote: list[str] = []

    def effects(name: str, cursor: Any) -> None:
        wrote.append(name)

    place = (setting.topic, 0, "main/1")
    successor.write(records, {place: 3}, {}, partial(effects, "successor"))
    for batch in (records, records[:2], records[1:]):
        with pytest.raises(StaleOffsets):
            zombie.write(batch, {place: batch[-1].offset + 1}, {}, partial(effects, "zombie"))
    assert wrote == ["successor"]
    stored, progress = successor.load({})
    assert stored[setting.topic, 0].next_offset == 3
    assert progress.positions == {place: 3}
    for each in (zombie, successor):
        each.close()


async def test_bad_records_become_dead_letters_with_reasons_and_the_next_is_shown(setting: Setting) -> None:
    stream, other = new_id(), new_id()

    def spoilt(position: int, name: str, content: bytes) -> tuple[Any, bytes]:
        headers, value = headed(an_event(other, position), position)
        return [(each, content if each == name else kept) for each, kept in headers], value

    good, _ = headed(an_event(stream, 2), 2)
    bad: list[Any] = [
        (good, b"not json"),
        ([], b"{"),
        spoilt(3, "ce_type", b"NobodyKnows"),
        spoilt(4, "ce_version", b"99"),
        (headed(an_event(other, 5), 5)[0], b'{"data":{"reply_id":"' + b"x" * 1_900_000),
        (headed(an_event(other, 6), 6)[0], b'{"data":{"reply_id":7}}'),
        (headed(an_event(other, 7), 7)[0], None),
    ]
    await setting.put(headed(an_event(stream, 1), 1), *bad, headed(an_event(stream, 3), 8))
    async with running(setting.projector()) as task:
        await shown(setting, 1, 8, task=task)
    dead = [dict(each.headers) for each in await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1")]
    assert [each["dl_reason"].split(b":")[0].decode() for each in dead] == [
        "MalformedEvent",
        "MalformedEvent",
        "UnknownEventType",
        "UnknownEventVersion",
        "MalformedEvent",
        "MalformedEvent",
        "MalformedEvent",
    ]
    assert all(each["dl_topic"] == setting.topic.encode() for each in dead)
    assert (stream, 2, 0) in setting.rows()


async def test_too_many_in_a_row_stop_the_consumer_and_a_restart_does_not_drain_the_topic(setting: Setting) -> None:
    await setting.put(*[([], b"garbage")] * 30)
    for _ in range(3):
        with pytest.raises(TooManyDeadLetters):
            await setting.projector(max_records=4).run(asyncio.Event())
    assert len(await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1")) == 8
    await setting.put(headed(an_event(new_id(), 1), 1))
    async with running(setting.projector(limit=100)):
        await shown(setting, 1)


async def test_a_record_that_breaks_pure_code_is_found_by_splitting_and_the_others_are_shown(setting: Setting) -> None:
    streams = [new_id() for _ in range(30)]
    setting.view.poison = {streams[17]}
    await setting.put(*[headed(an_event(stream, 1), n + 1) for n, stream in enumerate(streams)])
    async with running(setting.projector()):
        await shown(setting, *(n + 1 for n in range(30) if n != 17))
    (dead,) = await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1")
    assert dict(dead.headers)["dl_reason"] == b"ZeroDivisionError when it was applied"
    assert (streams[17], 1, 0) in setting.rows()


async def test_a_bad_record_beside_one_that_breaks_code_is_buried_once(setting: Setting) -> None:
    streams = [new_id() for _ in range(6)]
    setting.view.poison = {streams[4]}
    events = [headed(an_event(stream, 1), n + 2) for n, stream in enumerate(streams)]
    await setting.put(([], b"garbage"), *events)
    async with running(setting.projector()):
        await shown(setting, *(n + 2 for n in range(6) if n != 4))
    dead = await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1")
    reasons = [dict(each.headers)["dl_reason"].split(b":")[0] for each in dead]
    assert sorted(reasons) == [b"MalformedEvent", b"ZeroDivisionError when it was applied"]


async def test_the_session_of_a_view_never_reads_a_whole_table_for_a_key(setting: Setting) -> None:
    writer = ViewWriter(setting.dsn, "inbox", "test")
    with closing(writer):
        writer.create()
        shown = writer._connected().execute(b"SHOW enable_seqscan").fetchone()
    assert shown == ("off",)


async def test_a_gap_in_a_stream_stops_the_consumer_and_says_so(setting: Setting) -> None:
    stream = new_id()
    await setting.put(headed(an_event(stream, 1), 1), headed(an_event(stream, 3), 3))
    with pytest.raises(StreamGap, match="from sequence 1 to 3"):
        await setting.projector().run(asyncio.Event())
    assert await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1") == []


class LateKeys:
    """A keyring whose row comes late."""

    def __init__(self) -> None:
        self.there = False

    def fetch(self, cursor: Any, key_ids: Any) -> Any:
        if not self.there:
            raise KeyNotHeld("the row is missing")
        return {}

    def forget(self, key_ids: Any) -> None:
        return None

    def evict(self) -> None:
        return None


async def test_a_missing_key_is_waited_for_and_nothing_is_shown_or_buried_meanwhile(setting: Setting) -> None:
    keys, health = LateKeys(), Health(setting.group)
    await setting.put(headed(an_event(new_id(), 1), 1))
    async with running(setting.projector(keys=keys, health=health)):
        await until(lambda: "KeyNotHeld" in health.report()[setting.group])
        assert setting.rows() == []
        keys.there = True
        await shown(setting, 1)
    assert await letters(setting.bootstrap, f"dead-letters.{setting.group}.v1") == []


async def test_header_topics_are_counted_once_each(setting: Setting) -> None:
    await setting.put(*[([("any", b"thing")], b"\xff")] * 7)
    async with running(setting.projector(header_topics={setting.topic})):
        with connect(setting.dsn, "test") as connection:
            count = b"SELECT records FROM inbox.counts"
            await until(lambda: connection.execute(count).fetchone() == (7,))
