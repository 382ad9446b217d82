"""What becomes of mails: three events for a new sender, a message more in a known thread, nothing for a copy."""

from __future__ import annotations

from itertools import pairwise

import pytest

from events.commands import ResolveConversation
from router.testing import ANNA, BORIS, INBOX, TEAM, Workbench, kinds, mail

pytestmark = pytest.mark.real
NEW_SENDER = ["ContactCreated", "ConversationOpened", "ConversationRouted"]


def test_a_mail_of_a_new_sender_costs_three_events(bench: Workbench) -> None:
    bench.set_up_workspace()
    received = mail()
    events = bench.receive(received)
    assert kinds(events) == NEW_SENDER
    contact, opened, routed = events
    assert opened.data.number == 1
    assert opened.data.contact_id == contact.stream
    assert opened.data.personal.message.new_text == "Where is my parcel?"
    assert (routed.data.team_id, routed.data.reason) == (TEAM, "inbox_team")
    assert routed.data.agent_id in (ANNA, BORIS)
    assert {event.correlation_id for event in events} == {received.correlation_id}
    assert {event.causation_id for event in events} == {received.id}
    assert str(opened.actor) == f"contact:{contact.stream}"
    assert str(routed.actor) == "system"
    assert [event.sequence for event in events] == [1, 1, 2]
    assert bench.tallies == [{"appended": 1}]


def test_an_answer_joins_by_in_reply_to_and_costs_one_event(bench: Workbench) -> None:
    bench.set_up_workspace()
    first = bench.receive(mail(message_id="one@c"))
    events = bench.receive(mail(in_reply_to=["one@c"]))
    assert kinds(events) == ["MessageAppended"]
    assert events[0].stream == first[1].stream
    assert events[0].data.contact_id == first[0].stream


def test_a_mail_without_a_parent_opens_its_own_conversation_for_the_known_sender(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail())
    events = bench.receive(mail())
    assert kinds(events) == ["ConversationOpened", "ConversationRouted"]
    assert events[0].data.number == 2


def test_an_answer_to_a_resolved_conversation_reopens_and_routes_it(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    bench.command(ResolveConversation(), opened.stream)
    events = bench.receive(mail(in_reply_to=["one@c"]))
    assert kinds(events) == ["MessageAppended", "ConversationReopened", "ConversationRouted"]
    assert events[2].data.reason == "returned_to_agent"


def test_several_mails_of_one_new_sender_in_a_batch_give_one_contact(bench: Workbench) -> None:
    bench.set_up_workspace()
    events = bench.receive(mail("New@Customer.example"), mail("new@customer.example"), mail("other@customer.example"))
    assert kinds(events).count("ContactCreated") == 2
    opened = [event for event in events if event.type == "ConversationOpened"]
    assert len(opened) == 3
    assert opened[0].data.contact_id == opened[1].data.contact_id
    assert [event.data.number for event in opened] == [1, 2, 3]


def test_an_answer_in_the_same_batch_joins(bench: Workbench) -> None:
    bench.set_up_workspace()
    events = bench.receive(mail(message_id="one@c"), mail(in_reply_to=["one@c"]))
    assert kinds(events) == [*NEW_SENDER, "MessageAppended"]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
def test_two_answers_to_a_mail_that_we_never_saw_join(bench: Workbench, together: bool) -> None:
    bench.set_up_workspace()
    one, two = mail(in_reply_to=["unseen@c"]), mail(references=["older@c", "unseen@c"])
    events = bench.receive(one, two) if together else [*bench.receive(one), *bench.receive(two)]
    assert kinds(events) == [*NEW_SENDER, "MessageAppended"]


def test_a_second_copy_is_a_duplicate(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(dedupe_key="same", message_id="one@c"))
    assert bench.receive(mail(dedupe_key="same", message_id="one@c")) == []
    assert bench.receive(mail(dedupe_key="two"), mail(dedupe_key="two"))[0].type == "ConversationOpened"
    assert bench.tallies == [{"appended": 1}, {"duplicate": 1}, {"appended": 1, "duplicate": 1}]


def test_the_same_message_id_with_other_content_is_a_message_of_its_own_flagged(bench: Workbench) -> None:
    bench.set_up_workspace()
    first = bench.receive(mail(message_id="constant@c"))
    events = bench.receive(mail(message_id="constant@c"))
    messages = [event for event in events if event.type in ("MessageAppended", "ConversationOpened")]
    assert len(messages) == 1
    assert messages[0].data.message.repeated_external_id
    assert not first[1].data.message.repeated_external_id


def test_an_id_that_was_only_referred_to_is_not_repeated_when_its_mail_comes_late(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(in_reply_to=["late@c"]))
    late = bench.receive(mail(message_id="late@c"))
    assert not late[0].data.message.repeated_external_id
    again = bench.receive(mail(message_id="late@c"))
    assert again[0].data.message.repeated_external_id


def test_a_stranger_with_stolen_references_opens_his_own_with_a_suggested_link(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    events = bench.receive(mail("thief@evil.example", in_reply_to=["one@c"], message_id="two@e"))
    assert kinds(events) == NEW_SENDER
    assert events[1].data.suggested_link == opened.stream
    answer = bench.receive(mail(in_reply_to=["one@c"]))
    assert answer[0].stream == opened.stream


def test_who_was_in_copy_may_join(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c", cc=["colleague@customer.example"]))[1]
    events = bench.receive(mail("colleague@customer.example", in_reply_to=["one@c"]))
    assert kinds(events) == ["ContactCreated", "MessageAppended"]
    assert events[1].stream == opened.stream
    assert events[1].data.contact_id == events[0].stream


def test_a_participant_may_join_through_a_key_that_came_in_the_same_batch(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c", cc=["colleague@customer.example"]))[1]
    events = bench.receive(
        mail(message_id="two@c", in_reply_to=["one@c"]), mail("colleague@customer.example", in_reply_to=["two@c"])
    )
    assert [event.stream for event in events if event.type == "MessageAppended"] == [opened.stream] * 2


def test_a_reply_token_of_a_participant_joins_without_references(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail())[1]
    events = bench.receive(mail(token=opened.stream))
    assert (kinds(events), events[0].stream) == (["MessageAppended"], opened.stream)


def test_the_team_takes_turns_within_a_batch_and_across_batches(bench: Workbench) -> None:
    bench.set_up_workspace()
    batches = [bench.receive(*[mail(f"{n}-{m}@c.example") for m in range(3)]) for n in range(2)]
    agents = [event.data.agent_id for batch in batches for event in batch if event.type == "ConversationRouted"]
    assert len(agents) == 6
    assert all(one != other for one, other in pairwise(agents))
    assert bench.rows("SELECT open_conversations FROM router.agent_load") == [(3,), (3,)]


def test_a_router_without_memory_decides_the_same(bench: Workbench) -> None:
    bench.set_up_workspace()
    opened = bench.receive(mail(message_id="one@c"))[1]
    fresh = bench.built()
    events = bench.handle(bench.records(mail(in_reply_to=["one@c"])), fresh)
    assert (events[0].stream, events[0].sequence) == (opened.stream, 3)
    answered = bench.receive(mail(in_reply_to=["one@c"]))
    assert answered[0].sequence == 4, "the first router's memory was behind and had to catch up"


def test_a_mail_without_sender_or_message_id_opens_a_conversation_of_its_own(bench: Workbench) -> None:
    bench.set_up_workspace()
    events = bench.receive(mail("", message_id=""), mail("", message_id=""))
    assert kinds(events) == [*NEW_SENDER, *NEW_SENDER]
    assert bench.count("handles") == 2, "only the agents have handles"


def test_in_an_empty_workspace_a_mail_is_kept_all_the_same(bench: Workbench) -> None:
    events = bench.receive(mail())
    assert kinds(events) == NEW_SENDER
    assert events[2].data.reason == "no_team"


def test_an_inbox_has_its_own_threads(bench: Workbench) -> None:
    bench.set_up_workspace()
    bench.receive(mail(message_id="one@c", inbox_id=INBOX))
    events = bench.receive(mail(in_reply_to=["one@c"], inbox_id=TEAM))
    assert events[0].type == "ConversationOpened"
    assert events[0].data.suggested_link is None
