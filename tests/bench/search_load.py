"""The search at 1,000,000 messages in Polish and English with a vocabulary like that of people, asked for over HTTP."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import psutil
from commands_load import ApiConnection
from figures import percentiles, report
from scenarios import Bench

from inbox_projection.search_index import SearchIndex
from service_kit.database import Connection, connect
from service_kit.lifecycle import YOUNG_IN_BATCHES, calm_the_collector

MESSAGES = 1_000_000
EACH = 5
"""Messages of a conversation."""
TURN_OF_THE_OTHER = 0.05
STEMS = 12_000
ENDINGS = ("", "a", "y", "ę", "ą", "ów", "ami", "ach", "owi", "ość", "s", "ed", "ing")
COMMON = ("zamówienie", "faktura", "proszę", "order", "please", "dziękuję", "paczka", "pozdrawiam")
SYLLABLES = (
    "ko",
    "za",
    "ło",
    "mę",
    "re",
    "pro",
    "ści",
    "wa",
    "sta",
    "ni",
    "tur",
    "gę",
    "li",
    "dzie",
    "bo",
    "ra",
    "per",
)
QUERIES = {
    "rare word": ["rzadkie{n}" for _ in range(20)],
    "common word": ["proszę", "zamówienie", "order", "faktura"],
    "beginning": ["zamów", "pro", "fakt", "dzięk"],
    "phrase": ['"proszę o kontakt"', '"kontakt proszę"'],
    "two common words that rarely meet": ["umowa gwarancja"],
    "two common words": ["faktura proszę", "order please"],
    "common and rare": ["proszę rzadkie{n}"],
    "operators": [
        "from:klient{c} faktura",
        "faktura label:rare",
        "assignee:me proszę",
        "proszę is:resolved before:{day}",
        "#{number}",
        "subject:faktura has:attachment",
        "order -please",
    ],
}


def search(bench: Bench, rounds: int = 25) -> None:
    """Fills the tables, indexes, and asks each kind of query `rounds` times; page of 20, p50 and p99 by kind."""
    count = int(os.environ.get("BENCH_MESSAGES", MESSAGES))
    with connect(bench.settings["POSTROOM_DATABASE_URL"], "bench", durable=False) as connection:
        agent = ApiConnection(bench.live).request("GET", "/me")[1]["id"]
        fill(connection, count, inbox=bench.inbox_id, channel=bench.channel_id, agent=agent)
        indexed = index_all(connection)
    api = ApiConnection(bench.live)
    took = {kind: [_timed(api, query) for query in queries] for kind, queries in asked(count, rounds).items()}
    report(
        "search",
        messages=bench.number("SELECT count(*) FROM inbox.search_documents"),
        segments=bench.number("SELECT count(*) FROM inbox.search_segments"),
        index_bytes_per_message=bench.number(
            "SELECT (pg_total_relation_size('inbox.search_blocks') + pg_total_relation_size('inbox.search_documents'))"
            " / greatest(1, (SELECT count(*) FROM inbox.search_documents))"
        ),
        indexing=indexed,
        load_average=os.getloadavg(),
        all=percentiles([each for seconds in took.values() for each in seconds]),
        **{kind.replace(" ", "_"): percentiles(seconds) for kind, seconds in took.items()},
    )


def asked(count: int, rounds: int) -> dict[str, list[str]]:
    """Queries by kind, with numbers and names that there are."""
    chance, month_ago = random.Random(3), f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}"

    def one(text: str) -> str:
        conversation = chance.randrange(count // EACH)
        return text.format(n=chance.randrange(count), c=conversation, number=1_000_000 + conversation, day=month_ago)

    return {kind: [one(text) for text in texts for _ in range(rounds)] for kind, texts in QUERIES.items()}


def fill(connection: Connection, count: int, *, inbox: str, channel: str, agent: str) -> None:
    """Conversations of five messages over a year, an eighth of them with a file, straight into the view's tables."""
    conversations = count // EACH
    values = {"inbox": inbox, "channel": channel, "agent": agent, "count": conversations, "each": EACH}
    connection.execute(_CONVERSATIONS, values)
    connection.execute(
        "insert into inbox.conversation_labels (conversation_id, label, status, inbox_id, last_message_at, assignee_id,"
        " channel, waiting_on, priority, created_at) select conversation_id, 'rare', status, inbox_id, last_message_at,"
        " assignee_id, channel, waiting_on, priority, created_at from inbox.conversations where labels = array['rare']"
    )
    newest = datetime.now(UTC)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY inbox.messages (conversation_id, sequence, message_id, kind, direction, at, channel, channel_id,"
            " author_kind, author_id, details, content, in_side_thread) FROM STDIN"
        ) as copy,
    ):
        for n, content in enumerate(contents(count)):
            conversation, sequence = divmod(n, EACH)
            ids = UUID(int=(1 << 100) + conversation), UUID(int=(2 << 100) + n)
            at = newest - timedelta(days=365) * (1 - n / count)
            row = (ids[0], sequence + 1, ids[1], "message", "in", at, "email", channel, "contact", ids[0], "{}")
            copy.write_row((*row, content, False))
    for table in ("conversations", "messages", "conversation_labels"):
        connection.execute(f"analyze inbox.{table}".encode())


def contents(count: int) -> Iterator[str]:
    """What the messages say: Zipf's law over words with endings, and some words for the queries."""
    chance = random.Random(7)
    stems = list(dict.fromkeys("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(2 * STEMS)))
    words = list(COMMON) + [stem + ending for stem in stems[:STEMS] for ending in chance.sample(ENDINGS, 5)]
    head, tail = words[: len(COMMON)], words[len(COMMON) :]
    chance.shuffle(tail)
    words = head + tail
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    for n in range(count):
        said = chance.choices(words, cum_weights=weights, k=max(5, min(600, int(chance.lognormvariate(4.3, 0.7)))))
        said += [f"rzadkie{n}", f"{chance.randrange(10**8):08}"]
        if n % 10 == 0:
            said.append("proszę o kontakt")
        if n % 3 == 0:
            said.append("umowa" if n % 2 or n % 20_001 == 0 else "gwarancja")
            said += ["umowa gwarancja"] if n % 60_000 == 0 else []
        name = f"klient{n // EACH}"
        content = {
            "external_id": f"{n}@client.test",
            "sender": {"address": f"{name}@client.test", "name": f"Anna {name.title()}"},
            "to": [{"address": "support@postroom.test"}],
            "subject": " ".join(said[:5]),
            "new_text": " ".join(said),
            "quoted": "",
            **({"attachments": [{"name": f"{said[0]}.pdf"}]} if n % 8 == 0 else {}),
        }
        yield msgspec.json.encode(content).decode()


def index_all(connection: Connection) -> dict[str, float]:
    """Indexes all that is there by the product's own code, in turns with the running Postroom, which does the same.

    Gives the messages that waited and how many a second were done by both, and of this process those it did, and
    microseconds a message of Python and of PostgreSQL.
    """
    calm_the_collector(YOUNG_IN_BATCHES)
    index, backend = SearchIndex(), psutil.Process(connection.info.backend_pid)
    connection.execute("update inbox.search_state set version = 0")
    with connection.transaction():
        index.prepare(connection.cursor())
    waiting = index.waiting(connection.cursor())
    done, began, python, server = 0, time.perf_counter(), time.process_time(), sum(backend.cpu_times()[:2])
    while index.waiting(connection.cursor()):
        with connection.transaction():
            turn = index.turn(connection.cursor())
        done += turn
        if not turn:
            time.sleep(TURN_OF_THE_OTHER)
    seconds = time.perf_counter() - began
    for table in ("documents", "segments", "blocks"):
        connection.execute(f"analyze inbox.search_{table}".encode())
    return {
        "messages": waiting,
        "per_second": round(waiting / seconds),
        "own": done,
        "python_microseconds": round((time.process_time() - python) / max(1, done) * 1e6, 1),
        "postgresql_microseconds": round((sum(backend.cpu_times()[:2]) - server) / max(1, done) * 1e6, 1),
    }


def _timed(api: ApiConnection, query: str) -> float:
    took, status = api.timed("GET", f"/search?{urlencode({'q': query})}")
    if status != 200:
        raise AssertionError(f"GET /search?q={query} answered {status}")
    return took


_CONVERSATIONS = """
insert into inbox.conversations (conversation_id, number, inbox_id, contact_id, channel, channel_id, status, priority,
    labels, assignee_id, created_at, last_message_at, message_count, sequence, subject, preview, waiting_on, spoken,
    follower_ids, mentioned_ids, muted, follow_up_ids)
select ('00000010-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000 + n, %(inbox)s,
    ('00000010-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 'email', %(channel)s,
    (array['open','open','open','snoozed','resolved','resolved','resolved','resolved','spam','trash'])[n %% 10 + 1],
    'normal', case when n %% 1000 = 0 then array['rare'] else array[]::text[] end,
    case when n %% 40 = 0 then %(agent)s::uuid end, now() - interval '1 year' * (1 - n::float / %(count)s),
    now() - interval '1 year' * (1 - n::float / %(count)s), %(each)s, %(each)s, 'Bench ' || n, 'Bench preview ' || n,
    'nobody', 1, array[]::uuid[], array[]::uuid[], false, array[]::uuid[]
from generate_series(0, %(count)s - 1) n
"""
