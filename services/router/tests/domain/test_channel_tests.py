"""A channel's test in the workspace: one at a time, each hop once, and its mail is nobody's message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from events import workspace as w
from events.channel_tests import ChannelTestNoted, ChannelTestReported, ChannelTestStarted, Hop
from events.commands import TestChannel
from events.inbound import MessageReceived
from events.values import Bounce
from events.workspace import WorkspaceEvent
from router.domain import errors
from router.domain.channel_tests import LIFE, begin_test, note_arrival, note_report
from router.domain.testing import (
    NINE,
    SALES,
    SUPPORT,
    SUPPORT_ADDRESS,
    SUPPORT_MAIL,
    a_workspace,
    an_id,
    mail,
)
from router.domain.workspace import Workspace, evolve

TEST = an_id("test")
WISH = TestChannel(test_id=TEST, channel_id=SUPPORT_MAIL)
STARTED = ChannelTestStarted(
    test_id=TEST, channel_id=SUPPORT_MAIL, address=SUPPORT_ADDRESS, started_at=NINE, ends_at=NINE + LIFE
)


def noted(hop: Hop, ok: bool = True) -> ChannelTestNoted:
    return ChannelTestNoted(test_id=TEST, channel_id=SUPPORT_MAIL, hop=hop, ok=ok)


def begun(*more: WorkspaceEvent) -> Workspace:
    return a_workspace(STARTED, *more)


def report(hop: Hop = "sent", ok: bool = True, **changes: Any) -> ChannelTestReported:
    made = ChannelTestReported(channel="email", channel_id=SUPPORT_MAIL, test_id=TEST, hop=hop, ok=ok, reported_at=NINE)
    return replace(made, **changes)


def came_back(**known: Any) -> MessageReceived:
    return mail("test", known={"automated": "auto-submitted", "blobs": ("raw/one",), **known}).data


def test_a_test_begins_with_the_address_and_its_end() -> None:
    assert begin_test(WISH, NINE, a_workspace()) == (STARTED,)


def test_the_same_command_begins_it_once_and_another_waits_for_its_end() -> None:
    assert begin_test(WISH, NINE, begun()) == ()
    other = replace(WISH, test_id=an_id("other"))
    with pytest.raises(errors.ChannelTestRunning):
        begin_test(other, NINE + LIFE - timedelta(seconds=1), begun())
    assert begin_test(other, NINE + LIFE, begun())
    assert begin_test(other, NINE, begun(noted("sent", ok=False)))
    passed = begun(noted("credentials"), noted("sent"), noted("arrived"), noted("routed"))
    assert begin_test(other, NINE, passed)


def test_only_a_connected_channel_is_tested() -> None:
    for state in (a_workspace(w.ChannelDisconnected(channel_id=SUPPORT_MAIL)), Workspace()):
        with pytest.raises(errors.ChannelNotFound):
            begin_test(WISH, NINE, state)


def test_a_hop_is_noted_once_and_only_of_the_newest_test() -> None:
    refused = report("credentials", ok=False, code="wrong-password")
    (event,) = note_report(refused, begun())
    assert event == ChannelTestNoted(
        test_id=TEST, channel_id=SUPPORT_MAIL, hop="credentials", ok=False, code="wrong-password"
    )
    assert note_report(refused, evolve(begun(), event)) == ()
    assert note_report(report(test_id=an_id("older")), begun()) == ()
    assert note_report(report(channel_id=an_id("elsewhere")), begun()) == ()


def test_the_mail_that_came_back_is_noted_with_the_inbox_it_would_lie_in() -> None:
    arrived, routed = note_arrival(TEST, came_back(), begun())
    assert (arrived.hop, arrived.ok, routed.hop, routed.ok) == ("arrived", True, "routed", True)
    assert arrived.message is not None and arrived.message.blobs == () and routed.inbox_id == SUPPORT


def test_by_another_channel_it_arrived_and_is_routed_wrongly() -> None:
    for astray in (came_back(channel_id=an_id("other channel")), replace(came_back(), inbox_id=SALES)):
        _, routed = note_arrival(TEST, astray, begun())
        assert (routed.ok, routed.code) == (False, "other-channel")


def test_a_bounce_of_it_says_that_it_did_not_arrive() -> None:
    back = came_back(automated_kind="bounce")
    (arrived,) = note_arrival(TEST, back, begun())
    assert (arrived.ok, arrived.code) == (False, "bounced")
    told = replace(back, content=replace(back.content, bounce=Bounce(status="5.2.2")))
    assert note_arrival(TEST, told, begun())[0].code == "5.2.2"


def test_what_comes_when_it_is_over_is_refused() -> None:
    later = replace(STARTED, test_id=an_id("later"))
    for state in (begun(noted("arrived")), begun(later), a_workspace()):
        with pytest.raises(errors.ChannelTestOver):
            note_arrival(TEST, came_back(), state)
