"""Whose turn it is: each server has a lane, and one whose server is down holds up no other; pure.

The installation's relay is one lane. Every channel with a server of its own is another. A lane whose server takes
nothing is closed for a while, longer each time; then one reply tries it. A server that is not known to work never
uses the places of those that do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from ingest_email.delivery import FaultCode, Schedule

RELAY: Final = None
PER_SERVER: Final = 4
"""Attempts at once by one channel's server; providers take few connections of one account."""
LONGEST_BREAK: Final = timedelta(seconds=60)
"""For a server that may come back by itself; one that refuses our log-in is asked less and less."""
_PASSES_BY_ITSELF: Final = frozenset({"unreachable", "refused"})


class Turn(msgspec.Struct, frozen=True):
    """What may be leased of a lane: at most `room` replies that were due at `before`, long ago when it is `closed`."""

    room: int
    before: datetime
    suspect: bool = False
    closed: bool = False


class Turns(msgspec.Struct, frozen=True):
    """What may be leased now. `channels` have a server of their own, all others share the relay's turn.

    `known` and `suspects` are the places left for servers that work, and for those of which nobody knows.
    """

    relay: Turn
    channels: dict[UUID, Turn] = {}
    known: int = 0
    suspects: int = 0

    def after(self, leased: Iterable[UUID | None]) -> Turns:
        """What is left when replies of these channels were leased."""
        counts = Counter(channel_id if channel_id in self.channels else RELAY for channel_id in leased)
        relay, channels = self.relay, self.channels
        by_kind = Counter(dict.fromkeys((True, False), 0))
        for channel_id in counts.keys() - {RELAY}:
            assert channel_id is not None
            by_kind[channels[channel_id].suspect] += counts[channel_id]
        return Turns(
            relay=msgspec.structs.replace(relay, room=relay.room - counts[RELAY]),
            channels={
                channel_id: msgspec.structs.replace(turn, room=turn.room - counts[channel_id])
                for channel_id, turn in channels.items()
            },
            known=self.known - by_kind[False],
            suspects=self.suspects - by_kind[True],
        )

    def may_lease(self, turn: Turn) -> bool:
        """Whether a reply of this turn that falls due now finds a place."""
        if turn is not self.relay and (self.suspects if turn.suspect else self.known) <= 0:
            return False
        return turn.room > 0 and not turn.closed


@dataclass(eq=False)
class Lane:
    """One server as it did so far. `failures` in a row; `fault` and `words` are of the last one."""

    limit: int
    proven: bool = False
    active: int = 0
    failures: int = 0
    closed_until: datetime | None = None
    fault: FaultCode | None = None
    words: str = ""

    def is_closed(self, now: datetime) -> bool:
        return self.closed_until is not None and now < self.closed_until

    @property
    def is_suspect(self) -> bool:
        return not self.proven or self.failures > 0

    def turn(self, now: datetime, give_up_after: timedelta) -> Turn:
        """A closed lane takes only what has waited so long that it is given up."""
        if self.is_closed(now):
            return Turn(1, now - give_up_after, suspect=True, closed=True)
        allowed = 1 if self.is_suspect else self.limit
        return Turn(max(allowed - self.active, 0), now, self.is_suspect)


class Lanes:
    """All lanes. `workers` attempts run at once by the relay, twice as many by channels' servers that work, and as
    many by those that are not known to.
    """

    def __init__(self, workers: int, schedule: Schedule) -> None:
        self._workers = workers
        self._schedule = schedule
        self._relay = Lane(workers, proven=True)
        self._channels: dict[UUID, Lane] = {}

    def of(self, channel_id: UUID | None) -> Lane:
        """The lane of a channel; the relay's for one without a server of its own."""
        return self._channels.get(channel_id, self._relay) if channel_id is not None else self._relay

    def is_current(self, channel_id: UUID, lane: Lane) -> bool:
        """Whether the channel still goes by this lane: its server may have changed meanwhile."""
        return self._channels.get(channel_id) is lane

    def begin_anew(self, channel_id: UUID, *, own_server: bool) -> None:
        """The channel's server is another one now, of which nothing is known, or there is none any more."""
        if own_server:
            self._channels[channel_id] = Lane(min(PER_SERVER, self._workers))
        else:
            self._channels.pop(channel_id, None)

    def turns(self, now: datetime) -> Turns:
        """Who may go now."""
        give_up = timedelta(seconds=self._schedule.give_up_after)
        lanes = self._channels.values()
        return Turns(
            relay=self._relay.turn(now, give_up),
            channels={channel_id: lane.turn(now, give_up) for channel_id, lane in self._channels.items()},
            known=max(2 * self._workers - sum(lane.active for lane in lanes if not lane.is_suspect), 0),
            suspects=max(self._workers - sum(lane.active for lane in lanes if lane.is_suspect), 0),
        )

    def next_opening(self, now: datetime) -> datetime | None:
        """When the next closed lane opens."""
        lanes: Iterable[Lane] = (self._relay, *self._channels.values())
        closed = (lane.closed_until for lane in lanes if lane.is_closed(now))
        return min((until for until in closed if until is not None), default=None)

    def worked(self, lane: Lane) -> bool:
        """The server took a mail from us. Returns whether it had failed before."""
        had_failed = lane.failures > 0
        lane.proven, lane.failures, lane.closed_until, lane.fault, lane.words = True, 0, None, None, ""
        return had_failed

    def failed(self, lane: Lane, fault: FaultCode, words: str, now: datetime, jitter: float) -> None:
        """The server takes nothing. Attempts that end while the lane is closed began before, and count no further."""
        if lane.is_closed(now):
            return
        lane.failures += 1
        lane.fault, lane.words = fault, words
        pause = self._schedule.pause(lane.failures, jitter)
        lane.closed_until = now + (min(pause, LONGEST_BREAK) if fault in _PASSES_BY_ITSELF else pause)
