"""What rules can know of a message, its conversation and the moment: one value for each fact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from events.inbound import MessageReceived
from events.rules import Fact, Value
from events.values import Address
from router.domain.conversation_state import Conversation
from router.domain.filters import is_automated
from router.domain.texts import mailbox_key

Kind = Literal["text", "list", "flag", "number"]

KINDS: Final[dict[Fact, Kind]] = {
    "message.subject": "text",
    "message.text": "text",
    "message.from": "text",
    "message.from_domain": "text",
    "message.to": "list",
    "message.cc": "list",
    "message.delivered_to": "text",
    "message.automated": "flag",
    "message.has_attachments": "flag",
    "message.is_first": "flag",
    "contact.known": "flag",
    "conversation.inbox_id": "text",
    "conversation.status": "text",
    "conversation.labels": "list",
    "conversation.priority": "text",
    "channel.kind": "text",
    "channel.id": "text",
    "time.hour": "number",
    "time.weekday": "number",
    "load.team_waiting": "number",
}
"""Every fact with the kind of its value."""

Facts = dict[Fact, Value]


def facts_of(
    message: MessageReceived,
    conversation: Conversation,
    *,
    is_first: bool,
    contact_known: bool,
    team_waiting: int,
    now: datetime,
) -> Facts:
    """The facts of a message in its conversation as it stands with the message in it.

    `message.text` is what the sender wrote; only where that is nothing (a bare forward) it is what they quoted, so
    that our own words in a quotation match no rule. `time.hour` is 0–23 and `time.weekday` 1–7 from Monday (ISO
    8601), both in UTC. `load.team_waiting` counts the open conversations of the inbox's first team that nobody has.
    """
    content = message.content
    sender = mailbox_key(content.sender.address)
    moment = now.astimezone(UTC)
    return {
        "message.subject": content.subject,
        "message.text": content.new_text if content.new_text.strip() else content.quoted,
        "message.from": sender,
        "message.from_domain": sender.rpartition("@")[2] if "@" in sender else "",
        "message.to": _addresses(content.to),
        "message.cc": _addresses(content.cc),
        "message.delivered_to": mailbox_key(content.delivered_to),
        "message.automated": is_automated(message.facts),
        "message.has_attachments": bool(content.attachments),
        "message.is_first": is_first,
        "contact.known": contact_known,
        "conversation.inbox_id": str(conversation.inbox_id),
        "conversation.status": conversation.status,
        "conversation.labels": tuple(sorted(conversation.labels)),
        "conversation.priority": conversation.priority,
        "channel.kind": message.facts.channel,
        "channel.id": str(message.facts.channel_id),
        "time.hour": moment.hour,
        "time.weekday": moment.isoweekday(),
        "load.team_waiting": team_waiting,
    }


def _addresses(addresses: tuple[Address, ...]) -> tuple[str, ...]:
    return tuple(mailbox_key(address.address) for address in addresses)
