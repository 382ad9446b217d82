"""Whose turn it is: a server that takes nothing is left alone for a while, and holds up no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ingest_email.delivery import FaultCode, Schedule
from ingest_email.delivery_lanes import LONGEST_BREAK, PER_SERVER, Lanes, Turn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINE, OTHER = UUID(int=1), UUID(int=2)
GIVE_UP = timedelta(hours=48)


@pytest.fixture
def lanes() -> Lanes:
    lanes = Lanes(8, Schedule())
    lanes.begin_anew(MINE, own_server=True)
    return lanes


def fail(lanes: Lanes, channel_id: UUID | None, now: datetime, fault: FaultCode = "unreachable") -> None:
    lanes.failed(lanes.of(channel_id), fault, "words", now, 0.5)


def test_channels_without_a_server_of_their_own_share_the_relays_lane(lanes: Lanes) -> None:
    assert lanes.of(OTHER) is lanes.of(None) is not lanes.of(MINE)
    assert lanes.turns(NOW).relay == Turn(8, NOW)


def test_a_server_of_which_nothing_is_known_gets_one_reply_until_it_took_one(lanes: Lanes) -> None:
    assert lanes.turns(NOW).channels == {MINE: Turn(1, NOW, suspect=True)}
    lanes.of(MINE).active += 1
    assert lanes.turns(NOW).channels[MINE].room == 0
    lanes.worked(lanes.of(MINE))
    assert lanes.turns(NOW).channels == {MINE: Turn(PER_SERVER - 1, NOW)}


def test_a_closed_lane_takes_only_what_is_to_be_given_up_and_opens_for_one(lanes: Lanes) -> None:
    fail(lanes, MINE, NOW)
    opening = lanes.next_opening(NOW)
    assert opening == NOW + timedelta(seconds=1)
    assert lanes.turns(NOW).channels[MINE] == Turn(1, NOW - GIVE_UP, suspect=True, closed=True)
    assert lanes.turns(NOW).relay == Turn(8, NOW), "another server's trouble is not the relay's"
    assert lanes.turns(opening).channels[MINE] == Turn(1, opening, suspect=True)
    assert lanes.next_opening(opening) is None


def test_the_relay_too_is_left_alone_while_it_takes_nothing(lanes: Lanes) -> None:
    fail(lanes, None, NOW)
    assert lanes.turns(NOW).relay.closed and not lanes.turns(NOW).channels[MINE].closed


def test_breaks_grow_and_those_of_a_server_that_may_come_back_are_bounded(lanes: Lanes) -> None:
    for fault, longest in (("unreachable", LONGEST_BREAK), ("wrong-password", timedelta(seconds=7200))):
        lanes.begin_anew(MINE, own_server=True)
        breaks, now = [], NOW
        for _ in range(12):
            fail(lanes, MINE, now, fault)  # type: ignore[arg-type]
            opening = lanes.next_opening(now)
            assert opening is not None
            breaks.append(opening - now)
            now = opening
        assert breaks == sorted(breaks) and breaks[0] == timedelta(seconds=1) and breaks[-1] == longest


def test_attempts_that_began_before_the_lane_was_closed_do_not_lengthen_the_break(lanes: Lanes) -> None:
    for _ in range(8):
        fail(lanes, None, NOW)
    assert lanes.of(None).failures == 1


def test_a_mail_that_is_taken_opens_the_lane_and_says_that_it_was_closed(lanes: Lanes) -> None:
    fail(lanes, MINE, NOW)
    assert lanes.worked(lanes.of(MINE)) is True
    assert lanes.worked(lanes.of(MINE)) is False
    assert lanes.next_opening(NOW) is None


def test_another_server_begins_anew_and_what_is_heard_of_the_old_one_says_nothing(lanes: Lanes) -> None:
    old = lanes.of(MINE)
    lanes.begin_anew(MINE, own_server=True)
    lanes.failed(old, "wrong-password", "", NOW, 0.5)
    assert not lanes.is_current(MINE, old) and lanes.next_opening(NOW) is None
    lanes.begin_anew(MINE, own_server=False)
    assert lanes.of(MINE) is lanes.of(None)


def test_servers_that_work_keep_their_places_whatever_the_others_do(lanes: Lanes) -> None:
    for number in range(100):
        channel_id = UUID(int=1000 + number)
        lanes.begin_anew(channel_id, own_server=True)
        if number < 8:
            lanes.of(channel_id).active += 1
    turns = lanes.turns(NOW)
    assert (turns.known, turns.suspects) == (16, 0)
    assert not turns.may_lease(turns.channels[MINE])
    lanes.worked(lanes.of(MINE))
    assert lanes.turns(NOW).may_lease(lanes.turns(NOW).channels[MINE])


def test_what_was_leased_takes_room_and_places(lanes: Lanes) -> None:
    left = lanes.turns(NOW).after([None, OTHER, MINE])
    assert (left.relay.room, left.channels[MINE].room, left.known, left.suspects) == (6, 0, 16, 7)
    assert left.may_lease(left.relay) and not left.may_lease(left.channels[MINE])
