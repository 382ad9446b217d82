"""Which server a channel's replies go by, and what the workspace is told of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord

from events import codec
from events.envelope import AnyEnvelope, Envelope
from events.workspace import (
    ChannelChanged,
    ChannelConnected,
    ChannelDisconnected,
    ChannelHealthNoted,
    EmailSettings,
    FallbackAddressIssued,
    SmtpSettings,
    TeamDeleted,
)
from ingest_email.delivery_health import wanted
from ingest_email.outgoing_channels import ChannelBook, Health, OutgoingChannel
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.clock import utc_now
from service_kit.ids import new_id

CHANNEL, INBOX = UUID(int=1), UUID(int=2)
ADDRESS = "support@example.com"
SMTP, OTHER = SmtpSettings(host="mail.example.com"), SmtpSettings(host="other.example.com")


def settings(smtp: SmtpSettings | None) -> EmailSettings:
    return EmailSettings(address=ADDRESS, smtp=smtp)


def connected(smtp: SmtpSettings | None = SMTP) -> ChannelConnected:
    return ChannelConnected(channel_id=CHANNEL, inbox_id=INBOX, kind="email", email=settings(smtp))


def noted(state: str, reason: str = "", part: Any = "sending") -> ChannelHealthNoted:
    return ChannelHealthNoted(channel_id=CHANNEL, part=part, state=state, reason=reason, since=utc_now())


def of_ours(**known: Any) -> OutgoingChannel:
    return OutgoingChannel(address=ADDRESS, **known)


DOWN = Health("down", "smtp_wrong_password")


@pytest.mark.parametrize(
    ("events", "channel"),
    [
        ([], None),
        ([FallbackAddressIssued(inbox_id=INBOX, channel_id=CHANNEL, address=ADDRESS)], of_ours()),
        ([connected(None)], of_ours()),
        ([connected()], of_ours(smtp=SMTP)),
        ([connected(), ChannelChanged(channel_id=CHANNEL, email=settings(OTHER))], of_ours(smtp=OTHER)),
        ([connected(), ChannelChanged(channel_id=CHANNEL, email=settings(None))], of_ours()),
        ([connected(), noted(*DOWN)], of_ours(smtp=SMTP, health=DOWN)),
        ([connected(), noted(*DOWN, None)], of_ours(smtp=SMTP, health=DOWN)),
        ([connected(), noted(*DOWN), noted("ok", part="receiving")], of_ours(smtp=SMTP, health=DOWN)),
        ([connected(), noted("down", "imap_tls", "receiving")], of_ours(smtp=SMTP)),
        ([connected(), ChannelDisconnected(channel_id=CHANNEL)], OutgoingChannel(connected=False)),
        (
            [
                connected(),
                ChannelDisconnected(channel_id=CHANNEL),
                ChannelChanged(channel_id=CHANNEL, email=settings(SMTP)),
            ],
            OutgoingChannel(connected=False),
        ),
        ([ChannelChanged(channel_id=CHANNEL, email=settings(SMTP)), noted("down")], None),
    ],
)
def test_the_book_says_what_the_events_leave(events: list[object], channel: OutgoingChannel | None) -> None:
    book = ChannelBook()
    for event in events:
        book.apply(event)
    assert book.find(CHANNEL) == channel


@pytest.mark.parametrize(
    ("fault", "failures", "known", "told"),
    [
        ("wrong-password", 1, Health(), DOWN),
        ("wrong-password", 2, DOWN, None),
        ("certificate", 1, DOWN, Health("down", "smtp_certificate")),
        ("unreachable", 1, Health(), None),
        ("unreachable", 2, Health(), Health("degraded", "smtp_unreachable")),
        (None, 0, Health(), None),
        (None, 0, DOWN, Health("ok")),
    ],
)
def test_the_workspace_is_told_of_changes_only(fault: Any, failures: int, known: Health, told: Health | None) -> None:
    assert wanted(fault, failures, known) == told


def record(event: Any, position: int) -> Any:
    now, stream = utc_now(), UUID(int=9)
    envelope: AnyEnvelope = Envelope(
        id=new_id(),
        stream=stream,
        sequence=position,
        occurred_at=now,
        recorded_at=now,
        workspace_id=stream,
        correlation_id=new_id(),
        data=event,
    )
    encoded = codec.encode(envelope)
    headers = codec.with_position(encoded.headers, "main/1", position)
    return ConsumerRecord("workspace.v1", 0, position, 0, 0, b"", encoded.value, None, 0, 0, headers)


def test_each_position_is_read_once_and_what_speaks_of_other_things_is_passed_over() -> None:
    reader = WorkspaceReader(ChannelBook())
    first, second = record(connected(), 1), record(ChannelDisconnected(channel_id=CHANNEL), 2)
    said = reader.read([first, second, record(TeamDeleted(team_id=INBOX), 3), first])
    assert [type(event).__name__ for event in said] == ["ChannelConnected", "ChannelDisconnected"]
    assert reader.book.find(CHANNEL) == OutgoingChannel(connected=False)


def test_a_record_that_cannot_be_read_is_set_aside_and_changes_nothing() -> None:
    reader = WorkspaceReader(ChannelBook())
    broken = record(ChannelChanged(channel_id=CHANNEL, email=settings(OTHER)), 2)
    broken.value = b"\0not json"
    reader.read([record(connected(), 1), broken])
    assert reader.book.find(CHANNEL) == of_ours(smtp=SMTP)
    assert [one for one, _ in reader.unreadable] == [broken]
