"""Pipelines: few, read whole; one that every workspace has is there before anybody defined it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from events.pipelines import DEFAULT_PIPELINE_ID, DEFAULT_PIPELINE_NAME, DEFAULT_STAGES, Stage
from inbox_projection.pool import Database

_stages: Final = msgspec.json.Decoder(tuple[Stage, ...])
_ALL: Final = "select pipeline_id, name, stages, created_at from inbox.pipelines order by created_at, pipeline_id"


@dataclass(frozen=True)
class Pipeline:
    """`created_at` None: it was always there."""

    id: UUID
    name: str
    stages: tuple[Stage, ...]
    created_at: datetime | None = None

    @property
    def shaped(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "stages": [msgspec.structs.asdict(stage) for stage in self.stages],
            "default": self.id == DEFAULT_PIPELINE_ID,
        }


_DEFAULT: Final = Pipeline(DEFAULT_PIPELINE_ID, DEFAULT_PIPELINE_NAME, DEFAULT_STAGES)


async def every(database: Database) -> list[Pipeline]:
    """The default one first, then the others in the order of their making."""
    rows = await database.rows(_ALL)
    found = [
        Pipeline(row["pipeline_id"], row["name"], _stages.decode(row["stages"]), row["created_at"]) for row in rows
    ]
    default = next((pipeline for pipeline in found if pipeline.id == DEFAULT_PIPELINE_ID), _DEFAULT)
    return [default, *(pipeline for pipeline in found if pipeline.id != DEFAULT_PIPELINE_ID)]


async def one(database: Database, pipeline_id: UUID) -> Pipeline | None:
    return next((pipeline for pipeline in await every(database) if pipeline.id == pipeline_id), None)


@dataclass(frozen=True)
class Place:
    """A stage of a pipeline; `closes` says whether its tickets are closed."""

    pipeline_id: UUID
    stage: str
    closes: bool


def places(pipelines: Iterable[Pipeline], pipeline_id: UUID | None, stage: str | None) -> list[Place]:
    """The stages of this id or, whatever the case, name, in one pipeline or (None) in all; `stage` None: every one."""
    named = None if stage is None else stage.strip().casefold()
    return [
        Place(pipeline.id, each.id, each.kind == "closed")
        for pipeline in pipelines
        if pipeline_id in (None, pipeline.id)
        for each in pipeline.stages
        if named is None or each.id == stage or each.name.casefold() == named
    ]
