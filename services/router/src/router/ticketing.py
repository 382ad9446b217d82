"""Tickets follow their conversations: what a message, a reply or its failure does to them, in the same batch; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from uuid import UUID

from msgspec.structs import replace

from events import conversations as e
from events.conversations import ConversationEvent, ConversationRouted
from events.envelope import Actor
from events.ticket_commands import OpenTicket, TicketCommand
from events.tickets import MoveReason
from router.domain import contact, ticket_moves
from router.domain.conversation import Conversation, ConversationState, NotOpened
from router.domain.ticket import Around
from router.domain.ticket_moves import Move, counts_for_tickets
from router.records import Mail
from router.working_set import Cause, WorkingSet


def around(command: TicketCommand, working: WorkingSet) -> Around:
    """What a command's decision must know besides its ticket."""
    known = working.rows.known
    asked = command.contact_id if isinstance(command, OpenTicket) else None
    return Around(
        number=known.last_ticket_number + 1,
        conversations=working.conversations,
        contact=None if asked is None else working.contacts.get(asked, contact.UNKNOWN),
        tickets=known.tickets,
    )


def new_ticket_id(
    mail: Mail,
    stream: UUID,
    before: ConversationState,
    after: Conversation,
    events: Iterable[ConversationEvent],
    working: WorkingSet,
) -> Callable[[], UUID] | None:
    """Gives the id of the ticket that a rule may open for this message; None where it may not."""
    if working.rows.known.tickets.get(stream) or not _counts(mail, before, after, events):
        return None
    return partial(working.house.derived_id, mail.envelope.id, "ticket")


def follow_message(
    mail: Mail,
    stream: UUID,
    before: ConversationState,
    after: ConversationState,
    events: Iterable[ConversationEvent],
    routed: Iterable[ConversationRouted],
    working: WorkingSet,
    cause: Cause,
) -> None:
    """Moves the tickets of a conversation that a customer wrote in. One without is given the ticket that a rule
    ordered, else, when it is new, the one that its channel's switch opens."""
    facts = mail.envelope.data.facts
    if not isinstance(after, Conversation) or not _counts(mail, before, after, events):
        return
    tickets = working.tickets_of(stream)
    if tickets:
        _move(ticket_moves.customer_wrote(tickets, stream, working.workspace), "customer_wrote", working, cause)
        return
    number, subject = working.rows.known.last_ticket_number + 1, mail.envelope.data.content.subject
    order = next((record.ticket for record in routed if record.ticket is not None), None)
    if order is not None:
        opened = ticket_moves.opened_by_rule(order, stream, after, number=number, subject=subject)
        working.append_ticket(order.ticket_id, (opened,), _by(str(order.rule_id), cause))
    elif isinstance(before, NotOpened):
        channel = working.workspace.channels.get(facts.channel_id)
        automation = None if channel is None or channel.email is None else channel.email.ticket_automation
        if channel is None or automation is None:
            return
        opened = ticket_moves.opened_by_channel(
            automation, channel.id, stream, after, working.workspace, number=number, subject=subject
        )
        ticket_id = working.house.derived_id(mail.envelope.id, "ticket")
        working.append_ticket(ticket_id, (opened,), _by(f"channel:{channel.id}", cause))


def follow_replies(
    stream: UUID, before: ConversationState, events: Iterable[ConversationEvent], working: WorkingSet, cause: Cause
) -> None:
    """Moves the tickets of a conversation when an agent's reply goes out, not while it waits; back, when it failed or
    was taken back on its way. Forwards and acknowledgements are no answers."""
    tickets = working.tickets_of(stream) if isinstance(before, Conversation) else None
    if not tickets or not isinstance(before, Conversation):
        return
    for event in events:
        match event:
            case (
                e.ReplyQueued(hold=None, in_side_thread=False, automatic=False) | e.ReplyReleased(in_side_thread=False)
            ):
                moves = ticket_moves.we_answered(working.tickets_of(stream), stream, working.workspace)
                _move(moves, "we_answered", working, cause)
            case e.ReplyFailed() | e.ReplyCancelled(released=True):
                known = before.replies.get(event.reply_id)
                if known is not None and not known.in_side_thread:
                    reason: MoveReason = "reply_failed" if isinstance(event, e.ReplyFailed) else "reply_cancelled"
                    moves = ticket_moves.unanswered(working.tickets_of(stream), stream, working.workspace, reason)
                    _move(moves, reason, working, cause)
            case _:
                pass


def _counts(mail: Mail, before: ConversationState, after: Conversation, events: Iterable[ConversationEvent]) -> bool:
    """Whether the message is the customer's, and one that counts: what answers a forward is not."""
    if any(isinstance(event, e.MessageAppended) and event.in_side_thread for event in events):
        return False
    return counts_for_tickets(mail.envelope.data.facts, before, after)


def _move(moves: Mapping[UUID, Move], rule: str, working: WorkingSet, cause: Cause) -> None:
    for ticket_id, move in moves.items():
        working.append_ticket(ticket_id, (move,), _by(rule, cause))


def _by(rule: str, cause: Cause) -> Cause:
    """The same cause, in the name of the rule or switch that acts."""
    return replace(cause, actor=Actor("rule", rule))
