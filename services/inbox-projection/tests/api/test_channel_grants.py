"""Mailboxes by a grant: the provider's consent comes back as a channel, and to nobody but who asked for it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from inbox_projection.api.models.workspace import Channel
from inbox_projection.channel_grants import LIFE, STATE_ID, ChannelGrants, Pending, new_verifier
from inbox_projection.problems import Problem
from service_kit.clock import utc_now
from service_kit.ids import new_id
from service_kit.oauth import Grant, providers
from service_kit.secrets import SecretBox
from service_kit.testing.token_server import CODE, FIRST_GRANT, TokenServer

BOX = SecretBox("a secret for tests, long enough for all")
ADDRESS = "help@acme.test"


def pending(**changes: Any) -> Pending:
    standard: dict[str, Any] = {
        "id": new_id(),
        "provider": "google",
        "agent_id": new_id(),
        "inbox_id": new_id(),
        "channel_id": new_id(),
        "address": ADDRESS,
        "username": ADDRESS,
        "from_name": "",
        "verifier": new_verifier(),
        "ends_at": utc_now() + LIFE,
    }
    return Pending(**(standard | changes))


def asked_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_google_and_microsoft_are_known_where_this_installation_is_registered_with_them() -> None:
    assert providers({}) == {}
    known = providers({"POSTROOM_GOOGLE_CLIENT_ID": "g", "POSTROOM_MICROSOFT_CLIENT_ID": "m"})
    assert (known["google"].imap.host, known["microsoft"].smtp.host) == ("imap.gmail.com", "smtp.office365.com")
    assert "/common/" in known["microsoft"].token_url and known["google"].extra["access_type"] == "offline"


def test_the_request_for_consent_has_a_hashed_verifier_and_a_sealed_state() -> None:
    grants = ChannelGrants(providers({"POSTROOM_GOOGLE_CLIENT_ID": "g"}), BOX, "https://desk.example/callback")
    began = pending()
    asked = asked_of(grants.authorize_url(began))
    assert (asked["code_challenge_method"], asked["response_type"], asked["client_id"]) == ("S256", "code", "g")
    assert (asked["redirect_uri"], asked["login_hint"]) == ("https://desk.example/callback", ADDRESS)
    assert began.verifier not in "".join(asked.values()) and ADDRESS not in asked["state"]
    assert grants.pending(asked["state"], began.agent_id, utc_now()) == began


@pytest.mark.parametrize("trouble", ["another agent", "too late", "forged", "no base64", "another secret's box"])
def test_a_state_that_is_not_this_agents_or_too_old_or_forged_is_refused(trouble: str) -> None:
    grants = ChannelGrants(providers({"POSTROOM_GOOGLE_CLIENT_ID": "g"}), BOX, "https://desk.example/callback")
    began = pending()
    state, agent_id, now = asked_of(grants.authorize_url(began))["state"], began.agent_id, utc_now()
    if trouble == "another agent":
        agent_id = new_id()
    elif trouble == "too late":
        now += LIFE + timedelta(seconds=1)
    elif trouble == "another secret's box":
        state = urlsafe_b64encode(BOX.seal(new_id(), msgspec.json.encode(began).decode())).decode()
    else:
        state = state[:-8] + "AAAAAAAA" if trouble == "forged" else "ünknown"
    with pytest.raises(Problem) as refused:
        grants.pending(state, agent_id, now)
    assert refused.value.status == 422


@pytest.fixture
def tokens(world: Any) -> Iterator[TokenServer]:
    """The API is registered with it."""
    with TokenServer().serving() as tokens:
        world.parts.providers["google"] = tokens.provider(imap_port=1143, smtp_port=1587)
        yield tokens


async def begun(client: Any, world: Any, tokens: TokenServer, **changes: Any) -> str:
    """The state of an authorization, whose challenge the provider remembers."""
    body = {"inbox_id": str(world.story.inbox_id), "provider": "google", "address": ADDRESS, **changes}
    answer = await client.post("/api/v1/channel-grants", json=body)
    assert answer.status_code == 201, answer.text
    return consented(answer.json(), tokens)


def consented(answer: dict[str, Any], tokens: TokenServer) -> str:
    asked = asked_of(answer["authorize_url"])
    tokens.challenge = asked["code_challenge"]
    return asked["state"]


async def come_back(client: Any, state: str, headers: dict[str, str] | None = None, **given: str) -> Any:
    asked = {"state": state, "code": CODE, **given}
    return await client.get("/api/v1/channel-grants/callback", params=asked, headers=headers)


@pytest.mark.real
async def test_consent_becomes_a_channel_whose_grant_is_sealed(world: Any, tokens: TokenServer) -> None:
    async with world.client("manager") as client:
        state = await begun(client, world, tokens, from_name="Acme", history_days=30)
        answer = await come_back(client, state, scope="mail", authuser="0", hd="acme.test", prompt="consent")
    assert answer.status_code == 200, answer.text
    Channel.model_validate(answer.json())
    settings = answer.json()["settings"]
    assert (settings["address"], settings["from_name"], settings["imap"]["port"]) == (ADDRESS, "Acme", 1143)
    assert settings["imap"]["history_days"] == 30
    assert settings["imap"]["auth"] == settings["smtp"]["auth"] == "oauth2" and not settings["imap"]["has_password"]
    (sealed,) = world.router.sealed
    assert Grant.of(world.parts.secrets.open(sealed.id, sealed.box)) == Grant("google", FIRST_GRANT)
    assert FIRST_GRANT not in answer.text and sealed.id != STATE_ID


@pytest.mark.real
async def test_a_channel_is_connected_anew_by_another_grant_and_keeps_what_else_it_has(
    world: Any, tokens: TokenServer
) -> None:
    async with world.client("manager") as client:
        began = await begun(client, world, tokens, from_name="Acme", history_days=30)
        channel = (await come_back(client, began)).json()
        answer = await client.post(f"/api/v1/channels/{channel['id']}/reconnect")
        assert answer.status_code == 200, answer.text
        again = await come_back(client, consented(answer.json(), tokens))
    assert again.status_code == 200, again.text
    assert again.json()["id"] == channel["id"] and again.json()["settings"] == channel["settings"]
    command = world.router.asked[-1].data
    assert type(command).__name__ == "ChangeChannel" and command.secrets[0].id == command.email.smtp.secret_id


@pytest.mark.real
async def test_a_browser_that_comes_back_is_led_to_the_page_of_the_channel(world: Any, tokens: TokenServer) -> None:
    page = {"Accept": "text/html,application/xhtml+xml"}
    async with world.client("manager") as client:
        state = await begun(client, world, tokens)
        answer = await come_back(client, state, headers=page)
        again = await come_back(client, await begun(client, world, tokens), headers=page, error="access_denied")
        forged = await come_back(client, "forged", headers=page)
    (channel_id,) = [one.data.channel_id for one in world.router.asked if type(one.data).__name__ == "ConnectChannel"]
    inbox = f"/settings/inboxes/{world.story.inbox_id}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"{inbox}/channels/{channel_id}")
    assert (again.status_code, again.headers["location"]) == (303, f"{inbox}/connect?refused=authorization-refused")
    assert forged.headers["location"] == "/settings/inboxes?refused=authorization-unknown"


@pytest.mark.real
@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"code": "another code"}, 422, "authorization-refused"),
        ({"error": "access_denied", "error_description": "no", "session_state": "x"}, 422, "authorization-refused"),
        ({"state": "nonsense"}, 422, "authorization-unknown"),
    ],
)
async def test_without_consent_there_is_no_channel(
    world: Any, tokens: TokenServer, given: dict[str, str], status: int, reason: str
) -> None:
    async with world.client("manager") as client:
        answer = await come_back(client, **({"state": await begun(client, world, tokens)} | given))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, reason)
    assert world.router.asked == []


@pytest.mark.real
async def test_what_cannot_be_authorized_is_refused(world: Any, tokens: TokenServer) -> None:
    body = {"inbox_id": str(world.story.inbox_id), "provider": "microsoft", "address": ADDRESS}
    async with world.client("manager") as client:
        assert (await client.post("/api/v1/channel-grants", json=body)).status_code == 422
        fallback = (await client.get("/api/v1/channels")).json()["items"][0]["id"]
        assert (await client.post(f"/api/v1/channels/{fallback}/reconnect")).status_code == 409
        assert (await client.post(f"/api/v1/channels/{new_id()}/reconnect")).status_code == 404
        tokens.away = True
        assert (await come_back(client, await begun(client, world, tokens))).status_code == 503
    async with world.client("agent") as client:
        assert (await client.post("/api/v1/channel-grants", json=body)).status_code == 403
