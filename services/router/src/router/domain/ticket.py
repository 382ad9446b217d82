"""The decider of a ticket: opened, moved through its pipeline, given to agents, linked to conversations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, assert_never
from uuid import UUID

import msgspec

from events import ticket_commands as c
from events import tickets as e
from events.envelope import Envelope
from events.pipelines import Stage
from events.ticket_commands import TicketCommand
from events.tickets import TicketEvent, TicketLink, TicketTitle
from router.domain import errors
from router.domain.contact import ContactState, Erased, Unknown
from router.domain.conversation_state import Conversation, ConversationState
from router.domain.pipeline import Pipeline
from router.domain.ticket_state import UNOPENED, Ticket, TicketState, Unopened, evolve, sealed_under
from router.domain.workspace_state import Workspace
from service_kit.decider import Decider

__all__ = ["UNOPENED", "Around", "Ticket", "TicketState", "decide", "decider", "erase", "evolve", "sealed_under"]

MAX_TITLE: Final = 500
MAX_CONVERSATIONS: Final = 100
MAX_TICKETS: Final = 50
"""Of one conversation: a mail in it reads them all."""

TicketDecider = Decider[Envelope[TicketCommand], TicketState, TicketEvent]


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What look-ups know around a ticket: the next number, the conversations and the contact that a command names (None
    where it names none), and how many tickets each conversation has."""

    number: int = 0
    conversations: Mapping[UUID, ConversationState] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    contact: ContactState | None = None
    tickets: Mapping[UUID, Collection[UUID]] = msgspec.field(default_factory=lambda: MappingProxyType({}))


def decider(workspace: Workspace, around: Around) -> TicketDecider:
    """The decider in a workspace as it is now."""
    return Decider(UNOPENED, partial(decide, workspace=workspace, around=around), evolve)


def decide(
    command: Envelope[TicketCommand], state: TicketState, *, workspace: Workspace, around: Around
) -> tuple[TicketEvent, ...]:
    """The events that the command leads to, `()` when it is already so; refuses with a DomainError."""
    data = command.data
    if isinstance(data, c.OpenTicket):
        return open_ticket(data, workspace, around) if isinstance(state, Unopened) else ()
    if isinstance(state, Unopened):
        raise errors.TicketNotFound("There is no such ticket.")
    match data:
        case c.ChangeTicket():
            return tuple(_changes(data, state, workspace))
        case c.LinkTicket():
            return link(data.conversation_id, state, around)
        case c.UnlinkTicket():
            gone = data.conversation_id
            return (e.TicketUnlinked(conversation_id=gone),) if gone in state.links else ()
        case _:
            assert_never(data)


def open_ticket(command: c.OpenTicket, workspace: Workspace, around: Around) -> tuple[e.TicketOpened, ...]:
    """The ticket in a stage that is open, with its conversations; its contact is that of the first of them."""
    _check_title(command.title)
    pipeline = workspace.pipeline(command.pipeline_id)
    stage = pipeline.first if command.stage is None else _stage(pipeline, command.stage)
    if stage.kind == "closed":
        raise errors.StageCloses(f"A ticket cannot begin in {stage.name!r}, which closes it.")
    _check_assignee(command.assignee_id, workspace)
    if len(command.conversation_ids) > MAX_CONVERSATIONS:
        raise errors.TooManyLinks(f"A ticket has at most {MAX_CONVERSATIONS} conversations.")
    linked = {each: _conversation(each, around) for each in command.conversation_ids}
    contact_id = command.contact_id
    if contact_id is not None:
        _check_contact(around.contact)
    elif linked:
        contact_id = next(iter(linked.values())).contact_id
    return (
        e.TicketOpened(
            number=around.number,
            pipeline_id=pipeline.id,
            stage=stage.id,
            priority=command.priority,
            assignee_id=command.assignee_id,
            contact_id=contact_id,
            links=tuple(TicketLink(each, state.inbox_id) for each, state in linked.items()),
            personal=TicketTitle(title=command.title),
        ),
    )


def link(conversation_id: UUID, state: Ticket, around: Around) -> tuple[e.TicketLinked, ...]:
    """The conversation belongs to the ticket; one that belongs already is linked anew when it lies in another inbox."""
    known = state.links.get(conversation_id)
    if known is None and len(state.links) >= MAX_CONVERSATIONS:
        raise errors.TooManyLinks(f"A ticket has at most {MAX_CONVERSATIONS} conversations.")
    inbox_id = _conversation(conversation_id, around, linked=known is not None).inbox_id
    return () if known == inbox_id else (e.TicketLinked(conversation_id=conversation_id, inbox_id=inbox_id),)


def erase(contact_id: UUID, state: TicketState) -> tuple[e.TicketTitleErased, ...]:
    """Notes that the ticket's contact was erased; `()` for another's, and when that was noted before."""
    if not isinstance(state, Ticket) or state.erased or state.contact_id != contact_id:
        return ()
    return (e.TicketTitleErased(contact_id=contact_id),)


def _changes(command: c.ChangeTicket, state: Ticket, workspace: Workspace) -> Iterator[TicketEvent]:
    if command.title is not None:
        _check_title(command.title)
        if state.erased:
            raise errors.TicketIsErased("The ticket's contact was erased; nothing is stored about it again.")
        yield e.TicketRenamed(personal=TicketTitle(title=command.title))
    if command.stage is not None:
        pipeline = workspace.pipeline(state.pipeline_id)
        stage = _stage(pipeline, command.stage)
        if stage.id != state.stage:
            yield _moved(state, stage.id, closes=stage.kind == "closed")
    if command.priority is not None and command.priority != state.priority:
        yield e.TicketPriorityChanged(priority=command.priority)
    assignee_id = None if command.unassign else command.assignee_id or state.assignee_id
    if assignee_id != state.assignee_id:
        _check_assignee(assignee_id, workspace)
        yield e.TicketAssigned(assignee_id=assignee_id)


def _moved(state: Ticket, stage: str, *, closes: bool) -> e.TicketMoved | e.TicketClosed | e.TicketReopened:
    if closes == state.closed:
        return e.TicketMoved(stage=stage)
    return e.TicketClosed(stage=stage) if closes else e.TicketReopened(stage=stage)


def _stage(pipeline: Pipeline, wanted: str) -> Stage:
    stage = pipeline.stage(wanted)
    if stage is None:
        raise errors.StageNotFound(f"The pipeline {pipeline.name!r} has no such stage.")
    return stage


def _conversation(conversation_id: UUID, around: Around, *, linked: bool = False) -> Conversation:
    state = around.conversations.get(conversation_id)
    if not isinstance(state, Conversation):
        raise errors.ConversationNotFound("There is no such conversation.")
    if not linked and len(around.tickets.get(conversation_id, ())) >= MAX_TICKETS:
        raise errors.TooManyLinks(f"A conversation has at most {MAX_TICKETS} tickets.")
    return state


def _check_title(title: str) -> None:
    if len(title) > MAX_TITLE:
        raise errors.TicketTitleInvalid(f"A ticket's title has at most {MAX_TITLE} characters.")


def _check_assignee(agent_id: UUID | None, workspace: Workspace) -> None:
    if agent_id is not None and not workspace.agent(agent_id).active:
        raise errors.AgentIsDeactivated("A deactivated agent takes no tickets.")


def _check_contact(contact: ContactState | None) -> None:
    if contact is None or isinstance(contact, Unknown):
        raise errors.ContactNotFound("There is no such contact.")
    if isinstance(contact, Erased):
        raise errors.ContactIsErased("The contact was erased; nothing about them may be stored again.")
