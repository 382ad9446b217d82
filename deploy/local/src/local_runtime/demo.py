"""What a new workspace begins with: the administrator, and the demo unless POSTROOM_DEMO=0."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from local_runtime.children import Child
from local_runtime.configuration import Configuration
from local_runtime.demo_history import AGENTS, Entry, History, demo_history, email_of
from local_runtime.errors import SeedFailed
from local_runtime.state import State
from service_kit.blobs import Blobs
from service_kit.clock import utc_now
from service_kit.settings import Settings

ALREADY_THERE: Final = "exist already"
STEP_SECONDS: Final = 200.0


def seed_workspace(configuration: Configuration, state: State) -> None:
    """Fills a new workspace; what is there stays, so a start that was cut off goes on where it was.

    Needs the environment of the services, and the router and projector to run. Raises SeedFailed.
    """
    credentials = state.first_credentials(configuration.administrator)
    seeded = state.var / "run" / "seeded"
    if seeded.exists():
        return
    settings = Settings.from_environment(os.environ)
    if configuration.demo:
        credentials = _with_agents(credentials, configuration.mail_domain)
        state.write_credentials(credentials)
        history = demo_history(
            workspace_id=settings.workspace_id,
            now=utc_now(),
            mail_domain=settings.mail_domain,
            secret_key=settings.secret_key,
            admin_email=credentials["email"],
        )
        _import(settings, state, history)
    _bootstrap(state, credentials, demo=configuration.demo)
    seeded.touch()


def _with_agents(credentials: dict[str, Any], domain: str) -> dict[str, Any]:
    """The log-ins of the demo's agents, made once."""
    if "agents" in credentials:
        return credentials
    agents = [
        {"name": name, "email": email_of(handle, domain), "password": secrets.token_urlsafe(9)}
        for handle, name in AGENTS.items()
    ]
    return {**credentials, "agents": agents}


def _import(settings: Settings, state: State, history: History) -> None:
    asyncio.run(_put_blobs(Blobs(settings.blob_url), history.blobs))
    file = state.run / "demo.jsonl"
    file.write_bytes(b"\n".join(_lines(history.entries)))
    done = _python(state, "router", "import", str(file))
    file.unlink()
    if done.exit_code != 0 and ALREADY_THERE not in done.last_words():
        raise SeedFailed(f"the demo conversations were not imported: {done.last_words(1)}")


async def _put_blobs(blobs: Blobs, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        await blobs.put(name, content)


def _lines(entries: Iterable[Entry]) -> Iterable[bytes]:
    """One event a line, as `python -m router import` reads them."""
    for entry in entries:
        envelope = entry.envelope
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
            "key_id": entry.key_id,
            "data": data,
            "personal": personal,
        }
        yield msgspec.json.encode(line)


def _bootstrap(state: State, credentials: dict[str, Any], *, demo: bool) -> None:
    """Log-ins, and in an empty workspace the administrator and the inbox "Support"."""
    administrator = {
        "name": "Administrator",
        "email": credentials["email"],
        "password": credentials["password"],
        "api_token": credentials["api_token"],
    }
    plan: dict[str, Any] = {"administrator": administrator, "agents": credentials.get("agents", [])}
    if demo:
        plan["inboxes"] = []
    file = state.run / "plan.json"
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(plan))
    try:
        done = _python(state, "inbox_projection", "bootstrap", "--file", str(file))
    finally:
        file.unlink()
    if done.exit_code != 0:
        raise SeedFailed(f"the workspace was not prepared: {done.last_words(1)}")


def _python(state: State, *arguments: str) -> Child:
    """The program after its end, which comes with ours at the latest."""
    child = Child.start(arguments[0], [sys.executable, "-m", *arguments], log=state.log_of("workspace-steps"))
    child.wait(STEP_SECONDS)
    child.kill()
    return child
