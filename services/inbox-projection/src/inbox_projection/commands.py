"""What an agent asks for, as a command on the bus, and the port through which its outcome comes back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID, uuid5

from events.envelope import Actor, Command, Envelope
from events.outcomes import CommandHandled
from service_kit.ids import new_id

ANSWER_SECONDS: Final = 5.0
AnyCommand = Envelope[Command]


class BusAway(Exception):
    """The bus did not acknowledge the command in time: it may or may not be stored. Repeat it with the same key."""


class CommandPort(Protocol):
    """Where commands go."""

    async def ask(self, command: AnyCommand, *, publish: bool = True) -> CommandHandled | None:
        """Publishes the command, then waits until its outcome is known **and** the views show it.

        None when that did not happen within about 5 s: the command is safe on the bus and will be handled. With
        `publish` False it only waits, for a command published before. Raises BusAway.
        """
        ...


def agent(agent_id: UUID) -> Actor:
    return Actor("agent", str(agent_id))


def command_id(workspace_id: UUID, actor: Actor, key: str | None, fresh: Callable[[], UUID] = new_id) -> UUID:
    """The id of a command: the same for the same Idempotency-Key of the same actor, else a new one."""
    return fresh() if key is None else uuid5(workspace_id, f"{actor}|{key}")


def request_hash(method: str, path: str, body: bytes, key: bytes) -> bytes:
    """What must be the same when an Idempotency-Key is used again. Keyed, for a body may hold a password to guess."""
    head = f"{method} {path}\n".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(head + body, key=key, digest_size=32).digest()


def envelope(
    command: Command, *, command_id: UUID, stream: UUID, workspace_id: UUID, actor: Actor, now: datetime
) -> AnyCommand:
    """The command with its attributes; a chain of causes begins with it."""
    return Envelope(
        id=command_id,
        stream=stream,
        occurred_at=now,
        recorded_at=now,
        workspace_id=workspace_id,
        actor=actor,
        correlation_id=command_id,
        data=command,
    )


async def answered(port: CommandPort, command: AnyCommand, pause_seconds: float) -> CommandHandled:
    """Its outcome, however long that takes: the command is on the bus, or is given again under its id after the pause.

    For work that nobody waits for with a request.
    """
    publish = True
    while True:
        try:
            outcome = await port.ask(command, publish=publish)
        except BusAway:
            publish = True
            await asyncio.sleep(pause_seconds)
            continue
        if outcome is not None:
            return outcome
        publish = False
