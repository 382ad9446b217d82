"""What deciding remembers of a label that the team has agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from events.labels import LabelColor, LabelDefined


class DefinedLabel(msgspec.Struct, frozen=True):
    """Its name, and all by which conversations may carry it."""

    name: str
    color: LabelColor
    former_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.former_names)


def label_of(event: LabelDefined) -> DefinedLabel:
    return DefinedLabel(event.name, event.color, event.former_names)


def called(name: str, known: Mapping[UUID, DefinedLabel]) -> DefinedLabel:
    """The label of this name, past or present; one that nobody defined has that name only."""
    return next((label for label in known.values() if name in label.names), DefinedLabel(name, "grey"))
