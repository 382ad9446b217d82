"""Reports of channels: a reply's delivery and a channel's health."""

from __future__ import annotations

from typing import Any

import pytest

from events.commands import SendReply
from events.conversations import ReplyContent
from events.inbound import (
    ChannelHealthChanged,
    DeliveryAccepted,
    DeliveryAttempted,
    DeliveryConfirmed,
    DeliveryRefused,
    DeliveryUncertain,
)
from events.values import Address
from router.testing import CHANNEL, NOON, SUPPORT, Workbench, envelope, kinds, mail
from service_kit.ids import new_id

pytestmark = pytest.mark.real


def replied(bench: Workbench) -> tuple[Any, Any]:
    """The ids of a conversation and of a reply in it."""
    bench.set_up_workspace()
    conversation, reply_id = bench.receive(mail())[1].stream, new_id()
    content = ReplyContent(
        external_id="", sender=Address(SUPPORT, "S"), to=(Address("maria@customer.example"),), subject="Re", text="Yes"
    )
    outcome = bench.command(SendReply(reply_id=reply_id, channel_id=CHANNEL, content=content), conversation)
    assert outcome.state == "done", outcome
    return conversation, reply_id


def said(cls: Any, reply_id: Any, attempt: int = 1, **more: Any) -> Any:
    return cls(channel="email", reply_id=reply_id, attempt=attempt, reported_at=NOON, **more)


def test_reports_become_events_of_the_conversation(bench: Workbench) -> None:
    conversation, reply_id = replied(bench)
    reports = [
        said(DeliveryAttempted, reply_id),
        said(DeliveryUncertain, reply_id),
        said(DeliveryAccepted, reply_id, 2),
        said(DeliveryConfirmed, reply_id, 2),
    ]
    events = bench.receive(*[envelope(report, stream=conversation) for report in reports])
    assert kinds(events) == ["ReplySending", "ReplyUncertain", "ReplySent", "ReplyDelivered"]
    assert {str(event.actor) for event in events} == {"system"}


def test_the_reason_of_a_refusal_is_sealed(bench: Workbench) -> None:
    conversation, reply_id = replied(bench)
    refused = said(DeliveryRefused, reply_id, code="5.1.1", reason="maria@customer.example unknown")
    failed = bench.receive(envelope(refused, stream=conversation))[0]
    assert (failed.type, failed.data.code) == ("ReplyFailed", "5.1.1")
    assert failed.data.personal.reason == "maria@customer.example unknown"


def test_a_report_that_says_nothing_new_is_a_duplicate(bench: Workbench) -> None:
    conversation, reply_id = replied(bench)
    accepted = said(DeliveryAccepted, reply_id)
    bench.receive(envelope(accepted, stream=conversation))
    assert bench.receive(envelope(accepted, stream=conversation)) == []
    assert bench.receive(envelope(said(DeliveryAttempted, reply_id), stream=conversation)) == []
    assert bench.tallies[-1] == {"duplicate": 1}


def test_a_channels_health_is_noted_on_the_workspace_when_it_changes(bench: Workbench) -> None:
    bench.set_up_workspace()
    down = ChannelHealthChanged(
        channel="email", channel_id=CHANNEL, state="down", reason="login-refused", reported_at=NOON
    )
    noted = bench.receive(envelope(down, stream=CHANNEL))
    assert kinds(noted) == ["ChannelHealthNoted"]
    assert noted[0].stream == noted[0].workspace_id
    assert bench.receive(envelope(down, stream=CHANNEL)) == []
