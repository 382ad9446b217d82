"""The committed contracts: schemas, golden events, and that old and new readers and writers understand each other."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events import catalog, codec, contracts
from events.conversations import TOPIC as CONVERSATIONS
from events.envelope import Command, Event
from events.errors import MalformedEvent, UnknownEventVersion
from events.testing import EXAMPLE_KEY, EXAMPLE_KEY_ID, envelope, example
from events.topics import ALL, BY_NAME
from events.upcasting import UPCASTERS, upcast

KEYS = {EXAMPLE_KEY_ID: EXAMPLE_KEY}
TYPES = sorted(catalog.TYPES.items())
GOLDEN = sorted(contracts.GOLDEN.glob("*.json"))
REMEDY = "run `make schemas` and commit what it writes"
UNSEALED = {"inbound", "commands"}
PERSONAL_WORDS = ("address", "email_hash", "handle_hash", "sender", "recipient", "phone")


@pytest.mark.parametrize(("name", "cls"), TYPES)
def test_the_committed_schema_is_true(name: str, cls: type[Event]) -> None:
    path = contracts.schema_path(cls)
    assert path.exists(), REMEDY
    assert path.read_text("utf-8") == contracts.schema_text(cls), REMEDY


@pytest.mark.parametrize(("name", "cls"), TYPES)
def test_every_type_has_a_golden_event(name: str, cls: type[Event]) -> None:
    assert contracts.golden_paths(cls), REMEDY


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_event_still_decodes(path: Path) -> None:
    record = contracts.read_golden(path)
    opened = codec.decode(record.headers, record.value, KEYS)
    name, _, version = path.stem.partition("__")[0].rpartition(".v")
    assert opened.type == name
    assert int(version) <= opened.version
    if catalog.personal_type(type(opened.data)) is not None:
        assert opened.data.personal is not None


@pytest.mark.parametrize(("name", "cls"), TYPES)
def test_an_old_reader_ignores_a_field_that_a_new_writer_adds(name: str, cls: type[Event]) -> None:
    record = codec.encode(envelope(example(cls)), EXAMPLE_KEY)
    value = json.loads(record.value)
    value["data"]["a_field_of_tomorrow"] = {"deep": [1]}
    assert codec.decode(record.headers, json.dumps(value).encode(), KEYS) == envelope(example(cls))


@pytest.mark.parametrize(("name", "cls"), TYPES)
def test_a_new_reader_fills_what_an_old_writer_left_out(name: str, cls: type[Event]) -> None:
    for field in msgspec.structs.fields(cls):
        record = codec.encode(envelope(example(cls)), EXAMPLE_KEY)
        value = json.loads(record.value)
        value["data"].pop(field.encode_name, None)
        if field.required and field.name != "personal":
            with pytest.raises(MalformedEvent):
                codec.decode(record.headers, json.dumps(value).encode(), KEYS)
        else:
            codec.decode(record.headers, json.dumps(value).encode(), KEYS)


def without_renaming(data: dict[str, Any]) -> dict[str, Any]:
    """LabelAdded version 1 in this test called its field `tag`."""
    return {"label": data["tag"]}


def test_an_old_version_is_upcast_and_then_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    added = catalog.TYPES["LabelAdded"]
    monkeypatch.setattr(added, "VERSION", 3)
    old = codec.encode(envelope(example(added)))
    headers = [(name, b"1" if name == "ce_version" else raw) for name, raw in old.headers]
    chain = {("LabelAdded", 1): without_renaming, ("LabelAdded", 2): lambda data: {"label": data["label"].lower()}}
    opened = codec.open_(codec.parse(headers, b'{"data":{"tag":"VIP"}}'), upcasters=chain)
    assert opened.data.label == "vip"


def test_a_missing_step_between_versions_is_named() -> None:
    with pytest.raises(UnknownEventVersion, match="from LabelAdded version 1 to 2"):
        upcast("LabelAdded", 1, 3, {}, {})


def test_every_old_version_has_its_upcaster() -> None:
    for name, cls in TYPES:
        for version in range(1, cls.VERSION):
            assert (name, version) in UPCASTERS, f"{name} version {version} cannot become {version + 1}"


@pytest.mark.parametrize(("name", "cls"), TYPES)
def test_every_event_names_a_declared_topic(name: str, cls: type[Event]) -> None:
    topic = cls.TOPIC.replace("{channel}", "email")
    assert topic in BY_NAME


def test_sealed_topics_carry_no_personal_field_in_their_data() -> None:
    sealed = [cls for family in catalog.FAMILIES if family not in UNSEALED for cls in catalog.members(family)]
    channel_addresses = {"FallbackAddressIssued.address", "ChannelTestStarted.address"}
    for cls in sealed:
        for field in msgspec.structs.fields(cls):
            named = f"{cls.__name__}.{field.name}"
            personal = any(word in field.name for word in PERSONAL_WORDS)
            assert not personal or named in channel_addresses, f"{named} looks personal: put it into `personal`"


def test_personal_classes_are_only_ever_sealed() -> None:
    sealed = [cls for family in catalog.FAMILIES if family not in UNSEALED for cls in catalog.members(family)]
    for cls in sealed:
        for field in msgspec.structs.fields(cls):
            if field.name != "personal":
                assert "Personal" not in {base.__name__ for base in getattr(field.type, "__mro__", ())}


def test_type_names_are_unique_over_all_families() -> None:
    names = [cls.__name__ for family in catalog.FAMILIES for cls in catalog.members(family)]
    assert len(names) == len(set(names))


def test_every_declared_event_is_in_the_catalog() -> None:
    def descendants(cls: type) -> set[type]:
        return {each for sub in cls.__subclasses__() for each in {sub, *descendants(sub)}}

    ours = {cls for base in (Event, Command) for cls in descendants(base) if cls.__module__.startswith("events.")}
    assert {cls.__name__ for cls in ours} == set(catalog.TYPES)


def test_topics_are_declared_once_and_conversations_are_kept_for_ever() -> None:
    names = [topic.name for topic in ALL]
    assert len(names) == len(set(names))
    assert BY_NAME[CONVERSATIONS].retention_ms is None
