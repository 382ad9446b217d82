"""`python -m analytics replay`: reports over any period by any definition, from the log alone."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as KafkaPartition
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analytics.api import asking
from analytics.api.models import ReportAsked
from analytics.measures.definitions import DEFINITIONS, Definition
from analytics.replaying import Replaying, States
from analytics.reports.catalog import REPORTS
from analytics.reports.periods import TooManyRows
from analytics.reports.report import Question, answer, as_csv
from analytics.workspace import Reach
from events.topics import CONVERSATIONS, WORKSPACE
from service_kit.clock import utc_now
from service_kit.faults import Fault, KafkaAway
from service_kit.ids import new_id
from service_kit.lifecycle import YOUNG_IN_BATCHES, after_batch, calm_the_collector
from service_kit.log_probe import Continuity, log_bounds
from service_kit.offsets import TopicPartition
from service_kit.settings import Settings
from service_kit.web.problems import Problem

AT_ONCE: Final = 5_000
SILENCE_SECONDS: Final = 30.0


class ReplayRefused(Exception):
    """What was asked for cannot be replayed; the message says why."""


@dataclass(frozen=True)
class Replayed:
    """What to replay: one question for each report, and where the answers go (None: standard output)."""

    questions: tuple[Question, ...]
    definition: Definition
    out: Path | None

    @classmethod
    def asked(
        cls,
        begin: str,
        end: str,
        definition: str = "v1",
        reports: tuple[str, ...] = (),
        group_by: str | None = None,
        tz: str = "UTC",
        out: Path | None = None,
    ) -> Self:
        """By the same rules as the API. Raises ReplayRefused."""
        by = DEFINITIONS.get(definition)
        if by is None:
            raise ReplayRefused(f"there is no definition {definition!r}; there are {', '.join(DEFINITIONS)}")
        try:
            given: dict[str, Any] = {"from": begin, "to": end, "tz": tz, "group_by": group_by}
            wanted, everything = ReportAsked(**given), Reach(new_id(), None)
            those = [asking.report_of(name) for name in reports or REPORTS]
            for each in those:
                if reports and not each.has(by):
                    raise ReplayRefused(f"{each.name} is not measured by {definition}")
            questions = tuple(asking.question(each, wanted, everything, utc_now()) for each in those if each.has(by))
        except (Problem, ValueError) as error:
            raise ReplayRefused(_reason(error)) from None
        return cls(tuple(msgspec.structs.replace(each, definition=by) for each in questions), by, out)


async def replay(settings: Settings, wanted: Replayed) -> None:
    """Reads conversations.v1 (and for business hours workspace.v1) from its beginning to its present end; writes CSV.

    Raises ReplayRefused.
    """
    topics = [CONVERSATIONS.name, WORKSPACE.name] if wanted.definition.business_hours else [CONVERSATIONS.name]
    calm_the_collector(YOUNG_IN_BATCHES)
    with tempfile.TemporaryDirectory(prefix="postroom-replay-") as folder:
        states = States(Path(folder))
        replaying = Replaying(wanted.definition, wanted.questions[0].period, states, settings.store_cuts)
        try:
            await read(settings.kafka_bootstrap_servers, replaying, topics)
        except Fault as fault:
            raise ReplayRefused(str(fault)) from fault
        finally:
            states.close()
        _write(wanted, replaying)
    left_out = f", {replaying.dead} left out because they cannot be read" if replaying.dead else ""
    sys.stderr.write(f"{replaying.events} events by definition {wanted.definition.name}{left_out}\n")


async def read(bootstrap: str, replaying: Replaying, topics: Sequence[str] = (CONVERSATIONS.name,)) -> None:
    """Gives all records up to the present end of the log, with a progress bar where a person looks on.

    Raises KafkaAway, and what `take` does.
    """
    bounds = await log_bounds(bootstrap, topics)
    starts = {place: start for place, (start, _) in bounds.items()}
    ends = {place: end for place, (_, end) in bounds.items()}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_bytes=32 * 1024 * 1024,
    )
    await consumer.start()
    try:
        consumer.assign([KafkaPartition(*place) for place in starts])
        for place, start in starts.items():
            consumer.seek(KafkaPartition(*place), start)
        await _take_all(consumer, starts, ends, replaying)
    finally:
        await consumer.stop()


async def _take_all(
    consumer: AIOKafkaConsumer,
    starts: dict[TopicPartition, int],
    ends: dict[TopicPartition, int],
    replaying: Replaying,
) -> None:
    continuity, total = Continuity.starting(starts), sum(ends.values()) - sum(starts.values())
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("", total=total)
        while any(continuity.expected[place] < end for place, end in ends.items()):
            got = await consumer.getmany(timeout_ms=int(SILENCE_SECONDS * 1000), max_records=AT_ONCE)
            if not got:
                raise KafkaAway(f"the log gave nothing for {SILENCE_SECONDS:.0f} s, before its end was reached")
            for at, records in got.items():
                place = (at.topic, at.partition)
                if not continuity.check(place, records):
                    consumer.seek(at, continuity.expected[place])
                    continue
                records = [record for record in records if record.offset < ends[place]]
                if records:
                    await asyncio.to_thread(replaying.take, records)
                    progress.advance(bar, len(records))
            after_batch()


def _write(wanted: Replayed, replaying: Replaying) -> None:
    by = wanted.definition
    calendars = replaying.workspace.calendars(as_of_now=by.calendar_now) if by.business_hours else None
    for each in wanted.questions:
        question = msgspec.structs.replace(each, calendars=calendars if each.report.timed else None)
        try:
            text = as_csv(question, answer(question, replaying.blocks))
        except TooManyRows:
            raise ReplayRefused("the period has too many pieces of this size") from None
        if wanted.out is None:
            head = f"# {question.report.name}\n" if len(wanted.questions) > 1 else ""
            sys.stdout.write(head + text)
        else:
            wanted.out.mkdir(parents=True, exist_ok=True)
            (wanted.out / f"{question.report.name}.csv").write_text(text, "utf-8", newline="")


def _reason(error: Exception) -> str:
    if isinstance(error, Problem):
        return "; ".join(f"{each.where[-1]}: {each.detail}" for each in error.errors) or error.detail
    return "the request is not valid"
