"""Labels that the team has agreed on: offered to everybody, and renamed for all conversations at once."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.labels import DefineLabel, DeleteLabel
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.labels import DefinedLabel, LabelChange, LabelNew, LabelsAsked
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.policy import Permission
from inbox_projection.pool import Row
from inbox_projection.problems import not_found
from inbox_projection.queries import labels
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["labels"])


@router.get("/labels", responses=answers.gives(Page[DefinedLabel], what="By name."))
@policy(Permission.READ_WORKSPACE)
async def list_labels(request: Request, asked: Annotated[LabelsAsked, Query()]) -> Response:
    """A conversation may carry others, too."""
    after = labels.FIRST if asked.cursor is None else cursors.decode(asked.cursor, labels.Place)
    rows = await labels.page(parts_of(request).database, after, asked.limit + 1)
    return answers.page(rows, asked.limit, labels.shaped, lambda row: labels.Place(row["name"], row["label_id"]))


@router.post("/labels", status_code=201, responses=answers.gives(DefinedLabel, 201, "The label."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def define_label(request: Request, body: LabelNew, key: IdempotencyKey = None) -> Response:
    identity = begin(request, key)
    label_id = derived_id(identity, "label")
    command = DefineLabel(label_id=label_id, name=body.name, color=body.color)
    await perform(request, command, parts_of(request).workspace_id, key, identity=identity)
    return answers.json(labels.shaped(await _label(request, label_id)), 201)


@router.patch("/labels/{label_id}", responses=answers.gives(DefinedLabel, what="As it is now."))
@policy(Permission.WORK_ON_CONVERSATIONS)
async def change_label(request: Request, label_id: UUID, body: LabelChange, key: IdempotencyKey = None) -> Response:
    """Conversations that carry it carry it by its new name at once."""
    row = await _label(request, label_id)
    command = DefineLabel(label_id=label_id, name=body.name or row["name"], color=body.color or row["color"])
    await perform(request, command, parts_of(request).workspace_id, key)
    return answers.json(labels.shaped(await _label(request, label_id)))


@router.delete("/labels/{label_id}", status_code=204, responses=answers.gives_nothing())
@policy(Permission.WORK_ON_CONVERSATIONS)
async def delete_label(request: Request, label_id: UUID, key: IdempotencyKey = None) -> Response:
    """It is offered to nobody any more; conversations keep what they carry."""
    await _label(request, label_id)
    await perform(request, DeleteLabel(label_id=label_id), parts_of(request).workspace_id, key)
    return answers.no_content()


async def _label(request: Request, label_id: UUID) -> Row:
    row = await labels.one(parts_of(request).database, label_id)
    if row is None:
        raise not_found("label")
    return row
