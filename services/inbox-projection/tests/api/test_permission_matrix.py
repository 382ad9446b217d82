"""Every operation of the OpenAPI document, for every role, on what is theirs, foreign and unknown."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from events.pipelines import DEFAULT_PIPELINE_ID
from inbox_projection.api.app import RESOURCES
from inbox_projection.api.guard import GuardedRoute, NoPolicy, policy_of
from inbox_projection.policy import PUBLIC, Permission, granted

MESSAGE = "the conversation's own"
MERGED = "another contact of one's own"
OTHER = "another conversation of one's own"
BODIES: dict[str, Any] = {
    "POST /inboxes": {"name": "n"},
    "PATCH /inboxes/{inbox_id}": {},
    "POST /teams": {"name": "n"},
    "PATCH /teams/{team_id}": {},
    "POST /agents": {"name": "n", "email": "n@agents.test", "role": "agent"},
    "PATCH /agents/{agent_id}": {},
    "PATCH /channels/{channel_id}": {"settings": {}},
    "PUT /channels/{channel_id}/dkim": {},
    "PUT /channels/{channel_id}/dkim/signing": {"unchecked": True},
    "PATCH /me": {},
    "PATCH /me/preferences": {},
    "POST /invitations/{token}/accept": {"password": "long enough"},
    "POST /password-resets": {"email": "a@b.test"},
    "POST /password-resets/{token}/accept": {"password": "long enough"},
    "PUT /me/notification-preferences": {"in_app": ["mention"]},
    "PUT /notifications/read": {"up_to": str(uuid4())},
    "PUT /conversations/{conversation_id}/read": {"sequence": 1},
    "POST /me/tokens": {"name": "n"},
    "POST /password": {"old_password": "x", "new_password": "long enough"},
    "PUT /me/availability": {"state": "away"},
    "POST /conversations/{conversation_id}/replies": {"text": "t"},
    "POST /conversations/{conversation_id}/replies/{message_id}/confirm": {"arrived": True},
    "POST /conversations/{conversation_id}/comments": {"text": "t"},
    "POST /conversations/{conversation_id}/forwards": {"message_ids": [MESSAGE], "to": ["b@c.test"], "text": "t"},
    "PUT /conversations/{conversation_id}/draft": {"text": "t"},
    "PUT /me/draft": {"subject": "s"},
    "PUT /conversations/{conversation_id}/presence": {"state": "viewing"},
    "PUT /conversations/{conversation_id}/assignment": {},
    "PUT /conversations/{conversation_id}/status": {"status": "resolved"},
    "PUT /conversations/{conversation_id}/priority": {"priority": "high"},
    "PATCH /conversations/{conversation_id}": {"subject": "s"},
    "PUT /conversations/{conversation_id}/inbox": {"inbox_id": OTHER},
    "POST /conversations/{conversation_id}/merge": {"from_ids": [OTHER]},
    "POST /conversations/{conversation_id}/suggested-link": {"accept": False},
    "PATCH /contacts/{contact_id}": {},
    "POST /contacts": {"name": "n"},
    "POST /contacts/{contact_id}/notes": {"text": "t"},
    "POST /contacts/{contact_id}/merge": {"from_id": MERGED, "dry_run": True},
    "POST /companies": {"name": "n"},
    "PATCH /companies/{company_id}": {},
    "POST /contact-properties": {"name": "n", "kind": "text"},
    "PATCH /contact-properties/{property_id}": {"name": "m"},
    "POST /contacts/{contact_id}/addresses": {"address": "further@client.test"},
    "POST /contacts/{contact_id}/addresses/remove": {"address": "further@client.test"},
    "POST /conversations/{conversation_id}/tickets": {},
    "POST /tickets": {"title": "t"},
    "PATCH /tickets/{ticket_id}": {},
    "POST /pipelines": {"name": "n", "stages": [{"name": "a"}, {"name": "z", "kind": "closed"}]},
    "PATCH /pipelines/{pipeline_id}": {},
    "POST /labels": {"name": "n"},
    "PATCH /labels/{label_id}": {"color": "red"},
    "POST /views": {"name": "n"},
    "PATCH /views/{view_id}": {"name": "m"},
    "POST /snippets": {"name": "n", "text": "t"},
    "PATCH /snippets/{snippet_id}": {"text": "Hi"},
    "PUT /rules": {"rules": []},
    "PUT /email-filters": {"filters": []},
    "POST /conversations/bulk": {"filter": {}, "command": {"type": "read"}, "dry_run": True},
    "POST /session": {"email": "a@b.test", "password": "x"},
}

_GIF = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
"""One pixel."""
BY_GRANT = {"/channel-grants": {422}, "/channel-grants/callback": {422}, "/channels/{channel_id}/reconnect": {409}}
"""Without a registration with a provider nothing comes of these."""
BY_CHOICE = {"/agents/{agent_id}/avatar": {200, 404}, "/notifications/{notification_id}/read": {404}}
"""Not everybody has one."""


def operations() -> list[tuple[str, str, Permission]]:
    return [
        (method, route.path, policy_of(route))
        for resource in RESOURCES
        for route in resource.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]


def test_a_route_without_a_policy_cannot_be_declared() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(NoPolicy):

        @router.get("/open")
        async def open_to_all() -> None: ...


def test_every_route_is_guarded_and_only_getting_in_is_public() -> None:
    for resource in RESOURCES:
        assert all(isinstance(route, GuardedRoute) for route in resource.router.routes)
    assert [path for _, path, permission in operations() if permission in PUBLIC] == [
        "/session",
        "/invitations/{token}/accept",
        "/password-resets",
        "/password-resets/{token}/accept",
    ]


@pytest.mark.real
async def test_who_is_nobody_is_401_everywhere_whatever_is_sent(world: Any) -> None:
    async with world.client(None) as client:
        for method, path, permission in operations():
            if permission in PUBLIC:
                continue
            for options in (_body(world, method, path), {"content": b"{not json"}, {"content": b"x" * 70_000}):
                answer = await client.request(method, "/api/v1" + _filled(world, path, "unknown"), **options)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["content-type"] == "application/problem+json"
    assert world.router.asked == []


@pytest.mark.real
@pytest.mark.parametrize("role", ["manager", "agent", "stranger"])
async def test_a_foreign_inbox_is_out_of_reach_on_every_route(world: Any, role: str) -> None:
    allowed = granted("manager" if role == "manager" else "agent")
    async with world.client(role) as client:
        for method, path, permission in operations():
            if "{" not in path or permission in PUBLIC:
                continue
            for whose in ("foreign", "unknown"):
                answer = await client.request(
                    method, "/api/v1" + _filled(world, path, whose), **_body(world, method, path)
                )
                expected = {403} if permission not in allowed else {404}
                if "{team_id}" in path and whose == "foreign" and permission in allowed:
                    expected = {200, 204}
                assert answer.status_code in expected, (method, path, whose, answer.text)
                assert "Confidential" not in answer.text and "board" not in answer.text.lower()
    assert {type(one.data).__name__ for one in world.router.asked} <= {"ChangeTeam", "DeleteTeam"}


@pytest.mark.real
@pytest.mark.parametrize("role", ["manager", "agent", "stranger"])
async def test_lists_show_nothing_of_a_foreign_inbox(world: Any, role: str) -> None:
    async with world.client(role) as client:
        for path in ("/conversations", "/conversations?status=open", "/contacts", "/contacts?q=board", "/inboxes"):
            answer = await client.get("/api/v1" + path)
            assert answer.status_code == 200
            assert str(world.foreign_inbox) not in answer.text and "Confidential" not in answer.text
        for path in (f"/conversations?inbox_id={world.foreign_inbox}", f"/conversations?inbox_id={uuid4()}"):
            assert (await client.get("/api/v1" + path)).status_code == 404
        contact = world.foreign_thread.contact_id
        assert (await client.get(f"/api/v1/conversations?contact_id={contact}")).json()["items"] == []


@pytest.mark.real
@pytest.mark.parametrize("role", ["administrator", "manager", "agent"])
async def test_each_role_may_do_on_its_own_what_its_permissions_say(world: Any, role: str) -> None:
    allowed = granted(role)  # type: ignore[arg-type]
    async with world.client(role) as client:
        for method, path, permission in operations():
            if permission in PUBLIC or path in ("/feed", "/password", "/notifications/read") or method == "DELETE":
                continue
            answer = await client.request(method, "/api/v1" + _filled(world, path, "own"), **_body(world, method, path))
            if permission in allowed:
                unknown = path.rpartition("/")[2] in (
                    "raw",
                    "html",
                    "{attachment_id}",
                    "{upload_id}",
                    "{command_id}",
                    "retry",
                    "confirm",
                    "{import_id}",
                    "{test_id}",
                    "{quarantine_id}",
                    "errors",
                )
                expected = {404} if unknown else (BY_GRANT | BY_CHOICE).get(path, {200, 201, 202, 204})
                assert answer.status_code in expected, (method, path, answer.text)
            else:
                assert answer.status_code == 403, (method, path)


def _body(world: Any, method: str, path: str) -> dict[str, Any]:
    if path == "/contacts/import":
        return {"files": {"file": ("contacts.csv", b"name\nRosa\n", "text/csv")}}
    if path == "/me/avatar" and method == "PUT":
        return {"files": {"file": ("a.gif", _GIF, "image/gif")}}
    if path == "/uploads" and method == "POST":
        return {"files": {"file": ("a.txt", b"hello", "text/plain")}}
    if (method, path) == ("POST", "/channels"):
        settings = {"address": f"{uuid4().hex}@acme.test"}
        return {"json": {"inbox_id": str(world.story.inbox_id), "kind": "email", "settings": settings}}
    if (method, path) == ("POST", "/conversations"):
        return {"json": {"inbox_id": str(world.story.inbox_id), "to": ["b@c.test"], "subject": "s", "text": "t"}}
    if path == "/snippets/{snippet_id}/render":
        return {"json": {"conversation_id": str(world.thread.conversation_id)}}
    body = BODIES.get(f"{method} {path}")
    if body is not None and "message_ids" in body:
        query = "select message_id from inbox.messages where conversation_id = %s and direction = 'in'"
        found = world.execute(query, (world.thread.conversation_id,))
        body = body | {"message_ids": [str(found[0][0])]}
    if body is not None and body.get("from_ids") == [OTHER]:
        world.another_contact()
        body = body | {"from_ids": [str(world.story.threads[-1].conversation_id)]}
    if body is not None and body.get("inbox_id") == OTHER:
        body = body | {"inbox_id": str(world.story.inbox_id)}
    if body is not None and body.get("from_id") == MERGED:
        body = body | {"from_id": str(world.another_contact())}
    return {} if body is None else {"json": body}


def _filled(world: Any, path: str, whose: str) -> str:
    story, own = world.story, whose == "own"
    thread = world.thread if own else world.foreign_thread
    ids: dict[str, Any] = {
        "inbox_id": story.inbox_id if own else world.foreign_inbox,
        "team_id": story.team_id,
        "agent_id": world.agents["agent"],
        "channel_id": world.support_channel if own else world.foreign_channel,
        "conversation_id": thread.conversation_id,
        "message_id": world.execute(
            "select message_id from inbox.messages where conversation_id = %s and direction = 'in'",
            (thread.conversation_id,),
        )[0][0],
        "contact_id": thread.contact_id,
        "snippet_id": world.snippet if own else world.foreign_snippet,
        "label": "vip",
        "pipeline_id": DEFAULT_PIPELINE_ID if own else uuid4(),
    }
    if "{property_id}" in path:
        ids["property_id"] = world.contact_property() if own else uuid4()
    if "{company_id}" in path:
        ids["company_id"] = world.company() if own else uuid4()
    if "{from_id}" in path:
        ids["from_id"] = world.another_contact()
    if "{label_id}" in path:
        ids["label_id"] = world.label() if own else uuid4()
    if "{view_id}" in path:
        ids["view_id"] = world.view(own=own)
    if "{filtered_id}" in path:
        ids["filtered_id"] = _filtered(world, own=own)
    if "{ticket_id}" in path:
        ids["ticket_id"] = world.ticket_of(thread)
    for name in (
        "attachment_id",
        "import_id",
        "upload_id",
        "command_id",
        "quarantine_id",
        "token_id",
        "session_id",
        "test_id",
        "notification_id",
    ):
        ids[name] = uuid4()
    if whose == "unknown":
        ids = {name: value if name == "label" else uuid4() for name, value in ids.items()}
    return path.format(**ids)


def _filtered(world: Any, *, own: bool) -> Any:
    """A mail that a filter kept out of an inbox."""
    inbox_id = world.story.inbox_id
    world.story.inbox_id = inbox_id if own else world.foreign_inbox
    world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    world.story.inbox_id = inbox_id
    world.show()
    return world.story.filtered[-1]
