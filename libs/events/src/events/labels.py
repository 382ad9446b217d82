"""Labels that the team has agreed on, which conversations carry by name: events and commands of the workspace."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from events.envelope import Command, Event

TOPIC = "workspace.v1"
LabelColor = Literal["grey", "red", "orange", "yellow", "green", "blue", "purple", "pink"]


class LabelDefined(Event, frozen=True, kw_only=True):
    """The label as it is now, whole; its first definition makes it.

    Conversations that carry one of `former_names` carry this label: they need no event when it is renamed.
    """

    TOPIC: ClassVar[str] = TOPIC
    label_id: UUID
    name: str
    color: LabelColor = "grey"
    former_names: tuple[str, ...] = ()


class LabelDeleted(Event, frozen=True, kw_only=True):
    """Nobody is offered it any more; conversations keep what they carry."""

    TOPIC: ClassVar[str] = TOPIC
    label_id: UUID


class DefineLabel(Command, frozen=True, kw_only=True):
    """Makes the label, or gives it another name or colour."""

    label_id: UUID
    name: str
    color: LabelColor = "grey"


class DeleteLabel(Command, frozen=True, kw_only=True):
    label_id: UUID


LabelDefinitionEvent = LabelDefined | LabelDeleted
LabelDefinitionCommand = DefineLabel | DeleteLabel
