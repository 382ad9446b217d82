"""Inboxes: made with an address of their own, changed, archived."""

from __future__ import annotations

import re
from typing import Any

import pytest

from events import commands as c
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.workspace import FallbackAddressIssued, InboxChanged, InboxCreated, TeamDeleted, WorkspaceEvent
from router.domain import errors, workspace
from router.domain.inboxes import MAX_NAME, MAX_SIGNATURE, fallback_address
from router.domain.testing import (
    ACME,
    ADA,
    BOB,
    CONVERSATION,
    HELPERS,
    HOUSE,
    SALES,
    SELLERS,
    SUPPORT,
    WORKSPACE,
    a_workspace,
    an_id,
    command,
)
from router.domain.workspace import Workspace
from service_kit.decider import DomainError
from service_kit.spec import Given, When
from service_kit.spec import given as given_decider

BILLING = an_id("billing")
ARCHIVED = InboxChanged(inbox_id=SUPPORT, name="Support", archived=True)


def given(*history: WorkspaceEvent) -> Given[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(HOUSE), *ACME, *history)


def create(*history: WorkspaceEvent, **wish: Any) -> When[Workspace, WorkspaceEvent]:
    defaults: dict[str, Any] = {"inbox_id": BILLING, "name": "Billing"}
    return given(*history).when(command(c.CreateInbox(**(defaults | wish)), on=WORKSPACE))


def change(*history: WorkspaceEvent, **wish: Any) -> When[Workspace, WorkspaceEvent]:
    return given(*history).when(command(c.ChangeInbox(**({"inbox_id": SUPPORT} | wish)), on=WORKSPACE))


def test_an_inbox_is_made_with_its_own_address() -> None:
    address = fallback_address(BILLING, "billing", a_workspace(), HOUSE.mail_domain)
    create().then(
        InboxCreated(inbox_id=BILLING, name="Billing", slug="billing"),
        FallbackAddressIssued(
            inbox_id=BILLING, channel_id=HOUSE.derived_id(BILLING, "fallback-channel"), address=address
        ),
    )
    assert re.fullmatch(r"billing-[a-z2-7]{6}@in\.postroom\.test", address)


def test_an_inbox_is_made_with_its_teams_and_members_each_once() -> None:
    when = create(name=" Billing ", team_ids=(HELPERS, HELPERS), member_ids=(ADA,))
    assert when.events[2:] == (InboxChanged(inbox_id=BILLING, name="Billing", team_ids=(HELPERS,), member_ids=(ADA,)),)


def test_mail_to_the_address_of_a_new_inbox_comes_to_it() -> None:
    state = create().state
    (address,) = [address for address in state.addresses if address.startswith("billing-")]
    token = address.replace("@", "+abc@").upper()
    channel = state.channel_at(token)
    assert channel is not None and channel.inbox_id == BILLING and channel.is_fallback
    assert state.is_ours(address) and not state.is_ours("somebody@else.test")


def test_a_taken_address_is_not_issued_again() -> None:
    first = fallback_address(BILLING, "billing", a_workspace(), HOUSE.mail_domain)
    taken = FallbackAddressIssued(inbox_id=SALES, channel_id=CONVERSATION, address=first)
    second = fallback_address(BILLING, "billing", a_workspace(taken), HOUSE.mail_domain)
    assert second != first and second.startswith("billing-")


def test_the_address_has_no_letters_that_mail_would_not_take() -> None:
    (created, issued, *_) = create(name="Obsługa Klienta — Łódź & co.").events
    assert isinstance(created, InboxCreated) and created.slug == "obsluga-klienta-lodz"
    assert isinstance(issued, FallbackAddressIssued) and issued.address.isascii()


def test_the_same_inbox_twice_is_made_once() -> None:
    created = create().events
    create(*created).then_nothing_happened()


def test_another_inbox_under_the_same_id_is_refused() -> None:
    create(inbox_id=SUPPORT).then_refused(errors.InboxAlreadyExists)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"name": ""}, errors.NameInvalid),
        ({"name": " \t "}, errors.NameInvalid),
        ({"name": "a\nb"}, errors.NameInvalid),
        ({"name": "x" * (MAX_NAME + 1)}, errors.NameInvalid),
        ({"name": "SUPPORT"}, errors.InboxNameTaken),
        ({"team_ids": (BILLING,)}, errors.TeamNotFound),
        ({"member_ids": (BILLING,)}, errors.AgentNotFound),
    ],
)
def test_an_inbox_without_a_name_of_its_own_or_with_strangers_is_refused(
    wish: dict[str, Any], refusal: type[DomainError]
) -> None:
    create(**wish).then_refused(refusal)


def test_the_name_of_an_archived_inbox_is_free() -> None:
    assert create(ARCHIVED, name="Support").refusal is None


def test_an_inbox_may_want_the_history_quoted_below_replies() -> None:
    change(quote_history=True).then(
        InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA, BOB), quote_history=True)
    )
    change(quote_history=False).then_nothing_happened()


def test_a_change_leaves_what_it_does_not_name() -> None:
    change(signature="Yours").then(
        InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA, BOB), signature="Yours")
    )


def test_a_change_replaces_what_it_names() -> None:
    change(name="Help", team_ids=(SELLERS,), member_ids=(), archived=True).then(
        InboxChanged(inbox_id=SUPPORT, name="Help", team_ids=(SELLERS,), archived=True)
    )


@pytest.mark.parametrize("wish", [{}, {"name": "Support"}, {"name": " Support "}, {"team_ids": (HELPERS,)}])
def test_a_change_to_what_is_so_changes_nothing(wish: dict[str, Any]) -> None:
    change(**wish).then_nothing_happened()


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"inbox_id": BILLING}, errors.InboxNotFound),
        ({"name": "sales"}, errors.InboxNameTaken),
        ({"name": ""}, errors.NameInvalid),
        ({"name": "", "archived": True}, errors.NameInvalid),
        ({"team_ids": (BILLING,)}, errors.TeamNotFound),
        ({"member_ids": (BILLING,)}, errors.AgentNotFound),
        ({"signature": "x" * (MAX_SIGNATURE + 1)}, errors.TextTooLong),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(wish: dict[str, Any], refusal: type[DomainError]) -> None:
    change(**wish).then_refused(refusal)


def test_an_inbox_leaves_the_archive_only_under_a_free_name() -> None:
    renamed = InboxChanged(inbox_id=SALES, name="Support")
    change(ARCHIVED, renamed, archived=False).then_refused(errors.InboxNameTaken)
    assert change(ARCHIVED, renamed, archived=False, name="Old support").refusal is None


def test_the_first_team_is_the_first_that_still_exists() -> None:
    both = InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS, SELLERS))
    first = a_workspace(both).first_team(SUPPORT)
    second = a_workspace(both, TeamDeleted(team_id=HELPERS)).first_team(SUPPORT)
    assert first is not None and first.id == HELPERS
    assert second is not None and second.id == SELLERS
    assert a_workspace().first_team(SALES) is None
    assert a_workspace().first_team(BILLING) is None
