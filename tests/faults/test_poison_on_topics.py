"""Nonsense on every topic ends where somebody can see it, and the good record after it is handled."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from events.codec import Header
from events.topics import (
    COMMAND_OUTCOMES,
    COMMANDS,
    CONTACTS,
    CONVERSATIONS,
    INBOUND_EMAIL,
    MAX_RECORD_BYTES,
    OUTBOUND_EMAIL,
    WORKSPACE,
    dead_letters,
)
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.log_probe import log_bounds
from service_kit.producer import partition_of
from service_kit.testing.log import letters, put
from service_kit.testing.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.faults, pytest.mark.timeout(240)]
VIEWS, DELIVERY, ADDRESSES = "inbox-projection.views", "ingest-email.delivery", "ingest-email.addresses"
REPORTS = "analytics.facts"
Poison = tuple[list[Header], bytes]


def headers(kind: str, version: str = "1") -> list[Header]:
    moment = b"2026-01-05T09:00:00+00:00"
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid4()).encode()),
        ("ce_source", b"postroom"),
        ("ce_type", kind.encode()),
        ("ce_time", moment),
        ("ce_version", version.encode()),
        ("ce_stream", str(uuid4()).encode()),
        ("ce_sequence", b"1"),
        ("ce_recordedat", moment),
        ("ce_workspaceid", str(uuid4()).encode()),
        ("ce_actor", b"system"),
        ("ce_correlationid", str(uuid4()).encode()),
        ("content-type", b"application/json"),
    ]


def poison(kind: str) -> list[Poison]:
    """Everything that can be wrong with a record that claims to be of this type."""
    huge = b'{"data":["' + b"x" * (MAX_RECORD_BYTES - 8_000) + b'"]}'
    return [
        (headers(kind), b"\xff\x00 this is not JSON"),
        (headers(kind), b'{"data":["a list is no event"]}'),
        ([], b"{}"),
        (headers("NobodyKnowsThis"), b'{"data":{}}'),
        (headers(kind, "99"), b'{"data":{}}'),
        (headers(kind), huge),
    ]


async def poisoned(live: LivePostroom, topic: str, kind: str, partition: int) -> set[int]:
    """Puts it into the partition; the offsets."""
    place = (topic, partition)
    _, first = (await log_bounds(live.kafka, [topic]))[place]
    await put(live.kafka, topic, *poison(kind), partition=partition)
    _, end = (await log_bounds(live.kafka, [topic]))[place]
    offsets = list(range(first, end))
    assert len(offsets) >= len(poison(kind))
    return set(offsets[: len(poison(kind))])


async def buried(live: LivePostroom, group: str, topic: str, offsets: set[int]) -> None:
    """Returns when these records are dead letters of the group."""

    async def all_there() -> bool:
        found = [dict(letter.headers) for letter in await letters(live.kafka, dead_letters(group).name)]
        return offsets <= {int(each["dl_offset"]) for each in found if each["dl_topic"] == topic.encode()}

    await until(all_there, seconds=60)


def partition_for(conversation_or_contact: str) -> int:
    return partition_of(str(UUID(conversation_or_contact)).encode(), 6)


def conversation(live: LivePostroom, desk: Desk, address: str) -> tuple[Customer, dict[str, Any]]:
    customer = Customer(live)
    customer.writes(address, "Before the poison", "All is well.")
    return customer, desk.conversation_of(customer)


async def test_nonsense_among_inbound_mails_is_quarantined(live: LivePostroom, address: str) -> None:
    with Desk(live) as desk:
        customer, _ = conversation(live, desk, address)
        tail = await letters(live.kafka, INBOUND_EMAIL.name)
        partition = next(record.partition for record in tail if customer.address.encode() in record.value)
        offsets = await poisoned(live, INBOUND_EMAIL.name, "MessageReceived", partition)
        customer.writes(address, "After the poison", "Still well.")
        eventually(lambda: len(desk.conversations_of(customer.address)) == 2, "the mail after it", 60)
        shown = quarantined(desk, INBOUND_EMAIL.name, partition)
        assert offsets <= shown.keys()
        one = shown[min(offsets)]
        assert "MalformedEvent" in one["reason"]
        assert b"this is not JSON" in desk.api.get(one["raw_url"].removeprefix("/api/v1")).content
        desk.ask("POST", f"/quarantine/{one['id']}/retry")
        assert min(offsets) in quarantined(desk, INBOUND_EMAIL.name, partition), "it is as bad as before"


async def test_nonsense_among_commands_is_quarantined(live: LivePostroom, address: str) -> None:
    with Desk(live) as desk:
        _, before = conversation(live, desk, address)
        partition = partition_for(before["id"])
        offsets = await poisoned(live, COMMANDS.name, "AddComment", partition)
        assert desk.do("PUT", f"/conversations/{before['id']}/labels/after")["labels"] == ["after"]
        eventually(lambda: offsets <= quarantined(desk, COMMANDS.name, partition).keys(), "all in quarantine", 60)


def quarantined(desk: Desk, topic: str, partition: int) -> dict[int, dict[str, Any]]:
    items = desk.get("/quarantine", limit=200)["items"]
    return {one["offset"]: one for one in items if (one["topic"], one["partition"]) == (topic, partition)}


def label(desk: Desk, before: dict[str, Any]) -> None:
    assert desk.do("PUT", f"/conversations/{before['id']}/labels/after")["labels"] == ["after"]


def rename(desk: Desk, before: dict[str, Any]) -> None:
    assert desk.do("PATCH", f"/contacts/{before['contact']['id']}", {"name": "New Name"})["name"] == "New Name"


def invite(desk: Desk, before: dict[str, Any]) -> None:
    assert desk.do("POST", "/teams", {"name": "After the poison"})["name"] == "After the poison"


@pytest.mark.parametrize(
    ("topic", "kind", "place", "good"),
    [
        (CONVERSATIONS.name, "LabelAdded", lambda before: partition_for(before["id"]), label),
        (CONTACTS.name, "ContactUpdated", lambda before: partition_for(before["contact"]["id"]), rename),
        (WORKSPACE.name, "ChannelChanged", lambda before: 0, invite),
        (COMMAND_OUTCOMES.name, "CommandHandled", None, label),
    ],
)
async def test_nonsense_for_the_views_becomes_dead_letters_and_the_views_go_on(
    live: LivePostroom,
    address: str,
    topic: str,
    kind: str,
    place: Callable[[dict[str, Any]], int] | None,
    good: Callable[[Desk, dict[str, Any]], None],
) -> None:
    with Desk(live) as desk:
        _, before = conversation(live, desk, address)
        offsets: set[int] = set()
        for partition in range(COMMAND_OUTCOMES.partitions) if place is None else [place(before)]:
            offsets = await poisoned(live, topic, kind, partition)
        good(desk, before)
    await buried(live, VIEWS, topic, offsets)
    if topic in (CONVERSATIONS.name, WORKSPACE.name):
        await buried(live, REPORTS, topic, offsets)


async def test_nonsense_about_addresses_becomes_dead_letters_and_new_addresses_work(
    live: LivePostroom, address: str
) -> None:
    offsets = await poisoned(live, WORKSPACE.name, "ChannelChanged", 0)
    about_us = offsets - {sorted(offsets)[3]}  # what it does not know may be about anything
    with Desk(live) as desk:
        inbox = desk.do("POST", "/inboxes", {"name": "After the poison"})
        customer = Customer(live)
        customer.writes(inbox["fallback_address"], "To the new address", "It works.")
        assert desk.conversation_of(customer)["inbox_id"] == inbox["id"]
    await buried(live, ADDRESSES, WORKSPACE.name, about_us)


async def test_nonsense_among_replies_becomes_dead_letters_and_the_next_reply_is_sent(
    live: LivePostroom, address: str
) -> None:
    with Desk(live) as desk:
        customer, before = conversation(live, desk, address)
        offsets = await poisoned(live, OUTBOUND_EMAIL.name, "ReplyQueued", partition_for(before["id"]))
        desk.reply(before["id"], "After the poison.")
        assert "After the poison." in customer.received().as_string()
    await buried(live, DELIVERY, OUTBOUND_EMAIL.name, offsets)
