"""A pipeline as deciding sees it: its stages in order, and which of them a ticket goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from events.pipelines import DEFAULT_PIPELINE_ID, DEFAULT_PIPELINE_NAME, DEFAULT_STAGES, Stage, StageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """`stages` has at least one that is open and one that closes."""

    id: UUID
    name: str
    stages: tuple[Stage, ...]

    def stage(self, wanted: str) -> Stage | None:
        """The stage with this id, else the one with this name, whatever its case."""
        named = wanted.strip().casefold()
        return next(
            (stage for stage in self.stages if stage.id == wanted),
            next((stage for stage in self.stages if stage.name.casefold() == named), None),
        )

    def kind(self, stage_id: str) -> StageKind | None:
        """The kind of the stage with this id."""
        return next((stage.kind for stage in self.stages if stage.id == stage_id), None)

    def first_of(self, kind: StageKind) -> Stage | None:
        """The first stage of a kind; a pipeline needs not have one of each."""
        return next((stage for stage in self.stages if stage.kind == kind), None)

    @property
    def first(self) -> Stage:
        """Where a ticket begins when nobody says otherwise: the first stage that is not closing."""
        return next((stage for stage in self.stages if stage.kind != "closed"), self.stages[0])

    def beginning(self, wanted: str | None) -> Stage:
        """Where automation opens a ticket: the wanted stage, the first one if that is gone or closing by now."""
        stage = None if wanted is None else self.stage(wanted)
        return self.first if stage is None or stage.kind == "closed" else stage


DEFAULT_PIPELINE: Final = Pipeline(id=DEFAULT_PIPELINE_ID, name=DEFAULT_PIPELINE_NAME, stages=DEFAULT_STAGES)
