"""A database of facts with agents who may log in, and the reports API over it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from analytics import schema
from analytics.api.app import build
from analytics.api.callers import Callers
from analytics.api.parts import Parts
from analytics.packer import pack_days
from analytics.rebuild import EVERY_DAY
from analytics.store import Facts
from events import workspace as w
from events.business_hours import BusinessHours, BusinessHoursSet, OpenHours
from events.conversations import ConversationAssigned
from events.topics import CONVERSATIONS, WORKSPACE
from local_runtime.postgres import PostgresServer
from service_kit.database import Connection, connect, migrate
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.web.log_ins import hash_of
from service_kit.web.pool import Database

Talks = Callable[..., Any]
Client = Callable[..., httpx.AsyncClient]
UI = "http://inbox.test"
A, B, MANAGER, ADMINISTRATOR, GONE = (uuid4() for _ in range(5))
SUPPORT, SALES, TEAM = (uuid4() for _ in range(3))
NOW = datetime(2026, 6, 20, tzinfo=UTC)
FROM_TWENTY_PAST_NINE = BusinessHours(zone="Europe/Warsaw", weekdays=((OpenHours(9 * 60 + 20, 17 * 60),),) * 7)
AGENTS = {"administrator": ADMINISTRATOR, "manager": MANAGER, "agent": A, "teammate": B, "gone": GONE}


@pytest.fixture(scope="session")
def ids() -> SimpleNamespace:
    """Two agents, and the two inboxes of which they belong to one each."""
    return SimpleNamespace(a=A, b=B, support=SUPPORT, sales=SALES)


@pytest.fixture(scope="module")
def dsn(postgres: PostgresServer) -> Iterator[str]:
    name = f"reports_{uuid.uuid4().hex[:12]}"
    dsn = postgres.create_database(name)
    with connect(dsn, "tests") as connection:
        migrate(dsn, "auth", "inbox_projection.auth.migrations")
        with connection.transaction():
            schema.create(connection)
        log_in(connection)
    yield dsn
    postgres.drop_database(name)


def log_in(connection: Connection) -> None:
    """Everybody has a token and a session named after them; one session is idle for too long."""
    for name, agent_id in AGENTS.items():
        connection.execute("insert into auth.credentials (agent_id, email) values (%s, %s)", (agent_id, name))
        connection.execute(
            "insert into auth.api_tokens (token_hash, agent_id, name) values (%s, %s, 'test')",
            (hash_of(name), agent_id),
        )
        connection.execute(
            "insert into auth.sessions (session_id, agent_id, token_hash, expires_at, seen_at)"
            " values (%s, %s, %s, now() + interval '1 day', now() - %s::interval)",
            (uuid4(), agent_id, hash_of(f"session of {name}"), timedelta(hours=13 if name == "manager" else 1)),
        )


def assigned(told: Any, minutes: float) -> Any:
    told.tell(minutes, ConversationAssigned(agent_id=A, team_id=None))
    return told


@pytest.fixture(scope="module")
def told(dsn: str, talk: Talks) -> list[Any]:
    """Two conversations in Support, one in Sales, of which agents A and B belong to one each."""
    house = talk()
    for event in (
        w.AgentInvited(agent_id=ADMINISTRATOR, role="administrator"),
        w.AgentInvited(agent_id=MANAGER, role="manager"),
        *(w.AgentInvited(agent_id=each, role="agent") for each in (A, B, GONE)),
        w.AgentDeactivated(agent_id=GONE),
        w.TeamCreated(team_id=TEAM, name="Field", member_ids=(B,)),
        w.InboxCreated(inbox_id=SUPPORT, name="Support", slug="support"),
        w.InboxCreated(inbox_id=SALES, name="Sales", slug="sales"),
        w.InboxChanged(inbox_id=SUPPORT, name="Support", member_ids=(A, GONE)),
        w.InboxChanged(inbox_id=SALES, name="Sales", team_ids=(TEAM,), member_ids=(MANAGER,)),
        BusinessHoursSet(inbox_id=SUPPORT, hours=FROM_TWENTY_PAST_NINE),
    ):
        house.tell(0, event)
    talks = [
        assigned(talk(1, inbox_id=SUPPORT).opens(), 10).answers(30, A).writes(60).answers(70, B).resolves(90, B),
        talk(2, inbox_id=SUPPORT).opens(1_440).answers(1_500, A).writes(1_510),
        talk(3, inbox_id=SALES)
        .opens(10)
        .answers(20, B)
        .resolves(25, B)
        .writes(200)
        .reopens(200)
        .answers(201, B)
        .resolves(230, A),
    ]
    with connect(dsn, "tests") as connection, connection.transaction():
        cursor = connection.cursor(binary=True)
        facts = Facts(schema.LIVE)
        facts.apply(cursor, [SimpleNamespace(topic=WORKSPACE.name, envelope=each) for each in house.events])
        for each in talks:
            facts.apply(cursor, [SimpleNamespace(topic=CONVERSATIONS.name, envelope=one) for one in each.events])
        pack_days(cursor, schema.LIVE, EVERY_DAY)
    return talks


@pytest.fixture
async def app(dsn: str, told: list[Any]) -> AsyncIterator[FastAPI]:
    database = Database(dsn, "tests", size=2)
    await database.open()
    yield build(Parts(database, Callers(database), lambda: NOW, Health("facts"), Metrics()), UI)
    await database.close()


@pytest.fixture
def client(app: FastAPI) -> Client:
    def make(token: str | None = "administrator", **more: Any) -> httpx.AsyncClient:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://reports.test/api/v1", headers=headers, **more)

    return make


@pytest.fixture
def get(client: Client) -> Callable[..., Any]:
    """`await get("/reports", "agent", tz="UTC")`: the JSON of a good answer."""

    async def ask(path: str, token: str | None = "administrator", **parameters: Any) -> Any:
        async with client(token) as asking:
            response = await asking.get(path, params=parameters)
            assert response.status_code == 200, response.text
            return response.json()

    return ask


@pytest.fixture
def refused(client: Client) -> Callable[..., Any]:
    """The same of a refusal: its status and code."""

    async def ask(path: str, token: str | None = "administrator", **parameters: Any) -> tuple[int, str]:
        async with client(token) as asking:
            response = await asking.get(path, params=parameters)
            assert response.headers["content-type"] == "application/problem+json", response.text
            return response.status_code, response.json()["code"]

    return ask
