"""Business hours of an inbox: set, taken away, and what they can't be; and whether first answers assign."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.commands import ChangeInbox
from events.workspace import InboxChanged
from router.domain import errors, workspace
from router.domain.testing import ACME, ADA, BOB, HELPERS, HOUSE, NO_FIRST_ANSWER, SUPPORT, WORKSPACE, an_id, command
from service_kit.spec import given as given_decider

OFFICE = BusinessHours(
    zone="Europe/Warsaw",
    weekdays=((OpenHours(9 * 60, 12 * 60), OpenHours(13 * 60, 24 * 60)),) * 5 + ((),) * 2,
    holidays=(date(2026, 12, 25),),
)
SET = BusinessHoursSet(inbox_id=SUPPORT, hours=OFFICE)


def change(*history: Any, **wish: Any) -> Any:
    asked = command(ChangeInbox(**{"inbox_id": SUPPORT, **wish}), on=WORKSPACE)
    return given_decider(workspace.decider(HOUSE), *ACME, *history).when(asked)


def test_hours_are_set_and_taken_away_and_the_same_change_nothing() -> None:
    change(business_hours=OFFICE).then(SET)
    change(SET, business_hours=OFFICE).then_nothing_happened()
    change(SET, business_hours="always").then(BusinessHoursSet(inbox_id=SUPPORT))
    change(business_hours="always").then_nothing_happened()
    change(SET).then_nothing_happened()


def test_other_changes_come_beside_and_leave_them_as_they_are() -> None:
    renamed = InboxChanged(inbox_id=SUPPORT, name="Help", team_ids=(HELPERS,), member_ids=(ADA, BOB))
    change(name="Help", business_hours=OFFICE).then(renamed, SET)
    change(SET, name="Help").then_state(lambda state: state.inboxes[SUPPORT].business_hours == OFFICE)


def test_of_an_inbox_that_there_is_not_they_are_refused() -> None:
    change(inbox_id=an_id("nowhere"), business_hours=OFFICE).then_refused(errors.InboxNotFound)


@pytest.mark.parametrize(
    "hours",
    [
        replace(OFFICE, zone="Europe/Atlantis"),
        replace(OFFICE, zone="../etc/passwd"),
        replace(OFFICE, zone=""),
        replace(OFFICE, weekdays=((),) * 6),
        replace(OFFICE, weekdays=((OpenHours(600, 600),),) * 7),
        replace(OFFICE, weekdays=((OpenHours(600, 1441),),) * 7),
        replace(OFFICE, weekdays=((OpenHours(-1, 60),),) * 7),
        replace(OFFICE, weekdays=((OpenHours(60, 180), OpenHours(120, 240)),) * 7),
        replace(OFFICE, weekdays=(tuple(OpenHours(n, n + 1) for n in range(11)),) * 7),
        replace(OFFICE, holidays=(date(2026, 1, 1),) * 501),
    ],
)
def test_hours_that_no_week_can_have_are_refused(hours: BusinessHours) -> None:
    change(business_hours=hours).then_refused(errors.BusinessHoursInvalid)


def test_that_first_answers_assign_can_be_switched_off_and_on() -> None:
    change(assign_first_answer=False).then(NO_FIRST_ANSWER)
    change(NO_FIRST_ANSWER, assign_first_answer=False).then_nothing_happened()
    change(NO_FIRST_ANSWER, name="Help").then_state(lambda state: not state.inboxes[SUPPORT].assign_first_answer)
