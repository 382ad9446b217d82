"""Every golden event, by family, with what came before it and the way that it takes from a store to its readers.

A test that takes `conversation_event`, `command` … runs once for each golden file of that family, of any version. What
a consumer reads without anything coming of it is said once, in IGNORED, with the reason; the tests hold it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

import analytics.facts
from events import catalog, codec, companies, contacts, contracts, frame
from events import conversations as c
from events import tickets as t
from events import workspace as w
from events.avatars import AgentAvatarRemoved, AgentAvatarSet
from events.channel_tests import ChannelTestNoted, ChannelTestStarted
from events.sealing import ERASED, DataKey, Erased, Keys
from events.testing import EXAMPLE_KEY, EXAMPLE_KEY_ID, example
from events.topics import BY_NAME
from service_kit.relay_page import build
from service_kit.view_batch import Arrived, opened, sift

FAMILIES: Final = {
    "inbound_fact": "inbound",
    "conversation_event": "conversations",
    "quarantine_event": "quarantine",
    "filtered_event": "filtered",
    "contact_event": "contacts",
    "company_event": "companies",
    "ticket_event": "tickets",
    "workspace_event": "workspace",
    "system_mail_event": "system_mails",
    "outcome_event": "outcomes",
    "signal": "signals",
    "command": "commands",
}
UNRELATED: Final = "it says nothing of which addresses there are"
IGNORED: Final[dict[str, dict[str, str]]] = {
    "router": {
        "ContactUpdated": "what is known of a person is personal and decides nothing",
        "ContactNoteAdded": "what agents wrote down is personal and decides nothing",
        "TicketRenamed": "a title is personal and decides nothing",
        "CommandHandled": "answers are remembered in a table; of the stream only the head counts",
        "SubjectChanged": "what the team calls it is personal, and decides nothing",
    },
    "inbox-projection": {},
    "inbox-projection.signals": {},
    "ingest-email.delivery": {},
    "ingest-email.addresses": {
        "InboxCreated": "an inbox has no address before FallbackAddressIssued",
        "ChannelHealthNoted": "a channel that is down keeps its address",
        "ChannelTestStarted": UNRELATED,
        "ChannelTestNoted": UNRELATED,
        "TeamCreated": UNRELATED,
        "TeamChanged": UNRELATED,
        "TeamDeleted": UNRELATED,
        "AgentInvited": UNRELATED,
        "AgentProfileChanged": UNRELATED,
        "AgentAvatarSet": UNRELATED,
        "AgentAvatarRemoved": UNRELATED,
        "AgentRoleChanged": UNRELATED,
        "AgentDeactivated": UNRELATED,
        "AgentReactivated": UNRELATED,
        "AgentAvailabilityChanged": UNRELATED,
        "AgentCapacityChanged": UNRELATED,
        "EmailFiltersSet": UNRELATED,
        "BusinessHoursSet": UNRELATED,
        "ContactPropertyDefined": UNRELATED,
        "ContactPropertyChanged": UNRELATED,
        "ContactPropertyDeleted": UNRELATED,
        "RuleSetDrafted": UNRELATED,
        "RuleSetPublished": UNRELATED,
        "PipelineDefined": UNRELATED,
        "PipelineDeleted": UNRELATED,
        "NotificationPreferencesSet": UNRELATED,
        "SnippetSaved": UNRELATED,
        "SnippetDeleted": UNRELATED,
        "LabelDefined": UNRELATED,
        "LabelDeleted": UNRELATED,
        "ViewSaved": UNRELATED,
        "ViewDeleted": UNRELATED,
    },
    "analytics.facts": analytics.facts.IGNORED,
}
"""By consumer: the types of the topics it reads that change nothing there, and why."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for argument, family in FAMILIES.items():
        if argument in metafunc.fixturenames:
            names = {cls.__name__ for cls in catalog.members(family)}
            paths = [path for path in sorted(contracts.GOLDEN.glob("*.json")) if path.name.partition(".")[0] in names]
            metafunc.parametrize(argument, paths, ids=[path.stem for path in paths])


@pytest.fixture
def families() -> dict[str, str]:
    """Which golden files the arguments of tests stand for."""
    return FAMILIES


@pytest.fixture
def ignored() -> dict[str, dict[str, str]]:
    return IGNORED


@pytest.fixture(params=["held", "erased"])
def keys(request: pytest.FixtureRequest) -> Mapping[UUID, DataKey | Erased]:
    """The key that sealed the golden events; once there, once destroyed."""
    return {EXAMPLE_KEY_ID: EXAMPLE_KEY if request.param == "held" else ERASED}


class _Kept:
    """A batch of records for Kafka that keeps them instead."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def append(self, *, timestamp: None, **record: Any) -> object:
        self.records.append(record)
        return record

    def close(self) -> None:
        """Nothing is left to be done."""


@pytest.fixture
def relayed() -> Callable[..., list[SimpleNamespace]]:
    """Records of a store, packed in frames, as consumers of the last of the topics get them from the relay."""

    def relay(topics: tuple[str, ...], *records: codec.Record) -> list[SimpleNamespace]:
        rows = [(position, frame.pack(topics, b"lane", record)) for position, record in enumerate(records, start=1)]
        partitions = {topic: BY_NAME[topic].partitions for topic in topics}
        page = build(rows, "main/1", 0, partitions, _Kept, 1_000_000)
        assert (page.end, page.rest) == (len(records), [])
        return [
            SimpleNamespace(topic=topic, partition=partition, offset=offset, **record)
            for (topic, partition), kept in page.batches.items()
            if topic == topics[-1]
            for offset, record in enumerate(kept.records)
        ]

    return relay


@pytest.fixture
def arrived(relayed: Callable[..., list[SimpleNamespace]]) -> Callable[..., list[Arrived]]:
    """The same as the projector's shell hands them on: new by position, read, unsealed. None may be a dead letter."""

    def arrive(topics: tuple[str, ...], *records: codec.Record, keys: Keys) -> list[Arrived]:
        sifted = sift(relayed(topics, *records), {})
        batch = opened(sifted, keys)
        assert not sifted.dead and len(batch) == len(records)
        return batch

    return arrive


@pytest.fixture
def before() -> Callable[[Any], tuple[Any, ...]]:
    """What came in an event's stream before it, with its own ids, so that it has something to change."""
    return _before


def _before(event: Any) -> tuple[Any, ...]:
    begun = example(c.ConversationOpened)
    match event:
        case c.ConversationOpened() | c.InboundQuarantined() | c.InboundFiltered() | contacts.ContactCreated():
            return ()
        case c.ConversationStarted():
            return ()
        case c.ReplyHeld() | c.ReplyReleased() | c.ReplyCancelled():
            waiting = replace(example(c.ReplyQueued), reply_id=event.reply_id)
            return (begun, waiting)
        case c.ReplySending() | c.ReplySent() | c.ReplyUncertain() | c.ReplyDelivered() | c.ReplyFailed():
            return (begun, replace(example(c.ReplyQueued), reply_id=event.reply_id))
        case c.ConversationUnassigned():
            return (begun, example(c.ConversationAssigned))
        case c.ConversationReopened():
            return (begun, c.ConversationResolved())
        case c.SnoozeElapsed():
            return (begun, replace(example(c.ConversationSnoozed), timer_id=event.timer_id))
        case c.ConversationUnfollowed():
            return (begun, c.ConversationFollowed(agent_id=event.agent_id))
        case c.LabelRemoved():
            return (begun, c.LabelAdded(label=event.label))
        case c.ConversationUnmuted():
            return (begun, c.ConversationMuted())
        case c.ConversationMoved():
            return (replace(begun, inbox_id=event.from_inbox_id),)
        case c.ConversationContactChanged():
            return (replace(begun, contact_id=event.before_id),)
        case c.TrashElapsed():
            return (begun, replace(example(c.ConversationTrashed), timer_id=event.timer_id))
        case c.FilteredAdmitted():
            return (example(c.InboundFiltered),)
        case c.QuarantineReleased() | c.QuarantineRetryRequested():
            return (example(c.InboundQuarantined),)
        case c.QuarantineRetryFailed():
            return (example(c.InboundQuarantined), c.QuarantineRetryRequested(raw="a/blob"))
        case _ if event.TOPIC == contacts.TOPIC:
            return _before_of_a_person(event)
        case _ if event.TOPIC == t.TOPIC:
            return _before_in_ticket(event)
        case _:
            return _before_in_workspace(event) if event.TOPIC == w.TOPIC else (begun,)


def _before_in_ticket(event: Any) -> tuple[Any, ...]:
    opened = replace(
        example(t.TicketOpened),
        stage="Before",
        priority="urgent",
        assignee_id=None,
        links=(),
        personal=t.TicketTitle(title="Before"),
    )
    match event:
        case t.TicketOpened():
            return ()
        case t.TicketReopened():
            return (opened, t.TicketClosed(stage="Closed before"))
        case t.TicketUnlinked():
            return (opened, t.TicketLinked(conversation_id=event.conversation_id, inbox_id=UUID(int=1)))
        case _:
            return (opened,)


def _before_of_a_person(event: Any) -> tuple[Any, ...]:
    created = replace(example(contacts.ContactCreated), company_id=None)
    match event:
        case companies.CompanyCreated():
            return ()
        case companies.CompanyUpdated():
            return (companies.CompanyCreated(name="Before", personal=companies.CompanyNote(note="")),)
        case contacts.ContactUnblocked():
            return (created, contacts.ContactBlocked())
        case contacts.CompanyUnlinked():
            return (created, contacts.CompanyLinked(company_id=event.company_id))
        case contacts.ContactsUnmerged():
            return (created, contacts.ContactsMerged(merged_ids=(event.merged_id,)))
        case contacts.ContactUnmerged():
            return (created, contacts.ContactMergedInto(survivor_id=event.survivor_id))
        case _:
            return (created,)


def _before_in_workspace(event: Any) -> tuple[Any, ...]:
    match event:
        case w.InboxChanged() | w.FallbackAddressIssued() | w.BusinessHoursSet():
            return (w.InboxCreated(inbox_id=event.inbox_id, name="Before", slug="before"),)
        case w.SnippetDeleted():
            return (replace(example(w.SnippetSaved), snippet_id=event.snippet_id),)
        case w.LabelDeleted():
            return (replace(example(w.LabelDefined), label_id=event.label_id),)
        case w.PipelineDeleted():
            return (replace(example(w.PipelineDefined), pipeline_id=event.pipeline_id),)
        case w.ContactPropertyChanged() | w.ContactPropertyDeleted():
            return (replace(example(w.ContactPropertyDefined), property_id=event.property_id, name="Before"),)
        case w.ViewDeleted():
            return (replace(example(w.ViewSaved), view_id=event.view_id),)
        case w.TeamChanged() | w.TeamDeleted():
            return (w.TeamCreated(team_id=event.team_id, name="Before"),)
        case w.AgentRoleChanged():
            return (w.AgentInvited(agent_id=event.agent_id, role="manager" if event.role == "agent" else "agent"),)
        case w.AgentReactivated():
            invited = w.AgentInvited(agent_id=event.agent_id, role="agent")
            return (invited, w.AgentDeactivated(agent_id=event.agent_id))
        case w.AgentAvailabilityChanged():
            other: Any = "away" if event.state == "available" else "available"
            invited = w.AgentInvited(agent_id=event.agent_id, role="agent")
            return (invited, w.AgentAvailabilityChanged(agent_id=event.agent_id, state=other))
        case AgentAvatarRemoved():
            invited = w.AgentInvited(agent_id=event.agent_id, role="agent")
            return (invited, AgentAvatarSet(agent_id=event.agent_id))
        case AgentAvatarSet():
            return (w.AgentInvited(agent_id=event.agent_id, role="agent"),)
        case w.AgentProfileChanged() | w.AgentDeactivated() | w.AgentCapacityChanged() | w.NotificationPreferencesSet():
            return (w.AgentInvited(agent_id=event.agent_id, role="agent"),)
        case ChannelTestNoted():
            return (replace(example(ChannelTestStarted), test_id=event.test_id, channel_id=event.channel_id),)
        case w.ChannelChanged() | w.ChannelDisconnected() | w.ChannelHealthNoted():
            inbox_id, settings = UUID(int=1), w.EmailSettings(address="before@acme.test")
            return (w.ChannelConnected(channel_id=event.channel_id, inbox_id=inbox_id, kind="email", email=settings),)
        case _:
            return ()
