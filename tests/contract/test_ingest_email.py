"""ingest-email reads replies to deliver, and of the workspace which addresses there are: golden events reach both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import codec, frame
from events.contracts import read_golden
from events.conversations import ReplyQueued, ReplyReleased
from events.errors import MalformedEvent
from events.sealing import DataKey, Erased
from events.testing import EXAMPLE_KEY_ID, envelope
from events.topics import CONVERSATIONS, OUTBOUND_EMAIL, WORKSPACE
from events.workspace import ChannelConnected, EmailSettings
from ingest_email.addresses import AddressBook, Found
from ingest_email.deliver import queued
from ingest_email.workspace_reader import WorkspaceReader
from service_kit.view_batch import Arrived

Arrive = Callable[..., list[Arrived]]
Relayed = Callable[..., list[SimpleNamespace]]
Before = Callable[[Any], tuple[Any, ...]]
Ring = Mapping[UUID, DataKey | Erased]
OURS = EmailSettings(address="before@acme.test")
OTHER_KINDS = {"ChannelConnected.v1__example": "a chat, which has no mail address of its own"}
"""Golden events whose content, not their type, says nothing of mail addresses."""


def test_a_reply_becomes_a_row_to_deliver_and_anything_else_a_dead_letter(
    conversation_event: Path, keys: Ring, arrived: Arrive
) -> None:
    golden = read_golden(conversation_event)
    (record,) = arrived((CONVERSATIONS.name, OUTBOUND_EMAIL.name), golden, keys=keys)
    assert record.envelope is not None and record.topic == OUTBOUND_EMAIL.name
    held = keys[EXAMPLE_KEY_ID]
    key = held if isinstance(held, DataKey) else None
    if not isinstance(record.envelope.data, ReplyQueued | ReplyReleased):
        with pytest.raises(MalformedEvent, match=f"holds a {record.envelope.type}, no reply"):
            queued(record.envelope, key)
        return
    row, reply = queued(record.envelope, key), record.envelope.data
    assert (row.reply_id, row.conversation_id) == (reply.reply_id, reply.conversation_id)
    assert (row.event_id, row.correlation_id) == (record.envelope.id, record.envelope.correlation_id)
    kept = frame.unpack(row.record)
    again = codec.decode(kept.headers, kept.body, keys)
    assert again.data == reply and (again.data.personal is not None) == (key is not None)
    assert codec.parse(kept.headers, kept.body).key_id == (EXAMPLE_KEY_ID if key is not None else None)


def test_a_mail_to_an_agent_becomes_a_row_of_its_own_lane(system_mail_event: Path, keys: Ring, arrived: Arrive) -> None:
    golden = read_golden(system_mail_event)
    (record,) = arrived((OUTBOUND_EMAIL.name,), golden, keys=keys)
    assert record.envelope is not None
    row, mail = queued(record.envelope, None), record.envelope.data
    assert (row.reply_id, row.conversation_id, row.channel_id) == (mail.mail_id, mail.mail_id, None)
    kept = frame.unpack(row.record)
    assert codec.decode(kept.headers, kept.body, {}).data == mail


def test_a_record_without_an_envelope_is_no_reply() -> None:
    with pytest.raises(MalformedEvent, match="holds a record, no reply"):
        queued(None, None)


class Reading:
    """What two addresses, the golden event's own and one of before, lead to before and after a golden event."""

    def __init__(self, golden: codec.Record, before: Before, relayed: Relayed) -> None:
        event = codec.decode(golden.headers, golden.value).data
        inbox_id = getattr(event, "inbox_id", UUID(int=1))
        settings = getattr(event, "email", None)
        self.addresses = (OURS.address, getattr(event, "address", "") or (settings.address if settings else ""))
        connected = ChannelConnected(channel_id=UUID(int=2), inbox_id=inbox_id, kind="email", email=OURS)
        earlier = before(event) or (connected,)
        if not any(isinstance(each, ChannelConnected) for each in earlier):
            earlier = (*earlier, connected)
        records = [codec.encode(envelope(each, sequence=number)) for number, each in enumerate(earlier, start=1)]
        self.reader = WorkspaceReader(AddressBook())
        shown = relayed((WORKSPACE.name,), *records, golden)
        self.reader.read(shown[:-1])
        self.before = self._found()
        self.reader.read(shown[-1:])
        self.after = self._found()

    def _found(self) -> list[Found | None]:
        return [self.reader.book.find(address) for address in self.addresses]


def test_the_addresses_follow_the_events_about_them_and_no_others(
    workspace_event: Path, before: Before, relayed: Relayed, ignored: dict[str, dict[str, str]]
) -> None:
    golden = read_golden(workspace_event)
    reading = Reading(golden, before, relayed)
    assert reading.before[0] is not None
    assert not reading.reader.doubtful and reading.reader.unreadable == []
    kind = dict(golden.headers)["ce_type"].decode()
    unrelated = kind in ignored["ingest-email.addresses"] or workspace_event.stem in OTHER_KINDS
    assert (reading.after == reading.before) == unrelated


def test_a_golden_channel_that_were_one_for_mail_would_have_its_address(
    workspace_event: Path, before: Before, relayed: Relayed
) -> None:
    opened = codec.decode(*_parts(workspace_event))
    if not isinstance(opened.data, ChannelConnected):
        return
    mail = codec.encode(replace(opened, data=replace(opened.data, kind="email")))
    reading = Reading(mail, before, relayed)
    assert opened.data.email is not None and reading.before[1] is None
    found = reading.after[1]
    assert found is not None and found.ours.channel_id == opened.data.channel_id


def _parts(path: Path) -> tuple[list[codec.Header], bytes]:
    record = read_golden(path)
    return record.headers, record.value
