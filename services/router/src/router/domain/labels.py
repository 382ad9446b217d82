"""Labels: those that the team has agreed on, and those that a conversation carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from events.commands import AddLabel, RemoveLabel
from events.conversations import LabelAdded, LabelRemoved
from events.labels import DefineLabel, DeleteLabel, LabelDefined, LabelDeleted
from router.domain import errors
from router.domain.conversation_state import Conversation
from router.domain.defined_label import DefinedLabel, called
from router.domain.texts import is_plain

MAX_LABEL: Final = 60
MAX_LABELS: Final = 100
MAX_DEFINED: Final = 500
MAX_FORMER: Final = 20


def define_label(command: DefineLabel, known: Mapping[UUID, DefinedLabel]) -> tuple[LabelDefined, ...]:
    """The label as it is from now on; renamed, it keeps the names by which conversations carry it."""
    before = known.get(command.label_id)
    if not is_label(command.name):
        raise errors.LabelInvalid(f"A label is 1 to {MAX_LABEL} characters on one line.")
    if any(command.name in label.names for label_id, label in known.items() if label_id != command.label_id):
        raise errors.LabelNameTaken("Another label has this name, or had it.")
    if before is None and len(known) >= MAX_DEFINED:
        raise errors.TooManyLabels(f"There are at most {MAX_DEFINED} labels.")
    former = () if before is None else tuple(name for name in before.names if name != command.name)
    if len(former) > MAX_FORMER:
        raise errors.TooManyLabels(f"A label is renamed at most {MAX_FORMER} times.")
    defined = LabelDefined(label_id=command.label_id, name=command.name, color=command.color, former_names=former)
    if before is not None and (before.name, before.color) == (defined.name, defined.color):
        return ()
    return (defined,)


def delete_label(command: DeleteLabel, known: Mapping[UUID, DefinedLabel]) -> tuple[LabelDeleted, ...]:
    if command.label_id not in known:
        raise errors.LabelNotFound("There is no such label.")
    return (LabelDeleted(label_id=command.label_id),)


def add_label(command: AddLabel, state: Conversation, known: Mapping[UUID, DefinedLabel]) -> tuple[LabelAdded, ...]:
    """By its present name; one that it carries by a former name, it carries."""
    name = command.label.strip()
    if not is_label(name):
        raise errors.LabelInvalid(f"A label is 1 to {MAX_LABEL} characters on one line.")
    label = called(name, known)
    if not state.labels.isdisjoint(label.names):
        return ()
    if len(state.labels) >= MAX_LABELS:
        raise errors.TooManyLabels(f"A conversation carries at most {MAX_LABELS} labels.")
    return (LabelAdded(label=label.name),)


def remove_label(
    command: RemoveLabel, state: Conversation, known: Mapping[UUID, DefinedLabel]
) -> tuple[LabelRemoved, ...]:
    """Whatever name it carries it by."""
    label = called(command.label.strip(), known)
    return tuple(LabelRemoved(label=name) for name in label.names if name in state.labels)


def is_label(label: str) -> bool:
    """Whether the text can be a label: one line, not blank, at most 60 characters."""
    return label == label.strip() and is_plain(label, MAX_LABEL)
