"""Who may save and delete which view."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events.saved_views import DeleteView, SaveView, ViewDeleted, ViewFilter, ViewSaved
from router.domain import errors, workspace
from router.domain.saved_views import MAX_OWN, MAX_SHARED
from router.domain.testing import (
    ADA,
    BOB,
    HELPERS,
    HOUSE,
    NINE,
    ROSA,
    SUPPORT,
    TOMORROW,
    WORKSPACE,
    a_workspace,
    an_id,
    command,
)

VIEW = an_id("view")
FILTER = ViewFilter(inbox_id=SUPPORT, status=("open",), whose="none", team_id=HELPERS, label=("vip",))
SAVED = ViewSaved(view_id=VIEW, owner_id=ADA, name="VIPs", filter=FILTER, sort="waiting")


def given(*history: Any) -> Any:
    state = a_workspace(*history)
    return lambda wish, by=ADA: workspace.decide(command(wish, by=by, on=WORKSPACE), state, house=HOUSE)


def saving(**fields: Any) -> SaveView:
    return replace(SaveView(view_id=VIEW, name="VIPs", filter=FILTER, sort="waiting"), **fields)


def test_a_view_is_its_agents_own_or_everybodys() -> None:
    assert given()(saving()) == (SAVED,)
    assert given()(saving(shared=True)) == (replace(SAVED, owner_id=None),)


def test_a_view_is_of_one_assignee() -> None:
    (saved,) = given()(saving(filter=replace(FILTER, assignee_id=BOB)))
    assert saved == SAVED


def test_saved_as_it_is_nothing_happens() -> None:
    assert given(SAVED)(saving()) == ()
    assert given(SAVED)(saving(filter=replace(FILTER, label=("vip", "vip")))) == ()
    assert given(SAVED)(saving(name="Best")) == (replace(SAVED, name="Best"),)


def test_anothers_own_is_not_there_and_a_shared_one_is_everybodys() -> None:
    for wish in (saving(name="Mine"), DeleteView(view_id=VIEW)):
        with pytest.raises(errors.ViewNotFound):
            given(SAVED)(wish, BOB)
    assert given(replace(SAVED, owner_id=None))(DeleteView(view_id=VIEW), BOB) == (ViewDeleted(view_id=VIEW),)


def test_a_deleted_view_is_not_there() -> None:
    with pytest.raises(errors.ViewNotFound):
        given(SAVED, ViewDeleted(view_id=VIEW))(DeleteView(view_id=VIEW))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"name": "a\nb"}, errors.NameInvalid),
        ({"filter": ViewFilter(inbox_id=ROSA)}, errors.InboxNotFound),
        ({"filter": ViewFilter(team_id=ROSA)}, errors.TeamNotFound),
        ({"filter": ViewFilter(assignee_id=ROSA)}, errors.AgentNotFound),
        ({"filter": ViewFilter(label=("a\0b",))}, errors.LabelInvalid),
        ({"filter": ViewFilter(label=tuple(f"label {n}" for n in range(21)))}, errors.LabelInvalid),
        ({"filter": ViewFilter(created_from=TOMORROW, created_to=NINE)}, errors.ViewInvalid),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], refusal: type) -> None:
    with pytest.raises(refusal):
        given()(saving(**fields))


def test_only_agents_save() -> None:
    with pytest.raises(errors.OnlyForAgents):
        given()(saving(), None)


@pytest.mark.parametrize(("owner", "shared", "most"), [(ADA, False, MAX_OWN), (None, True, MAX_SHARED)])
def test_there_are_not_too_many_of_them(owner: Any, shared: bool, most: int) -> None:
    some = [replace(SAVED, view_id=an_id(f"view {n}"), owner_id=owner) for n in range(most)]
    with pytest.raises(errors.TooManyViews):
        given(*some)(saving(shared=shared))
    assert given(*some)(saving(view_id=some[0].view_id, shared=shared, name="Other"))
    assert given(*some[1:])(saving(shared=shared))
