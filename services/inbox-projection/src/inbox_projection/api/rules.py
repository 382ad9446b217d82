"""The rule set: a draft, and what is published."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from events.commands import DraftRules, PublishRules
from events.rules import Rule
from inbox_projection.api import answers
from inbox_projection.api.guard import GuardedRoute, policy
from inbox_projection.api.models.rules import Rules, RulesDraft, RulesSeen
from inbox_projection.api.parts import parts_of
from inbox_projection.api.perform import IdempotencyKey, perform
from inbox_projection.policy import Permission
from inbox_projection.queries import workspace

router = APIRouter(route_class=GuardedRoute, tags=["rules"])


@router.get("/rules", responses=answers.gives(Rules, what="Draft and published rules."))
@policy(Permission.MANAGE_RULES)
async def read_rules(request: Request) -> Response:
    return answers.json(await workspace.rule_sets(parts_of(request).database))


@router.put("/rules", max_body_size=300 * 1024, responses=answers.gives(Rules, what="As it is now."))
@policy(Permission.MANAGE_RULES)
async def draft_rules(request: Request, body: RulesDraft, key: IdempotencyKey = None) -> Response:
    """Replaces the draft; nothing is routed by it until it is published. 412 `rules-changed` when there is a newer one
    than `version`."""
    rules = msgspec.convert(body.model_dump(mode="json")["rules"], tuple[Rule, ...])
    await perform(request, DraftRules(rules=rules, based_on=body.version), parts_of(request).workspace_id, key)
    return answers.json(await workspace.rule_sets(parts_of(request).database))


@router.post("/rules/publish", responses=answers.gives(Rules, what="As it is now."))
@policy(Permission.MANAGE_RULES)
async def publish_rules(request: Request, body: RulesSeen | None = None, key: IdempotencyKey = None) -> Response:
    """From here on messages are routed by the draft. 412 `rules-changed` when it is another one than `version`."""
    await perform(
        request, PublishRules(based_on=None if body is None else body.version), parts_of(request).workspace_id, key
    )
    return answers.json(await workspace.rule_sets(parts_of(request).database))
