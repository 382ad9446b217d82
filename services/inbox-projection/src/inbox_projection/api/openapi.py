"""The OpenAPI document: what FastAPI knows, plus problems, who may call, and nothing that is not so."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from inbox_projection.api.guard import policy_of
from inbox_projection.api.models.common import CommandStatus, ProblemShape
from inbox_projection.policy import PUBLIC, Permission
from inbox_projection.problems import MEDIA_TYPE
from service_kit.web.log_ins import COOKIE

_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Of POST /session."},
}
_PROBLEM: Final = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_REF: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """
Errors are problem+json (RFC 9457). Lists give `items` and `next_cursor`. Writes take `Idempotency-Key`; they answer
when every read shows what they did, or with 202 and the address of a command when that takes longer than 5 s.
""".strip()


def document(app: FastAPI, routers: list[tuple[str, APIRouter]]) -> dict[str, Any]:
    """The whole document. `routers` are (prefix, router) as they were included."""
    made = get_openapi(title="Postroom: agents' API", version="1", description=_DESCRIPTION, routes=app.routes)
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in (ProblemShape, CommandStatus):
        schema = model.model_json_schema(ref_template=_REF)
        schemas.update(schema.pop("$defs", {}))
        schemas[schema["title"]] = schema
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    components["securitySchemes"] = _SCHEMES
    for prefix, router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    _complete(made["paths"][prefix + route.path][method.lower()], method, policy_of(route))
    return made


def _complete(operation: dict[str, Any], method: str, permission: Permission) -> None:
    responses: dict[str, Any] = operation["responses"]
    public = permission in PUBLIC
    operation["security"] = [] if public else [{"token": []}, {"session": []}]
    operation["x-permission"] = permission.name.lower()
    problems = {"422": "The request is not valid.", "503": "A part is away; try again."}
    if not public:
        problems |= {"401": "Not authenticated.", "403": "Not allowed.", "404": "Not there, or not yours to see."}
    elif method != "GET":
        problems |= {"401": "Wrong credentials.", "403": "Of a foreign page.", "429": "Too many attempts."}
    if method != "GET":
        problems |= {"400": "The body cannot be read.", "413": "Too large."}
    if any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", [])):
        problems |= {"409": "The state forbids it.", "412": "The world moved on."}
        reference = {"$ref": "#/components/schemas/CommandStatus"}
        pending = {
            "description": "Safe on the bus, and not yet done.",
            "content": {"application/json": {"schema": reference}},
            "headers": {"Location": {"schema": {"type": "string"}, "description": "Where its outcome will be."}},
        }
        responses.setdefault("202", pending)
    for status, what in problems.items():
        responses[status] = {"description": what, **_PROBLEM}
    responses["default"] = {"description": "A fault.", **_PROBLEM}
    operation["responses"] = dict(sorted(responses.items()))
