"""The e-mail filters are replaced as a whole, by who has seen their newest version."""

from __future__ import annotations

from typing import Any

import pytest

from events import commands as c
from events.workspace import EmailFilter, EmailFiltersSet
from router.domain import errors, workspace
from router.domain.filter_sets import MAX_FILTERS
from router.domain.testing import ACME, HOUSE, SALES, WORKSPACE, an_id, command
from router.domain.workspace import Workspace
from service_kit.spec import When
from service_kit.spec import given as given_decider

DOMAIN = EmailFilter(id=an_id("one"), kind="block", field="domain", value="spam.test")
FIRST = EmailFiltersSet(version=1, filters=(DOMAIN,))


def set_to(*filters: EmailFilter, version: int | None = None, history: Any = ()) -> When[Workspace, Any]:
    asked: Any = command(c.SetEmailFilters(filters=filters, version=version), on=WORKSPACE)
    return given_decider(workspace.decider(HOUSE), *ACME, *history).when(asked)


def test_filters_are_set_under_the_next_version() -> None:
    when = set_to(DOMAIN)
    when.then(FIRST)
    assert (when.state.filters.version, when.state.filters.filters) == (1, (DOMAIN,))
    set_to(version=1, history=[FIRST]).then(EmailFiltersSet(version=2, filters=()))


def test_filters_that_are_so_already_do_not_change() -> None:
    set_to(DOMAIN, version=1, history=[FIRST]).then_nothing_happened()
    set_to(DOMAIN, version=0, history=[FIRST]).then_nothing_happened()


def test_filters_made_from_an_older_version_are_refused() -> None:
    set_to(version=0, history=[FIRST]).then_refused(errors.FiltersChanged, "version 0")
    set_to(DOMAIN, version=4).then_refused(errors.FiltersChanged)


@pytest.mark.parametrize(
    ("changes", "saying"),
    [
        ({"value": " "}, "needs a value"),
        ({"value": "@."}, "needs a value"),
        ({"value": "x" * 1_001}, "1001 characters"),
        ({"operator": "matches", "value": "(broken"}, "regular expression cannot be used"),
        ({"operator": "matches", "value": r"(?=look)ahead"}, "regular expression cannot be used"),
        ({"operator": "matches", "value": r"((a{100}){100}){100}"}, "regular expression cannot be used"),
        ({"field": "header"}, "filters know the headers From, To"),
        ({"field": "header", "header": "X-Spam"}, "not 'X-Spam'"),
        ({"field": "header", "header": "bad name\r\n"}, "filters know the headers"),
        ({"header": "To"}, "by header only"),
        ({"inbox_id": an_id("nowhere")}, "there is no inbox"),
        ({"note": "x" * 1_001}, "its note"),
        ({"note": "\0"}, "its note"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_its_place(changes: dict[str, Any], saying: str) -> None:
    fields: dict[str, Any] = {"id": an_id("two"), "kind": "spam", "field": "domain", "value": "x.test"}
    when = set_to(DOMAIN, EmailFilter(**(fields | changes)))
    when.then_refused(errors.FiltersInvalid, "Filter 2: ")
    when.then_refused(errors.FiltersInvalid, saying)


def test_ids_are_used_once() -> None:
    set_to(DOMAIN, DOMAIN).then_refused(errors.FiltersInvalid, "earlier filter")


def a_number(count: int, value: str = "x.test") -> list[EmailFilter]:
    return [EmailFilter(id=an_id(str(n)), kind="block", field="subject", value=value) for n in range(count)]


def test_there_are_limits_to_their_number_and_size() -> None:
    assert set_to(*a_number(MAX_FILTERS)).refusal is None
    set_to(*a_number(MAX_FILTERS + 1)).then_refused(errors.FiltersInvalid, "at most 500")
    set_to(*a_number(MAX_FILTERS, "x" * 1_000)).then_refused(errors.FiltersInvalid, "bytes")


def test_a_filter_may_be_for_one_inbox_and_look_at_a_header() -> None:
    one = EmailFilter(id=an_id("h"), kind="allow", field="header", header="To", value="a", inbox_id=SALES, note="a\nb")
    set_to(one).then(EmailFiltersSet(version=1, filters=(one,)))
