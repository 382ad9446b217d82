"""The router reads commands and inbound facts: every golden one is decided, and what comes of it can be stored."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import codec, commands, frame, inbound
from events import conversations as e
from events.contact_commands import RemoveContactAddress
from events.contracts import GOLDEN, read_golden
from events.pipelines import DEFAULT_STAGES
from events.sealing import KEY_BYTES, DataKey
from events.testing import WORKSPACE_ID, envelope, example
from events.topics import COMMANDS, INBOUND_EMAIL
from events.values import Address
from events.workspace import EmailFilter
from router import bulk
from router.asking import want
from router.domain.testing import HOUSE, conversation_of
from router.domain.workspace import EMPTY
from router.hashes import Hashes
from router.lookup_rows import Known, Writes
from router.queued_replies import SENDING
from router.records import Admit, Ask, Broken, Decoder, Handled, Item, Mail, ParsedAnew, Report, Retry
from router.routing import handle
from router.rows import Rows
from router.sealing import key_ids, outcomes_of, sealed
from router.states import States
from router.testing_golden import MAIL, NOW, surroundings
from router.working_set import WorkingSet

HASHES: Final = Hashes("a secret of the tests")
DECODER: Final = Decoder(HASHES, conversation_of, WORKSPACE_ID)
FILTER: Final = EmailFilter(id=UUID(int=3), kind="block", field="domain", value="acme.test")
ROSA: Final = Address("rosa@acme.test")
REPLY: Final = replace(example(commands.SendReply).content, sender=Address(MAIL.address), to=(ROSA,), cc=(), bcc=())
REFUSED: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "CreateContact.v1__example": ("invalid.contact-handle-invalid", {"handles": (), "properties": None}),
    "CreateCompany.v1__example": ("invalid.company-domain-invalid", {"domains": ()}),
    "ChangeCompany.v1__example": ("invalid.company-domain-invalid", {"domains": ()}),
    "DefineContactProperty.v1__example": ("invalid.contact-property-invalid", {"choices": ()}),
    "SendReply.v1__example": ("invalid.recipient-invalid", {"content": REPLY}),
    "ForwardMessages.v1__example": ("invalid.recipient-invalid", {"content": REPLY}),
    "StartConversation.v1__example": (
        "invalid.recipient-invalid",
        {"content": replace(REPLY, sender=Address("before@acme.test"))},
    ),
    "SnoozeConversation.v1__example": ("invalid.snooze-in-the-past", {"until": NOW}),
    "InviteAgent.v1__example": ("invalid.email-invalid", {"email": "bob@acme.test"}),
    "ChangeProfile.v1__example": (
        "invalid.email-invalid",
        {"email": "bob@acme.test", "language": "en", "time_zone": "UTC"},
    ),
    "ConnectChannel.v1__example": ("invalid.channel-kind-not-offered", {"kind": "email", "email": MAIL}),
    "SetEmailFilters.v1__example": ("precondition_failed.filters-changed", {"version": 0, "filters": (FILTER,)}),
    "SetNotificationPreferences.v1__example": (
        "forbidden.not-your-own",
        {"agent_id": UUID("01900000-0000-7000-8000-000000000a01")},
    ),
    "SetAvatar.v1__example": (
        "forbidden.not-your-own",
        {
            "agent_id": UUID("01900000-0000-7000-8000-000000000a01"),
            "image": b"RIFF",
            "content_type": "image/webp",
        },
    ),
    "RemoveAvatar.v1__example": (
        "forbidden.not-your-own",
        {"agent_id": UUID("01900000-0000-7000-8000-000000000a01")},
    ),
    "ChangeChannel.v1__example": ("invalid.channel-address-invalid", {"email": MAIL}),
    "AddContactAddress.v1__example": ("invalid.contact-handle-invalid", {"address": "rosa@work.test"}),
    "CreatePipeline.v1__example": ("invalid.stages-invalid", {"stages": DEFAULT_STAGES}),
    "ChangePipeline.v1__example": ("invalid.stages-invalid", {"stages": DEFAULT_STAGES}),
}
"""Golden commands that are refused for what they say, the code, and what they would have to say to be obeyed."""
NOTHING_DUE: Final = {"SendNotificationMail"}
"""What makes events only of rows that are due."""
SHOWN_NOWHERE: Final = {"SendAccountMail", *NOTHING_DUE}
"""What comes of these is for who delivers it: no view has it."""
REPORTED: Final = {
    "MessageReceived": ("ContactCreated", "ConversationOpened", "ConversationRouted"),
    "MessageParsedAnew": ("ContactCreated", "ConversationOpened", "ConversationRouted", "QuarantineReleased"),
    "DeliveryAttempted": ("ReplySending",),
    "DeliveryAccepted": ("ReplySent",),
    "DeliveryUncertain": ("ReplyUncertain",),
    "DeliveryConfirmed": ("ReplyDelivered",),
    "DeliveryRefused": ("ReplyFailed",),
    "ChannelHealthChanged": ("ChannelHealthNoted",),
    "ChannelTestReported": ("ChannelTestNoted",),
}
"""What inbound facts become."""


def item_of(golden: codec.Record, topic: str) -> Handled | Broken:
    record: Any = SimpleNamespace(
        topic=topic, partition=0, offset=0, key=b"", value=golden.value, headers=golden.headers
    )
    return DECODER.item(record)


class Handling:
    """A golden record given to the router in a company where it has something to do."""

    def __init__(self, item: Handled) -> None:
        asked = item.envelope
        states, past = surroundings(asked)
        handled: Item = item
        if isinstance(item, Ask) and isinstance(asked.data, SENDING):
            handled = replace(item, queued=next(one for one in past if isinstance(one, e.ReplyQueued)))
        if isinstance(item, Ask) and isinstance(asked.data, commands.RetryQuarantined):
            states.quarantined[asked.stream] = (envelope(example(e.InboundQuarantined), stream=asked.stream),)
            fact = codec.encode(envelope(example(inbound.MessageReceived), id=UUID(int=9), sequence=0))
            inner = DECODER.again(frame.pack((INBOUND_EMAIL.name,), b"", fact))
            handled = Retry(item, inner, by_channel=inner is None)
        if isinstance(item, ParsedAnew):
            stream = item.envelope.data.quarantine_id
            states.quarantined[stream] = (envelope(example(e.InboundQuarantined), stream=stream),)
            plain = item_of(read_golden(GOLDEN / "MessageReceived.v1__example.json"), INBOUND_EMAIL.name)
            assert isinstance(plain, Mail)
            handled = replace(item, mail=plain)
        if isinstance(item, Ask) and isinstance(asked.data, commands.AdmitFiltered):
            kept = envelope(example(e.InboundFiltered), stream=asked.stream)
            states.filtered[asked.stream] = (kept,)
            received = inbound.MessageReceived(
                inbox_id=kept.data.inbox_id, dedupe_key="", facts=kept.data.message, content=kept.data.personal
            )
            handled = Admit(item, DECODER.mail(replace(kept, id=kept.stream, data=received)))
        if isinstance(item, Ask) and isinstance(asked.data, commands.ChangeConversations):
            handled = bulk.parts_of(item, HOUSE)
        wanted = want([handled], ())
        reached = wanted.filtered | wanted.conversations | wanted.contacts | wanted.quarantined
        reached |= wanted.tickets | wanted.companies
        assert {
            *states.conversations,
            *states.contacts,
            *states.quarantined,
            *states.filtered,
            *states.tickets,
            *states.companies,
        } <= reached
        rows = Rows(Known(), Writes(), HASHES, conversation_of, states.workspace)
        if isinstance(asked.data, RemoveContactAddress):
            rows.known.handles["email", HASHES.handle("email", asked.data.address)] = asked.stream
        self.working = WorkingSet(states, rows, HOUSE, WORKSPACE_ID)
        self.item = handled
        self.handle()

    def handle(self) -> None:
        handle(self.item, self.working, NOW)

    def code(self) -> str:
        return self.working.verdicts[-1].code

    def drafted(self) -> tuple[str, ...]:
        """The types of what was drafted, each read again as it will lie in the store."""
        keys = {key_id: DataKey(key_id, bytes(KEY_BYTES)) for key_id in key_ids(self.working.drafts)}
        for draft in self.working.drafts:
            kept = frame.unpack(sealed(draft, keys).state)
            assert codec.decode(kept.headers, kept.body, keys) == draft.envelope
            assert kept.topics[0] == draft.envelope.data.TOPIC
        return tuple(draft.envelope.type for draft in self.working.drafts)


def asked(path: Path) -> Ask:
    item = item_of(read_golden(path), COMMANDS.name)
    assert isinstance(item, Ask), item
    return item


def test_a_command_is_obeyed_or_refused_for_what_it_says(command: Path) -> None:
    handling = Handling(asked(command))
    code = REFUSED[command.stem][0] if command.stem in REFUSED else ""
    assert handling.code() == code
    assert (handling.drafted() == ()) == (code != "" or command.stem.partition(".")[0] in NOTHING_DUE)


@pytest.mark.parametrize("stem", sorted(REFUSED))
def test_a_command_refused_for_what_it_says_is_obeyed_when_it_says_something_else(stem: str) -> None:
    item = asked(GOLDEN / f"{stem}.json")
    handling = Handling(Ask(replace(item.envelope, data=replace(item.envelope.data, **REFUSED[stem][1])), b""))
    assert handling.code() == "" and handling.drafted() != ()


def test_a_command_has_an_outcome_and_when_it_comes_again_the_same(command: Path) -> None:
    item = asked(command)
    handling = Handling(item)
    first = handling.drafted()
    handling.handle()
    assert handling.drafted() == first
    verdicts, drafts = handling.working.verdicts, handling.working.drafts
    answers = outcomes_of(verdicts, drafts, range(1, len(drafts) + 1), handling.working.heads, NOW)
    one, again = (answer for _, answer in answers)
    assert one.data == again.data and (one.stream, again.stream) == (item.envelope.id, item.envelope.id)
    assert (one.data.command, one.data.command_id) == (item.envelope.type, item.envelope.id)
    shown = item.envelope.type not in SHOWN_NOWHERE
    assert (one.data.state, one.data.shown_at != ()) == (("refused", False) if one.data.code else ("done", shown))
    record = codec.encode(one)
    assert codec.decode(record.headers, record.value) == one


def test_an_inbound_fact_becomes_events_and_the_second_time_nothing(inbound_fact: Path) -> None:
    item = item_of(read_golden(inbound_fact), INBOUND_EMAIL.name)
    assert isinstance(item, Mail | Report | ParsedAnew), item
    handling = Handling(item)
    assert handling.drafted() == REPORTED[item.envelope.type]
    handling.handle()
    assert handling.working.tally.counts == {"appended": 1, "duplicate": 1}
    assert handling.drafted() == REPORTED[item.envelope.type]


def misplaced(path: Path, topic: str) -> None:
    """On this topic the record is no one's: it is quarantined, and a command is answered."""
    golden = read_golden(path)
    item = item_of(golden, topic)
    assert isinstance(item, Broken) and item.reason.startswith("MalformedEvent: a "), item
    working = WorkingSet(States(), Rows(Known(), Writes(), HASHES, conversation_of, EMPTY), HOUSE, WORKSPACE_ID)
    handle(item, working, NOW)
    assert [draft.envelope.type for draft in working.drafts] == ["InboundQuarantined"]
    assert [verdict.code for verdict in working.verdicts] == ["invalid.command-quarantined"] * (topic == COMMANDS.name)
    kept = frame.unpack(item.raw)
    assert (kept.topics, kept.body) == ((topic,), golden.value)


def test_a_command_among_inbound_facts_is_quarantined(command: Path) -> None:
    misplaced(command, INBOUND_EMAIL.name)


def test_an_inbound_fact_among_commands_is_quarantined(inbound_fact: Path) -> None:
    misplaced(inbound_fact, COMMANDS.name)


@pytest.mark.parametrize("topic", [INBOUND_EMAIL.name, COMMANDS.name])
def test_an_event_of_a_store_that_comes_in_again_is_quarantined(conversation_event: Path, topic: str) -> None:
    misplaced(conversation_event, topic)
