"""Events and outcomes that a batch has decided on, before they are sealed and have positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from events.bulk import RefusedChange
from events.envelope import AnyEnvelope
from events.outcomes import CommandHandled


class Draft(msgspec.Struct, frozen=True):
    """An event to append: the topics it goes to, and whose key seals its personal half (None: it has none)."""

    envelope: AnyEnvelope
    topics: tuple[str, ...]
    key_id: UUID | None


@dataclass(slots=True)
class Verdict:
    """What became of a command. `drafts` are the indexes of the events it caused.

    `repeats` holds the outcome of an earlier handling, `same_as` the verdict of the same command within this batch; a
    command that changed nothing is shown where `head` (stream and its topic) already is. `refused` are those of a bulk.
    """

    cause: AnyEnvelope
    command: str
    request_hash: bytes | None
    code: str = ""
    detail: str = ""
    resource_id: UUID | None = None
    drafts: range = range(0)
    head: tuple[UUID, str] | None = None
    repeats: CommandHandled | None = None
    same_as: Verdict | None = None
    remembered: bool = True
    refused: tuple[RefusedChange, ...] = ()


@dataclass(slots=True)
class Tally:
    """How the records of a batch ended, by outcome."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: str) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
