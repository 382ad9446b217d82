"""Pipelines and their stages."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events import pipelines as contract
from events.ticket_commands import ChangePipeline, CreatePipeline, DeletePipeline
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import All
from inbox_projection.api.models.tickets import Pipeline, PipelineChange, PipelineNew, StageAsked
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.problems import not_found
from inbox_projection.queries import pipelines
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["tickets"])


@router.get("/pipelines", responses=answers.gives(All[Pipeline], what="All pipelines, the default one first."))
@policy(Permission.READ_WORKSPACE)
async def list_pipelines(request: Request) -> Response:
    found = await pipelines.every(parts_of(request).database)
    return answers.json({"items": [pipeline.shaped for pipeline in found], "next_cursor": None})


@router.post("/pipelines", status_code=201, responses=answers.gives(Pipeline, 201, "The new pipeline."))
@policy(Permission.MANAGE_PIPELINES)
async def create_pipeline(request: Request, body: PipelineNew, key: IdempotencyKey = None) -> Response:
    identity = begin(request, key)
    pipeline_id = derived_id(identity, "pipeline")
    command = CreatePipeline(pipeline_id=pipeline_id, name=body.name, stages=_stages(body.stages))
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json((await _pipeline(request, pipeline_id)).shaped, 201)


@router.patch("/pipelines/{pipeline_id}", responses=answers.gives(Pipeline, what="As it is now."))
@policy(Permission.MANAGE_PIPELINES)
async def change_pipeline(
    request: Request, pipeline_id: UUID, body: PipelineChange, key: IdempotencyKey = None
) -> Response:
    """Fields left out stay. A stage in use cannot go (409), nor begin or cease to close its tickets."""
    known = {stage.name.casefold(): stage.id for stage in (await _pipeline(request, pipeline_id)).stages}
    stages = None if body.stages is None else _stages(body.stages, known)
    await perform(
        request,
        ChangePipeline(pipeline_id=pipeline_id, name=body.name, stages=stages),
        parts_of(request).workspace_id,
        key,
    )
    return answers.json((await _pipeline(request, pipeline_id)).shaped)


@router.delete("/pipelines/{pipeline_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.MANAGE_PIPELINES)
async def delete_pipeline(request: Request, pipeline_id: UUID, key: IdempotencyKey = None) -> Response:
    """One that no ticket was ever opened in, and nothing opens tickets in (409, saying what does). The default one
    stays."""
    await _pipeline(request, pipeline_id)
    await perform(request, DeletePipeline(pipeline_id=pipeline_id), parts_of(request).workspace_id, key)
    return answers.no_content()


def _stages(asked: Iterable[StageAsked], known: dict[str, str] | None = None) -> tuple[contract.Stage, ...]:
    """The stages of the command; those that are named like one of `known`, and like no other by id, are that one."""
    given = {stage.id for stage in asked if stage.id is not None}
    free = {name: stage_id for name, stage_id in (known or {}).items() if stage_id not in given}
    return tuple(
        contract.Stage(stage.id or free.get(stage.name.casefold(), ""), stage.name, stage.kind) for stage in asked
    )


async def _pipeline(request: Request, pipeline_id: UUID) -> pipelines.Pipeline:
    found = await pipelines.one(parts_of(request).database, pipeline_id)
    if found is None:
        raise not_found("pipeline")
    return found
