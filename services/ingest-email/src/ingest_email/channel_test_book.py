"""Which tests of channels wait for their mail to be sent, by the events of workspace.v1; pure."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.workspace import ChannelDisconnected


class ChannelTestBook:
    """The tests as the events so far leave them: of each channel the newest, until it is noted how its sending went."""

    READS: ClassVar[frozenset[type]] = frozenset({ChannelDisconnected, ChannelTestNoted, ChannelTestStarted})

    def __init__(self) -> None:
        self._waiting: dict[UUID, ChannelTestStarted] = {}

    @property
    def waiting(self) -> tuple[ChannelTestStarted, ...]:
        return tuple(self._waiting.values())

    def apply(self, event: object) -> None:
        """Takes in one event; those about other things change nothing."""
        match event:
            case ChannelTestStarted():
                self._waiting[event.channel_id] = event
            case ChannelTestNoted():
                known = self._waiting.get(event.channel_id)
                if known is not None and known.test_id == event.test_id and (event.hop == "sent" or not event.ok):
                    del self._waiting[event.channel_id]
            case ChannelDisconnected():
                self._waiting.pop(event.channel_id, None)
