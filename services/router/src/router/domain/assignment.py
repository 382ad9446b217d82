"""Who gets a message's conversation, and why: rules, else its channel's routing, else the inbox's first team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events.conversations import Candidate, ConversationRouted, OrderedTicket, SeenValues
from events.envelope import Envelope
from events.inbound import MessageReceived
from events.rules import Action, AddLabels, AssignAgent, AssignTeam, OpenTicket, SetPriority, SetStatus
from events.values import ConversationStatus, Priority
from router.domain.candidates import Load, candidate, refusal, round_robin
from router.domain.channel_routing import by_channel, routing_of
from router.domain.choices import Choice, in_team, once
from router.domain.conversation_state import Conversation, ConversationState, NotOpened, Spam
from router.domain.facts import facts_of
from router.domain.filters import is_only_noted
from router.domain.reach import sees_inbox, strangers, team_reaches
from router.domain.rules import Evaluation, Seen, evaluate
from router.domain.workspace_state import Workspace

MAX_SEEN_BYTES: Final = 100_000
"""Of the values in a record: with the names of all rules of the greatest set it stays under the store's 512 kB."""

__all__ = ["Choice", "Load", "Surroundings", "Wishes", "choose", "round_robin", "route", "wishes_of"]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What look-ups know around a message: loads by agent (those who are missing have none), how many open
    conversations of the inbox's first team wait for an agent, whether the sender had written before, and who answered
    them last. `new_ticket_id` gives the id of a ticket that a rule may open; None where it may not, for the
    conversation has one.
    """

    loads: Mapping[UUID, Load] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    team_waiting: int = 0
    contact_known: bool = False
    last_agent_id: UUID | None = None
    new_ticket_id: Callable[[], UUID] | None = None


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the matched rules ask for, together: labels add up, of anything else the last word counts."""

    team_id: UUID | None = None
    agent_id: UUID | None = None
    labels: tuple[str, ...] = ()
    priority: Priority | None = None
    status: ConversationStatus | None = None
    ticket: OpenTicket | None = None


def route(
    message: Envelope[MessageReceived],
    before: ConversationState,
    after: Conversation,
    *,
    workspace: Workspace,
    around: Surroundings,
    now: datetime,
) -> tuple[ConversationRouted, ...]:
    """The decision record of a message, with the assignment that it makes; `before` and `after` are the states of the
    conversation without and with the message (and its reopening).

    A conversation's first message is always decided on. A further one is when a rule matches, when it reopens the
    conversation, or when nobody had it and now somebody can take it: else it stays where it is and there is nothing to
    record. In spam and in what is muted nothing is decided, nor about what is only noted.
    """
    is_first = isinstance(before, NotOpened)
    if isinstance(after.standing, Spam) or after.muted:
        return ()
    if not isinstance(before, NotOpened) and is_only_noted(message.data.facts, before.mails_lately):
        return ()
    evaluation = _evaluation(message.data, after, is_first, workspace, around, now)
    wishes = wishes_of(evaluation.actions, workspace)
    reopened = not isinstance(before, NotOpened) and before.status != after.status
    choice = choose(wishes, after, reopened, workspace, around.loads, around.last_agent_id)
    unchanged = (choice.team_id, choice.agent_id) == (after.team_id, after.assignee_id)
    if not (is_first or reopened or evaluation.matched) and unchanged:
        return ()
    ticket = _ticket(wishes, evaluation, workspace, around.new_ticket_id)
    return (_record(message, workspace, evaluation, wishes, choice, ticket),)


def _evaluation(
    message: MessageReceived,
    conversation: Conversation,
    is_first: bool,
    workspace: Workspace,
    around: Surroundings,
    now: datetime,
) -> Evaluation:
    if not workspace.rules.rules:
        return Evaluation()
    facts = facts_of(
        message,
        conversation,
        is_first=is_first,
        contact_known=around.contact_known,
        team_waiting=around.team_waiting,
        now=now,
    )
    return evaluate(workspace.rules, facts)


def wishes_of(actions: tuple[Action, ...], workspace: Workspace) -> Wishes:
    """The actions folded in order; teams and agents that are no more are left out."""
    team_id: UUID | None = None
    agent_id: UUID | None = None
    labels: dict[str, None] = {}
    priority: Priority | None = None
    status: ConversationStatus | None = None
    ticket: OpenTicket | None = None
    for action in actions:
        match action:
            case AssignTeam():
                team_id = action.team_id if action.team_id in workspace.teams else team_id
            case AssignAgent():
                agent_id = action.agent_id if action.agent_id in workspace.agents else agent_id
            case AddLabels():
                labels.update(dict.fromkeys(action.labels))
            case SetPriority():
                priority = action.priority
            case SetStatus():
                status = action.status
            case OpenTicket():
                ticket = action
            case _:
                assert_never(action)
    return Wishes(
        team_id=team_id, agent_id=agent_id, labels=tuple(labels), priority=priority, status=status, ticket=ticket
    )


def choose(
    wishes: Wishes,
    conversation: Conversation,
    reopened: bool,
    workspace: Workspace,
    loads: Mapping[UUID, Load],
    last_agent_id: UUID | None = None,
) -> Choice:
    """Who gets the conversation.

    Who does not see its inbox could not open it and is passed over in every step, and so is a team of nobody who does.

    1. The agent who has it keeps it, whatever rules say: what somebody works on is not taken away by a rule. A
       conversation that reopens is kept by an agent who takes work only, else it goes on as if nobody had it.
       Who is at capacity takes work in that sense: it was theirs.
    2. The agent named by a rule, if they take work and have room, with the team that a rule names.
    3. The next agent of the team that a rule names, else of the conversation's own team; the team alone, in whose queue
       it waits, when nobody there takes work. So a rule that names an agent who is away, deactivated, at capacity or
       not of the inbox falls to the team that rules name beside.
    4. Whom the channel's routing says, with the agent `last_agent_id` where that asks for who answered last; without
       routing the inbox's first team.
    5. Nobody. Also what a rule throws away (spam, trash) without saying to whom goes to nobody.
    """
    passed_over: tuple[Candidate, ...] = ()
    inbox_id = conversation.inbox_id
    holder = workspace.agents.get(conversation.assignee_id) if conversation.assignee_id is not None else None
    if holder is not None:
        sees = sees_inbox(workspace, holder, inbox_id)
        if sees and holder.active and (holder.takes_work or not reopened):
            kept = (candidate(holder, loads, None),)
            return Choice("returned_to_agent", conversation.team_id, holder.id, kept)
        passed_over = (candidate(holder, loads, refusal(holder, loads) if sees else "not_in_inbox"),)
    team_id = wishes.team_id
    if team_id is not None and not team_reaches(workspace, team_id, inbox_id):
        passed_over = once((*passed_over, *strangers(workspace.members(team_id), inbox_id, workspace, loads)))
        team_id = None
    if wishes.agent_id is not None:
        agent = workspace.agents[wishes.agent_id]
        refused = refusal(agent, loads) if sees_inbox(workspace, agent, inbox_id) else "not_in_inbox"
        passed_over = once((candidate(agent, loads, refused), *passed_over))
        if refused is None:
            return Choice("rule", team_id, agent.id, passed_over)
    if team_id is not None:
        return in_team("rule", team_id, inbox_id, workspace, loads, passed_over)
    if wishes.status == "spam" or wishes.status == "trash":
        return Choice("rule", conversation.team_id, None, passed_over)
    own_team = workspace.teams.get(conversation.team_id) if conversation.team_id is not None else None
    if own_team is not None and not team_reaches(workspace, own_team.id, inbox_id):
        own_team = None
    routing = routing_of(conversation, workspace)
    if own_team is None and routing is not None:
        return by_channel(routing, conversation, last_agent_id, workspace, loads, passed_over)
    team = own_team or workspace.first_team(inbox_id)
    if team is None:
        return Choice("no_team", candidates=passed_over)
    return in_team("inbox_team", team.id, inbox_id, workspace, loads, passed_over)


def _record(
    message: Envelope[MessageReceived],
    workspace: Workspace,
    evaluation: Evaluation,
    wishes: Wishes,
    choice: Choice,
    ticket: OrderedTicket | None,
) -> ConversationRouted:
    return ConversationRouted(
        message_id=message.data.facts.message_id,
        rule_set_version=workspace.rules.version,
        rules=evaluation.outcomes,
        candidates=choice.candidates,
        team_id=choice.team_id,
        agent_id=choice.agent_id,
        labels=wishes.labels,
        priority=wishes.priority,
        status=wishes.status,
        reason=choice.reason,
        ticket=ticket,
        personal=_seen(evaluation),
    )


def _ticket(
    wishes: Wishes, evaluation: Evaluation, workspace: Workspace, new_id: Callable[[], UUID] | None
) -> OrderedTicket | None:
    """The ticket that the rules order, where one may be opened: of what they throw away there is none."""
    wish = wishes.ticket
    if wish is None or new_id is None or wishes.status in ("spam", "trash"):
        return None
    matched = {outcome.rule_id for outcome in evaluation.outcomes if outcome.outcome == "matched"}
    ordering = [rule.id for rule in workspace.rules.rules if rule.id in matched and wish in rule.then]
    pipeline = workspace.pipeline(wish.pipeline_id)
    owner = None if wish.owner is None else workspace.agents.get(wish.owner)
    return OrderedTicket(
        ticket_id=new_id(),
        rule_id=ordering[-1],
        pipeline_id=pipeline.id,
        stage=pipeline.beginning(wish.stage).id,
        priority=wish.priority,
        assignee_id=owner.id if owner is not None and owner.active else None,
    )


def _seen(evaluation: Evaluation) -> SeenValues | None:
    """The values for the record, of as many rules as fit an event."""
    kept: Seen = {}
    room = MAX_SEEN_BYTES
    for rule_id, values in evaluation.seen.items():
        room -= len(msgspec.json.encode(values))
        if room < 0:
            break
        kept[rule_id] = values
    return SeenValues(values=kept) if kept else None
