"""Which mails filters catch: allow beats block, block beats spam, case never counts, any pattern stays linear."""

from __future__ import annotations

import time
from typing import Any

import pytest

from events.values import Address
from events.workspace import EmailFilter
from router.domain.email_filters import EmailFilters, domain_of
from router.domain.testing import SALES, SUPPORT, an_id, mail


def a_filter(
    kind: Any = "block", field: Any = "address", value: str = "rosa@customer.test", **more: Any
) -> EmailFilter:
    return EmailFilter(id=an_id(f"filter {kind} {field} {value} {more}"), kind=kind, field=field, value=value, **more)


def caught(*filters: EmailFilter, **message: Any) -> str | None:
    """What becomes of the mail: "block", "spam", or None."""
    found = EmailFilters(1, filters).catch(mail(**message).data)
    assert found is None or found.filter_id in {one.id for one in filters}
    return None if found is None else found.kind


MATCHING = [
    a_filter(value=" Rosa@CUSTOMER.test "),
    a_filter(operator="contains", value="CUSTOMER"),
    a_filter(operator="matches", value=r"^ro.a@"),
    a_filter(field="domain", value="customer.test"),
    a_filter(field="domain", value="@Customer.Test"),
    a_filter(field="domain", value="test"),
    a_filter(field="domain", operator="contains", value="stomer"),
    a_filter(field="domain", operator="matches", value=r"^cust.*\.test$"),
    a_filter(field="subject", value="my PARCEL"),
    a_filter(field="subject", operator="contains", value="Parcel"),
    a_filter(field="subject", operator="matches", value=r"\bparcel\b"),
    a_filter(field="body", operator="contains", value="WHERE is"),
    a_filter(field="body", operator="contains", value="quoted words"),
    a_filter(field="body", operator="matches", value=r"where\s+is"),
    a_filter(field="header", header="To", value="support@acme.test"),
    a_filter(field="header", header="cc", operator="contains", value="boss@"),
    a_filter(field="header", header="From", operator="is", value="Rosa <rosa@customer.test>"),
    a_filter(field="header", header="Message-ID", operator="contains", value="@customer.test"),
    a_filter(field="header", header="REPLY-TO", value="reply@customer.test"),
    a_filter(field="header", header="Delivered-To", value="support@acme.test"),
    a_filter(field="header", header="References", value="older@customer.test"),
    a_filter(field="header", header="In-Reply-To", operator="matches", value="^one@"),
    a_filter(field="header", header="Subject", operator="contains", value="parcel"),
    a_filter(field="header", header="X-Spam-Flag", value="yes"),
    a_filter(field="header", header="List-Id", operator="contains", value="news.customer.test"),
]
MISSING = [
    a_filter(value="rosa@customer.tes"),
    a_filter(field="domain", value="tomer.test"),
    a_filter(field="domain", value="sub.customer.test"),
    a_filter(field="subject", value="parcel"),
    a_filter(field="body", operator="contains", value="parcel"),
    a_filter(field="header", header="Cc", value="support@acme.test"),
    a_filter(field="header", header="X-Unknown", operator="matches", value="."),
    a_filter(field="header", header="Precedence", operator="matches", value="."),
    a_filter(operator="matches", value="(broken"),
    a_filter(enabled=False),
    a_filter(inbox_id=SALES),
]
STORY: dict[str, Any] = {
    "cc": (Address("boss@customer.test"),),
    "reply_to": (Address("reply@customer.test"),),
    "references": ("older@customer.test",),
    "in_reply_to": ("one@customer.test",),
    "quoted": "\n> quoted words",
    "headers": {"x-spam-flag": "YES", "list-id": "Our news <news.customer.test>"},
}


@pytest.mark.parametrize("one", MATCHING, ids=lambda one: f"{one.field} {one.header} {one.operator} {one.value}")
def test_a_filter_catches_what_it_names(one: EmailFilter) -> None:
    assert caught(one, **STORY) == "block"


@pytest.mark.parametrize("one", MISSING, ids=lambda one: f"{one.field} {one.header} {one.operator} {one.value}")
def test_a_filter_leaves_the_rest(one: EmailFilter) -> None:
    assert caught(one, **STORY) is None


def test_subdomains_count() -> None:
    assert caught(a_filter(field="domain", value="customer.test"), sender="x@mail.eu.customer.test") == "block"
    assert caught(a_filter(field="domain", value="customer.test"), sender="x@notcustomer.test") is None


def test_allow_beats_block_and_block_beats_spam_whatever_their_order() -> None:
    allow, block, spam = (a_filter(kind, "domain", "customer.test") for kind in ("allow", "block", "spam"))
    assert caught(spam, block) == caught(block, spam) == "block"
    assert caught(spam) == "spam"
    assert caught(spam, block, allow) is caught(allow, block, spam) is caught(spam, allow) is None
    elsewhere = a_filter("allow", "domain", "customer.test", inbox_id=SALES)
    assert caught(block, elsewhere) == "block"


def test_a_filter_for_one_inbox_leaves_the_others() -> None:
    assert caught(a_filter(inbox_id=SUPPORT)) == "block"


def test_a_mail_without_a_sender_has_no_domain() -> None:
    assert caught(a_filter(field="domain", operator="contains", value="."), sender="") is None


def test_a_catastrophic_pattern_stays_linear() -> None:
    many = [a_filter("block", "body", f"(a*)*(a|a)*(a+)+{number}$", operator="matches") for number in range(20)]
    began = time.perf_counter()
    assert caught(*many, new_text="a" * 100_000 + "!") is None
    assert time.perf_counter() - began < 20, "a backtracking engine would never end"


def test_no_filters_catch_nothing() -> None:
    assert EmailFilters().catch(mail().data) is None


def test_a_domain_is_compared_without_what_people_write_around_it() -> None:
    assert [domain_of(text) for text in ("@A.test", "*.a.test", " a.test. ")] == ["a.test"] * 3
