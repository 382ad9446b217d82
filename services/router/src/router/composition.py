"""The composition root: settings become the parts of a router; tests put in others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from events import topics
from router import lookups
from router.batch import BatchHandler, RawStore
from router.domain.house import House
from router.drafts import Tally
from router.hashes import Hashes
from router.records import Decoder
from router.states import Memory
from router.store import RouterStore
from service_kit import database, keyring, reply_token
from service_kit.blobs import Blobs
from service_kit.clock import Clock, utc_now
from service_kit.consumer import first_of
from service_kit.hashing import derive_key
from service_kit.ids import derived_id
from service_kit.keyring import Keyring
from service_kit.offsets import Offsets
from service_kit.settings import Settings

T = TypeVar("T")
STORE = "main"
COMMAND_TOPICS = (topics.COMMANDS.name,)
INBOUND_TOPICS = tuple(topic.name for topic in topics.TOPICS if topic.name.startswith("inbound."))
PARTITIONS = {
    (name, partition): 0
    for name in (*COMMAND_TOPICS, *INBOUND_TOPICS)
    for partition in range(topics.BY_NAME[name].partitions)
}


class BlobsFromThread:
    """The blob store for a worker thread, while the loop runs in another."""

    def __init__(self, blobs: Blobs, loop: asyncio.AbstractEventLoop) -> None:
        self._blobs, self._loop = blobs, loop

    def put(self, name: str, content: bytes) -> None:
        self._done(self._blobs.put(name, content))

    def get(self, name: str) -> bytes:
        return self._done(self._blobs.get(name))

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a router is made of."""

    store: RouterStore
    keyring: Keyring
    memory: Memory
    decoder: Decoder
    house: House
    handler: BatchHandler


def install(dsn: str) -> None:
    """Creates or updates everything of the router in the database: event store, look-ups, offsets, keyring."""
    keyring.install(dsn)
    lookups.install(dsn)
    store = RouterStore(dsn, schema=lookups.SCHEMA, store=STORE)
    store.create()
    store.close()
    with database.connect(dsn, "router install") as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('router.install', 20260101))")
        with connection.cursor() as cursor:
            Offsets(lookups.SCHEMA).create(cursor)


async def installed(dsn: str, stop: asyncio.Event) -> None:
    """Installs as soon as the database answers; gives up at `stop`."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(install, dsn)
            return
        except psycopg.OperationalError:
            await first_of(stop, timeout=1.0)


def build(
    settings: Settings,
    raw: RawStore,
    *,
    clock: Clock = utc_now,
    settled: Callable[[Tally], None] = lambda tally: None,
    conversations_kept: int = 50_000,
) -> Parts:
    """The parts; nothing is connected yet."""
    token_key = derive_key(settings.secret_key, "reply-token")
    conversation_of = partial(_conversation_of, key=token_key, domain=settings.mail_domain)
    decoder = Decoder(Hashes(settings.secret_key), conversation_of, settings.workspace_id)
    house = House(
        mail_domain=settings.mail_domain,
        derived_id=derived_id,
        message_id=partial(reply_token.message_id, key=token_key, domain=settings.mail_domain),
        reply_address=partial(_reply_address, key=token_key),
        side_message_id=partial(reply_token.message_id, key=token_key, domain=settings.mail_domain, side=True),
        limits=settings.limits,
        company_name=settings.company_name,
    )
    store = RouterStore(settings.database_url, schema=lookups.SCHEMA, store=STORE, process="router")
    keys = Keyring(settings.secret_key)
    memory = Memory(settings.workspace_id, conversations=conversations_kept)
    handler = BatchHandler(
        store=store,
        keyring=keys,
        memory=memory,
        decoder=decoder,
        house=house,
        raw=raw,
        clock=clock,
        settled=settled,
    )
    return Parts(store, keys, memory, decoder, house, handler)


def _conversation_of(external_id: str, *, key: bytes, domain: str) -> UUID | None:
    return reply_token.conversation_of(external_id, key, domain)


def _reply_address(address: str, conversation_id: UUID, *, key: bytes) -> str:
    return reply_token.plus_address(address, reply_token.sign(conversation_id, key))
