"""Every route's gate: authentication, origin, policy and unknown parameters, before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from inbox_projection.api.parts import parts_of
from inbox_projection.auth.origins import same_origin
from inbox_projection.policy import PUBLIC, Caller, Permission, Verdict, decide
from inbox_projection.problems import Problem, forbidden, too_large, unauthenticated
from service_kit.web.log_ins import COOKIE as COOKIE
from service_kit.web.parameters import check_query, query_names, repeatable_names

SMALL_BODY: Final = 64 * 1024
READ_AT_ONCE: Final = 1024 * 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class NoPolicy(TypeError):
    """A route says nothing about who may use it."""


def policy(permission: Permission) -> Callable[[Endpoint], Endpoint]:
    """Declares what an endpoint needs. Stands below the route's decorator."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__policy__ = permission  # type: ignore[attr-defined]
        return endpoint

    return declare


def policy_of(route: APIRoute) -> Permission:
    """The declared permission. Raises NoPolicy."""
    permission = getattr(route.endpoint, "__policy__", None)
    if not isinstance(permission, Permission):
        raise NoPolicy(f"{route.path} declares no policy: decorate it with @policy(...)")
    return permission


class GuardedRoute(APIRoute):
    """A route that cannot exist without a policy. Its body is at most 64 kB unless it says otherwise."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._body_limit: int = options.pop("max_body_size", None) or SMALL_BODY
        super().__init__(path, endpoint, **options)
        policy_of(self)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        permission, limit = policy_of(self), self._body_limit
        declared = self.dependant.query_params
        known, repeatable = query_names(declared), repeatable_names(declared)

        async def guarded(request: Request) -> Response:
            _check_parameters(request, known, repeatable)
            if permission not in PUBLIC:
                request.state.caller = await authenticate(request, permission)
            elif request.method not in _SAFE:
                _check_origin(request)
            bounded = _bounded(request, limit)
            if request.method not in _SAFE and limit <= READ_AT_ONCE:
                await bounded.body()  # here, where a body that is too long is not taken for one that is malformed
            return await handle(bounded)

        return guarded


async def authenticate(request: Request, permission: Permission) -> Caller:
    """Who asks, if the role may. Raises problems 401 and 403."""
    caller = await identify(request)
    if caller is None:
        raise unauthenticated()
    if decide(caller, permission) is not Verdict.ALLOWED:
        raise forbidden()
    return caller


async def identify(request: Request, *, renew: bool = True) -> Caller | None:
    """By API token, or else by session cookie; a cookie's write must come from our own pages (403)."""
    identities = parts_of(request).identities
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        return await identities.of_token(token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return None
    session = await identities.of_session(cookie, renew=renew)
    if session is None:
        return None
    if request.method not in _SAFE:
        _check_origin(request)
    if session.new_token is not None:
        request.state.set_cookie = cookie_header(session.new_token, parts_of(request).public_url)
    return session.caller


def cookie_header(token: str, public_url: str) -> str:
    """Set-Cookie of a session; an empty token takes the cookie away."""
    secure = "; Secure" if public_url.startswith("https://") else ""
    life = "; Max-Age=0" if not token else f"; Max-Age={14 * 24 * 3600}"
    return f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{life}{secure}"


def _check_origin(request: Request) -> None:
    headers = request.headers
    if not same_origin(
        headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host"), parts_of(request).public_url
    ):
        raise forbidden("A page of another origin asked for this.", "foreign-origin")


def _bounded(request: Request, limit: int) -> Request:
    """The request with a body that ends in Problem 413 once it is longer than the limit, declared or not."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    receive, length = request.receive, 0

    async def counted() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > limit:
            raise too_large(limit)
        return message

    return Request(request.scope, counted)


def _check_parameters(request: Request, known: frozenset[str], repeatable: frozenset[str]) -> None:
    check_query(request, known, repeatable)
    if any("\x00" in str(value) for value in request.path_params.values()):
        raise Problem(404, "not-found", "There is no such address.")
