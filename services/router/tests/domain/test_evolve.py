"""No order of events, however impossible, makes an evolve raise."""

from __future__ import annotations

from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.contacts import ContactEvent
from events.conversations import ConversationEvent, ConversationOpened, ConversationStarted
from events.workspace import WorkspaceEvent
from router.domain import contact, conversation, workspace
from router.domain.conversation import Conversation


@given(data=st.data())
def test_a_conversation_evolves_with_any_events_in_any_order(any_event: Any, data: st.DataObject) -> None:
    history = data.draw(st.lists(any_event(ConversationEvent), max_size=12))
    state = reduce(conversation.evolve, history, conversation.NOT_OPENED)
    begun = (ConversationOpened, ConversationStarted)
    first = next((place for place, event in enumerate(history) if isinstance(event, begun)), None)
    assert state.sequence == (0 if first is None else len(history) - first)
    if isinstance(state, Conversation):
        assert 1 <= state.last_spoken <= state.sequence
        assert state.status in {"open", "snoozed", "resolved", "spam", "trash"}


@given(data=st.data())
def test_a_workspace_evolves_with_any_events_in_any_order(any_event: Any, data: st.DataObject) -> None:
    history = data.draw(st.lists(any_event(WorkspaceEvent), max_size=12))
    state = reduce(workspace.evolve, history, workspace.EMPTY)
    assert all(state.channels[channel_id].connected for channel_id in state.addresses.values())
    for team_id in state.teams:
        assert set(state.available_members(team_id)) <= set(state.members(team_id))
    for inbox_id in state.inboxes:
        team = state.first_team(inbox_id)
        assert team is None or team.id in state.teams


@given(data=st.data())
def test_a_contact_evolves_with_any_events_in_any_order(any_event: Any, data: st.DataObject) -> None:
    history = data.draw(st.lists(any_event(ContactEvent), max_size=8))
    state = reduce(contact.evolve, history, contact.UNKNOWN)
    erased = any(type(event).__name__ == "ContactErased" for event in history)
    assert isinstance(state, contact.Erased) is erased
