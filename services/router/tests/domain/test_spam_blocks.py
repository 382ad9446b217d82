"""Marking as spam with a block of its sender, and taking both back."""

from __future__ import annotations

from functools import reduce
from typing import Any, cast

import pytest
from msgspec.structs import replace

from events import conversations as e
from events import workspace as w
from events.commands import MarkConversationAsSpam, ReopenConversation, ResolveConversation
from events.filtering import FilterSwitches, SpamBlock
from events.workspace import EmailFilter
from router.domain import conversation
from router.domain.conversation import NOT_OPENED, ConversationState, decide
from router.domain.filter_sets import MAX_FILTERS
from router.domain.spam_blocks import filters_after
from router.domain.testing import HOUSE, SALES, SUPPORT, TOMORROW, a_workspace, an_id, command, opened
from service_kit.decider import DomainError

SENDER = SpamBlock(field="address", value="Offers@Spam.example ")
DOMAIN = SpamBlock(field="domain", value="spam.example")
MARK = command(MarkConversationAsSpam(block=SENDER))
ID = HOUSE.derived_id(MARK.id, "block")
BLOCK = EmailFilter(
    id=ID, kind="block", field="address", value="offers@spam.example", inbox_id=SUPPORT, note="Marked as spam"
)


def after(*events: Any) -> ConversationState:
    return reduce(conversation.evolve, (opened(), *events), cast(ConversationState, NOT_OPENED))


def marked(block: SpamBlock | None, *happened: Any) -> tuple[Any, ...]:
    """What the filters become."""
    return filters_after(command(MarkConversationAsSpam(block=block)), after(), a_workspace(*happened), HOUSE)


def test_the_sender_is_blocked_in_the_conversations_inbox_and_the_event_names_the_filter() -> None:
    assert marked(SENDER) == (w.EmailFiltersSet(version=1, filters=(BLOCK,)),)
    assert decide(MARK, after(), workspace=a_workspace(), house=HOUSE) == (e.MarkedAsSpam(block_id=ID),)


def test_without_a_wish_to_block_the_filters_stay() -> None:
    assert marked(None) == ()
    asked = command(MarkConversationAsSpam())
    assert decide(asked, after(), workspace=a_workspace(), house=HOUSE) == (e.MarkedAsSpam(),)


def test_other_filters_and_switches_stay() -> None:
    other = replace(BLOCK, id=an_id("other"), value="else@spam.example")
    before = w.EmailFiltersSet(version=6, filters=(other,), switches=(FilterSwitches(newsletter=True),))
    (now,) = marked(DOMAIN, before)
    assert (now.version, now.filters[0], now.switches) == (7, other, before.switches)
    assert (now.filters[1].field, now.filters[1].value) == ("domain", "spam.example")


@pytest.mark.parametrize(
    "known",
    [BLOCK, replace(BLOCK, id=an_id("by hand"), inbox_id=None, note="since May", value="OFFERS@spam.example")],
)
def test_who_is_blocked_already_is_not_blocked_twice(known: EmailFilter) -> None:
    assert marked(SENDER, w.EmailFiltersSet(version=1, filters=(known,))) == ()


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"inbox_id": SALES}, {"kind": "spam"}, {"operator": "contains"}]
)
def test_a_filter_that_would_not_do_does_not_count(change: dict[str, Any]) -> None:
    known = replace(BLOCK, id=an_id("known"), **change)
    (now,) = marked(SENDER, w.EmailFiltersSet(version=1, filters=(known,)))
    assert now.filters == (known, BLOCK)


def test_not_spam_undoes_both() -> None:
    spam, others = after(e.MarkedAsSpam(block_id=ID)), replace(BLOCK, id=an_id("other"), value="b@spam.example")
    workspace = a_workspace(w.EmailFiltersSet(version=4, filters=(BLOCK, others)))
    assert filters_after(command(ReopenConversation()), spam, workspace, HOUSE) == (
        w.EmailFiltersSet(version=5, filters=(others,)),
    )
    asked = command(ReopenConversation())
    assert decide(asked, spam, workspace=workspace, house=HOUSE) == (e.ConversationReopened(reason="agent"),)


@pytest.mark.parametrize(
    "since",
    [
        [e.ConversationTrashed()],
        [e.ConversationResolved()],
        [e.ConversationTrashed(), e.MarkedAsSpam()],
        [e.ConversationSnoozed(), e.SnoozeElapsed(timer_id=ID), e.ConversationResolved()],
    ],
)
def test_opening_undoes_the_block_also_of_what_was_put_elsewhere_since(since: list[Any]) -> None:
    put_away = after(e.MarkedAsSpam(block_id=ID), *since)
    workspace = a_workspace(w.EmailFiltersSet(version=4, filters=(BLOCK,)))
    assert filters_after(command(ReopenConversation()), put_away, workspace, HOUSE) == (w.EmailFiltersSet(version=5),)


def test_what_was_opened_since_lifts_no_block_by_a_later_opening() -> None:
    opened_since = after(
        e.MarkedAsSpam(block_id=ID),
        e.ConversationTrashed(),
        e.ConversationReopened(reason="message"),
        e.ConversationResolved(),
    )
    workspace = a_workspace(w.EmailFiltersSet(version=4, filters=(BLOCK,)))
    assert filters_after(command(ReopenConversation()), opened_since, workspace, HOUSE) == ()


def test_what_somebody_else_took_away_or_never_was_is_not_undone() -> None:
    workspace = a_workspace(w.EmailFiltersSet(version=4, filters=(BLOCK,)))
    assert filters_after(command(ReopenConversation()), after(e.MarkedAsSpam(block_id=ID)), a_workspace(), HOUSE) == ()
    assert filters_after(command(ReopenConversation()), after(e.MarkedAsSpam()), workspace, HOUSE) == ()
    assert filters_after(command(ReopenConversation()), after(e.ConversationResolved()), workspace, HOUSE) == ()
    assert filters_after(command(ResolveConversation()), after(e.MarkedAsSpam(block_id=ID)), workspace, HOUSE) == ()


def test_what_is_spam_already_can_be_blocked_still() -> None:
    now = decide(MARK, after(e.MarkedAsSpam()), workspace=a_workspace(), house=HOUSE)
    assert now == (e.MarkedAsSpam(block_id=ID),)
    blocked = a_workspace(w.EmailFiltersSet(version=1, filters=(BLOCK,)))
    assert decide(MARK, after(*now), workspace=blocked, house=HOUSE) == ()


def test_further_spam_of_the_sender_shares_the_filter_but_not_one_made_by_hand() -> None:
    other = command(MarkConversationAsSpam(block=SENDER), at=TOMORROW)
    blocked = a_workspace(w.EmailFiltersSet(version=1, filters=(BLOCK,)))
    assert decide(other, after(), workspace=blocked, house=HOUSE) == (e.MarkedAsSpam(block_id=ID),)
    by_hand = a_workspace(w.EmailFiltersSet(version=1, filters=(replace(BLOCK, note="since May"),)))
    assert decide(other, after(), workspace=by_hand, house=HOUSE) == (e.MarkedAsSpam(),)


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (SpamBlock(field="domain", value="gmail.com"), "invalid.blocked-domain-public"),
        (SpamBlock(field="domain", value="GMAIL.com"), "invalid.blocked-domain-public"),
        (SpamBlock(field="domain", value="acme.test"), "invalid.blocked-sender-ours"),
        (SpamBlock(field="domain", value="test"), "invalid.blocked-sender-ours"),
        (SpamBlock(field="address", value="support@acme.test"), "invalid.blocked-sender-ours"),
        (SpamBlock(field="address", value=""), "invalid.blocked-sender-invalid"),
        (SpamBlock(field="address", value="a b@x"), "invalid.blocked-sender-invalid"),
        (SpamBlock(field="domain", value=""), "invalid.blocked-sender-invalid"),
        (SpamBlock(field="domain", value="a b"), "invalid.blocked-sender-invalid"),
    ],
)
def test_who_cannot_be_blocked_is_refused_with_the_reason(block: SpamBlock, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        marked(block)
    assert refusal.value.code == code


def test_a_sender_at_a_public_provider_can_be_blocked() -> None:
    assert marked(SpamBlock(field="address", value="somebody@gmail.com"))


def test_no_filter_more_than_there_may_be() -> None:
    full = tuple(replace(BLOCK, id=an_id(f"filter {n}"), value=f"a{n}@spam.example") for n in range(MAX_FILTERS))
    with pytest.raises(DomainError) as refusal:
        marked(SENDER, w.EmailFiltersSet(version=1, filters=full))
    assert refusal.value.code == "invalid.filters-invalid"
