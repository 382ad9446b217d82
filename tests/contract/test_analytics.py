"""The reports read conversations and the workspace without a key: each event is measured, or knowingly is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from analytics.facts import IGNORED, MEASURED, Changes, Known, fold
from analytics.projector import TOPICS
from events import catalog, codec
from events.contracts import read_golden
from events.conversations import ReplyQueued, ReplyReleased
from events.sealing import DataKey, Erased
from events.testing import EXAMPLE_KEY, envelope
from events.topics import CONVERSATIONS, WORKSPACE
from service_kit.faults import check_sequence
from service_kit.view_batch import Arrived

Arrive = Callable[..., list[Arrived]]
Before = Callable[[Any], tuple[Any, ...]]
Ring = Mapping[UUID, DataKey | Erased]


def folded(path: Path, topic: str, keys: Ring, before: Before, arrived: Arrive) -> tuple[Any, Changes, Changes]:
    """A golden event, and what is kept before and after it; what came before it is counted down to its sequence."""
    golden = read_golden(path)
    (record,) = arrived((topic,), golden, keys=keys)
    assert record.envelope is not None
    told = record.envelope
    released = isinstance(told.data, ReplyReleased)
    earlier = [
        replace(event, in_side_thread=False, hold=event.hold if released else None)
        if isinstance(event, ReplyQueued)
        else event
        for event in before(told.data)
    ]
    numbered = [envelope(event, stream=told.stream, sequence=place) for place, event in enumerate(earlier, start=1)]
    batch = arrived((topic,), *(codec.encode(each, EXAMPLE_KEY) for each in numbered), keys=keys) if numbered else []
    base = fold(batch, Known(), check_sequence)
    last = told.sequence - 1
    known = Known({stream: replace(each, sequence=last) for stream, each in base.streams.items()})
    known.workspace = base.workspace or known.workspace
    return told.data, base, fold([record], known, lambda stream, last, sequence: None)


def test_every_event_of_the_topics_read_is_measured_or_ignored_with_a_reason() -> None:
    read = {name for name, cls in catalog.TYPES.items() if cls.TOPIC in TOPICS}
    assert not MEASURED & IGNORED.keys() and all(IGNORED.values())
    assert read == MEASURED | IGNORED.keys()


def test_a_conversation_changes_by_what_is_measured_and_by_nothing_else(
    conversation_event: Path, keys: Ring, before: Before, arrived: Arrive
) -> None:
    event, base, changes = folded(conversation_event, CONVERSATIONS.name, keys, before, arrived)
    (after,) = changes.streams.values()
    was = base.streams.get(after.conversation_id)
    changed = bool(changes.facts) or was is None or was.state != after.state
    aside = getattr(event, "in_side_thread", False) and not isinstance(event, ReplyReleased)
    assert changed == (type(event).__name__ in MEASURED and not aside)


def test_the_workspace_changes_by_what_decides_who_may_see_reports(
    workspace_event: Path, keys: Ring, before: Before, arrived: Arrive
) -> None:
    event, base, changes = folded(workspace_event, WORKSPACE.name, keys, before, arrived)
    assert changes.workspace is not None
    was = replace(base.workspace or Known().workspace, sequences=changes.workspace.sequences)
    assert (changes.workspace != was) == (type(event).__name__ in MEASURED)


@pytest.mark.parametrize("family", ["quarantine", "filtered"])
def test_streams_without_a_conversation_are_not_followed(family: str) -> None:
    assert {cls.__name__ for cls in catalog.members(family)} <= IGNORED.keys()
