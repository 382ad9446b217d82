"""Shapes of what agents send: replies, first messages, forwards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from events.conversations import Then
from events.values import Address as MailAddress
from inbox_projection.api.models.common import Asked, Given, Instant, Line, Text, example
from inbox_projection.api.models.conversations import Address, File, Person, Recipients, mailbox

Written = Annotated[Text, StringConstraints(max_length=200_000)]
WrittenHtml = Annotated[Text, StringConstraints(max_length=300_000)]
Files = Annotated[list[UUID], Field(max_length=50)]
Typed = Annotated[list[Annotated[Text, StringConstraints(max_length=500)]], Field(max_length=50)]
OneOrMore = Annotated[Recipients, Field(min_length=1)]


class ThenAsked(Asked):
    """What becomes of the conversation with the reply. It is open again when the reply fails or is cancelled."""

    status: Literal["resolved", "snoozed"]
    until: Instant | None = Field(None, description="For snoozed: null is until they answer.")

    @model_validator(mode="after")
    def _only_a_snooze_ends(self) -> ThenAsked:
        if self.until is not None and self.status != "snoozed":
            raise ValueError("only a snoozed conversation has a time")
        return self

    def wish(self) -> Then:
        return Then(status=self.status, until=self.until)


class ReplyNew(Asked):
    """Recipients left out are those of a reply to all; `to` without `cc` means no Cc."""

    model_config = example(html="<p>It is on its way.</p>", cc=["Ann <ann@client.example>"])
    text: Written = Field("", description="Left out or blank, it is made from `html`.")
    html: WrittenHtml | None = Field(None, description='Images in place: `<img src="cid:<id of an upload>">`.')
    attachment_ids: Files = Field(default_factory=list)
    to: OneOrMore | None = None
    cc: Recipients | None = None
    bcc: Recipients = Field(default_factory=list)
    reply_all: bool = True
    from_channel_id: UUID | None = Field(None, description="A connected address of the inbox; else the one written to.")
    undo_seconds: Annotated[int, Field(ge=0, le=30)] = Field(0, description="So long it can be cancelled.")
    send_at: Instant | None = Field(None, description="Sent then; at most 366 days from now, without undo_seconds.")
    then: ThenAsked | None = None

    @staticmethod
    def chosen(recipients: Recipients | None) -> tuple[MailAddress, ...] | None:
        """The recipients as addresses; None stays None."""
        return None if recipients is None else tuple(mailbox(one) for one in recipients)


class ConversationNew(Asked):
    """A first message, by mail."""

    model_config = example(
        inbox_id="01957a00-0000-7000-8000-000000000002",
        to=["Ann <ann@client.example>"],
        subject="Your offer",
        text="Dear Ann,",
    )
    inbox_id: UUID
    channel_id: UUID | None = Field(None, description="The address that writes; else the inbox's first.")
    to: OneOrMore
    cc: Recipients = Field(default_factory=list)
    bcc: Recipients = Field(default_factory=list)
    subject: Annotated[Line, StringConstraints(max_length=500)]
    text: Written = Field("", description="Left out or blank, it is made from `html`.")
    html: WrittenHtml | None = Field(None, description='Images in place: `<img src="cid:<id of an upload>">`.')
    attachment_ids: Files = Field(default_factory=list)
    assignee_id: UUID | None = Field(None, description="Left out: you; null: nobody.")
    undo_seconds: Annotated[int, Field(ge=0, le=30)] = Field(0, description="So long it can be cancelled.")
    send_at: Instant | None = Field(None, description="Sent then; at most 366 days from now, without undo_seconds.")
    then: ThenAsked | None = None


class ForwardNew(Asked):
    """Your note and the messages of the conversation that it carries."""

    message_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    to: OneOrMore
    cc: Recipients = Field(default_factory=list)
    bcc: Recipients = Field(default_factory=list)
    text: Annotated[Text, StringConstraints(max_length=50_000)] = ""
    attachment_ids: Files = Field(default_factory=list)
    undo_seconds: Annotated[int, Field(ge=0, le=30)] = Field(0, description="So long it can be cancelled.")


DraftMode = Literal["reply", "reply_all", "forward", "comment"]


class DraftAsked(Asked):
    """What is written and not sent: a mail as far as it goes, whose recipients may still be wrong, and beside it a
    comment, which is never part of the mail."""

    mode: Annotated[DraftMode, Field(description="What the agent was about to do.")] = "reply_all"
    text: Written = ""
    html: WrittenHtml | None = None
    to: Typed = Field(default_factory=list)
    cc: Typed = Field(default_factory=list)
    bcc: Typed = Field(default_factory=list)
    attachment_ids: Files = Field(default_factory=list)
    message_ids: Files = Field(default_factory=list, description="Of a forward: what it carries.")
    comment: Annotated[Text, StringConstraints(max_length=50_000)] = ""
    mentions: Files = Field(default_factory=list, description="Of the comment.")
    channel_id: UUID | None = Field(None, description="The chosen address that is to speak.")
    seen_sequence: Annotated[int, Field(ge=0, lt=10**9)] | None = Field(
        None, description="What had been said up to here was known when the mail was begun."
    )


class Draft(Given):
    """`attachments` are the files that still exist."""

    mode: DraftMode
    text: str
    html: str | None
    to: list[str]
    cc: list[str]
    bcc: list[str]
    attachment_ids: list[UUID]
    attachments: list[File]
    message_ids: list[UUID]
    comment: str
    mentions: list[UUID]
    channel_id: UUID | None
    seen_sequence: int | None
    updated_at: datetime | None


class FirstDraftAsked(Asked):
    """A first message as far as it is written."""

    inbox_id: UUID | None = None
    channel_id: UUID | None = None
    to: Typed = Field(default_factory=list)
    cc: Typed = Field(default_factory=list)
    bcc: Typed = Field(default_factory=list)
    subject: Annotated[Text, StringConstraints(max_length=500)] = ""
    text: Written = ""
    html: WrittenHtml | None = None
    attachment_ids: Files = Field(default_factory=list)


class FirstDraft(Given):
    inbox_id: UUID | None
    channel_id: UUID | None
    to: list[str]
    cc: list[str]
    bcc: list[str]
    subject: str
    text: str
    html: str | None
    attachment_ids: list[UUID]
    attachments: list[File]
    updated_at: datetime | None


class DraftedIn(Given):
    """The conversation of a draft."""

    id: UUID
    number: int
    inbox_id: UUID
    subject: str
    contact: Person


class DraftListed(Given):
    """What you write and have not sent: in a conversation, or as a first message."""

    conversation: DraftedIn | None = Field(description="Null: a first message.")
    kind: Literal["reply", "forward", "comment", "first_message"]
    inbox_id: UUID | None
    subject: str
    to: list[str] = Field(description="As they were typed.")
    excerpt: str = Field(description="How it begins, in one line.")
    updated_at: datetime


class SendingAddress(Given):
    channel_id: UUID
    address: str
    from_name: str


class Answering(Given):
    """With what a reply would go out now. `to` is empty where nobody is left to answer."""

    to: list[Address]
    cc: list[Address] = Field(description="Of a reply to all.")
    subject: str
    channel_id: UUID | None = Field(description="The address that would speak; null: the inbox has none left.")
    addresses: list[SendingAddress] = Field(description="From which a reply can be sent.")


class Confirmation(Asked):
    arrived: bool
