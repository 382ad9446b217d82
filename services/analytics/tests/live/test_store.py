"""Facts in real tables: however the log is cut and interleaved, and however days are packed, they come out the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from analytics import schema
from analytics.facts import DAY
from analytics.measures.happenings import milliseconds
from analytics.measures.time_in_state import STATES
from analytics.packer import pack_days
from analytics.packing import Block, unpack
from analytics.rebuild import EVERY_DAY
from analytics.store import Facts
from events import conversations as e
from events import workspace as w
from events.envelope import AnyEnvelope
from events.testing import example
from events.topics import CONVERSATIONS, WORKSPACE
from local_runtime.postgres import PostgresServer
from service_kit.database import Connection, connect
from service_kit.faults import StreamGap

pytestmark = pytest.mark.real
Talks = Callable[..., Any]
A, B = uuid4(), uuid4()
MINUTE = 60_000
MOVES: tuple[Callable[[Any, float], Any], ...] = (
    lambda told, at: told.writes(at),
    lambda told, at: told.answers(at, A),
    lambda told, at: told.answers(at, B),
    lambda told, at: told.answers(at, None, automatic=True),
    lambda told, at: told.resolves(at, A),
    lambda told, at: told.reopens(at),
    lambda told, at: told.queues(at, A),
    lambda told, at: told.queues(at, A, then=e.Then(status="resolved")),
    lambda told, at: told.tell(at, e.ConversationAssigned(agent_id=A, team_id=None)),
    lambda told, at: told.tell(at, e.ConversationSnoozed()),
)


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[Connection]:
    name = f"facts_{uuid.uuid4().hex[:12]}"
    with connect(postgres.create_database(name), "tests", durable=False) as connection:
        yield connection
    postgres.drop_database(name)


@pytest.fixture
def connection(database: Connection) -> Connection:
    """With the empty schema `analytics`."""
    with database.transaction():
        schema.drop(database, schema.NEXT)
        schema.drop(database, schema.LIVE)
        schema.create(database)
    return database


def record(envelope: AnyEnvelope) -> Any:
    return SimpleNamespace(topic=CONVERSATIONS.name, envelope=envelope)


def written(connection: Connection, name: str, batches: Sequence[Sequence[Any]]) -> None:
    facts = Facts(name)
    for batch in batches:
        with connection.transaction():
            facts.apply(connection.cursor(binary=True), batch)


def rows(connection: Connection, name: str) -> dict[str, list[Any]]:
    return {
        table: connection.execute(f"select t::text from {name}.{table} t order by 1".encode()).fetchall()
        for table in ("conversations", "facts", "workspace", "skipped")
    } | {"days": connection.execute(f"select kind, day from {name}.days order by 1, 2".encode()).fetchall()}


def lived(talk: Talks, random: Random, many: int = 30) -> list[Any]:
    talks = []
    for number in range(1, many + 1):
        told = talk(number).opens(random.random() * 5_000)
        for _ in range(random.randint(0, 8)):
            minutes = 5_000 + random.random() * 90_000
            random.choice(MOVES)(told, minutes)
        talks.append(told)
    return talks


def interleaved(talks: Sequence[Any], random: Random, most: int) -> list[list[Any]]:
    """Batches in which each conversation's events come in their order."""
    lanes = [list(map(record, told.events)) for told in talks]
    records = []
    while any(lanes):
        records.append(random.choice([lane for lane in lanes if lane]).pop(0))
    batches = []
    while records:
        count = random.randint(1, most)
        batches.append(records[:count])
        del records[:count]
    return batches


@pytest.mark.parametrize("seed", range(4))
def test_rebuilt_facts_equal_the_live_ones_row_for_row(connection: Connection, talk: Talks, seed: int) -> None:
    random = Random(seed)
    talks = lived(talk, random)
    written(connection, schema.LIVE, interleaved(talks, random, 7))
    with connection.transaction():
        schema.create(connection, schema.NEXT)
    written(connection, schema.NEXT, interleaved(talks, random, 500))
    assert rows(connection, schema.NEXT) == rows(connection, schema.LIVE)
    assert len(rows(connection, schema.LIVE)["facts"]) > 60


def packed(connection: Connection) -> dict[tuple[str, int], Block | None]:
    found = connection.cursor(binary=True).execute("select kind, day, packed from analytics.days").fetchall()
    return {(kind, day): None if block is None else unpack(block) for kind, day, block in found}


def pack_all(connection: Connection, before: int = EVERY_DAY) -> None:
    while True:
        with connection.transaction():
            if not pack_days(connection.cursor(binary=True), schema.LIVE, before):
                return


def test_a_packed_day_holds_all_facts_of_it_and_is_unpacked_by_a_new_one(connection: Connection, talk: Talks) -> None:
    told = talk().opens().answers(5, A)
    written(connection, schema.LIVE, [list(map(record, told.events))])
    assert set(packed(connection).values()) == {None}
    pack_all(connection)
    day = milliseconds(told.start) // DAY
    blocks = packed(connection)
    assert {(kind, block.rows) for (kind, on), block in blocks.items() if block and on == day} == {
        ("opened", 1),
        ("received", 1),
        ("sent", 1),
        ("first_response", 1),
        ("reply_time", 1),
    }
    told.writes(9)
    written(connection, schema.LIVE, [[record(told.events[-1])]])
    again = packed(connection)
    assert {kind for (kind, _), block in again.items() if block is None} == {"received"}
    pack_all(connection)
    received = packed(connection)["received", day]
    assert received is not None and received.rows == 2


def test_the_parts_of_an_episode_are_packed_as_they_were_written(connection: Connection, talk: Talks) -> None:
    talks = [talk(number).opens().answers(5 * number, A).resolves(60, B) for number in (1, 2)]
    written(connection, schema.LIVE, [[record(each) for told in talks for each in told.events]])
    found = connection.execute("select duration, parts from analytics.facts where kind = 'episode' order by number")
    assert found.fetchall() == [
        (60 * MINUTE, [5 * MINUTE, 0, 55 * MINUTE, 0, 0]),
        (60 * MINUTE, [10 * MINUTE, 0, 50 * MINUTE, 0, 0]),
    ]
    others = connection.execute("select count(*) from analytics.facts where kind <> 'episode' and parts is not null")
    assert others.fetchone() == (0,)
    pack_all(connection)
    block = packed(connection)["episode", milliseconds(talks[0].start) // DAY]
    assert block is not None and (block.rows, block.durations) == (2, b"")
    parts = np.frombuffer(block.parts, "<i8").reshape(2, len(STATES))
    assert sorted(parts[:, 0].tolist()) == [5 * MINUTE, 10 * MINUTE]


def test_today_is_not_packed(connection: Connection, talk: Talks) -> None:
    told = talk().opens()
    written(connection, schema.LIVE, [list(map(record, told.events))])
    pack_all(connection, milliseconds(told.start) // DAY)
    assert set(packed(connection).values()) == {None}


def test_a_hole_stops_unless_it_is_a_known_one(connection: Connection, talk: Talks) -> None:
    told = talk().opens().writes(1).writes(2)
    first, _, third = map(record, told.events)
    with pytest.raises(StreamGap):
        written(connection, schema.LIVE, [[first], [third]])
    with connection.transaction():
        Facts(schema.LIVE).skipped(connection.cursor(), [(told.stream, 2)])
    written(connection, schema.LIVE, [[third]])
    assert connection.execute("select count(*) from analytics.facts where kind = 'received'").fetchone() == (2,)


def test_the_sender_of_a_filtered_mail_is_erased_and_nothing_stops(connection: Connection, talk: Talks) -> None:
    filtered = talk()
    filtered.tell(0, example(e.InboundFiltered))
    filtered.tell(1, e.PersonalDataErased(contact_id=uuid4()))
    for event in map(record, filtered.events):
        written(connection, schema.LIVE, [[event]])
    assert connection.execute("select count(*) from analytics.facts").fetchone() == (0,)


def test_who_may_see_what_is_kept_up_to_date(connection: Connection, talk: Talks) -> None:
    told = talk()
    inbox, agent = uuid4(), uuid4()
    for event in (
        w.InboxCreated(inbox_id=inbox, name="Support", slug="support"),
        w.AgentInvited(agent_id=agent, role="agent"),
        w.InboxChanged(inbox_id=inbox, name="Support", member_ids=(agent,)),
    ):
        told.tell(0, event)
    batch = [SimpleNamespace(topic=WORKSPACE.name, envelope=envelope) for envelope in told.events]
    written(connection, schema.LIVE, [batch[:2], batch[2:]])
    row = connection.execute("select state::text from analytics.workspace").fetchone()
    assert row is not None and str(agent) in row[0] and "Support" not in row[0]
