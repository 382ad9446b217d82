"""What conversations do to their tickets: opened by a switch or a rule, moved when somebody wrote; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from events.conversations import OrderedTicket
from events.pipelines import StageKind, TicketAutomation
from events.tickets import MoveReason, TicketLink, TicketMoved, TicketOpened, TicketReopened, TicketTitle
from events.values import MessageFacts
from router.domain.conversation_state import Conversation, ConversationState, Discarded, Merged, Spam, Trashed
from router.domain.filters import is_only_noted
from router.domain.ticket import MAX_TITLE
from router.domain.ticket_state import Ticket
from router.domain.workspace_state import Workspace

Move = TicketMoved | TicketReopened


def counts_for_tickets(facts: MessageFacts, before: ConversationState, after: Conversation) -> bool:
    """Whether a message opens and moves tickets: a person's does, in what is neither spam, trash nor muted.

    A bounce, a warning of a delay and an auto-reply do not, whether or not they are the first of a conversation. A
    list's or another machine's mail does, as it is routed, until there are so many of them that they are only noted.
    """
    if (
        isinstance(after.standing, Spam | Trashed | Merged | Discarded)
        or after.muted
        or facts.automated_kind in ("bounce", "delayed", "auto_reply")
    ):
        return False
    return not (isinstance(before, Conversation) and is_only_noted(facts, before.mails_lately))


def customer_wrote(tickets: Mapping[UUID, Ticket], conversation_id: UUID, workspace: Workspace) -> dict[UUID, Move]:
    """The open tickets wait for us now. Where all are closed, the newest is open again: it is about that, or about
    something that an agent opens a new ticket for."""
    moves = dict(_moves(tickets, "waiting_on_us", "customer_wrote", conversation_id, workspace))
    if tickets and all(ticket.closed for ticket in tickets.values()):
        newest = max(tickets, key=lambda each: tickets[each].number)
        pipeline = workspace.pipeline(tickets[newest].pipeline_id)
        stage = pipeline.first_of("waiting_on_us") or pipeline.first
        moves[newest] = TicketReopened(stage=stage.id, reason="customer_wrote", conversation_id=conversation_id)
    return moves


def we_answered(tickets: Mapping[UUID, Ticket], conversation_id: UUID, workspace: Workspace) -> dict[UUID, Move]:
    """The open tickets wait for the customer now; closed ones stay closed."""
    return dict(_moves(tickets, "waiting_on_customer", "we_answered", conversation_id, workspace))


def unanswered(
    tickets: Mapping[UUID, Ticket], conversation_id: UUID, workspace: Workspace, reason: MoveReason
) -> dict[UUID, Move]:
    """What waited for the customer waits for us: the answer never reached them."""
    waiting = {
        ticket_id: ticket
        for ticket_id, ticket in tickets.items()
        if workspace.pipeline(ticket.pipeline_id).kind(ticket.stage) == "waiting_on_customer"
    }
    return dict(_moves(waiting, "waiting_on_us", reason, conversation_id, workspace))


def _moves(
    tickets: Mapping[UUID, Ticket], kind: StageKind, reason: MoveReason, conversation_id: UUID, workspace: Workspace
) -> Iterator[tuple[UUID, Move]]:
    """To the first stage of the kind, for open tickets that are in none of it; pipelines without one are left alone."""
    for ticket_id, ticket in tickets.items():
        pipeline = workspace.pipeline(ticket.pipeline_id)
        stage = pipeline.first_of(kind)
        if not ticket.closed and stage is not None and pipeline.kind(ticket.stage) != kind:
            yield ticket_id, TicketMoved(stage=stage.id, reason=reason, conversation_id=conversation_id)


def opened_by_channel(
    automation: TicketAutomation,
    channel_id: UUID,
    conversation_id: UUID,
    conversation: Conversation,
    workspace: Workspace,
    *,
    number: int,
    subject: str,
) -> TicketOpened:
    """The ticket that the channel's switch opens for a new conversation, in the pipeline that every workspace has when
    the channel's is gone by now; an owner who is gone owns nothing."""
    pipeline = workspace.pipelines.get(automation.pipeline_id) or workspace.pipeline(None)
    return TicketOpened(
        number=number,
        pipeline_id=pipeline.id,
        stage=pipeline.beginning(automation.stage).id,
        priority=automation.priority,
        assignee_id=_owner(automation.owner, workspace),
        contact_id=conversation.contact_id,
        links=(TicketLink(conversation_id, conversation.inbox_id),),
        channel_id=channel_id,
        personal=_title(subject),
    )


def opened_by_rule(
    order: OrderedTicket, conversation_id: UUID, conversation: Conversation, *, number: int, subject: str
) -> TicketOpened:
    """The ticket that a rule ordered, exactly as the record of the decision has it."""
    return TicketOpened(
        number=number,
        pipeline_id=order.pipeline_id,
        stage=order.stage,
        priority=order.priority,
        assignee_id=order.assignee_id,
        contact_id=conversation.contact_id,
        links=(TicketLink(conversation_id, conversation.inbox_id),),
        rule_id=order.rule_id,
        personal=_title(subject),
    )


def _owner(agent_id: UUID | None, workspace: Workspace) -> UUID | None:
    agent = None if agent_id is None else workspace.agents.get(agent_id)
    return agent.id if agent is not None and agent.active else None


def _title(subject: str) -> TicketTitle:
    return TicketTitle(title=subject[:MAX_TITLE])
