"""One wish for many conversations: each is decided by itself, as if its agent had asked for it alone; pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec.structs import replace

from events import commands as c
from events.bulk import MOST_AT_ONCE, BulkChange, ChangeConversations, RefusedChange
from events.commands import ConversationCommand
from events.envelope import Envelope
from events.errors import MalformedEvent
from events.filtering import SpamBlock
from events.tidying_commands import MoveConversation, MuteConversation, UnmuteConversation
from router.answers import decide, repeated
from router.domain import errors
from router.domain.house import House
from router.drafts import Verdict
from router.records import Ask, Bulk
from router.working_set import WorkingSet
from service_kit.decider import DomainError


def parts_of(ask: Ask, house: House) -> Bulk:
    """The command as commands of their own; none when it names more conversations than it may."""
    whole: Envelope[ChangeConversations] = ask.envelope  # type: ignore[assignment]
    blocks = _blocks(whole.data)
    plain = None if blocks else _command(whole.data.change)

    def part(conversation_id: UUID) -> Ask:
        own = house.derived_id(whole.id, conversation_id.hex)
        wish = plain or c.MarkConversationAsSpam(block=blocks[conversation_id])
        return Ask(replace(whole, id=own, stream=conversation_id, data=wish), b"")

    ids = tuple(dict.fromkeys(whole.data.conversation_ids))
    return Bulk(ask, tuple(map(part, ids)) if len(ids) <= MOST_AT_ONCE else ())


def change(item: Bulk, working: WorkingSet, now: datetime) -> str:
    """What is refused stays as it was and is named with the reason; the others are done."""
    again = repeated(item.ask, working)
    if again is not None:
        return again
    command = item.ask.envelope
    bulk_id = command.data.bulk_id  # type: ignore[attr-defined]
    verdict = Verdict(command, command.type, item.ask.request_hash, resource_id=bulk_id)
    first, refused = len(working.drafts), list[RefusedChange]()
    if not item.parts and command.data.conversation_ids:  # type: ignore[attr-defined]
        refusal = errors.TooManyAtOnce(f"One command changes at most {MOST_AT_ONCE} conversations.")
        verdict.code, verdict.detail = refusal.code, refusal.detail
    for part in item.parts:
        try:
            decide(part, working, now, caused_by=bulk_id)
        except DomainError as refusal:
            refused.append(RefusedChange(part.envelope.stream, refusal.code, refusal.detail))
    verdict.refused = tuple(refused)
    verdict.drafts = range(first, len(working.drafts))
    working.answer(verdict)
    return "refused" if verdict.code else "done"


def _blocks(wish: ChangeConversations) -> dict[UUID, SpamBlock]:
    """Whom to block with each conversation; nobody, unless spam is to block somebody. Raises MalformedEvent."""
    if wish.change.kind != "spam" or wish.change.block is None:
        return {}
    if len(wish.blocks) != len(wish.conversation_ids):
        raise MalformedEvent("a bulk that blocks with spam doesn't say whom with each conversation")
    return dict(zip(wish.conversation_ids, wish.blocks, strict=True))


def _command(change: BulkChange) -> ConversationCommand:
    match change.kind:
        case "resolve":
            return c.ResolveConversation()
        case "open":
            return c.ReopenConversation()
        case "snooze":
            return c.SnoozeConversation(until=change.until)
        case "spam":
            return c.MarkConversationAsSpam()
        case "trash":
            return c.TrashConversation()
        case "assign":
            return c.AssignConversation(agent_id=change.agent_id, team_id=change.team_id, keep_team=change.keep_team)
        case "add_label":
            return c.AddLabel(label=change.label)
        case "remove_label":
            return c.RemoveLabel(label=change.label)
        case "priority":
            return c.ChangePriority(priority=change.priority)
        case "read":
            return c.MarkRead(up_to=change.up_to)
        case "move":
            if change.inbox_id is None:
                raise MalformedEvent("a bulk that moves conversations names no inbox")
            return MoveConversation(inbox_id=change.inbox_id)
        case "mute":
            return MuteConversation()
        case "unmute":
            return UnmuteConversation()
        case _:
            assert_never(change.kind)
