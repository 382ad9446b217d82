"""Labels of a conversation."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from events.commands import AddLabel, RemoveLabel
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.common import Label
from inbox_projection.api.models.conversations import Conversation
from inbox_projection.api.perform import IdempotencyKey
from inbox_projection.api.work import change
from inbox_projection.policy import Permission

router = APIRouter(route_class=GuardedRoute, tags=["labels"])

LabelName = Annotated[Label, Path(description="At most 60 characters, one line.")]


@router.put(
    "/conversations/{conversation_id}/labels/{label}", responses=answers.gives(Conversation, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def add_label(request: Request, conversation_id: UUID, label: LabelName, key: IdempotencyKey = None) -> Response:
    return await change(request, conversation_id, AddLabel(label=label), key)


@router.delete(
    "/conversations/{conversation_id}/labels/{label}", responses=answers.gives(Conversation, what="As it is now.")
)
@policy(Permission.WORK_ON_CONVERSATIONS)
async def remove_label(
    request: Request, conversation_id: UUID, label: LabelName, key: IdempotencyKey = None
) -> Response:
    return await change(request, conversation_id, RemoveLabel(label=label), key)
