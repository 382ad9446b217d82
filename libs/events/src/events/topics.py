"""Topics as data: names, partitions, retention. Partition counts never change; a wider topic is …v2."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 24 * 3600 * 1000
HOUR = 3600 * 1000
MAX_RECORD_BYTES = 2 * 1024 * 1024
MAX_EVENT_BYTES = 512 * 1000


@dataclass(frozen=True)
class Topic:
    """`retention_ms` None keeps records for ever; `key` and `contents` are words for the reference."""

    name: str
    partitions: int
    retention_ms: int | None
    key: str
    contents: str
    sealed: bool


INBOUND_EMAIL = Topic("inbound.email.v1", 6, 14 * DAY, "keyed hash of (inbox, sender); conversation id", "facts", False)
COMMANDS = Topic("commands.v1", 6, 14 * DAY, "target stream id", "commands", False)
CONVERSATIONS = Topic("conversations.v1", 6, None, "conversation id", "conversation events", True)
TICKETS = Topic("tickets.v1", 6, None, "ticket id", "ticket events", True)
CONTACTS = Topic("contacts.v1", 6, None, "contact id", "contact events", True)
WORKSPACE = Topic("workspace.v1", 1, None, "workspace id", "workspace events", True)
OUTBOUND_EMAIL = Topic("outbound.email.v1", 6, 14 * DAY, "conversation id", "what to deliver, what to read anew", True)
SIGNALS = Topic("signals.v1", 6, HOUR, "conversation id", "presence; never routed", False)
COMMAND_OUTCOMES = Topic("command-outcomes.v1", 6, DAY, "command id", "outcomes", True)

TOPICS: tuple[Topic, ...] = (
    INBOUND_EMAIL,
    COMMANDS,
    CONVERSATIONS,
    TICKETS,
    CONTACTS,
    WORKSPACE,
    OUTBOUND_EMAIL,
    COMMAND_OUTCOMES,
    SIGNALS,
)
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}


def dead_letters(group: str) -> Topic:
    """The dead-letter topic of a consumer group: raw bytes, with the reason in the headers."""
    return Topic(f"dead-letters.{group}.v1", 1, 14 * DAY, "original key", f"what {group} could not handle", False)


DEAD_LETTERS: tuple[Topic, ...] = tuple(
    dead_letters(group)
    for group in ("inbox-projection.views", "ingest-email.delivery", "ingest-email.addresses", "analytics.facts")
)
ALL: tuple[Topic, ...] = TOPICS + DEAD_LETTERS


def inbound(channel: str) -> str:
    return f"inbound.{channel}.v1"


def outbound(channel: str) -> str:
    return f"outbound.{channel}.v1"
