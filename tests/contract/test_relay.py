"""The relay forwards what the router stores: frames give back golden records, and the log shows them as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from events import catalog, codec, frame
from events.contracts import read_golden
from service_kit.relay_page import event_id

Relayed = Callable[..., list[SimpleNamespace]]


def check(path: Path, relayed: Relayed) -> None:
    """A golden record goes into a frame, out of it, and to its topic with nothing but its place added."""
    record = read_golden(path)
    headers = dict(record.headers)
    topic = catalog.class_of(headers["ce_type"].decode()).TOPIC
    state = frame.pack((topic,), b"lane", record)
    assert event_id(state) == headers["ce_id"].decode()
    kept = frame.unpack(state)
    assert (kept.topics, kept.key, kept.body) == ((topic,), b"lane", record.value)
    assert [(name, value) for name, value in kept.headers] == record.headers

    (shown,) = relayed((topic,), record)
    assert (shown.topic, shown.key, shown.value) == (topic, b"lane", record.value)
    assert dict(shown.headers) == headers | {"ce_store": b"main/1", "ce_position": b"1"}
    stored, seen = (codec.decode(each, record.value) for each in (record.headers, shown.headers))
    assert (seen.data, seen.id, seen.store, seen.position) == (stored.data, stored.id, "main/1", 1)


def test_events_of_conversations_are_forwarded(conversation_event: Path, relayed: Relayed) -> None:
    check(conversation_event, relayed)


def test_events_of_quarantined_records_are_forwarded(quarantine_event: Path, relayed: Relayed) -> None:
    check(quarantine_event, relayed)


def test_events_of_contacts_are_forwarded(contact_event: Path, relayed: Relayed) -> None:
    check(contact_event, relayed)


def test_events_of_tickets_are_forwarded(ticket_event: Path, relayed: Relayed) -> None:
    check(ticket_event, relayed)


def test_events_of_the_workspace_are_forwarded(workspace_event: Path, relayed: Relayed) -> None:
    check(workspace_event, relayed)


def test_mails_to_agents_are_forwarded(system_mail_event: Path, relayed: Relayed) -> None:
    check(system_mail_event, relayed)


def test_outcomes_are_forwarded(outcome_event: Path, relayed: Relayed) -> None:
    check(outcome_event, relayed)
