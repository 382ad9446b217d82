"""Drafts become events of the store: sealed, encoded and framed; outcomes follow the events that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from events import codec, frame, topics
from events.envelope import Envelope
from events.outcomes import CommandHandled, ShownAt
from events.sealing import DataKey, Keys, key_for
from router.drafts import Draft, Verdict
from router.states import NO_HEAD
from service_kit.event_store import Head, NewEvent
from service_kit.ids import derived_id
from service_kit.producer import partition_of

OUTCOMES: Final = (topics.COMMAND_OUTCOMES.name,)


def key_ids(drafts: Iterable[Draft]) -> set[UUID]:
    """Whose keys the drafts need."""
    return {draft.key_id for draft in drafts if draft.key_id is not None}


def sealed(draft: Draft, keys: Keys) -> NewEvent:
    """The event for the store. What an erased person's key should seal is written without its personal half.

    Raises EventTooLarge, KeyNotHeld.
    """
    envelope, key = draft.envelope, None
    if draft.key_id is not None:
        held = key_for(keys, draft.key_id)
        if isinstance(held, DataKey):
            key = held
        else:
            bare = msgspec.structs.replace(envelope.data, personal=None)
            envelope = msgspec.structs.replace(envelope, data=bare)
    record = codec.encode(envelope, key)
    state = frame.pack(draft.topics, str(envelope.stream).encode(), record)
    return NewEvent(envelope.stream, envelope.sequence, envelope.type, state)


def placed(drafts: Sequence[Draft], positions: Sequence[int], heads: dict[UUID, Head]) -> None:
    """Completes the heads of the streams with the positions that their last events were given."""
    for draft, position in zip(drafts, positions, strict=True):
        heads[draft.envelope.stream] = Head(heads[draft.envelope.stream].sequence, position)


def outcomes_of(
    verdicts: Iterable[Verdict],
    drafts: Sequence[Draft],
    positions: Sequence[int],
    heads: dict[UUID, Head],
    now: datetime,
) -> list[tuple[Verdict, Envelope[CommandHandled]]]:
    """The outcomes, each the next event of its command's stream."""
    given: dict[int, CommandHandled] = {}
    answers: list[tuple[Verdict, Envelope[CommandHandled]]] = []
    for verdict in verdicts:
        outcome = verdict.repeats
        if verdict.same_as is not None:
            outcome = given[id(verdict.same_as)]
        if outcome is None:
            outcome = _outcome(verdict, drafts, positions, heads)
        given[id(verdict)] = outcome
        stream = verdict.cause.id
        sequence = heads.get(stream, NO_HEAD).sequence + 1
        heads[stream] = Head(sequence, 0)
        envelope = Envelope(
            id=derived_id(stream, f"{stream.hex}/{sequence}"),
            stream=stream,
            sequence=sequence,
            occurred_at=now,
            recorded_at=now,
            workspace_id=verdict.cause.workspace_id,
            correlation_id=verdict.cause.correlation_id,
            causation_id=stream,
            data=outcome,
        )
        answers.append((verdict, envelope))
    return answers


def _outcome(
    verdict: Verdict, drafts: Sequence[Draft], positions: Sequence[int], heads: Mapping[UUID, Head]
) -> CommandHandled:
    shown: dict[tuple[str, int], int] = {}
    for index in verdict.drafts:
        draft = drafts[index]
        if draft.topics[0] == topics.OUTBOUND_EMAIL.name:
            continue  # only who delivers it reads it: no view shows it
        place = (draft.topics[0], partition(draft.topics[0], draft.envelope.stream))
        shown[place] = max(shown.get(place, 0), positions[index])
    if not shown and not verdict.code and verdict.head is not None:
        stream, topic = verdict.head
        head = heads.get(stream, NO_HEAD)
        if head.sequence:
            shown[(topic, partition(topic, stream))] = head.position
    return CommandHandled(
        command_id=verdict.cause.id,
        command=verdict.command,
        state="refused" if verdict.code else "done",
        code=verdict.code,
        detail=verdict.detail,
        resource_id=verdict.resource_id,
        shown_at=tuple(ShownAt(topic, part, position) for (topic, part), position in shown.items()),
        refused=verdict.refused,
    )


def partition(topic: str, stream: UUID) -> int:
    """Where the relay's producer puts a stream's events."""
    return partition_of(str(stream).encode(), topics.BY_NAME[topic].partitions)
