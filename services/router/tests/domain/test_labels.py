"""Labels that the team has agreed on, and what conversations carry by which name."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events import commands as c
from events.conversations import LabelAdded, LabelRemoved
from events.labels import DefineLabel, DeleteLabel, LabelDefined, LabelDeleted
from router.domain import conversation, errors, workspace
from router.domain.labels import MAX_DEFINED, MAX_FORMER
from router.domain.testing import HOUSE, WORKSPACE, a_workspace, an_id, command, opened
from service_kit.spec import given as given_decider

LABEL, OTHER = an_id("label"), an_id("other label")
VIP = LabelDefined(label_id=LABEL, name="VIP", color="purple")
BEST = replace(VIP, name="Best", former_names=("VIP",))


def given(*history: Any) -> Any:
    state = a_workspace(*history)
    return lambda wish: workspace.decide(command(wish, on=WORKSPACE), state, house=HOUSE)


def define(name: str, **fields: Any) -> DefineLabel:
    return DefineLabel(**({"label_id": LABEL, "name": name, "color": "purple"} | fields))


def carrying(*names: str, defined: LabelDefined = BEST) -> Any:
    labels = (LabelAdded(label=name) for name in names)
    return given_decider(conversation.decider(a_workspace(defined), HOUSE), opened(), *labels)


def test_a_label_is_defined_renamed_and_keeps_its_former_names() -> None:
    assert given()(define("VIP")) == (VIP,)
    assert given(VIP)(define("Best")) == (BEST,)
    assert given(VIP, BEST)(define("VIP")) == (replace(VIP, former_names=("Best",)),)
    assert given(VIP)(define("VIP", color="red")) == (replace(VIP, color="red"),)


def test_defined_as_it_is_nothing_happens() -> None:
    assert given(VIP, BEST)(define("Best")) == ()


def test_a_name_is_one_labels_even_when_it_was_its_name_before() -> None:
    for name in ("Best", "VIP"):
        with pytest.raises(errors.LabelNameTaken):
            given(VIP, BEST)(define(name, label_id=OTHER))


@pytest.mark.parametrize("name", ["", " VIP", "a\nb", "x" * 61, "\x1fmentions me"])
def test_what_is_no_label_is_refused(name: str) -> None:
    with pytest.raises(errors.LabelInvalid):
        given()(define(name))


def test_there_are_not_too_many_labels_and_names() -> None:
    many = [replace(VIP, label_id=an_id(f"label {n}"), name=f"label {n}") for n in range(MAX_DEFINED)]
    with pytest.raises(errors.TooManyLabels):
        given(*many)(define("VIP"))
    former = tuple(f"label {n}" for n in range(MAX_FORMER))
    with pytest.raises(errors.TooManyLabels):
        given(replace(VIP, former_names=former))(define("Best"))


def test_a_label_is_deleted_once() -> None:
    assert given(VIP)(DeleteLabel(label_id=LABEL)) == (LabelDeleted(label_id=LABEL),)
    with pytest.raises(errors.LabelNotFound):
        given(VIP, LabelDeleted(label_id=LABEL))(DeleteLabel(label_id=LABEL))


def test_a_conversation_carries_a_label_once_by_whatever_name() -> None:
    carrying("VIP").when(command(c.AddLabel(label="Best"))).then_nothing_happened()
    carrying().when(command(c.AddLabel(label="VIP"))).then(LabelAdded(label="Best"))
    carrying("VIP", "Best").when(command(c.RemoveLabel(label="Best"))).then(
        LabelRemoved(label="Best"), LabelRemoved(label="VIP")
    )
    carrying("Other").when(command(c.RemoveLabel(label="VIP"))).then_nothing_happened()
