"""The router reads commands and inbound facts: every golden one is decided, and what comes of it can be stored."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import codec, commands, frame, inbound
from events import contact_commands as p
from events import conversations as e
from events import workspace as w
from events.channel_tests import ChannelTestReported, ChannelTestStarted
from events.contracts import GOLDEN, read_golden
from events.envelope import AnyEnvelope
from events.following import FollowConversation
from events.labels import DeleteLabel
from events.pipelines import DEFAULT_STAGES, Stage
from events.rules import RuleSet
from events.saved_views import DeleteView, SaveView
from events.sealing import KEY_BYTES, DataKey
from events.snippets import DeleteSnippet
from events.testing import MOMENT, WORKSPACE_ID, envelope, example
from events.topics import COMMANDS, INBOUND_EMAIL
from events.values import Address
from events.workspace import EmailFilter, EmailSettings
from router import bulk
from router.asking import CONVERSATION_COMMANDS, TICKET_COMMANDS, want
from router.domain import conversation
from router.domain.company import Company
from router.domain.contact import Known as KnownContact
from router.domain.contact import Merged
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.testing import HOUSE, conversation_of
from router.domain.ticket import Ticket
from router.domain.workspace import EMPTY, Workspace, evolve
from router.hashes import Hashes
from router.lookup_rows import Known, Writes
from router.queued_replies import SENDING
from router.records import Admit, Ask, Broken, Decoder, Handled, Item, Mail, Report, Retry
from router.routing import handle
from router.rows import Rows
from router.sealing import key_ids, outcomes_of, sealed
from router.states import States
from router.working_set import WorkingSet

NOW: Final = MOMENT + timedelta(minutes=1)
HASHES: Final = Hashes("a secret of the tests")
DECODER: Final = Decoder(HASHES, conversation_of, WORKSPACE_ID)
MAIL: Final = EmailSettings(address="support@acme.test")
FILTER: Final = EmailFilter(id=UUID(int=3), kind="block", field="domain", value="acme.test")
CREATED_BY: Final = {
    "CreateInbox": "inbox_id",
    "CreateTeam": "team_id",
    "InviteAgent": "agent_id",
    "ConnectChannel": "channel_id",
    "CreatePipeline": "pipeline_id",
}
"""What is not there before the command."""
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
    "ChangeChannel.v1__example": ("invalid.channel-address-invalid", {"email": MAIL}),
    "CreatePipeline.v1__example": ("invalid.stages-invalid", {"stages": DEFAULT_STAGES}),
    "ChangePipeline.v1__example": ("invalid.stages-invalid", {"stages": DEFAULT_STAGES}),
}
"""Golden commands that are refused for what they say, the code, and what they would have to say to be obeyed."""
PIPELINE: Final = UUID(int=4)
NOTHING_DUE: Final = {"SendNotificationMail"}
"""What makes events only of rows that are due."""
SHOWN_NOWHERE: Final = {"SendAccountMail", *NOTHING_DUE}
"""What comes of these is for who delivers it: no view has it."""
REPORTED: Final = {
    "MessageReceived": ("ContactCreated", "ConversationOpened", "ConversationRouted"),
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


def company(asked: AnyEnvelope) -> Workspace:
    """All that the record names is there, but for what it makes; its actor is an administrator."""
    data = asked.data
    own = CREATED_BY.get(asked.type, "")

    def named(one: str, many: str = "") -> set[UUID]:
        ids = {getattr(data, one, None)} if one != own else set()
        return {each for each in (*ids, *(getattr(data, many, None) or ())) if each is not None}

    inboxes = named("inbox_id") or {UUID(int=1)}
    administrator = w.AgentInvited(agent_id=UUID(int=2), role="administrator")
    happened: list[w.WorkspaceEvent] = [
        administrator,
        *(w.AgentInvited(agent_id=each, role="agent") for each in named("agent_id", "member_ids")),
        *(w.AgentInvited(agent_id=each, role="agent") for each in getattr(data, "mentions", ())),
        *(w.TeamCreated(team_id=each, name="Before") for each in named("team_id", "team_ids")),
        *(w.InboxCreated(inbox_id=each, name=f"Before {number}", slug="b") for number, each in enumerate(inboxes)),
    ]
    if isinstance(data, commands.SendReply | commands.ForwardMessages):
        inboxes = {example(e.ConversationOpened).inbox_id}
        kind, settings = example(e.ConversationOpened).channel, MAIL
    else:
        kind, settings = "email", EmailSettings(address="before@acme.test")
    happened += [
        w.ChannelConnected(channel_id=each, inbox_id=next(iter(inboxes)), kind=kind, email=settings)
        for each in named("channel_id")
    ]
    stage = getattr(data, "stage", None) or "Before"
    happened += [
        w.PipelineDefined(
            pipeline_id=each, name="Before", stages=(Stage(stage, stage, "open"), Stage("End", "End", "closed"))
        )
        for each in (named("pipeline_id") or ({PIPELINE} if isinstance(data, TICKET_COMMANDS) else ()))
    ]
    happened += [w.AgentInvited(agent_id=each, role="agent") for each in named("assignee_id")]
    happened += _circle(data)
    if isinstance(data, commands.MoveConversation):
        there = w.ChannelConnected(
            channel_id=UUID(int=7), inbox_id=data.inbox_id, kind=example(e.ConversationOpened).channel, email=settings
        )
        happened.append(there)
    if isinstance(data, ChannelTestReported):
        happened.append(replace(example(ChannelTestStarted), test_id=data.test_id, channel_id=data.channel_id))
    if isinstance(data, DeleteSnippet):
        happened.append(replace(example(w.SnippetSaved), snippet_id=data.snippet_id, owner_id=None))
    if isinstance(data, DeleteLabel):
        happened.append(replace(example(w.LabelDefined), label_id=data.label_id))
    if isinstance(data, DeleteView):
        happened.append(replace(example(w.ViewSaved), view_id=data.view_id, owner_id=None))
    if isinstance(data, commands.PublishRules):
        happened.append(w.RuleSetDrafted(rule_set=RuleSet(1)))
    return reduce(evolve, happened, EMPTY)


def _circle(data: Any) -> list[w.WorkspaceEvent]:
    """Who is mentioned, or follows, belongs to the conversation's inbox; what a view names is there."""
    inbox_id = example(e.ConversationOpened).inbox_id
    members = (*getattr(data, "mentions", ()), *((data.agent_id,) if isinstance(data, FollowConversation) else ()))
    if isinstance(data, SaveView):
        wanted = data.filter
        return [
            w.InboxCreated(inbox_id=wanted.inbox_id or inbox_id, name="Viewed", slug="v"),
            w.TeamCreated(team_id=wanted.team_id or inbox_id, name="Viewed"),
            w.AgentInvited(agent_id=wanted.assignee_id or inbox_id, role="agent"),
        ]
    if not members:
        return []
    return [
        w.InboxCreated(inbox_id=inbox_id, name="Here", slug="h"),
        w.InboxChanged(inbox_id=inbox_id, name="Here", member_ids=members),
    ]


def so_far(data: Any) -> tuple[e.ConversationEvent, ...]:
    """What happened in the conversation, so that the record has something to change."""
    opened, queued = example(e.ConversationOpened), replace(example(e.ReplyQueued), hold=None)
    match data:
        case commands.CancelReply():
            return (opened, replace(queued, reply_id=data.reply_id))
        case commands.RetryReply():
            failed = e.ReplyFailed(reply_id=data.reply_id, attempt=1, code="550")
            return (opened, replace(queued, reply_id=data.reply_id), failed)
        case commands.ConfirmReply():
            doubt = e.ReplyUncertain(reply_id=data.reply_id, attempt=1)
            return (opened, replace(queued, reply_id=data.reply_id), doubt)
        case commands.ElapseReply():
            hold = e.Hold(kind="undo", not_before=NOW, timer_id=data.timer_id)
            return (opened, replace(queued, hold=hold))
        case commands.ReopenConversation():
            return (opened, e.ConversationResolved())
        case commands.ElapseSnooze():
            return (opened, e.ConversationSnoozed(until=NOW, timer_id=data.timer_id))
        case commands.UnfollowConversation():
            return (opened, e.ConversationFollowed(agent_id=data.agent_id))
        case commands.ElapseTrash():
            return (opened, e.ConversationTrashed(until=NOW, timer_id=data.timer_id))
        case commands.UnmuteConversation():
            return (opened, e.ConversationMuted())
        case commands.RefuseSuggestedLink():
            return (replace(opened, suggested_link=data.conversation_id),)
        case commands.MoveConversation():
            return (replace(opened, inbox_id=UUID(int=5)),)
        case commands.ChangeConversationContact():
            return (replace(opened, contact_id=UUID(int=6)),)
        case commands.RemoveLabel():
            return (opened, e.LabelAdded(label=data.label))
        case _ if isinstance(data, CONVERSATION_COMMANDS):
            return (opened,)
        case _ if hasattr(data, "reply_id"):
            return (opened, replace(example(e.ReplyQueued), reply_id=data.reply_id))
        case _:
            return ()


class Handling:
    """A golden record given to the router in a company where it has something to do."""

    def __init__(self, item: Handled) -> None:
        asked = item.envelope
        states = States(workspace=company(asked))
        past, nothing = so_far(asked.data), cast(ConversationState, NOT_OPENED)
        if past:
            states.conversations[asked.stream] = reduce(conversation.evolve, past, nothing)
        if isinstance(asked.data, commands.ContactCommand | commands.CompanyCommand):
            _around_a_person(asked, states)
        if isinstance(asked.data, TICKET_COMMANDS):
            _around_a_ticket(asked, states)
        if isinstance(asked.data, commands.MergeConversations):
            opened = conversation.evolve(nothing, example(e.ConversationOpened))
            states.conversations.update(dict.fromkeys(asked.data.from_ids, opened))
        if isinstance(asked.data, commands.ChangeConversationContact):
            states.contacts[asked.data.contact_id] = KnownContact()
        handled: Item = item
        if isinstance(item, Ask) and isinstance(asked.data, SENDING):
            handled = replace(item, queued=next(one for one in past if isinstance(one, e.ReplyQueued)))
        if isinstance(item, Ask) and isinstance(asked.data, commands.RetryQuarantined):
            states.quarantined[asked.stream] = (envelope(example(e.InboundQuarantined), stream=asked.stream),)
            fact = codec.encode(envelope(example(inbound.MessageReceived), id=UUID(int=9), sequence=0))
            handled = Retry(item, DECODER.again(frame.pack((INBOUND_EMAIL.name,), b"", fact)))
        if isinstance(item, Ask) and isinstance(asked.data, commands.AdmitFiltered):
            kept = envelope(example(e.InboundFiltered), stream=asked.stream)
            states.filtered[asked.stream] = (kept,)
            received = inbound.MessageReceived(
                inbox_id=kept.data.inbox_id, dedupe_key="", facts=kept.data.message, content=kept.data.personal
            )
            handled = Admit(item, DECODER.mail(replace(kept, id=kept.stream, data=received)))
        if isinstance(item, Ask) and isinstance(asked.data, commands.ChangeConversations):
            opened = conversation.evolve(nothing, example(e.ConversationOpened))
            states.conversations.update(dict.fromkeys(asked.data.conversation_ids, opened))
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


def _around_a_person(asked: AnyEnvelope, states: States) -> None:
    """The contact or company that a command changes is there, and who or what it names besides."""
    match asked.data:
        case p.CreateContact() | p.CreateCompany():
            pass
        case p.ChangeCompany():
            states.companies[asked.stream] = Company("Before")
        case p.MergeContacts(from_id=from_id):
            states.contacts.update({asked.stream: KnownContact(), from_id: KnownContact()})
        case p.UnmergeContact(from_id=from_id):
            states.contacts[asked.stream] = KnownContact(merged_ids=frozenset({from_id}))
            states.contacts[from_id] = Merged(asked.stream, KnownContact())
        case p.UnblockContact():
            states.contacts[asked.stream] = KnownContact(blocked=True)
        case p.LinkCompany(company_id=company_id):
            states.contacts[asked.stream] = KnownContact()
            states.companies[company_id] = Company("Before")
        case p.UnlinkCompany(company_id=company_id):
            states.contacts[asked.stream] = KnownContact(company_id=company_id)
        case _:
            states.contacts[asked.stream] = KnownContact()


def _around_a_ticket(asked: AnyEnvelope, states: States) -> None:
    """The conversations and the contact that a command names are there, and the ticket that it changes."""
    data, links = asked.data, {}
    opened, nothing = example(e.ConversationOpened), cast(ConversationState, NOT_OPENED)
    for each in getattr(data, "conversation_ids", ()) or (getattr(data, "conversation_id", None),):
        if each is not None:
            states.conversations[each] = conversation.evolve(nothing, opened)
            links[each] = opened.inbox_id
    if getattr(data, "contact_id", None) is not None:
        states.contacts[data.contact_id] = KnownContact()
    if asked.type == "UnlinkTicket":
        states.conversations.clear()
    if asked.type != "OpenTicket":
        linked = links if asked.type == "UnlinkTicket" else {}
        stage, had = "Before", UUID(int=2)
        states.tickets[asked.stream] = Ticket(
            number=1, pipeline_id=PIPELINE, stage=stage, assignee_id=had, links=linked
        )


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
    assert isinstance(item, Mail | Report), item
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
