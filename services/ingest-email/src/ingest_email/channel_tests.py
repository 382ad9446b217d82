"""Sends the mails by which channels are tested, by the servers that their replies go by, and reports each hop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from events import codec
from events.channel_tests import ChannelTestReported, ChannelTestStarted, Hop
from events.codec import Record
from events.envelope import SYSTEM, Envelope
from events.topics import INBOUND_EMAIL
from ingest_email import channel_test_mail
from ingest_email.channel_test_book import ChannelTestBook
from ingest_email.delivery import Answer, Answered, FaultCode, PutOff, Taken, TurnedDown
from ingest_email.dkim_signing import DkimSigner
from ingest_email.outgoing_addresses import Unsendable
from ingest_email.outgoing_routes import Routes, Way
from ingest_email.render import Mail
from service_kit.clock import Clock
from service_kit.consumer import first_of
from service_kit.faults import KafkaAway
from service_kit.ids import derived_id
from service_kit.producer import Publisher

log = logging.getLogger(__name__)
LOOK_SECONDS: Final = 0.5
SPARE_SECONDS: Final = 10.0
"""Left of a test's time for telling that the server took too long."""
TOO_SLOW: Final = "too-slow"
NO_ANSWER: Final = "no-answer"
_LOG_IN: Final[frozenset[FaultCode]] = frozenset(
    {"login-missing", "login-required", "wrong-password", "grant-expired", "secret-missing"}
)
"""What fails a test at our log-in; with any other fault nobody can say how that would have gone."""
Step = tuple[Hop, bool, str]


class ChannelTests:
    """Belongs to one event loop; the book is fed with workspace.v1.

    A test whose sending is not noted is sent: again, after a restart between sending and the note. Its mail is the same
    then, so the second copy is a duplicate.
    """

    def __init__(
        self,
        *,
        book: ChannelTestBook,
        routes: Routes,
        publisher: Publisher,
        workspace_id: UUID,
        token_key: bytes,
        domain: str,
        clock: Clock,
        jitter: Callable[[], float],
        signer: DkimSigner,
    ) -> None:
        self._signer = signer
        self._book, self._routes, self._publisher, self._workspace_id = book, routes, publisher, workspace_id
        self._token_key, self._domain, self._clock, self._jitter = token_key, domain, clock, jitter
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: what is under way then, the next process begins anew."""
        try:
            while not stop.is_set():
                for test in self._book.waiting:
                    if test.test_id not in self._under_way and self._clock() < test.ends_at:
                        self._under_way[test.test_id] = asyncio.create_task(self._one(test))
                await first_of(stop, timeout=LOOK_SECONDS)
                self._forget()
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)
            await self._publisher.stop(1.0)

    def _forget(self) -> None:
        """Those that the book knows no more. Raises what a test raised unexpectedly."""
        waiting = {test.test_id for test in self._book.waiting}
        for test_id, task in tuple(self._under_way.items()):
            if task.done():
                task.result()
                if test_id not in waiting:
                    del self._under_way[test_id]

    async def _one(self, test: ChannelTestStarted) -> None:
        left = max((test.ends_at - self._clock()).total_seconds() - SPARE_SECONDS, 0.0)
        try:
            async with asyncio.timeout(left):
                steps = await self._attempt(test)
        except TimeoutError:
            steps = (("sent", False, TOO_SLOW),)
        for hop, ok, code in steps:
            await self._tell(test, hop, ok, code)

    async def _attempt(self, test: ChannelTestStarted) -> tuple[Step, ...]:
        way = await self._routes.way(test.channel_id)
        if not isinstance(way, Way):
            return (("sent", False, way.code),)
        try:
            mail = channel_test_mail.render(test.test_id, test.address, self._token_key, self._domain, test.started_at)
        except Unsendable:
            return (("sent", False, "unsendable"),)

        async def before_final_dot(silent: Mapping[int, Answer]) -> None:
            """Nothing is written down: the mail may come twice."""

        signed = await self._signer.signed(mail, test.channel_id)
        if not isinstance(signed, Mail):
            return (("sent", False, signed.code),)
        answered = await way.transport.send(signed, (0,), before_final_dot)
        if answered.fault is None:
            self._routes.worked(way)
        else:
            words = next((one.words for one in answered.answers.values() if isinstance(one, PutOff)), "")
            self._routes.failed(way, answered.fault, words, self._clock(), self._jitter())
        return steps_of(answered)

    async def _tell(self, test: ChannelTestStarted, hop: Hop, ok: bool, code: str) -> None:
        """Until Kafka has acknowledged it, or nobody waits any more."""
        record = self._record(test, hop, ok, code, self._clock())
        while self._clock() < test.ends_at:
            try:
                await self._publisher.publish(INBOUND_EMAIL.name, str(test.channel_id).encode(), record)
                return
            except KafkaAway as away:
                log.warning("a channel's test is not acknowledged, trying again", extra={"reason": str(away)})
                await asyncio.sleep(LOOK_SECONDS)

    def _record(self, test: ChannelTestStarted, hop: Hop, ok: bool, code: str, now: datetime) -> Record:
        event_id = derived_id(test.test_id, f"{hop}/{ok}/{code}")
        return codec.encode(
            Envelope(
                id=event_id,
                stream=test.channel_id,
                occurred_at=now,
                recorded_at=now,
                workspace_id=self._workspace_id,
                actor=SYSTEM,
                correlation_id=test.test_id,
                data=ChannelTestReported(
                    channel="email",
                    channel_id=test.channel_id,
                    test_id=test.test_id,
                    hop=hop,
                    ok=ok,
                    code=code,
                    reported_at=now,
                ),
            )
        )


def steps_of(answered: Answered) -> tuple[Step, ...]:
    """The log-in and the sending, as the server's answers tell: what failed is the last step."""
    if answered.fault in _LOG_IN:
        return (("credentials", False, answered.fault or ""),)
    if answered.fault is not None:
        return (("sent", False, answered.fault),)
    match answered.answers.get(0):
        case Taken():
            return (("credentials", True, ""), ("sent", True, ""))
        case PutOff(code=code) | TurnedDown(code=code):
            return (("credentials", True, ""), ("sent", False, code))
        case _:
            return (("credentials", True, ""), ("sent", False, NO_ANSWER))
