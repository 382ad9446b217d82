"""From a queued system mail to its bytes: the agent's address and language as they are now, the token opened."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from events import codec, excerpts
from events.envelope import Envelope
from events.errors import MalformedEvent, SealBroken
from events.sealing import Keys
from events.system_mails import Matter, SystemMailKind, SystemMailQueued
from events.values import Address
from ingest_email import notification_text, system_mail_render
from ingest_email.agent_book import AgentBook, KnownAgent
from ingest_email.delivery import Impossible, Postponed
from ingest_email.notification_text import Written
from ingest_email.outgoing_addresses import Unsendable
from ingest_email.render import Mail
from ingest_email.system_mail_catalogue import Catalogue
from service_kit.faults import KafkaAway
from service_kit.secrets import SecretBox, SecretSealedOtherwise

log = logging.getLogger(__name__)
HOUSE: Final = "Postroom"
PAGES: Final[dict[SystemMailKind, str]] = {"invitation": "invitations", "password_reset": "password-resets"}
PREFERENCES: Final = "me/notifications"
MOST_NUMBERS: Final = 3
ANSWERABLE: Final = "answerable"
"""The text of a notification whose answer becomes a reply."""


@dataclass(frozen=True)
class SystemMails:
    """What writing one needs. `keys` reads a data key afresh; `caught_up` waits for the copy of the workspace.

    `answers_to` gives an inbox's address of which a plus part names a mail, None where none is known.
    `channel_address` is a channel's own, "" for one that is not known.
    """

    book: AgentBook
    catalogue: Catalogue
    box: SecretBox
    domain: str
    public_url: str
    keys: Callable[[UUID | None], Awaitable[Keys]]
    caught_up: Callable[[], Awaitable[None]]
    answers_to: Callable[[UUID, UUID], str | None] = lambda inbox_id, mail_id: None
    channel_address: Callable[[UUID], str] = lambda channel_id: ""

    async def mail(self, envelope: Envelope[SystemMailQueued], now: datetime) -> Mail | Impossible | Postponed:
        """The mail, or why there is none: its time is over, the agent is gone. Raises KeyNotHeld."""
        queued = envelope.data
        if now >= queued.expires_at:
            return Impossible("expired", "what the mail offers has expired")
        agent = await self._agent(queued.agent_id)
        if agent is None:
            return Postponed("agent-unknown", "the agent is not known yet")
        if not agent.active:
            return Impossible("agent-deactivated", "the agent is deactivated")
        person = codec.open_(agent.profile, await self.keys(agent.profile.key_id)).data.personal
        if person is None:
            return Impossible("erased", "the agent was erased")
        try:
            written = {matter.conversation_id: await self._written(matter) for matter in queued.matters}
            values = {"house": HOUSE, "name": person.name, **self._values(queued, agent.language, written)}
            answers_to = self._answers_to(queued)
            kind = queued.kind if answers_to is None else ANSWERABLE
            subject, text = self.catalogue.text(agent.language, kind).filled(values)
            to, mail_id, at = Address(person.email, person.name), queued.mail_id, envelope.occurred_at
            return system_mail_render.render(
                mail_id, self.domain, to, subject, text, at, house=HOUSE, reply_to=answers_to
            )
        except SecretSealedOtherwise:
            return Impossible("token-sealed-otherwise", "the mail's token was sealed under another key")
        except Unsendable as error:
            return Impossible("unsendable", str(error))

    def _values(
        self, queued: SystemMailQueued, language: str, written: Mapping[UUID, Written | None]
    ) -> dict[str, str]:
        """What the text of this kind of mail speaks of. Raises SecretSealedOtherwise."""
        if queued.kind == "answer_refused":
            (matter,) = queued.matters
            why = self.catalogue.refusal(language, queued.refused)
            link = f"{self.public_url}/conversations/{matter.conversation_id}"
            return {"number": str(matter.number), "why": why, "link": link}
        if queued.kind == "notification_test":
            return {"link": f"{self.public_url}/{PREFERENCES}"}
        if queued.kind == "notification":
            return {
                "about": self._about(queued, written),
                "matters": "\n".join(self._told(queued, language, written)),
                "link": f"{self.public_url}/{PREFERENCES}",
            }
        token = self.box.open(queued.mail_id, queued.token)
        return {
            "link": f"{self.public_url}/{PAGES[queued.kind]}/{token}",
            "until": f"{queued.expires_at:%Y-%m-%d %H:%M}",
        }

    def _answers_to(self, queued: SystemMailQueued) -> Address | None:
        """Where an answer becomes a reply: of a notification about a single conversation."""
        alone = len(queued.matters) == 1 and not queued.channels
        if queued.kind != "notification" or not alone or queued.matters[0].inbox_id is None:
            return None
        address = self.answers_to(queued.matters[0].inbox_id, queued.mail_id)
        return None if address is None else Address(address, HOUSE)

    def _about(self, queued: SystemMailQueued, written: Mapping[UUID, Written | None]) -> str:
        """Of one conversation its number and subject, of several the first numbers; the addresses of channels."""
        if len(queued.matters) == 1 and not queued.channels:
            (matter,) = queued.matters
            return notification_text.titled(matter, written[matter.conversation_id])
        names = [f"#{matter.number}" for matter in queued.matters]
        names += [self.channel_address(one.channel_id) or str(one.channel_id) for one in queued.channels]
        return ", ".join(names[:MOST_NUMBERS]) + (", …" if len(names) > MOST_NUMBERS else "")

    def _told(self, queued: SystemMailQueued, language: str, written: Mapping[UUID, Written | None]) -> Iterator[str]:
        url, alone = self.public_url, len(queued.matters) == 1
        for matter in queued.matters:
            told = written[matter.conversation_id]
            yield notification_text.told(matter, told, self.catalogue, language, url, alone=alone)
        for one in queued.channels:
            address = self.channel_address(one.channel_id)
            yield notification_text.told_of_channel(one, address, self.catalogue, language, url)

    async def _written(self, matter: Matter) -> Written | None:
        """What was written there, opened now; None where it says nothing, or its person was erased. Raises KeyNotHeld.

        What does not open for another reason is left out: the agent is told where to read it.
        """
        sealed = matter.excerpt
        if sealed is None:
            return None
        keys = await self.keys(sealed.key_id)
        try:
            excerpt = excerpts.opened(sealed, matter.conversation_id, keys)
        except (SealBroken, MalformedEvent) as error:
            log.error("the excerpt of a notification does not open", extra={"reason": type(error).__name__})
            return None
        if excerpt is None:
            return None
        who = excerpt.sender if sealed.agent_id is None else await self._name_of(sealed.agent_id)
        return Written(excerpt, who, sealed.internal)

    async def _name_of(self, agent_id: UUID) -> str:
        """ "" for an agent who is erased or not known."""
        agent = self.book.find(agent_id)
        if agent is None:
            return ""
        person = codec.open_(agent.profile, await self.keys(agent.profile.key_id)).data.personal
        return "" if person is None else str(person.name)

    async def _agent(self, agent_id: UUID) -> KnownAgent | None:
        known = self.book.find(agent_id)
        if known is None:
            try:
                await self.caught_up()
            except KafkaAway:
                return None
        return known or self.book.find(agent_id)
