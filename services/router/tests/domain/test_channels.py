"""Channels: one e-mail address each, unique in the workspace, never in our own domain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from events import commands as c
from events.commands import WorkspaceCommand
from events.envelope import Envelope
from events.inbound import ChannelHealthChanged
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    EmailSettings,
    InboxChanged,
    WorkspaceEvent,
)
from router.domain import errors, workspace
from router.domain.testing import (
    ACME,
    FALLBACK_ADDRESS,
    HOUSE,
    NINE,
    SALES,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_FALLBACK,
    SUPPORT_MAIL,
    WORKSPACE,
    a_workspace,
    an_id,
    command,
)
from router.domain.workspace import Workspace, note_health
from service_kit.decider import DomainError
from service_kit.spec import Given, When
from service_kit.spec import given as given_decider

NEW = an_id("new channel")
GONE = ChannelDisconnected(channel_id=SUPPORT_MAIL)


def given(*history: WorkspaceEvent) -> Given[Envelope[WorkspaceCommand], Workspace, WorkspaceEvent]:
    return given_decider(workspace.decider(HOUSE), *ACME, *history)


def connect(address: str | None = "sales@acme.test", *history: WorkspaceEvent, **wish: Any) -> When[Workspace, Any]:
    email = None if address is None else EmailSettings(address=address)
    defaults: dict[str, Any] = {"channel_id": NEW, "inbox_id": SALES, "kind": "email", "email": email}
    return given(*history).when(command(c.ConnectChannel(**(defaults | wish)), on=WORKSPACE))


def change(channel: Any, email: EmailSettings | None, *history: WorkspaceEvent) -> When[Workspace, Any]:
    return given(*history).when(command(c.ChangeChannel(channel_id=channel, email=email), on=WORKSPACE))


def disconnect(channel: Any, *history: WorkspaceEvent) -> When[Workspace, Any]:
    return given(*history).when(command(c.DisconnectChannel(channel_id=channel), on=WORKSPACE))


def test_an_address_is_connected_in_lower_case() -> None:
    when = connect(email=EmailSettings(address=" Sales@Acme.Test ", from_name=" Acme sales ", fallback=True))
    when.then(
        ChannelConnected(
            channel_id=NEW,
            inbox_id=SALES,
            kind="email",
            email=EmailSettings(address="sales@acme.test", from_name="Acme sales"),
        )
    )
    channel = when.state.channel_at("SALES@acme.test")
    assert channel is not None and channel.inbox_id == SALES


def test_a_from_name_may_be_made_of_who_writes_and_the_house() -> None:
    named = given_decider(workspace.decider(replace(HOUSE, company_name="Acme")), *ACME)
    email = EmailSettings(address="sales@acme.test", from_name="{agent} at {company}")
    wish = c.ConnectChannel(channel_id=NEW, inbox_id=SALES, kind="email", email=email)
    channel = named.when(command(wish, on=WORKSPACE)).state.channel_at("sales@acme.test")
    assert channel is not None and channel.email is not None and channel.email.from_name == "{agent} at {company}"


def test_the_same_channel_twice_is_connected_once() -> None:
    connect(SUPPORT_ADDRESS, channel_id=SUPPORT_MAIL, inbox_id=SUPPORT).then_nothing_happened()


@pytest.mark.parametrize("kind", ["facebook", "chat", "form"])
def test_what_no_service_runs_is_not_connected(kind: str) -> None:
    connect(kind=kind).then_refused(errors.ChannelKindNotOffered)


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        (None, errors.ChannelSettingsMissing),
        ("", errors.ChannelAddressInvalid),
        ("sales", errors.ChannelAddressInvalid),
        ("@acme.test", errors.ChannelAddressInvalid),
        ("sales@acme..test", errors.ChannelAddressInvalid),
        ("sales@-acme.test", errors.ChannelAddressInvalid),
        ("Sales <sales@acme.test>", errors.ChannelAddressInvalid),
        ("sales@acme.test\nBcc: x", errors.ChannelAddressInvalid),
        (SUPPORT_ADDRESS.upper(), errors.ChannelAddressTaken),
        ("anything@in.postroom.test", errors.ChannelAddressReserved),
        ("anything@sub.IN.postroom.test", errors.ChannelAddressReserved),
    ],
)
def test_an_address_that_cannot_be_ours_alone_is_refused(address: str | None, refusal: type[DomainError]) -> None:
    connect(address).then_refused(refusal)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"inbox_id": NEW}, errors.InboxNotFound),
        ({"channel_id": SUPPORT_MAIL}, errors.ChannelAlreadyExists),
        ({"email": EmailSettings(address="a@b.test", from_name="A\r\nBcc: x")}, errors.HeaderUnsafe),
        ({"email": EmailSettings(address="a@b.test", from_name="x" * 201)}, errors.HeaderUnsafe),
        ({"email": EmailSettings(address="a@b.test", from_name="{agent} at {company}")}, errors.FromNameInvalid),
        ({"email": EmailSettings(address="a@b.test", from_name="{customer}")}, errors.FromNameInvalid),
    ],
)
def test_a_channel_that_makes_no_sense_is_refused(wish: dict[str, Any], refusal: type[DomainError]) -> None:
    connect(**wish).then_refused(refusal)


def test_nothing_is_connected_to_an_archived_inbox() -> None:
    archived = InboxChanged(inbox_id=SALES, name="Sales", archived=True)
    connect("sales@acme.test", archived).then_refused(errors.InboxIsArchived)


def test_the_address_of_a_disconnected_channel_is_free_again() -> None:
    assert connect(SUPPORT_ADDRESS, GONE).refusal is None


def test_an_address_with_a_plus_is_one_of_its_own() -> None:
    state = connect("support+eu@acme.test").state
    plain, detailed = state.channel_at("support+us@acme.test"), state.channel_at("support+eu@acme.test")
    assert plain is not None and plain.id == SUPPORT_MAIL
    assert detailed is not None and detailed.id == NEW


def test_the_settings_change_as_a_whole() -> None:
    when = change(SUPPORT_MAIL, EmailSettings(address="help@acme.test", from_name="Help"))
    when.then(ChannelChanged(channel_id=SUPPORT_MAIL, email=EmailSettings(address="help@acme.test", from_name="Help")))
    assert when.state.channel_at(SUPPORT_ADDRESS) is None
    assert when.state.is_ours("help@acme.test")


def test_settings_that_are_so_already_do_not_change() -> None:
    change(SUPPORT_MAIL, EmailSettings(address=SUPPORT_ADDRESS)).then_nothing_happened()


@pytest.mark.parametrize(
    ("email", "refusal"),
    [
        (None, errors.ChannelSettingsMissing),
        (EmailSettings(address="nothing"), errors.ChannelAddressInvalid),
        (EmailSettings(address=FALLBACK_ADDRESS), errors.ChannelAddressReserved),
    ],
)
def test_settings_that_make_no_sense_are_refused(email: EmailSettings | None, refusal: type[DomainError]) -> None:
    change(SUPPORT_MAIL, email).then_refused(refusal)


def test_a_channel_does_not_take_the_address_of_another() -> None:
    other = ChannelConnected(
        channel_id=NEW, inbox_id=SALES, kind="email", email=EmailSettings(address="sales@acme.test")
    )
    change(SUPPORT_MAIL, EmailSettings(address="sales@acme.test"), other).then_refused(errors.ChannelAddressTaken)


def test_of_an_inboxs_own_channel_only_the_from_name_changes() -> None:
    change(SUPPORT_FALLBACK, EmailSettings(address=FALLBACK_ADDRESS, from_name="Acme")).then(
        ChannelChanged(
            channel_id=SUPPORT_FALLBACK, email=EmailSettings(address=FALLBACK_ADDRESS, from_name="Acme", fallback=True)
        )
    )
    change(SUPPORT_FALLBACK, EmailSettings(address="help@acme.test")).then_refused(errors.FallbackChannelIsPermanent)


def test_a_channel_is_disconnected_once() -> None:
    when = disconnect(SUPPORT_MAIL)
    when.then(GONE)
    assert not when.state.is_ours(SUPPORT_ADDRESS)
    disconnect(SUPPORT_MAIL, GONE).then_nothing_happened()


def test_an_inboxs_own_channel_is_never_disconnected() -> None:
    disconnect(SUPPORT_FALLBACK).then_refused(errors.FallbackChannelIsPermanent)


def test_a_channel_that_is_not_there_is_not_found() -> None:
    disconnect(NEW).then_refused(errors.ChannelNotFound)
    change(SUPPORT_MAIL, EmailSettings(address="a@b.test"), GONE).then_refused(errors.ChannelNotFound)


def health(state: Any = "down", channel: Any = SUPPORT_MAIL, part: Any = "receiving") -> ChannelHealthChanged:
    return ChannelHealthChanged(
        channel="email", channel_id=channel, part=part, state=state, reason="dns", reported_at=NINE
    )


def test_a_channels_health_is_noted_when_it_is_news() -> None:
    noted = note_health(health(), a_workspace())
    assert noted == (
        ChannelHealthNoted(channel_id=SUPPORT_MAIL, part="receiving", state="down", reason="dns", since=NINE),
    )
    assert note_health(health(), a_workspace(*noted)) == ()
    assert len(note_health(health("ok"), a_workspace(*noted))) == 1


def test_each_part_of_a_channel_has_a_health_of_its_own() -> None:
    (down,) = note_health(health(), a_workspace())
    (works,) = note_health(health("ok", part="sending"), a_workspace(down))
    assert (works.part, works.state) == ("sending", "ok")
    assert note_health(health(), a_workspace(down, works)) == ()


def test_the_health_of_what_is_not_connected_is_not_noted() -> None:
    assert note_health(health(channel=NEW), a_workspace()) == ()
    assert note_health(health(), a_workspace(GONE)) == ()
