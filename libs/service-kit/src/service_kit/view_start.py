"""Where a view begins in each partition: its stored offset, after a look whether the log is still the one it read."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from functools import partial

from service_kit.faults import KafkaAway
from service_kit.log_probe import log_bounds, misfits
from service_kit.offsets import TopicPartition, explained
from service_kit.view_applier import ViewApplier

log = logging.getLogger(__name__)


class ViewStart:
    """Loads the progress of a view; proves each partition once, and again after `doubt`."""

    def __init__(self, name: str, bootstrap: str, applier: ViewApplier) -> None:
        self._name, self._bootstrap, self._applier = name, bootstrap, applier
        self._proven: set[TopicPartition] = set()

    def doubt(self, place: TopicPartition) -> None:
        """Other records came than the offsets promised."""
        self._proven.discard(place)

    async def offsets(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The next offset of each partition, read from the view; a partition without one begins where the log does.

        Raises OffsetsDoNotFit, KafkaAway, psycopg.OperationalError.
        """
        applier, writer = self._applier, self._applier.writer
        unproven = [place for place in places if place not in self._proven]
        starts: dict[TopicPartition, int] = {}
        if unproven:
            bounds = await log_bounds(self._bootstrap, {topic for topic, _ in unproven})
            absent = [place for place in unproven if place not in bounds]
            if absent:
                raise KafkaAway(f"the log has no {absent}: the topic is being made or was deleted")
            starts = {place: bounds[place][0] for place in unproven}
        stored, applier.progress = await applier.in_thread(partial(writer.load, starts))
        if unproven:
            reasons = await misfits(self._bootstrap, {place: stored[place] for place in unproven})
            if reasons:
                await applier.in_thread(partial(writer.rewind, self._rewound(reasons, starts)))
                stored, applier.progress = await applier.in_thread(partial(writer.load, {}))
            self._proven.update(unproven)
        return {place: stored[place].next_offset for place in places}

    def _rewound(
        self, reasons: Mapping[TopicPartition, str], starts: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """Where to go on in a log that does not fit: at its beginning, where positions tell what was seen.

        Raises OffsetsDoNotFit for topics without positions, unless their retention has only passed the offset.
        """
        progress = self._applier.progress
        placed = {(topic, partition) for topic, partition, _ in progress.positions}
        refused = [
            reason
            for place, reason in reasons.items()
            if place not in placed and starts[place] <= progress.next_offsets[place]
        ]
        if refused:
            raise explained(
                refused,
                f"Records without positions can't be told apart: set the offsets of {self._name} by hand"
                " (Offsets.accept) or rebuild its view.",
            )
        for reason in reasons.values():
            log.warning("reading the log from its beginning, skipping by position", extra={"reason": reason})
        return {place: starts[place] for place in reasons}
