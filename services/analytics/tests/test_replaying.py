"""A replay in bounded memory: what is spilled comes back, what comes twice counts once, what was cut off not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from analytics.measures.definitions import V1
from analytics.replaying import Replaying, States
from analytics.reports.catalog import REPORTS
from analytics.reports.periods import Period, moment_of
from analytics.reports.report import Answer, Question, answer
from events.codec import encode, with_position
from events.topics import CONVERSATIONS
from service_kit.faults import StreamGap

UTC = ZoneInfo("UTC")
JUNE = Period(moment_of("2026-06-01", UTC), moment_of("2026-07-01", UTC))
Talks = Callable[..., Any]
A = uuid4()


def logged(talks: Sequence[Any]) -> list[Any]:
    """The events of all conversations in turns, as they lie in one partition."""
    lanes, records = [list(told.events) for told in talks], []
    while any(lanes):
        for lane in filter(None, lanes):
            record, offset = encode(lane.pop(0)), len(records)
            headers = with_position(record.headers, "main/1", offset + 1)
            records.append(
                SimpleNamespace(
                    topic=CONVERSATIONS.name, partition=0, offset=offset, key=b"", headers=headers, value=record.value
                )
            )
    return records


def replayed(folder: Path, batches: Sequence[Sequence[Any]], most: int = 100, **cuts: int) -> dict[str, Answer]:
    folder.mkdir()
    states = States(folder, most)
    replaying = Replaying(V1, JUNE, states, {"main/1": cuts["cut"]} if cuts else {})
    for batch in batches:
        replaying.take(batch)
    states.close()
    questions = [Question(report=report, period=JUNE, zone=UTC, unit="day") for report in REPORTS.values()]
    return {each.report.name: answer(each, replaying.blocks) for each in questions}


@pytest.fixture
def talks(talk: Talks) -> list[Any]:
    return [talk(n).opens(n).answers(50 + n, A).writes(90 + n).resolves(200 + n, A) for n in range(1, 21)]


def test_conversations_that_wait_in_a_file_come_back_as_they_were(talks: list[Any], tmp_path: Path) -> None:
    records = logged(talks)
    whole = replayed(tmp_path / "whole", [records])
    assert replayed(tmp_path / "spilled", [[each] for each in records], most=2) == whole
    assert whole["volume"].total == {"opened": 20, "received": 40, "sent": 20, "resolved": 20, "reopened": 0}


def test_what_the_relay_sent_twice_counts_once(talks: list[Any], tmp_path: Path) -> None:
    records = logged(talks)
    assert replayed(tmp_path / "twice", [records[:30], records[10:]]) == replayed(tmp_path / "once", [records])


def test_what_a_restored_store_cut_off_does_not_count(talks: list[Any], tmp_path: Path) -> None:
    records = logged(talks)
    assert replayed(tmp_path / "cut", [records], cut=20) == replayed(tmp_path / "short", [records[:20]])


def test_a_hole_stops_the_replay_unless_its_record_cannot_be_read(talks: list[Any], tmp_path: Path) -> None:
    records = logged(talks[:1])
    with pytest.raises(StreamGap):
        replayed(tmp_path / "hole", [[records[0], *records[2:]]])
    records[3].value = b"nonsense"
    total = replayed(tmp_path / "dead", [records])["volume"].total
    assert (total["received"], total["resolved"]) == (1, 1)
