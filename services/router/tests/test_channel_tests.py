"""The mail of a channel's test, from the record to the events: it ends in one outcome, and in no conversation."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace

from events.channel_tests import ChannelTestReported
from events.commands import TestChannel
from events.envelope import AnyEnvelope
from router.testing import CHANNEL, NOON, SUPPORT, Workbench, envelope, kinds, mail
from service_kit.ids import new_id
from service_kit.settings import DEFAULT_WORKSPACE_ID

pytestmark = pytest.mark.real


def begun(bench: Workbench) -> UUID:
    test_id = new_id()
    outcome = bench.command(TestChannel(test_id=test_id, channel_id=CHANNEL), DEFAULT_WORKSPACE_ID)
    assert outcome.state == "done" and outcome.resource_id == test_id
    return test_id


def its_mail(test_id: UUID, **changes: str) -> AnyEnvelope:
    made = mail(SUPPORT, known={"automated": "auto-submitted"}, **changes)  # type: ignore[arg-type]
    return replace(made, data=replace(made.data, channel_test=test_id))


def test_its_mail_is_noted_once_and_becomes_no_conversation(bench: Workbench) -> None:
    bench.set_up_workspace()
    test_id = begun(bench)
    report = ChannelTestReported(
        channel="email", channel_id=CHANNEL, test_id=test_id, hop="sent", ok=True, reported_at=NOON
    )
    assert kinds(bench.receive(envelope(report, stream=CHANNEL))) == ["ChannelTestNoted"]
    assert kinds(bench.receive(envelope(report, stream=CHANNEL))) == []
    came = bench.receive(its_mail(test_id, dedupe_key="one"))
    assert [(event.type, event.data.hop) for event in came] == [
        ("ChannelTestNoted", "arrived"),
        ("ChannelTestNoted", "routed"),
    ]
    assert bench.tallies[-1] == {"appended": 1}
    assert bench.receive(its_mail(test_id, dedupe_key="one")) == [] and bench.tallies[-1] == {"duplicate": 1}
    late = bench.receive(its_mail(test_id, dedupe_key="two"))
    assert kinds(late) == ["InboundFiltered"] and late[0].data.refused == "channel-test-over"
    assert bench.count("conversations") == 0 and bench.count("acknowledged") == 0


def test_a_forged_or_forgotten_test_opens_no_conversation_either(bench: Workbench) -> None:
    bench.set_up_workspace()
    assert kinds(bench.receive(its_mail(new_id()))) == ["InboundFiltered"]
