"""What a new workspace begins with: the administrator, and the demo unless POSTROOM_DEMO=0."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from events.envelope import AnyEnvelope
from local_runtime.assembly import environment_of
from local_runtime.children import Child
from local_runtime.configuration import Configuration
from local_runtime.demo.cast import AGENTS, email_of
from local_runtime.demo.history import demo_history
from local_runtime.demo.journal import Journal
from local_runtime.demo.postbags import fill_mailbox
from local_runtime.errors import SeedFailed
from local_runtime.state import State
from service_kit.blobs import Blobs
from service_kit.clock import utc_now
from service_kit.settings import Settings

ALREADY_THERE: Final = "exist already"
STEP_SECONDS: Final = 200.0
BLOBS_AT_ONCE: Final = 20


def seed_workspace(configuration: Configuration, state: State) -> None:
    """Fills a new workspace; what is there stays, so a start that was cut off goes on where it was.

    Needs the router and projector to run. Raises SeedFailed.
    """
    credentials = state.first_credentials(configuration.administrator)
    seeded = state.run / "seeded"
    if seeded.exists():
        return
    settings = Settings.from_environment(environment_of(configuration, state, ()))
    if configuration.demo:
        credentials = with_agents(credentials, configuration.mail_domain)
        state.write_credentials(credentials)
        journal = demo_history(
            workspace_id=settings.workspace_id,
            now=first_start(state, utc_now()),
            mail_domain=settings.mail_domain,
            secret_key=settings.secret_key,
            admin_email=credentials["email"],
        )
        _import(configuration, settings, state, journal)
        fill_mailbox(state.mailbox, journal)
    _bootstrap(configuration, state, credentials)
    seeded.touch()


def with_agents(credentials: dict[str, Any], domain: str) -> dict[str, Any]:
    """The log-ins of the demo's agents, made once."""
    if "agents" in credentials:
        return credentials
    agents = [
        {"name": agent.name, "email": email_of(handle, domain), "password": secrets.token_urlsafe(9)}
        for handle, agent in AGENTS.items()
    ]
    return {**credentials, "agents": agents}


def import_lines(events: Iterable[AnyEnvelope]) -> Iterable[bytes]:
    """One event a line, as `python -m router import` reads them."""
    for envelope in events:
        personal = getattr(envelope.data, "personal", None)
        data = msgspec.structs.replace(envelope.data, personal=None) if personal is not None else envelope.data
        line = {
            "stream": envelope.stream,
            "id": envelope.id,
            "type": envelope.type,
            "version": envelope.version,
            "occurred_at": envelope.occurred_at,
            "actor": str(envelope.actor),
            "correlation_id": envelope.correlation_id,
            "data": data,
            "personal": personal,
        }
        yield msgspec.json.encode(line)


def first_start(state: State, now: datetime) -> datetime:
    """The moment that the demo ends with: kept, so that a start which was cut off makes the same history again."""
    path = state.run / "demo-start"
    if not path.exists():
        unfinished = path.with_suffix(".new")
        unfinished.write_text(now.isoformat())
        unfinished.replace(path)
    return datetime.fromisoformat(path.read_text())


def _import(configuration: Configuration, settings: Settings, state: State, journal: Journal) -> None:
    asyncio.run(_put_blobs(Blobs(settings.blob_url), journal.blobs))
    file = state.run / "demo.jsonl"
    file.write_bytes(b"\n".join(import_lines(journal.ordered())))
    done = _python(configuration, state, "router", "import", str(file))
    file.unlink()
    if done.exit_code != 0 and ALREADY_THERE not in done.last_words():
        raise SeedFailed(f"the demo conversations were not imported: {done.last_words(1)}")


async def _put_blobs(blobs: Blobs, contents: dict[str, bytes]) -> None:
    gate = asyncio.Semaphore(BLOBS_AT_ONCE)

    async def put(name: str, content: bytes) -> None:
        async with gate:
            await blobs.put(name, content)

    async with asyncio.TaskGroup() as group:
        for name, content in contents.items():
            group.create_task(put(name, content))


def _bootstrap(configuration: Configuration, state: State, credentials: dict[str, Any]) -> None:
    """Log-ins, and in an empty workspace the administrator and the inbox "Support"."""
    administrator = {
        "name": "Administrator",
        "email": credentials["email"],
        "password": credentials["password"],
        "api_token": credentials["api_token"],
    }
    plan: dict[str, Any] = {"administrator": administrator, "agents": credentials.get("agents", [])}
    if configuration.demo:
        plan["inboxes"] = []
    file = state.run / "plan.json"
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(plan))
    try:
        done = _python(configuration, state, "inbox_projection", "bootstrap", "--file", str(file))
    finally:
        file.unlink()
    if done.exit_code != 0:
        raise SeedFailed(f"the workspace was not prepared: {done.last_words(1)}")


def _python(configuration: Configuration, state: State, *arguments: str) -> Child:
    """The program after its end, which comes with ours at the latest; with its service's settings."""
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, **environment_of(configuration, state, command)}
    child = Child.start(arguments[0], command, log=state.log_of("workspace-steps"), environment=environment)
    child.wait(STEP_SECONDS)
    child.kill()
    return child
