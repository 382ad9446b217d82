"""Builders for tests of the write side: a small company, its customers, and what they send; defaults read as a story.

Ada (administrator) and Bob are in the team "Helpers", which serves the inbox "Support"; Cleo is in no team. Rosa is a
customer, Sam another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar
from uuid import UUID, uuid5

import msgspec

from events import workspace as w
from events.conversations import ConversationOpened, MessageAppended, OpenedContent, ReplyContent, ReplyQueued
from events.envelope import SYSTEM, Actor, Command, Envelope
from events.inbound import MessageReceived
from events.rules import Action, Condition, Rule
from events.values import Address, MessageContent, MessageFacts
from events.workspace import EmailSettings, WorkspaceEvent
from router.domain.house import House
from router.domain.workspace import EMPTY, Workspace, evolve

C = TypeVar("C", bound=Command)

_NAMES = UUID("5f0c0ffe-e000-4000-8000-000000000000")


def an_id(name: str) -> UUID:
    """The id that goes by this name in tests."""
    return uuid5(_NAMES, name)


NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOMORROW = NINE + timedelta(days=1)

WORKSPACE = an_id("workspace")
SUPPORT, SALES = an_id("support"), an_id("sales")
HELPERS, SELLERS = an_id("helpers"), an_id("sellers")
ADA, BOB, CLEO = an_id("ada"), an_id("bob"), an_id("cleo")
SUPPORT_MAIL, SUPPORT_FALLBACK = an_id("support mail"), an_id("support fallback")
SALES_FALLBACK = an_id("sales fallback")
CONVERSATION, OTHER_CONVERSATION = an_id("conversation"), an_id("other conversation")
ROSA, SAM = an_id("rosa"), an_id("sam")
REPLY = an_id("reply")

SUPPORT_ADDRESS = "support@acme.test"
FALLBACK_ADDRESS = "support-abc234@in.postroom.test"
ROSA_ADDRESS, SAM_ADDRESS = "rosa@customer.test", "sam@elsewhere.test"

HOUSE = House(
    mail_domain="in.postroom.test",
    derived_id=uuid5,
    message_id=lambda reply_id, conversation_id: f"{reply_id.hex}.{conversation_id.hex}@in.postroom.test",
    reply_address=lambda address, conversation_id: address.replace("@", f"+{conversation_id.hex}@"),
    side_message_id=lambda reply_id, conversation_id: f"{reply_id.hex}.side.{conversation_id.hex}@in.postroom.test",
)


def conversation_of(external_id: str) -> UUID | None:
    """The inverse of HOUSE.message_id: whose conversation a Message-ID of ours is."""
    local, _, domain = external_id.rpartition("@")
    return UUID(local.rpartition(".")[2]) if domain == HOUSE.mail_domain else None


def command(data: C, *, by: UUID | None = ADA, at: datetime = NINE, on: UUID = CONVERSATION) -> Envelope[C]:
    """The command as it comes off the bus; by nobody: by the system."""
    command_id = an_id(f"{data!r} by {by} at {at}")
    return Envelope(
        id=command_id,
        stream=on,
        occurred_at=at,
        recorded_at=at,
        workspace_id=WORKSPACE,
        actor=SYSTEM if by is None else Actor("agent", str(by)),
        correlation_id=command_id,
        data=data,
    )


def facts(name: str = "first", **changes: Any) -> MessageFacts:
    default = MessageFacts(message_id=an_id(name), channel="email", channel_id=SUPPORT_MAIL, received_at=NINE)
    return msgspec.structs.replace(default, **changes)


def content(
    name: str = "first", *, sender: str = ROSA_ADDRESS, to: Iterable[str] = (SUPPORT_ADDRESS,), **changes: Any
) -> MessageContent:
    default = MessageContent(
        external_id=f"{name}@customer.test",
        sender=Address(sender, "Rosa" if sender == ROSA_ADDRESS else ""),
        to=tuple(Address(address) for address in to),
        delivered_to=SUPPORT_ADDRESS,
        subject="My parcel",
        new_text="Where is it?",
    )
    return msgspec.structs.replace(default, **changes)


def mail(
    name: str = "first",
    *,
    inbox: UUID = SUPPORT,
    reply_to_conversation: UUID | None = None,
    known: dict[str, Any] | None = None,
    **changes: Any,
) -> Envelope[MessageReceived]:
    """A mail to Support; `known` changes its facts, other keywords its content."""
    event_id = an_id(f"mail {name}")
    return Envelope(
        id=event_id,
        stream=event_id,
        occurred_at=NINE,
        recorded_at=NINE,
        workspace_id=WORKSPACE,
        actor=Actor("contact"),
        correlation_id=event_id,
        data=MessageReceived(
            inbox_id=inbox,
            dedupe_key=name,
            facts=facts(name, **(known or {})),
            content=content(name, **changes),
            reply_to_conversation=reply_to_conversation,
        ),
    )


def opened(**changes: Any) -> ConversationOpened:
    default = ConversationOpened(
        number=1,
        inbox_id=SUPPORT,
        contact_id=ROSA,
        channel="email",
        channel_id=SUPPORT_MAIL,
        message=facts(),
        personal=OpenedContent(subject="My parcel", message=content()),
    )
    return msgspec.structs.replace(default, **changes)


def appended(name: str = "second", by: UUID = ROSA) -> MessageAppended:
    return MessageAppended(contact_id=by, message=facts(name), personal=content(name))


def reply_content(**changes: Any) -> ReplyContent:
    default = ReplyContent(
        external_id="",
        sender=Address(SUPPORT_ADDRESS, "Acme"),
        to=(Address(ROSA_ADDRESS, "Rosa"),),
        subject="Re: My parcel",
        text="It is on its way.",
    )
    return msgspec.structs.replace(default, **changes)


def queued(reply: UUID = REPLY) -> ReplyQueued:
    return ReplyQueued(
        reply_id=reply,
        conversation_id=CONVERSATION,
        inbox_id=SUPPORT,
        channel="email",
        channel_id=SUPPORT_MAIL,
        agent_id=ADA,
        personal=reply_content(external_id=HOUSE.message_id(reply, CONVERSATION)),
    )


def available(*agents: UUID) -> tuple[WorkspaceEvent, ...]:
    return tuple(w.AgentAvailabilityChanged(agent_id=agent, state="available") for agent in agents)


ACME: tuple[WorkspaceEvent, ...] = (
    w.AgentInvited(agent_id=ADA, role="administrator"),
    w.AgentInvited(agent_id=BOB, role="agent"),
    w.AgentInvited(agent_id=CLEO, role="agent"),
    w.TeamCreated(team_id=HELPERS, name="Helpers", member_ids=(ADA, BOB)),
    w.TeamCreated(team_id=SELLERS, name="Sellers", member_ids=(BOB,)),
    w.InboxCreated(inbox_id=SUPPORT, name="Support", slug="support"),
    w.FallbackAddressIssued(inbox_id=SUPPORT, channel_id=SUPPORT_FALLBACK, address=FALLBACK_ADDRESS),
    w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA, BOB)),
    w.ChannelConnected(
        channel_id=SUPPORT_MAIL, inbox_id=SUPPORT, kind="email", email=EmailSettings(address=SUPPORT_ADDRESS)
    ),
    w.InboxCreated(inbox_id=SALES, name="Sales", slug="sales"),
    w.FallbackAddressIssued(inbox_id=SALES, channel_id=SALES_FALLBACK, address="sales-xyz765@in.postroom.test"),
)

NO_FIRST_ANSWER = w.InboxChanged(
    inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA, BOB), assign_first_answer=False
)
"""Support as it is where who answers first gets nothing by it."""

WITH_CLEO = w.InboxChanged(inbox_id=SUPPORT, name="Support", team_ids=(HELPERS,), member_ids=(ADA, BOB, CLEO))
"""Support since Cleo belongs to it, too."""


def a_workspace(*more: WorkspaceEvent) -> Workspace:
    """The company after what happened besides."""
    return reduce(evolve, (*ACME, *more), EMPTY)


def a_rule(name: str, when: Condition, *then: Action, stop: bool = False, enabled: bool = True) -> Rule:
    return Rule(id=an_id(f"rule {name}"), name=name, when=when, then=then, stop=stop, enabled=enabled)
