"""Access tokens are made of a channel's grant ahead of their expiry, and renewed grants are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest

from ingest_email.access_tokens import AHEAD_SECONDS, AccessTokens, GrantEnded, TokensAway
from ingest_email.database_thread import DatabaseThread
from ingest_email.delivery_ledger import SCHEMA
from service_kit import database, secrets
from service_kit.ids import new_id
from service_kit.keyring import install as install_keyring
from service_kit.oauth import Grant
from service_kit.secrets import SecretBox, SecretMissing
from service_kit.testing.token_server import FIRST_GRANT, TokenServer

pytestmark = pytest.mark.real
BOX = SecretBox("a secret for tests, long enough for all")


class World:
    """A database with grants, and processes that make tokens of them; `now` is their clock."""

    def __init__(self, dsn: str, server: TokenServer) -> None:
        self.server, self.now = server, 0.0
        self.thread = DatabaseThread(dsn, "test")
        self._dsn = dsn

    def process(self) -> AccessTokens:
        providers = {"google": self.server.provider()}
        return AccessTokens(providers, run=self.thread.run, box=BOX, clock=lambda: self.now)

    def grant(self, refresh_token: str = FIRST_GRANT, provider: str = "google") -> UUID:
        return self.secret(Grant(provider, refresh_token).text())

    def secret(self, text: str) -> UUID:
        secret_id = new_id()
        with database.connect(self._dsn, "test") as connection:
            secrets.store(connection.cursor(), [(secret_id, BOX.seal(secret_id, text))])
        return secret_id

    def execute(self, query: str) -> list[Any]:
        with database.connect(self._dsn, "test") as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def server() -> Iterator[TokenServer]:  # type: ignore[override]
    with TokenServer().serving() as server:
        yield server


@pytest.fixture
async def world(fresh_database: str, server: TokenServer) -> AsyncIterator[World]:
    install_keyring(fresh_database)
    database.migrate(fresh_database, SCHEMA, "ingest_email.migrations")
    world = World(fresh_database, server)
    yield world
    await world.thread.close()


async def test_a_token_serves_until_shortly_before_its_end(world: World) -> None:
    tokens, secret_id = world.process(), world.grant()
    assert [await tokens.token(secret_id) for _ in range(2)] == ["token-1", "token-1"]
    world.now = 3600 - AHEAD_SECONDS - 1
    assert await tokens.token(secret_id) == "token-1"
    world.now += 2
    assert await tokens.token(secret_id) == "token-2"
    assert world.server.asked[0]["client_secret"] == "registered"


async def test_a_token_that_a_server_refused_is_made_anew(world: World) -> None:
    tokens, secret_id = world.process(), world.grant()
    await tokens.token(secret_id)
    tokens.refused(secret_id)
    assert await tokens.token(secret_id) == "token-2"


async def test_a_renewed_grant_is_kept_sealed_and_used_by_every_process(world: World) -> None:
    world.server.renews = True
    secret_id = world.grant()
    assert await world.process().token(secret_id) == "token-1"
    assert await world.process().token(secret_id) == "token-2"
    assert [form["refresh_token"] for form in world.server.asked] == ["grant 0", "grant 1"]
    ((box,),) = world.execute("SELECT box FROM ingest_email.grants")
    assert b"grant" not in bytes(box) and Grant.of(BOX.open(secret_id, bytes(box))).refresh_token == "grant 2"


async def test_a_grant_that_another_process_renewed_at_the_same_moment_is_read_again(world: World) -> None:
    secret_id, other = world.grant(), world.process()
    world.server.renews = True
    first, asked = world.process(), world.server.answer

    def after_the_other(form: dict[str, str]) -> Any:
        world.server.answer = asked  # type: ignore[method-assign]
        asked({"refresh_token": FIRST_GRANT})
        box = BOX.seal(secret_id, Grant("google", "grant 1").text())
        world.execute(f"INSERT INTO ingest_email.grants (secret_id, box) VALUES ('{secret_id}', '\\x{box.hex()}')")
        return asked(form)

    world.server.answer = after_the_other  # type: ignore[method-assign]
    assert await first.token(secret_id) == "token-2"
    assert await other.token(secret_id) == "token-3"


async def test_an_ended_grant_and_what_is_no_grant_are_told_apart_from_a_server_that_is_away(world: World) -> None:
    tokens = world.process()
    for secret_id in (world.grant("revoked"), world.secret("a password")):
        with pytest.raises(GrantEnded):
            await tokens.token(secret_id)
    with pytest.raises(SecretMissing):
        await tokens.token(new_id())
    with pytest.raises(TokensAway):
        await tokens.token(world.grant(provider="microsoft"))
    world.server.away = True
    with pytest.raises(TokensAway):
        await tokens.token(world.grant())


async def test_grants_of_channels_that_are_gone_are_forgotten(world: World) -> None:
    world.server.renews = True
    gone, kept = world.grant(), world.grant("grant 1")
    await world.process().token(gone)
    world.execute(f"DELETE FROM keyring.secrets WHERE secret_id = '{gone}'")
    await world.process().token(kept)
    assert world.execute("SELECT secret_id FROM ingest_email.grants") == [(kept,)]
