"""Reports at 200,000 conversations in 12 months, told to the projector's own code and asked for over HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
from figures import percentiles, report, sized
from scenarios import Bench

from analytics import schema
from analytics.packer import pack_days
from analytics.rebuild import EVERY_DAY
from analytics.store import Facts
from events import conversations as e
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.envelope import SYSTEM, Actor, AnyEnvelope, Envelope, Event
from events.topics import CONVERSATIONS, WORKSPACE
from events.values import MessageFacts
from service_kit.database import connect
from service_kit.settings import DEFAULT_WORKSPACE_ID

CONVERSATIONS_TOLD = sized(200_000, 2_000)
AT_ONCE = 2_000
"""Conversations in a batch."""
YEAR = timedelta(days=365)
INBOXES, TEAMS, AGENTS = ([UUID(int=base + n) for n in range(count)] for base, count in ((1, 5), (100, 7), (1000, 40)))
NAMES = ("replies-by-agent", "first-response-time", "reply-time", "resolution-time", "time-in-state", "volume")
TIMED = ("first-response-time", "reply-time", "resolution-time")
BUSINESS_HOURS = ("v1-business-hours", "v1-business-hours-now")
GROUPS = ("", "agent", "team", "inbox", "channel", "month", "week", "day", "agent,month", "inbox,day")


def reports(bench: Bench, rounds: int = 4) -> None:
    """Every report by every group and with a filter, over all 12 months; p50 and p99 over all calls.

    The three times also within business hours, which every inbox has and changed once within the year.
    """
    began = time.perf_counter()
    end = datetime.now(UTC)
    events = _fill(bench, end - YEAR)
    filled, facts = time.perf_counter() - began, bench.number("SELECT count(*) FROM analytics.facts")
    period = {"from": (end - YEAR).isoformat(), "to": end.isoformat(), "tz": "Europe/Warsaw"}
    with bench.live.reports() as client:
        took, slowest = _asked(client, _questions() * rounds, period)
        within: dict[str, Any] = {}
        for definition in BUSINESS_HOURS:
            questions = [each for each in _questions() if each[0] in TIMED] * rounds
            within[definition], slow = _asked(client, questions, {**period, "definition": definition})
            slowest |= {f"{key}, {definition}": seconds for key, seconds in slow.items()}
        pages = [_page(client, name, period) for name in NAMES * 20]
        _check_that_hours_count(client, period)
    worst = sorted(slowest.items(), key=lambda item: -item[1])[:5]
    report(
        "reports",
        conversations=bench.number("SELECT count(*) FROM analytics.conversations"),
        months=12,
        facts=facts,
        counted_events_per_second=round(events / filled),
        report_over_12_months=percentiles(took),
        within_business_hours={definition: percentiles(each) for definition, each in within.items()},
        slowest={name: round(seconds * 1000, 1) for name, seconds in worst},
        page_of_events=percentiles(pages),
    )


def _questions() -> list[tuple[str, str, str]]:
    plain = [(name, group, "") for name in NAMES for group in GROUPS]
    return plain + [(name, "day", str(AGENTS[3])) for name in NAMES]


def _asked(
    client: httpx.Client, questions: list[tuple[str, str, str]], period: dict[str, str]
) -> tuple[list[float], dict[str, float]]:
    """Seconds of each call, and of the slowest of each question."""
    took: list[float] = []
    slowest: dict[str, float] = {}
    for name, group, agent in questions:
        asked = period | ({"group_by": group} if group else {}) | ({"agent_id": agent} if agent else {})
        began = time.perf_counter()
        answered = client.get(f"/reports/{name}", params=asked)
        took.append(time.perf_counter() - began)
        if answered.status_code != 200:
            raise AssertionError(f"{name} by {group} answered {answered.status_code}: {answered.text}")
        key = f"{name} by {group or 'nothing'}{' of an agent' if agent else ''}"
        slowest[key] = max(slowest.get(key, 0.0), took[-1])
    return took, slowest


def _check_that_hours_count(client: httpx.Client, period: dict[str, str]) -> None:
    """Else the calendars were not found, and a figure would say nothing."""
    for name in TIMED:
        means = [
            client.get(f"/reports/{name}", params={**period, "definition": definition}).json()["total"]["mean_ms"]
            for definition in ("v1", *BUSINESS_HOURS)
        ]
        if not means[0] > max(means[1:]) or means[1] == means[2]:
            raise AssertionError(f"business hours change nothing in {name}: {means}")


def _page(client: httpx.Client, name: str, period: dict[str, str]) -> float:
    began = time.perf_counter()
    client.get(f"/reports/{name}/events", params={**period, "limit": "50"}).raise_for_status()
    return time.perf_counter() - began


def _fill(bench: Bench, start: datetime) -> int:
    """Tells the conversations to the live facts, batch by batch, and packs the days as the projector does."""
    facts, events = Facts(schema.LIVE), 0
    with connect(bench.settings["POSTROOM_DATABASE_URL"], "bench", durable=False) as connection:
        for first in range(1, CONVERSATIONS_TOLD + 1, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            batch = [
                SimpleNamespace(topic=CONVERSATIONS.name, envelope=each) for n in numbers for each in _told(n, start)
            ]
            with connection.transaction():
                facts.apply(connection.cursor(binary=True), batch)  # type: ignore[arg-type]
            events += len(batch)
        with connection.transaction():
            hours = [SimpleNamespace(topic=WORKSPACE.name, envelope=each) for each in _hours(start)]
            facts.apply(connection.cursor(binary=True), hours)  # type: ignore[arg-type]
        connection.execute("ANALYZE analytics.facts")
        while True:
            with connection.transaction():
                if not pack_days(connection.cursor(binary=True), schema.LIVE, EVERY_DAY):
                    return events


def _hours(start: datetime) -> Iterator[AnyEnvelope]:
    """Business hours of every inbox, each in a zone of its own, with holidays; half a year later an hour longer."""
    zones = ("Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo")
    holidays = tuple(date(start.year + later, *day) for later in (0, 1) for day in ((1, 1), (5, 1), (12, 25), (12, 26)))
    sequence, house = 0, UUID(int=10_000)
    for longer in (0, 1):
        for zone, inbox in zip(zones, INBOXES, strict=True):
            at = start - timedelta(days=1) + longer * YEAR / 2
            day = (OpenHours(8 * 60, 12 * 60), OpenHours(13 * 60, (17 + longer) * 60))
            sequence += 1
            yield Envelope(
                id=UUID(int=20_000 + sequence),
                stream=house,
                sequence=sequence,
                occurred_at=at,
                recorded_at=at,
                workspace_id=DEFAULT_WORKSPACE_ID,
                actor=SYSTEM,
                correlation_id=house,
                data=BusinessHoursSet(
                    inbox_id=inbox,
                    hours=BusinessHours(zone=zone, weekdays=(day,) * 5 + ((), ()), holidays=holidays),
                ),
            )


def _told(number: int, start: datetime) -> Iterator[AnyEnvelope]:
    """A conversation of a year: a message, mostly an answer, often some more of both, mostly resolved."""
    chance = random.Random(number)
    stream, at = UUID(int=chance.getrandbits(128)), start + YEAR * chance.random()
    inbox, agent = chance.choice(INBOXES), chance.choice(AGENTS)
    sequence = 0

    def tell(event: Event, actor: Actor = SYSTEM) -> Envelope[Any]:
        nonlocal sequence
        sequence += 1
        return Envelope(
            id=UUID(int=chance.getrandbits(128)),
            stream=stream,
            sequence=sequence,
            occurred_at=at,
            recorded_at=at,
            workspace_id=DEFAULT_WORKSPACE_ID,
            actor=actor,
            correlation_id=stream,
            data=event,
        )

    def message() -> MessageFacts:
        return MessageFacts(message_id=stream, channel="email", channel_id=inbox, received_at=at)

    yield tell(
        e.ConversationOpened(
            number=number, inbox_id=inbox, contact_id=stream, channel="email", channel_id=inbox, message=message()
        )
    )
    yield tell(
        e.ConversationRouted(message_id=stream, rule_set_version=0, team_id=chance.choice(TEAMS), reason="inbox_team")
    )
    for turn in range(chance.choice((0, 1, 1, 1, 2, 2, 3))):
        at += timedelta(seconds=chance.expovariate(1 / 9_000))
        reply_id = UUID(int=chance.getrandbits(128))
        yield tell(
            e.ReplyQueued(
                reply_id=reply_id,
                conversation_id=stream,
                inbox_id=inbox,
                channel="email",
                channel_id=inbox,
                agent_id=agent,
            ),
            Actor("agent", str(agent)),
        )
        at += timedelta(seconds=1)
        yield tell(e.ReplySent(reply_id=reply_id, attempt=1))
        if turn or chance.random() < 0.6:
            at += timedelta(seconds=chance.expovariate(1 / 20_000))
            yield tell(e.MessageAppended(contact_id=stream, message=message()))
    if chance.random() < 0.85:
        at += timedelta(seconds=chance.expovariate(1 / 5_000))
        yield tell(e.ConversationResolved(), Actor("agent", str(agent)))
