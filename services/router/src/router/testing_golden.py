"""What has to be there for a golden command or inbound fact to do something, for tests of the router."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from typing import Any, Final, cast
from uuid import UUID

from msgspec.structs import replace

from events import commands
from events import contact_commands as p
from events import conversations as e
from events import workspace as w
from events.avatars import AgentAvatarSet, RemoveAvatar
from events.channel_tests import ChannelTestReported, ChannelTestStarted
from events.envelope import AnyEnvelope
from events.following import FollowConversation
from events.labels import DeleteLabel
from events.pipelines import Stage
from events.rules import RuleSet
from events.saved_views import DeleteView, SaveView
from events.snippets import DeleteSnippet, SnippetSaved
from events.testing import MOMENT, example
from events.workspace import EmailSettings
from router.asking import CONVERSATION_COMMANDS, TICKET_COMMANDS
from router.domain import conversation
from router.domain.company import Company
from router.domain.contact import Known, Merged
from router.domain.conversation import NOT_OPENED, ConversationState
from router.domain.ticket import Ticket
from router.domain.workspace import EMPTY, Workspace, evolve
from router.states import States

NOW: Final = MOMENT + timedelta(minutes=1)
MAIL: Final = EmailSettings(address="support@acme.test")
CREATED_BY: Final = {
    "CreateInbox": "inbox_id",
    "CreateTeam": "team_id",
    "InviteAgent": "agent_id",
    "ConnectChannel": "channel_id",
    "CreatePipeline": "pipeline_id",
}
"""What is not there before the command."""
PIPELINE: Final = UUID(int=4)


def surroundings(asked: AnyEnvelope) -> tuple[States, tuple[e.ConversationEvent, ...]]:
    """All that the record names or changes is there; with what happened so far in the conversation that it is about."""
    states, data = States(workspace=_company(asked)), asked.data
    past, nothing = _so_far(data), cast(ConversationState, NOT_OPENED)
    if past:
        states.conversations[asked.stream] = reduce(conversation.evolve, past, nothing)
    if isinstance(data, commands.ContactCommand | commands.CompanyCommand):
        _around_a_person(asked, states)
    if isinstance(data, TICKET_COMMANDS):
        _around_a_ticket(asked, states)
    opened = conversation.evolve(nothing, example(e.ConversationOpened))
    if isinstance(data, commands.MergeConversations):
        states.conversations.update(dict.fromkeys(data.from_ids, opened))
    if isinstance(data, commands.ChangeConversations):
        states.conversations.update(dict.fromkeys(data.conversation_ids, opened))
    if isinstance(data, commands.ChangeConversationContact):
        states.contacts[data.contact_id] = Known()
    return states, past


def _company(asked: AnyEnvelope) -> Workspace:
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
    if isinstance(data, RemoveAvatar):
        happened.append(replace(example(AgentAvatarSet), agent_id=data.agent_id))
    if isinstance(data, DeleteSnippet):
        happened.append(replace(example(SnippetSaved), snippet_id=data.snippet_id, owner_id=None))
    if isinstance(data, p.ChangeContactProperty | p.DeleteContactProperty):
        defined = replace(example(w.ContactPropertyDefined), property_id=data.property_id, kind="choice")
        happened.append(replace(defined, choices=("before",)))
    if isinstance(data, DeleteLabel):
        happened.append(replace(example(w.LabelDefined), label_id=data.label_id))
    if isinstance(data, DeleteView):
        happened.append(replace(example(w.ViewSaved), view_id=data.view_id, owner_id=None))
    if isinstance(data, commands.PublishRules):
        happened.append(w.RuleSetDrafted(rule_set=RuleSet(1)))
    return reduce(evolve, happened, EMPTY)


def _circle(data: Any) -> list[w.WorkspaceEvent]:
    """Who is mentioned, follows, or is given it, belongs to the conversation's inbox; what a view names is there."""
    inbox_id = example(e.ConversationOpened).inbox_id
    members: tuple[UUID, ...] = getattr(data, "mentions", ())
    teams: tuple[UUID, ...] = ()
    if isinstance(data, FollowConversation):
        members = (data.agent_id,)
    if isinstance(data, commands.AssignConversation):
        members, teams = _given(data.agent_id), _given(data.team_id)
    if isinstance(data, commands.StartConversation):
        inbox_id, members = data.inbox_id, _given(data.assignee_id)
    if isinstance(data, SaveView):
        wanted = data.filter
        return [
            w.InboxCreated(inbox_id=wanted.inbox_id or inbox_id, name="Viewed", slug="v"),
            w.TeamCreated(team_id=wanted.team_id or inbox_id, name="Viewed"),
            w.AgentInvited(agent_id=wanted.assignee_id or inbox_id, role="agent"),
        ]
    if not members and not teams:
        return []
    return [
        w.InboxCreated(inbox_id=inbox_id, name="Here", slug="h"),
        w.InboxChanged(inbox_id=inbox_id, name="Here", team_ids=teams, member_ids=members),
    ]


def _given(one: UUID | None) -> tuple[UUID, ...]:
    return () if one is None else (one,)


def _so_far(data: Any) -> tuple[e.ConversationEvent, ...]:
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


def _around_a_person(asked: AnyEnvelope, states: States) -> None:
    """The contact or company that a command changes is there, and who or what it names besides."""
    match asked.data:
        case p.CreateContact() | p.CreateCompany():
            pass
        case p.ChangeCompany():
            states.companies[asked.stream] = Company("Before")
        case p.MergeContacts(from_id=from_id):
            states.contacts.update({asked.stream: Known(), from_id: Known()})
        case p.UnmergeContact(from_id=from_id):
            states.contacts[asked.stream] = Known(merged_ids=frozenset({from_id}))
            states.contacts[from_id] = Merged(asked.stream, Known())
        case p.UnblockContact():
            states.contacts[asked.stream] = Known(blocked=True)
        case p.LinkCompany(company_id=company_id):
            states.contacts[asked.stream] = Known()
            states.companies[company_id] = Company("Before")
        case p.UnlinkCompany(company_id=company_id):
            states.contacts[asked.stream] = Known(company_id=company_id)
        case _:
            states.contacts[asked.stream] = Known()


def _around_a_ticket(asked: AnyEnvelope, states: States) -> None:
    """The conversations and the contact that a command names are there, and the ticket that it changes."""
    data, links = asked.data, {}
    opened, nothing = example(e.ConversationOpened), cast(ConversationState, NOT_OPENED)
    for each in getattr(data, "conversation_ids", ()) or (getattr(data, "conversation_id", None),):
        if each is not None:
            states.conversations[each] = conversation.evolve(nothing, opened)
            links[each] = opened.inbox_id
    if getattr(data, "contact_id", None) is not None:
        states.contacts[data.contact_id] = Known()
    if asked.type == "UnlinkTicket":
        states.conversations.clear()
    if asked.type != "OpenTicket":
        linked = links if asked.type == "UnlinkTicket" else {}
        stage, had = "Before", UUID(int=2)
        states.tickets[asked.stream] = Ticket(
            number=1, pipeline_id=PIPELINE, stage=stage, assignee_id=had, links=linked
        )
