"""A channel's health, part by part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from events.channel_health import PARTS, PartHealth, after, is_news, worst
from events.inbound import ChannelHealthChanged
from events.workspace import ChannelHealthNoted

CHANNEL, NOON = UUID(int=1), datetime(2030, 1, 1, 12, tzinfo=UTC)


def noted(part: Any, state: str, reason: str = "", minutes: int = 0) -> ChannelHealthNoted:
    since = NOON + timedelta(minutes=minutes)
    return ChannelHealthNoted(channel_id=CHANNEL, part=part, state=state, reason=reason, since=since)


def told(part: Any, state: Any, reason: str = "") -> ChannelHealthChanged:
    return ChannelHealthChanged(
        channel="email", channel_id=CHANNEL, part=part, state=state, reason=reason, reported_at=NOON
    )


def parts(*events: ChannelHealthNoted) -> Any:
    known: Any = {}
    for event in events:
        known = after(known, event)
    return known


def test_a_part_that_works_does_not_hide_that_the_other_is_down() -> None:
    known = parts(noted("sending", "down", "smtp_wrong_password"), noted("receiving", "ok", minutes=1))
    assert worst(known) == ("sending", PartHealth("down", "smtp_wrong_password", NOON))
    assert worst(after(known, noted("sending", "ok", minutes=2)))[1].state == "ok"  # type: ignore[index]


def test_the_worse_part_is_shown_and_of_equal_ones_the_last_to_change() -> None:
    limps = noted("receiving", "degraded", "imap_too_slow", 5)
    assert worst(parts(noted("sending", "down", "smtp_certificate"), limps)) == (
        "sending",
        PartHealth("down", "smtp_certificate", NOON),
    )
    assert worst(parts(noted("sending", "degraded", "smtp_refused"), limps))[0] == "receiving"  # type: ignore[index]
    assert worst({}) is None


def test_only_what_was_not_known_of_the_part_is_news() -> None:
    known = parts(noted("sending", "down", "smtp_refused"))
    assert not is_news(known, told("sending", "down", "smtp_refused"))
    assert is_news(known, told("sending", "ok"))
    assert is_news(known, told("receiving", "ok"))


def test_an_old_fault_is_of_the_part_whose_code_it_bears_and_an_old_ok_of_both() -> None:
    known = parts(noted(None, "down", "smtp_certificate"), noted(None, "down", "imap_tls", 1))
    assert {part: health.reason for part, health in known.items()} == {
        "sending": "smtp_certificate",
        "receiving": "imap_tls",
    }
    healed = after(known, noted(None, "ok"))
    assert all(healed[part].state == "ok" for part in PARTS)
    assert not is_news(healed, told(None, "ok"))
    assert is_news(known, told(None, "ok"))
