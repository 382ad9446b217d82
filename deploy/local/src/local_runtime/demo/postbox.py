"""The mails of one conversation of the demo, in and out, with what events say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from events.conversations import ReplyContent, ReplyQueued
from events.values import Address, Attachment, AutomatedKind, Blob, Bounce, Invitation, MessageContent, MessageFacts
from local_runtime.demo.attachments import File, file_of
from local_runtime.demo.cast import NAMES, SHOP, fallback_address, shop_address
from local_runtime.demo.journal import Journal, Posted
from local_runtime.demo.machines import AWAY_HEADERS, LIST_HEADERS, Notification, calendar, not_delivered
from local_runtime.demo.mail import Letter, html_of, quotation, raw_mail
from local_runtime.demo.scripts import Script, Step, addresses
from service_kit import reply_token
from service_kit.ids import derived_id

RAW_TYPE: Final = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A mail that came."""

    facts: MessageFacts
    content: MessageContent


@dataclass(frozen=True, slots=True)
class Outbound:
    """A reply that went."""

    queued: ReplyQueued
    letter: Letter


@dataclass(frozen=True, slots=True)
class Automation:
    """What a machine's mail says of itself."""

    sign: str
    kind: AutomatedKind
    bounced_reply_id: UUID | None = None
    bounce: Bounce | None = None


class Postbox:
    """Knows the thread so far: its Message-IDs, and the newest letter, which the next one quotes."""

    def __init__(self, journal: Journal, token_key: bytes, conversation_id: UUID, script: Script) -> None:
        self._journal, self._token_key, self._id, self._script = journal, token_key, conversation_id, script
        self._cast = journal.cast
        self._ids: list[str] = []
        self._last: Letter | None = None
        self._asked: Letter | None = None

    def author(self, step: Step) -> Address:
        """The customer, or the other person who writes this step."""
        other = step.one("from")
        return addresses(other)[0] if other else self._script.customer

    def write(self, index: int, step: Step, sender: Address, at: datetime, invitation: Invitation | None) -> Inbound:
        """A person's (or their machine's) mail."""
        message_id = derived_id(self._id, f"mail {index}")
        external_id = f"{message_id.hex}@{sender.address.rpartition('@')[2]}"
        files = self._files(step, message_id)
        if invitation is not None:
            files = (*files, calendar(invitation, external_id))
        automation, headers = _automation(step)
        letter = Letter(
            external_id=external_id,
            sender=sender,
            to=(self._shop,),
            cc=addresses(step.one("cc") or "") if step.has("cc") else (),
            subject=self._subject(index, step),
            text=step.text,
            at=at,
            quoted="" if self._last is None or automation or step.has("bare") else self._quotation(self._last),
            html=html_of(step.text, files) if step.has("html") or step.has("picture") else None,
            files=files,
            thread=tuple(self._ids),
            headers=headers,
        )
        raw = raw_mail(letter)
        if automation is None:
            self._last = self._asked = letter
        self._ids.append(external_id)
        posted = (self._shop.address, *(one.address for one in letter.cc))
        self._journal.sent.append(Posted(letter, raw, posted))
        return self._inbound(message_id, letter, raw, automation, invitation)

    def bounce(self, index: int, of: Outbound, status: str, words: str, at: datetime) -> Inbound:
        """What the recipient's mail server sends back for a reply."""
        message_id = derived_id(self._id, f"bounce {index}")
        external_id = f"{message_id.hex}@mx.{of.letter.to[0].address.rpartition('@')[2]}"
        notice: Notification = not_delivered(of.letter, status, words, external_id, at)
        letter = Letter(external_id, notice.sender, (self._shop,), notice.subject, notice.text, at)
        automation = Automation("auto-submitted", "bounce", of.queued.reply_id, notice.bounce)
        return self._inbound(message_id, letter, notice.raw, automation, None)

    def reply(self, index: int, step: Step, at: datetime, agent_id: UUID) -> Outbound:
        """An agent's answer to the newest person's mail, to all of its people."""
        asked = self._asked
        if asked is None:
            raise ValueError(f"the demo's texts: a reply before the first mail, {self._script.subject!r}")
        reply_id = derived_id(self._id, f"reply {index}")
        files = self._files(step, reply_id)
        token = reply_token.sign(self._id, self._token_key)
        fallback = fallback_address(self._script.inbox, self._cast.domain)
        letter = Letter(
            external_id=reply_token.message_id(reply_id, self._id, self._token_key, self._cast.domain),
            sender=Address(self._shop.address, f"{SHOP} {NAMES[self._script.inbox]}"),
            to=(asked.sender,),
            cc=asked.cc,
            reply_to=Address(reply_token.plus_address(fallback, token), f"{SHOP} {NAMES[self._script.inbox]}"),
            subject=self._subject(1, step),
            text=step.text,
            at=at,
            files=files,
            thread=tuple(self._ids),
        )
        queued = ReplyQueued(
            reply_id=reply_id,
            conversation_id=self._id,
            inbox_id=self._cast.inbox(self._script.inbox),
            channel="email",
            channel_id=self._cast.channel(self._script.inbox),
            agent_id=agent_id,
            blobs=tuple(self._keep(reply_id, file.content) for file in files),
            personal=ReplyContent(
                external_id=letter.external_id,
                sender=letter.sender,
                reply_to=letter.reply_to,
                to=letter.to,
                cc=letter.cc,
                subject=letter.subject,
                text=letter.text,
                attachments=self._attachments(reply_id, files),
                in_reply_to=self._ids[-1],
                references=tuple(self._ids),
            ),
        )
        self._ids.append(letter.external_id)
        self._last = letter
        if not step.has("failed") and not step.has("bounced"):
            people = tuple(one.address for one in (*letter.to, *letter.cc))
            self._journal.received.append(Posted(letter, raw_mail(letter), people))
        return Outbound(queued, letter)

    @property
    def _shop(self) -> Address:
        return Address(shop_address(self._script.inbox), f"{SHOP} {NAMES[self._script.inbox]}")

    def _subject(self, index: int, step: Step) -> str:
        return step.one("subject") or (f"Re: {self._script.subject}" if index else self._script.subject)

    def _quotation(self, letter: Letter) -> str:
        return quotation(letter, self._script.language)

    def _files(self, step: Step, owner: UUID) -> tuple[File, ...]:
        shown = (file_of(name, f"{number}.{owner.hex}@pictures") for number, name in enumerate(step.all("picture")))
        return (*shown, *(file_of(name) for name in step.all("file")))

    def _inbound(
        self,
        message_id: UUID,
        letter: Letter,
        raw: bytes,
        automation: Automation | None,
        invitation: Invitation | None,
    ) -> Inbound:
        blob = Blob(self._keep(message_id, raw), len(raw), RAW_TYPE, sha256(raw).hexdigest())
        content = MessageContent(
            external_id=letter.external_id,
            sender=letter.sender,
            to=letter.to,
            cc=letter.cc,
            delivered_to=self._shop.address,
            subject=letter.subject,
            new_text=letter.text,
            quoted=letter.quoted,
            html=letter.html,
            attachments=self._attachments(message_id, letter.files),
            raw=blob,
            in_reply_to=letter.thread[-1:],
            references=letter.thread,
            bounce=automation.bounce if automation else None,
            invitation=invitation,
        )
        facts = MessageFacts(
            message_id=message_id,
            channel="email",
            channel_id=self._cast.channel(self._script.inbox),
            received_at=letter.at,
            sent_at=letter.at.replace(microsecond=0),
            size=len(raw),
            automated=automation.sign if automation else None,
            automated_kind=automation.kind if automation else None,
            bounced_reply_id=automation.bounced_reply_id if automation else None,
            blobs=(blob.name, *(self._keep(message_id, file.content) for file in letter.files)),
        )
        return Inbound(facts, content)

    def _attachments(self, owner: UUID, files: tuple[File, ...]) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(
                id=derived_id(owner, f"attachment/{number}"),
                name=file.name,
                content_type=file.content_type,
                size=len(file.content),
                blob=f"{owner}/{file.digest}",
                content_id=file.content_id,
            )
            for number, file in enumerate(files, 1)
        )

    def _keep(self, owner: UUID, content: bytes) -> str:
        name = f"{owner}/{sha256(content).hexdigest()}"
        self._journal.blobs[name] = content
        return name


def _automation(step: Step) -> tuple[Automation | None, tuple[tuple[str, str], ...]]:
    if step.has("auto"):
        return Automation("auto-submitted", "auto_reply"), AWAY_HEADERS
    if step.has("list"):
        return Automation("precedence", "list"), LIST_HEADERS
    return None, ()
