"""A channel's test: begun by an agent, one at a time, and what is heard of its hops."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from events.channel_tests import ChannelTestEvent, ChannelTestNoted, ChannelTestReported, ChannelTestStarted, Hop
from events.channel_tests import TestChannel as Wish
from events.inbound import MessageReceived
from events.values import MessageFacts
from router.domain import errors
from router.domain.channel_test import ChannelTest
from router.domain.workspace_state import Workspace

LIFE: Final = timedelta(minutes=3)
"""Longer than a mailbox that has to be asked is left alone."""


def begin_test(command: Wish, now: datetime, state: Workspace) -> tuple[ChannelTestStarted, ...]:
    """The test begins; `()` when it has. Raises ChannelNotFound, ChannelTestRunning."""
    channel = state.channel(command.channel_id)
    if channel.email is None:
        raise errors.ChannelKindNotOffered("Only e-mail channels can be tested.")
    known = state.channel_tests.get(channel.id)
    if known is not None and known.test_id == command.test_id:
        return ()
    if known is not None and known.is_running(now):
        raise errors.ChannelTestRunning("The channel is being tested; wait until that has ended.")
    return (
        ChannelTestStarted(
            test_id=command.test_id,
            channel_id=channel.id,
            address=channel.email.address,
            started_at=now,
            ends_at=now + LIFE,
        ),
    )


def note_report(report: ChannelTestReported, state: Workspace) -> tuple[ChannelTestNoted, ...]:
    """What is news about a hop of the channel's newest test."""
    known = state.channel_tests.get(report.channel_id)
    if known is None or known.test_id != report.test_id or report.hop in known.noted:
        return ()
    return (
        ChannelTestNoted(
            test_id=report.test_id, channel_id=report.channel_id, hop=report.hop, ok=report.ok, code=report.code
        ),
    )


def note_arrival(test_id: UUID, message: MessageReceived, state: Workspace) -> tuple[ChannelTestNoted, ...]:
    """The test's mail came back, or a mail server sent it back. Raises ChannelTestOver for a test that is no channel's
    newest any more, or has heard of its mail before."""
    known = next((one for one in state.channel_tests.values() if one.test_id == test_id), None)
    if known is None or "arrived" in known.noted:
        raise errors.ChannelTestOver("The channel's test is over.")
    facts, bounce = message.facts, message.content.bounce
    if facts.automated_kind in ("bounce", "delayed"):
        code = "bounced" if bounce is None else bounce.status or "bounced"
        return (_noted(known, "arrived", False, code, message=msgspec.structs.replace(facts, blobs=())),)
    arrived = _noted(known, "arrived", True, message=msgspec.structs.replace(facts, blobs=()))
    channel = state.channels.get(known.channel_id)
    if channel is None or facts.channel_id != channel.id or message.inbox_id != channel.inbox_id:
        return (arrived, _noted(known, "routed", False, "other-channel", inbox_id=message.inbox_id))
    return (arrived, _noted(known, "routed", True, inbox_id=message.inbox_id))


def _noted(
    test: ChannelTest,
    hop: Hop,
    ok: bool,
    code: str = "",
    *,
    inbox_id: UUID | None = None,
    message: MessageFacts | None = None,
) -> ChannelTestNoted:
    return ChannelTestNoted(
        test_id=test.test_id,
        channel_id=test.channel_id,
        hop=hop,
        ok=ok,
        code=code,
        inbox_id=inbox_id,
        message=message,
    )


def evolve(tests: Mapping[UUID, ChannelTest], event: ChannelTestEvent) -> Mapping[UUID, ChannelTest]:
    """Of each channel the newest test."""
    match event:
        case ChannelTestStarted():
            begun = ChannelTest(test_id=event.test_id, channel_id=event.channel_id, ends_at=event.ends_at)
            return {**tests, event.channel_id: begun}
        case ChannelTestNoted():
            known = tests.get(event.channel_id)
            if known is None or known.test_id != event.test_id:
                return tests
            return {**tests, event.channel_id: known.after(event.hop, ok=event.ok)}
