"""Lists and threads at 200,000 conversations and 1,000,000 messages, filled straight into the view's tables."""

from __future__ import annotations

import itertools
import random
import time

from commands_load import ApiConnection
from figures import percentiles, report, sized
from scenarios import Bench

CONVERSATIONS = sized(200_000, 4_000)
MESSAGES_EACH = 5
SAVED_VIEWS = 50
"""Of the asking agent, each with a filter of its own: all of them stand in the sidebar with their counts."""
STATUSES = "ARRAY['open','open','open','snoozed','resolved','resolved','resolved','resolved','spam','trash']"
LABELS = ("vip", "orders", "returns", "rare")

FILL = f"""
INSERT INTO inbox.contacts (contact_id, sequence, created_at, handle_kind, handle, name, phone, note, properties,
    by_hand)
SELECT md5('contact' || n)::uuid, 1, now(), 'email', 'bench' || n || '@client.test', 'Bench ' || n, '', '', '{{}}',
    false
FROM generate_series(1, {CONVERSATIONS // 4}) n;

INSERT INTO inbox.conversations (conversation_id, number, inbox_id, contact_id, channel, channel_id, status, priority,
    labels, assignee_id, team_id, created_at, last_message_at, message_count, sequence, subject, preview, waiting_on,
    waiting_since, spoken, follower_ids, mentioned_ids, muted, follow_up_ids)
SELECT md5('conversation' || n)::uuid, 1000000 + n, %(inbox)s, md5('contact' || (n %% {CONVERSATIONS // 4} + 1))::uuid,
    'email', %(channel)s, ({STATUSES})[n %% 10 + 1], 'normal',
    CASE WHEN n %% 1000 = 0 THEN ARRAY['rare'] WHEN n %% 3 = 0 THEN ARRAY['orders'] WHEN n %% 7 = 0 THEN ARRAY['vip']
         ELSE ARRAY[]::text[] END,
    CASE WHEN n %% 2 = 0 THEN %(agent)s::uuid END, md5('team' || n %% 4)::uuid,
    now() - n * interval '20 seconds', now() - n * interval '10 seconds', {MESSAGES_EACH}, {MESSAGES_EACH},
    'Bench subject ' || n, 'Bench preview of a message that goes on for a while ' || n,
    CASE WHEN n %% 10 < 4 THEN (ARRAY['us', 'customer', 'nobody'])[n %% 3 + 1] ELSE 'nobody' END,
    CASE WHEN n %% 10 < 4 AND n %% 3 = 0 THEN now() - n * interval '10 seconds' END, {MESSAGES_EACH},
    ARRAY[]::uuid[], ARRAY[]::uuid[], false, ARRAY[]::uuid[]
FROM generate_series(1, {CONVERSATIONS}) n;

INSERT INTO inbox.conversation_labels (conversation_id, label, status, inbox_id, last_message_at, assignee_id, team_id,
    channel, waiting_on, waiting_since, priority, created_at)
SELECT conversation_id, unnest(labels), status, inbox_id, last_message_at, assignee_id, team_id, channel, waiting_on,
    waiting_since, priority, created_at
FROM inbox.conversations WHERE number > 1000000;

INSERT INTO inbox.messages (conversation_id, sequence, message_id, kind, direction, at, channel, channel_id,
    author_kind, author_id, details, content, in_side_thread)
SELECT md5('conversation' || n)::uuid, s, md5('message' || n || '-' || s)::uuid, 'message', 'in',
    now() - n * interval '10 seconds', 'email', %(channel)s, 'contact',
    md5('contact' || (n %% {CONVERSATIONS // 4} + 1))::uuid, %(details)s, %(content)s, false
FROM generate_series(1, {CONVERSATIONS}) n, generate_series(1, {MESSAGES_EACH}) s;

ANALYZE inbox.conversations; ANALYZE inbox.messages; ANALYZE inbox.contacts; ANALYZE inbox.conversation_labels;
"""


def at_size(bench: Bench, rounds: int = 12) -> None:
    """Every filter and status of the list (50 rows), threads, and the numbers beside the fixed views, then beside 50
    saved ones too; p50 and p99 by kind."""
    _fill(bench)
    api = ApiConnection(bench.live)
    listed: list[float] = []
    slowest: dict[str, float] = {}
    for query in _queries(bench, api) * rounds:
        took, status = api.timed("GET", f"/conversations?limit=50{query}")
        if status != 200:
            raise AssertionError(f"GET /conversations?limit=50{query} answered {status}")
        listed.append(took)
        slowest[query] = max(slowest.get(query, 0.0), took)
    chooser = random.Random(1)
    threads = []
    for number in (chooser.randint(1, CONVERSATIONS) for _ in range(1_000)):
        row = bench.database.execute("SELECT md5(%s)::uuid", (f"conversation{number}",)).fetchone()
        threads.append(api.timed("GET", f"/conversations/{row[0] if row else ''}/messages")[0])
    fixed = [_counted(api, 0) for _ in range(200)]
    _save_views(api, bench.inbox_id)
    with_saved = [_counted(api, SAVED_VIEWS) for _ in range(200)]
    worst = sorted(slowest.items(), key=lambda item: -item[1])[:3]
    report(
        "at_size",
        conversations=bench.number("SELECT count(*) FROM inbox.conversations"),
        messages=bench.number("SELECT count(*) FROM inbox.messages"),
        list_of_50=percentiles(listed),
        slowest_filters={query or "(none)": round(seconds * 1000, 1) for query, seconds in worst},
        thread=percentiles(threads),
        counts_of_fixed_views=percentiles(fixed),
        counts_with_50_saved_views=percentiles(with_saved),
    )


def _counted(api: ApiConnection, saved: int) -> float:
    began = time.perf_counter()
    status, counts = api.request("GET", "/counts")
    took = time.perf_counter() - began
    if status != 200 or len(counts["saved"]) != saved:
        raise AssertionError(f"GET /counts answered {status} with {counts}, not with {saved} saved views")
    return took


def _save_views(api: ApiConnection, inbox_id: str) -> None:
    """Filters as agents make them, no two alike: labels, whom it waits for, whose it is, an inbox, a status."""
    statuses: list[list[str]] = [["open"], ["open", "snoozed"], ["resolved"], ["snoozed"], []]
    others: list[dict[str, object]] = [{"label": [label]} for label in LABELS]
    others += [{"waiting_on": "us"}, {"waiting_on": "customer", "assignee_id": "me"}, {"assignee_id": "none"}]
    others += [{"inbox_id": inbox_id, "label": ["orders"]}, {"channel": ["email"]}, {"mentioned": "me"}]
    filters = [{"status": status, **other} for other in others for status in statuses]
    for number, wanted in enumerate(filters[:SAVED_VIEWS]):
        status, answer = api.request("POST", "/views", {"name": f"View {number}", "filter": wanted})
        if status != 201:
            raise AssertionError(f"POST /views answered {status}: {answer}")


def _fill(bench: Bench) -> None:
    template = bench.database.execute(
        "SELECT details, content FROM inbox.messages WHERE direction = 'in' LIMIT 1"
    ).fetchone()
    if template is None:
        bench.live.send(_one_mail(bench.address), "filler@client.test", bench.address)
        bench.wait_until_shown(1, 30)
        template = bench.database.execute(
            "SELECT details, content FROM inbox.messages WHERE direction = 'in' LIMIT 1"
        ).fetchone()
    agent = ApiConnection(bench.live).request("GET", "/me")[1]["id"]
    assert template is not None
    values = {
        "inbox": bench.inbox_id,
        "channel": bench.channel_id,
        "agent": agent,
        "details": template[0],
        "content": template[1],
    }
    for statement in FILL.split(";\n"):
        if statement.strip():
            used = {name: value for name, value in values.items() if f"%({name})s" in statement}
            bench.database.execute(statement, used)  # type: ignore[call-overload]


def _one_mail(address: str) -> bytes:
    lines = ["From: Filler <filler@client.test>", f"To: {address}", "Subject: Filler", "", "word " * 400, ""]
    return "\r\n".join(lines).encode()


def _queries(bench: Bench, api: ApiConnection) -> list[str]:
    """Every status with every other filter, alone and with the inbox."""
    team = bench.database.execute("SELECT md5('team1')::uuid").fetchone()
    contact = bench.database.execute("SELECT md5('contact77')::uuid").fetchone()
    statuses = ["", *(f"&status={each}" for each in ("open", "snoozed", "resolved", "spam", "trash"))]
    others = ["", "&assignee_id=me", "&assignee_id=none", f"&team_id={team[0] if team else ''}"]
    others += [f"&label={label}" for label in LABELS]
    others += ["&channel=email", f"&contact_id={contact[0] if contact else ''}"]
    inboxes = ["", f"&inbox_id={bench.inbox_id}"]
    return ["".join(parts) for parts in itertools.product(statuses, others, inboxes)]
