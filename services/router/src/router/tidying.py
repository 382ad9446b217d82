"""What tidying up does beside the conversation: merged ones, moved ones, their tickets; in one transaction, pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from events import commands as c
from events.commands import ConversationCommand
from events.conversations import (
    ConversationEvent,
    ConversationFollowedUp,
    ConversationMergedInto,
    ConversationMoved,
    ConversationsMerged,
    MessageAppended,
)
from events.tickets import TicketEvent, TicketUnlinked
from router.domain import conversation, errors
from router.domain.contact import UNKNOWN
from router.domain.conversation import Conversation, ConversationState, Merged, NotOpened, Trashed
from router.domain.held_replies import close_survivor, hold, holds, reopened, undone
from router.domain.moving import go_along
from router.domain.status import trash
from router.domain.ticket import MAX_TICKETS, Around, Ticket, link
from router.domain.tidying import NOTHING_BESIDE, Beside
from router.records import Mail
from router.working_set import Cause, WorkingSet

Relinked = Sequence[tuple[UUID, tuple[TicketEvent, ...]]]


def beside(command: ConversationCommand, working: WorkingSet) -> Beside:
    """What a command's decision must know besides its conversation."""
    match command:
        case c.MergeConversations():
            return Beside(conversations=working.conversations)
        case c.MoveConversation():
            return Beside(loads=working.rows.known.agents)
        case c.RetryReply() | c.ConfirmReply() | c.ElapseReply():
            return Beside(conversations=working.conversations)
        case c.ChangeConversationContact():
            return Beside(contact=working.contacts.get(command.contact_id, UNKNOWN))
        case _:
            return NOTHING_BESIDE


def relinked(
    stream: UUID, before: ConversationState, events: Iterable[ConversationEvent], working: WorkingSet
) -> Relinked:
    """What becomes of the tickets of what is moved or merged, to be appended with it. Raises TooManyLinks, so this is
    asked before anything is appended."""
    for event in events:
        if isinstance(event, ConversationMoved):
            around = Around(conversations={stream: conversation.evolve(before, event)})
            return [(each, link(stream, state, around)) for each, state in working.tickets_of(stream).items()]
        if isinstance(event, ConversationsMerged):
            return _taken_over(stream, before, event, working)
    return ()


def _taken_over(
    stream: UUID, before: ConversationState, event: ConversationsMerged, working: WorkingSet
) -> list[tuple[UUID, tuple[TicketEvent, ...]]]:
    """The tickets of the merged ones are the survivor's, and theirs no more."""
    theirs: dict[UUID, tuple[Ticket, list[UUID]]] = {}
    for merged in event.merged:
        for ticket_id, state in working.tickets_of(merged.id).items():
            theirs.setdefault(ticket_id, (state, []))[1].append(merged.id)
    if len(theirs.keys() | working.tickets_of(stream).keys()) > MAX_TICKETS:
        raise errors.TooManyLinks(f"A conversation has at most {MAX_TICKETS} tickets.")
    around = Around(conversations={stream: before})
    found: list[tuple[UUID, tuple[TicketEvent, ...]]] = []
    for ticket_id, (state, gone) in theirs.items():
        unlinked = tuple(TicketUnlinked(conversation_id=each) for each in gone)
        linked: tuple[TicketEvent, ...] = () if stream in state.links else link(stream, state, around)
        found.append((ticket_id, (*linked, *unlinked)))
    return found


def follow(
    stream: UUID, events: Iterable[ConversationEvent], tickets: Relinked, working: WorkingSet, cause: Cause
) -> None:
    """Appends what the events of a conversation mean for those merged into it, and for the tickets."""
    for event in events:
        if isinstance(event, ConversationsMerged):
            _merged(stream, event, working, cause)
        elif isinstance(event, ConversationMoved):
            state = working.conversation(stream)
            for each in sorted(state.merged_ids) if isinstance(state, Conversation) else ():
                other = working.conversation(each)
                if isinstance(other, Conversation):
                    working.append_conversation(each, go_along(other, event, stream), cause)
    for ticket_id, ticket_events in tickets:
        working.append_ticket(ticket_id, ticket_events, cause)


def _merged(stream: UUID, event: ConversationsMerged, working: WorkingSet, cause: Cause) -> None:
    survivor = working.conversation(stream)
    if isinstance(survivor, Conversation):
        into = ConversationMergedInto(survivor_id=stream, number=survivor.number)
        for merged in event.merged:
            working.append_conversation(merged.id, (into,), cause)


def hold_merged(stream: UUID, events: Iterable[ConversationEvent], working: WorkingSet, cause: Cause) -> None:
    """The customer wrote to what stands for others: what is scheduled in those waits for an agent, too."""
    state = working.conversation(stream)
    if not isinstance(state, Conversation) or not state.merged_ids:
        return
    if any(isinstance(event, MessageAppended) and holds(event) for event in events):
        for each in sorted(state.merged_ids):
            other = working.conversation(each)
            if isinstance(other, Conversation):
                working.append_conversation(each, hold(other), cause)


def follow_survivor(
    stream: UUID, before: ConversationState, events: Sequence[ConversationEvent], working: WorkingSet, cause: Cause
) -> None:
    """A reply of a merged conversation went out, failed or was taken back: that closes what stands for it, or leaves
    it no more closed. `before` is the merged one before its events."""
    if not isinstance(before, Conversation) or not isinstance(before.standing, Merged):
        return
    into = before.standing.into
    survivor = working.conversation(into)
    if not isinstance(survivor, Conversation):
        return
    snooze_id = working.house.derived_id(cause.id, "snooze")
    working.append_conversation(into, close_survivor(events, before, survivor, cause.occurred_at, snooze_id), cause)
    reason = undone(events, before)
    if reason is not None:
        working.append_conversation(into, reopened(survivor, reason), cause)


def follow_arrival(mail: Mail, stream: UUID, before: ConversationState, working: WorkingSet, cause: Cause) -> None:
    """What a message began that came too late for another conversation: that refers to it from now on. What a rule
    threw away at once lies in the trash as long as anything."""
    state = working.conversation(stream)
    if not isinstance(state, Conversation):
        return
    if isinstance(before, NotOpened) and state.follow_up_of is not None:
        followed = ConversationFollowedUp(conversation_id=stream, number=state.number)
        working.append_conversation(state.follow_up_of, (followed,), cause)
    if isinstance(state.standing, Trashed) and state.standing.timer_id is None:
        timer_id = working.house.derived_id(mail.envelope.id, "trash")
        working.append_conversation(stream, trash(state, now=cause.recorded_at, timer_id=timer_id), cause)
