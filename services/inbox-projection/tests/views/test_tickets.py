"""The pure half of tickets: rows, links and what the feed says, whatever a batch holds of a ticket's stream."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from events import tickets as t
from events.envelope import Actor
from events.pipelines import DEFAULT_PIPELINE_ID
from inbox_projection.testing import Story, open_record
from inbox_projection.views.batch import fold
from inbox_projection.views.changes import Changes, Known
from inbox_projection.views.order import SequenceGap
from inbox_projection.views.ticket import TicketRows

ONE, TWO, ELSEWHERE = UUID(int=1), UUID(int=2), UUID(int=3)


class Told:
    """A story of one ticket, and what its records fold into."""

    def __init__(self, *events: Any, contact: bool = True) -> None:
        self.story = Story()
        contact_id = self.story.person() if contact else None
        opened = t.TicketOpened(
            number=7,
            pipeline_id=DEFAULT_PIPELINE_ID,
            stage="New",
            contact_id=contact_id,
            links=(t.TicketLink(ONE, self.story.inbox_id),),
            personal=t.TicketTitle(title="The parcel"),
        )
        self.ticket_id = self.story.open_ticket(opened, actor=Actor("agent", str(self.story.agent_id)))
        for event in events:
            self.story.ticket(self.ticket_id, event)

    def folded(self, known: Known | None = None, since: int = 0) -> Changes:
        records = [record for record in self.story.records if record.topic == "tickets.v1"][since:]
        keys = self.story.keys_at(len(self.story.records))
        return fold([open_record(record, keys) for record in records], known or Known(), {})

    def known(self) -> Known:
        """The rows after the opening alone."""
        changes = fold(
            [open_record(record, self.story.keys) for record in self.story.records if record.topic == "tickets.v1"][:1],
            Known(),
            {},
        )
        links = {link.conversation_id: link for link in changes.ticket_links}
        return Known(tickets={self.ticket_id: TicketRows(changes.tickets[0], links)})


def test_a_ticket_is_shown_with_its_links_and_who_opened_it() -> None:
    told = Told()
    changes = told.folded()
    (row,), (link,) = changes.tickets, changes.ticket_links
    assert (row.ticket_id, row.number, row.title, row.sequence) == (told.ticket_id, 7, "The parcel", 1)
    assert (row.opened_by, row.closed_at, row.conversations) == (told.story.agent_id, None, 1)
    assert (link.conversation_id, link.inbox_id, link.number, link.closed) == (ONE, told.story.inbox_id, 7, False)
    (said,) = changes.touched
    assert (said.kind, said.conversation_id, said.inbox_id) == ("ticket", told.ticket_id, told.story.inbox_id)


def test_closing_and_reopening_is_told_of_every_link() -> None:
    told = Told(t.TicketLinked(conversation_id=TWO, inbox_id=ELSEWHERE), t.TicketClosed(stage="Closed"))
    changes = told.folded()
    assert changes.tickets[0].closed_at is not None
    assert {(link.conversation_id, link.closed) for link in changes.ticket_links} == {(ONE, True), (TWO, True)}
    told.story.ticket(told.ticket_id, t.TicketReopened(stage="New"))
    assert told.folded().tickets[0].closed_at is None
    assert not any(link.closed for link in told.folded().ticket_links)


def test_a_link_that_goes_is_told_in_the_inbox_that_it_was_in() -> None:
    told = Told(t.TicketUnlinked(conversation_id=ONE), t.TicketLinked(conversation_id=TWO, inbox_id=ELSEWHERE))
    changes = told.folded(told.known(), since=1)
    assert changes.ticket_links_gone == [(ONE, told.ticket_id)]
    assert [link.conversation_id for link in changes.ticket_links] == [TWO]
    assert {said.inbox_id for said in changes.touched} == {told.story.inbox_id, ELSEWHERE}
    assert changes.tickets[0].conversations == 1


def test_a_conversation_that_moved_has_one_link_in_its_new_inbox() -> None:
    told = Told(t.TicketLinked(conversation_id=ONE, inbox_id=ELSEWHERE))
    changes = told.folded(told.known(), since=1)
    assert [(link.conversation_id, link.inbox_id) for link in changes.ticket_links] == [(ONE, ELSEWHERE)]
    assert changes.ticket_links_gone == [] and changes.tickets[0].conversations == 1


def test_a_link_says_again_what_lists_filter_by_and_is_written_only_when_that_changed() -> None:
    told = Told(t.TicketMoved(stage="Waiting on us"), t.TicketPriorityChanged(priority="high"))
    changes = told.folded(told.known(), since=1)
    (link,), (row,) = changes.ticket_links, changes.tickets
    assert (link.stage, link.priority) == (row.stage, row.priority) == ("Waiting on us", "high")
    renamed = Told(t.TicketRenamed(personal=t.TicketTitle(title="Another")))
    changes = renamed.folded(renamed.known(), since=1)
    assert (changes.ticket_links, changes.ticket_links_gone, changes.tickets[0].title) == ([], [], "Another")


def test_an_erased_title_is_gone_live_as_in_a_rebuild() -> None:
    told = Told(t.TicketRenamed(personal=t.TicketTitle(title="Another")))
    live = told.known()
    contact_id = told.story.tickets[told.ticket_id].contact_id
    assert contact_id is not None
    told.story.erase(contact_id)
    (shown,), (rebuilt,) = told.folded(live, since=1).tickets, told.folded().tickets
    assert shown.title == "" and shown == rebuilt


def test_a_hole_in_a_tickets_stream_stops() -> None:
    told = Told(t.TicketClosed(stage="Closed"), t.TicketReopened(stage="New"))
    with pytest.raises(SequenceGap):
        told.folded(told.known(), since=2)


def test_a_ticket_whose_beginning_is_lost_is_only_counted() -> None:
    told = Told(t.TicketClosed(stage="Closed"))
    changes = fold_after_hole(told)
    assert (changes.tickets, changes.streams) == ([], {told.ticket_id: 2})


def fold_after_hole(told: Told) -> Changes:
    records = [record for record in told.story.records if record.topic == "tickets.v1"][1:]
    return fold([open_record(record, told.story.keys) for record in records], Known(), {told.ticket_id: {1}})


def test_who_had_a_ticket_without_conversations_is_told_that_another_has_it_now() -> None:
    bob, cleo = UUID(int=11), UUID(int=12)

    def left(*events: t.TicketEvent) -> list[UUID | None]:
        told = Told(*events)
        known = told.known()
        (before,) = known.tickets.values()
        held = TicketRows(replace(before.row, assignee_id=bob, conversations=0), {})
        changes = told.folded(Known(tickets={told.ticket_id: held}), since=1)
        return [one.inbox_id for one in changes.touched if one.kind == "ticket_left"]

    assert left(t.TicketAssigned(assignee_id=cleo)) == left(t.TicketAssigned(assignee_id=None)) == [bob]
    assert left(t.TicketAssigned(assignee_id=bob)) == left(t.TicketClosed(stage="Closed")) == []
    linked = t.TicketLinked(conversation_id=TWO, inbox_id=ELSEWHERE)
    assert left(linked, t.TicketAssigned(assignee_id=cleo)) == [], "where it has an inbox, that one is told"
