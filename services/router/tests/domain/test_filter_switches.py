"""Ready-made filters: what they recognise, whom they let through, and that they are set with the others."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from events import workspace as w
from events.commands import SetEmailFilters
from events.filtering import FilterSwitches, Switch
from events.workspace import EmailFilter, EmailFiltersSet
from router.domain.email_filters import EmailFilters
from router.domain.filter_sets import set_email_filters
from router.domain.filter_switches import is_role_address, shown
from router.domain.testing import SALES, SUPPORT, a_workspace, an_id, mail
from service_kit.decider import DomainError

EVERYTHING = FilterSwitches(automated=True, newsletter=True, role_addresses=True)
NEWSLETTER: dict[str, Any] = {"headers": {"list-unsubscribe": "<https://news.test/u>"}}


@pytest.mark.parametrize(
    "address",
    ["noreply@shop.test", "No-Reply@shop.test", "no_reply+7@shop.test", "do-not-reply@shop.test", "info@shop.test",
     "postmaster@shop.test", "MAILER-DAEMON@shop.test", "bounces-123@shop.test", "no.reply.orders@shop.test"],
)  # fmt: skip
def test_an_address_of_a_function_is_recognised(address: str) -> None:
    assert is_role_address(address)


@pytest.mark.parametrize("address", ["ann@info.test", "sinfo@shop.test", "reply@shop.test", "", "@", "ola.news@b.test"])
def test_an_address_of_a_person_is_none(address: str) -> None:
    assert not is_role_address(address)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (mail(), set()),
        (mail(known={"automated": "auto-submitted", "automated_kind": "other"}), {"automated"}),
        (mail(**NEWSLETTER), {"newsletter"}),
        (mail(sender="noreply@shop.test", **NEWSLETTER), {"newsletter", "role_address"}),
        (mail(sender="noreply@shop.test", known={"channel": "chat"}), set()),
    ],
)
def test_each_of_them_looks_at_one_fact(message: Any, expected: set[Switch]) -> None:
    assert shown(message.data) == expected


def test_nothing_is_caught_while_they_are_off_or_on_elsewhere() -> None:
    message = mail(**NEWSLETTER).data
    assert EmailFilters(1).switched(message) is None
    assert EmailFilters(1, (), (FilterSwitches(automated=True),)).switched(message) is None
    assert EmailFilters(1, (), (replace(EVERYTHING, inbox_id=SALES),)).switched(message) is None


def test_what_is_on_everywhere_or_in_this_inbox_catches_and_says_which() -> None:
    message = mail(**NEWSLETTER).data
    for inbox in (None, SUPPORT):
        caught = EmailFilters(4, (), (replace(EVERYTHING, inbox_id=inbox),)).switched(message)
        assert caught is not None
        assert (caught.kind, caught.switch, caught.version, caught.filter_id) == ("block", "newsletter", 4, SUPPORT)


def test_whom_an_allow_filter_names_passes_them() -> None:
    message = mail(sender="noreply@shop.test", **NEWSLETTER).data
    allowed = EmailFilter(id=an_id("allow"), kind="allow", field="domain", value="shop.test")
    assert EmailFilters(1, (allowed,), (EVERYTHING,)).switched(message) is None
    elsewhere = replace(allowed, inbox_id=SALES)
    assert EmailFilters(1, (elsewhere,), (EVERYTHING,)).switched(message) is not None


def test_they_are_set_with_the_filters_and_stay_when_they_are_left_out() -> None:
    (first,) = set_email_filters(SetEmailFilters(filters=(), switches=(EVERYTHING,)), a_workspace())
    assert first == EmailFiltersSet(version=1, switches=(EVERYTHING,))
    one = EmailFilter(id=an_id("one"), kind="block", field="domain", value="spam.test")
    (second,) = set_email_filters(SetEmailFilters(filters=(one,)), a_workspace(first))
    assert second.switches == (EVERYTHING,)
    (third,) = set_email_filters(SetEmailFilters(filters=(one,), switches=(FilterSwitches(),)), a_workspace(second))
    assert third.switches == (), "all off is as if it were not there"


def test_the_same_switches_again_change_nothing() -> None:
    before = a_workspace(w.EmailFiltersSet(version=3, switches=(EVERYTHING,)))
    assert set_email_filters(SetEmailFilters(filters=(), switches=(EVERYTHING,)), before) == ()


@pytest.mark.parametrize("wrong", [(EVERYTHING, EVERYTHING), (replace(EVERYTHING, inbox_id=an_id("nowhere")),)])
def test_an_inbox_twice_or_one_that_is_not_there_is_refused(wrong: tuple[FilterSwitches, ...]) -> None:
    with pytest.raises(DomainError) as refusal:
        set_email_filters(SetEmailFilters(filters=(), switches=wrong), a_workspace())
    assert refusal.value.code == "invalid.filters-invalid"
