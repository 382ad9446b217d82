"""What the caller is told of, and wants to be told of."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from events.notifications import SetNotificationPreferences
from inbox_projection import cursors
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.notifications import (
    NotificationPage,
    NotificationPreferences,
    NotificationPreferencesNew,
    NotificationsAsked,
    NotificationsRead,
    NotificationTest,
    UnreadCount,
)
from inbox_projection.api.parts import caller_of, origin_of, parts_of
from inbox_projection.api.perform import IdempotencyKey, begin, perform
from inbox_projection.commands import agent as actor_of
from inbox_projection.policy import Permission
from inbox_projection.problems import Problem, not_found
from inbox_projection.queries import notifications, workspace
from inbox_projection.queries.notifications import Place, Wanted
from service_kit.ids import derived_id

router = APIRouter(route_class=GuardedRoute, tags=["notifications"])


@router.get("/notifications", responses=answers.gives(NotificationPage, what="Newest first."))
@policy(Permission.READ_CONVERSATIONS)
async def list_notifications(request: Request, asked: Annotated[NotificationsAsked, Query()]) -> Response:
    """What concerns you: your own, and those of inboxes that you belong to. Nobody is told of their own acts.
    What concerns a conversation that you have open (`PUT …/presence`) is not there until you leave it."""
    database, caller = parts_of(request).database, caller_of(request)
    kinds = await notifications.kinds_of(database, caller.agent_id)
    here = parts_of(request).here.open_of(caller.agent_id)
    after = None if asked.cursor is None else cursors.decode(asked.cursor, Place)
    rows = await notifications.page(database, Wanted(caller, kinds, asked.unread, here), after, asked.limit + 1)
    unread = await notifications.unread(database, caller, kinds, here)
    return answers.page(
        rows, asked.limit, notifications.shaped, lambda row: Place(row["at"], row["id"]), unread_count=unread
    )


@router.put("/notifications/read", responses=answers.gives(UnreadCount, what="What is left."))
@policy(Permission.READ_CONVERSATIONS)
async def mark_read(request: Request, body: NotificationsRead) -> Response:
    """This one and all older ones are read."""
    if not await notifications.mark_read(parts_of(request).database, caller_of(request), body.up_to):
        raise not_found("notification")
    return await _left(request)


@router.put("/notifications/{notification_id}/read", responses=answers.gives(UnreadCount, what="What is left."))
@policy(Permission.READ_CONVERSATIONS)
async def mark_one_read(request: Request, notification_id: UUID) -> Response:
    """This one alone, until it comes anew. Those of a conversation are read with it
    (`PUT /conversations/{id}/read`); those of a channel have no other way."""
    if not await notifications.mark_one_read(parts_of(request).database, caller_of(request), notification_id):
        raise not_found("notification")
    return await _left(request)


async def _left(request: Request) -> Response:
    """How many are unread still."""
    database, caller = parts_of(request).database, caller_of(request)
    kinds = await notifications.kinds_of(database, caller.agent_id)
    here = parts_of(request).here.open_of(caller.agent_id)
    return answers.json({"unread_count": await notifications.unread(database, caller, kinds, here)})


@router.get("/me/notification-preferences", responses=answers.gives(NotificationPreferences, what="As they are."))
@policy(Permission.USE_SELF)
async def read_preferences(request: Request) -> Response:
    return answers.json(await notifications.preferences(parts_of(request).database, caller_of(request).agent_id))


@router.put("/me/notification-preferences", responses=answers.gives(NotificationPreferences, what="As they are now."))
@policy(Permission.USE_SELF)
async def set_preferences(request: Request, body: NotificationPreferencesNew, key: IdempotencyKey = None) -> Response:
    """Whole: a kind that is not named is not told any more. What you have read when a mail is due is not in it."""
    parts, caller = parts_of(request), caller_of(request)
    command = SetNotificationPreferences(
        agent_id=caller.agent_id, in_app=tuple(body.in_app), mail=tuple(body.mail), mail_rhythm=body.mail_rhythm
    )
    await perform(request, command, parts.workspace_id, key)
    return await read_preferences(request)


@router.post("/me/notification-preferences/test", responses=answers.gives(NotificationTest, what="It is on its way."))
@policy(Permission.USE_SELF)
async def send_test(request: Request, key: IdempotencyKey = None) -> Response:
    """Sends you a mail the way notifications go. After some within a quarter of an hour it must wait (429)."""
    parts, agent_id = parts_of(request), caller_of(request).agent_id
    row = await workspace.agent(parts.database, agent_id)
    if row is None:
        raise not_found("agent")
    seconds = await parts.recovery.may_test(agent_id, origin_of(request).address)
    if seconds:
        wait = {"Retry-After": str(seconds)}
        raise Problem(429, "too-many-tests", "Enough tests for now; wait a little.", headers=wait)
    await parts.recovery.test(agent_id, derived_id(begin(request, key), "notification test"), actor_of(agent_id))
    return answers.json({"to": row["email"]})
