"""Nothing is produced for nobody: every type has a golden event, a reader, and something that comes of it."""

from __future__ import annotations

from typing import Final

import pytest

import analytics.projector
from events import catalog, contracts
from events.topics import (
    COMMAND_OUTCOMES,
    CONTACTS,
    CONVERSATIONS,
    OUTBOUND_EMAIL,
    SIGNALS,
    TICKETS,
    TOPICS,
    WORKSPACE,
)
from inbox_projection import projector
from router.composition import COMMAND_TOPICS, INBOUND_TOPICS

OWN_STORE: Final = (CONVERSATIONS.name, TICKETS.name, CONTACTS.name, WORKSPACE.name, COMMAND_OUTCOMES.name)
READERS: Final[dict[str, tuple[str, ...]]] = {
    "router": (*COMMAND_TOPICS, *INBOUND_TOPICS, *OWN_STORE),
    "inbox-projection": (*projector.TOPICS, *projector.COUNTED_TOPICS),
    "inbox-projection.signals": (SIGNALS.name,),
    "ingest-email.delivery": (OUTBOUND_EMAIL.name,),
    "ingest-email.addresses": (WORKSPACE.name,),
    "analytics.facts": analytics.projector.TOPICS,
}
"""The topics that each consumer reads; the router reads its own events from its store."""
COPIED: Final = {"ReplyQueued": OUTBOUND_EMAIL.name}
"""Types that go to a second topic besides their family's."""
UNREAD: Final[dict[str, str]] = {}
"""Types that nobody makes anything of, each with the reason why it is written at all."""

Ignored = dict[str, dict[str, str]]


def topics_of(name: str) -> set[str]:
    """Where events of this type lie."""
    home = catalog.class_of(name).TOPIC.replace("{channel}", "email")
    return {home, COPIED[name]} if name in COPIED else {home}


@pytest.mark.parametrize("name", sorted(catalog.TYPES))
def test_every_type_is_consumed_by_somebody_or_is_listed_with_a_reason(name: str, ignored: Ignored) -> None:
    readers = {who for who, topics in READERS.items() if topics_of(name) & set(topics)}
    consuming = {who for who in readers if name not in ignored[who]}
    assert (consuming == set()) == (name in UNREAD), f"{name}: read by {readers or 'nobody'}, of use to {consuming}"
    assert all(UNREAD.values())


@pytest.mark.parametrize("name", sorted(catalog.TYPES))
def test_every_version_of_a_type_has_a_golden_event(name: str) -> None:
    for version in range(1, catalog.class_of(name).VERSION + 1):
        assert list(contracts.GOLDEN.glob(f"{name}.v{version}__*.json")), f"no golden event of version {version}"


def test_every_golden_event_is_given_to_tests(families: dict[str, str]) -> None:
    assert sorted(families.values()) == sorted(catalog.FAMILIES)
    given = {cls.__name__ for family in families.values() for cls in catalog.members(family)}
    assert {path.name.partition(".")[0] for path in contracts.GOLDEN.iterdir()} == given == set(catalog.TYPES)


def test_every_topic_is_read() -> None:
    assert {topic for topics in READERS.values() for topic in topics} == {topic.name for topic in TOPICS}


def test_what_a_consumer_ignores_is_on_a_topic_that_it_reads_and_has_a_reason(ignored: Ignored) -> None:
    assert set(ignored) == set(READERS)
    for who, types in ignored.items():
        for name, reason in types.items():
            assert topics_of(name) & set(READERS[who]) and reason, f"{who} never sees {name}"
