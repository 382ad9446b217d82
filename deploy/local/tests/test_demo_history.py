"""The demo: believable, in every state, the same for the same seed, and as the services would have made it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from events import conversations as e
from events.conversations import ConversationEvent
from events.inbound import MessageReceived
from events.labels import LabelDefined
from events.saved_views import ViewSaved
from events.values import MessageContent, MessageFacts
from events.workspace import EmailFiltersSet, WorkspaceEvent
from ingest_email.parse import parse
from ingest_email.quotes import split
from local_runtime.demo.attachments import file_of
from local_runtime.demo.cast import AGENTS, TEAMS
from local_runtime.demo.history import demo_history
from local_runtime.demo.journal import Journal
from local_runtime.demo.office_hours import ZONE, awake, in_office
from local_runtime.demo.postbags import fill_mailbox
from local_runtime.demo.scripts import read_scripts, scripts
from local_runtime.demo.seeding import first_start, import_lines, with_agents
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.threads import threads
from local_runtime.state import State
from router.domain import conversation
from router.domain.conversation import NOT_OPENED, Conversation, ConversationState
from router.domain.email_filters import Caught, EmailFilters
from router.domain.reach import sees_inbox, team_reaches
from router.domain.workspace import EMPTY
from router.domain.workspace import evolve as evolve_workspace
from service_kit import reply_token
from service_kit.hashing import derive_key

WORKSPACE = UUID("01900000-0000-7000-8000-000000000001")
KEY = "a key of the demo's tests, 32 characters"
SUNDAY_NIGHT = datetime(2026, 11, 22, 22, 54, tzinfo=UTC)
STARTS = {
    "sunday night": SUNDAY_NIGHT,
    "monday at dawn": datetime(2026, 11, 23, 4, 3, tzinfo=UTC),
    "wednesday noon": datetime(2026, 2, 25, 11, 0, tzinfo=UTC),
    "friday evening": datetime(2026, 7, 3, 17, 30, tzinfo=UTC),
    "saturday, just after midnight": datetime(2026, 8, 14, 23, 1, tzinfo=UTC),
}
STATES = ("open", "snoozed", "resolved", "spam", "trash")


def made(now: datetime = SUNDAY_NIGHT, admin: str = "admin@postroom.localhost") -> Journal:
    return demo_history(
        workspace_id=WORKSPACE, now=now, mail_domain="postroom.localhost", secret_key=KEY, admin_email=admin
    )


@pytest.fixture(scope="module")
def journal() -> Journal:
    return made()


@pytest.fixture(scope="module", params=STARTS.values(), ids=STARTS.keys())
def start(request: pytest.FixtureRequest) -> datetime:
    return request.param


@pytest.fixture(scope="module")
def begun(start: datetime) -> Journal:
    return made(start)


def final_states(journal: Journal) -> dict[UUID, Conversation]:
    states: dict[UUID, ConversationState] = {}
    for event in journal.ordered():
        if isinstance(event.data, get_args(ConversationEvent)):
            states[event.stream] = conversation.evolve(states.get(event.stream, NOT_OPENED), event.data)
    return {stream: state for stream, state in states.items() if isinstance(state, Conversation)}


def inbound(journal: Journal) -> list[tuple[MessageFacts, MessageContent]]:
    found = []
    for event in journal.events:
        match event.data:
            case e.ConversationOpened():
                found.append((event.data.message, event.data.personal.message))
            case e.MessageAppended():
                found.append((event.data.message, event.data.personal))
            case e.InboundFiltered():
                found.append((event.data.message, event.data.personal))
    return found


def texts_of(journal: Journal, *kinds: type) -> list[Any]:
    return [event.data for event in journal.events if isinstance(event.data, kinds)]


def test_there_are_some_150_conversations_in_every_state_whenever_it_starts(begun: Journal):
    states = final_states(begun)
    assert 140 <= len(states) <= 160
    counts = Counter(state.status for state in states.values())
    assert set(counts) == set(STATES)
    assert counts["open"] >= 25 and counts["resolved"] >= 40 and counts["snoozed"] >= 8
    assert counts["spam"] >= 3 and counts["trash"] >= 3
    unassigned = [state for state in states.values() if state.status == "open" and state.assignee_id is None]
    assert len(unassigned) >= 5
    assert len(states) - len(unassigned) > 100


def test_whatever_happens_to_mail_has_happened_whenever_it_starts(begun: Journal, start: datetime):
    failed = {one.reply_id for one in texts_of(begun, e.ReplyFailed)}
    assert len(failed) >= 5
    facts = [facts for facts, _ in inbound(begun)]
    bounces = {one.bounced_reply_id for one in facts if one.automated_kind == "bounce"}
    assert len(bounces) == 2 and bounces < failed
    assert {one.automated_kind for one in facts} == {None, "bounce", "auto_reply", "list"}
    assert sum(content.invitation is not None for _, content in inbound(begun)) >= 2
    snoozed = texts_of(begun, e.ConversationSnoozed)
    assert any(one.until and one.until > start for one in snoozed) and any(one.until is None for one in snoozed)
    assert texts_of(begun, e.SnoozeElapsed) and texts_of(begun, e.ConversationReopened)
    mentions = [one.mentions for one in texts_of(begun, e.CommentAdded) if one.mentions]
    assert len(mentions) >= 8
    assert {state.priority for state in final_states(begun).values()} == {"normal", "high", "urgent"}
    assert len({label for state in final_states(begun).values() for label in state.labels}) >= 8


def test_there_are_long_threads_with_several_people_in_copy(begun: Journal):
    messages = Counter(
        event.stream
        for event in begun.events
        if isinstance(event.data, e.ConversationOpened | e.MessageAppended | e.ReplyQueued)
    )
    assert sum(count >= 8 for count in messages.values()) >= 2
    assert sum(len(content.cc) >= 2 for _, content in inbound(begun)) >= 8
    assert any(content.html and "cid:" in content.html for _, content in inbound(begun))
    assert sum(bool(content.quoted) for _, content in inbound(begun)) >= 30


def test_english_and_polish_are_both_spoken():
    languages = Counter(script.language for script in scripts())
    assert languages["en"] >= 60 and languages["pl"] >= 60
    polish = " ".join(step.text for script in scripts() if script.language == "pl" for step in script.steps)
    assert all(letter in polish for letter in "ąćęłńóśźż")


def test_every_inbox_has_its_work_and_every_agent_answers(journal: Journal):
    inboxes = Counter(state.inbox_id for state in final_states(journal).values())
    assert set(inboxes) == {journal.cast.inbox(slug) for slug in TEAMS} and min(inboxes.values()) >= 25
    repliers = {one.agent_id for one in texts_of(journal, e.ReplyQueued)}
    assert repliers == {journal.cast.agent(handle) for handle in AGENTS}


def test_every_filtered_mail_is_one_that_the_routers_filters_catch_and_no_other_mail_is(journal: Journal):
    (chosen,) = texts_of(journal, EmailFiltersSet)
    filters = EmailFilters(chosen.version, chosen.filters)
    kept_out = texts_of(journal, e.InboundFiltered)
    assert len(kept_out) >= 6 and {one.inbox_id for one in kept_out} == {journal.cast.inbox(slug) for slug in TEAMS}
    by_id = {one.message.message_id: one for one in kept_out}
    for facts, content in inbound(journal):
        received = MessageReceived(inbox_id=journal.cast.inbox("sales"), dedupe_key="", facts=facts, content=content)
        caught, kept = filters.catch(received), by_id.get(facts.message_id)
        expected = None if kept is None else Caught(kept.filter_id, "block", kept.filter_version)
        assert caught == expected, content.subject
    assert {one.filter_id for one in kept_out} == {one.id for one in chosen.filters if one.kind == "block"}


def test_every_label_that_a_conversation_carries_is_one_of_the_teams(journal: Journal):
    offered = {label.name for label in texts_of(journal, LabelDefined)}
    assert {event.label for event in texts_of(journal, e.LabelAdded)} == offered
    assert {label for view in texts_of(journal, ViewSaved) for label in view.filter.label} <= offered


def test_no_text_is_there_that_nobody_would_write(journal: Journal):
    said = [content.text for _, content in inbound(journal)]
    said += [one.personal.text for one in texts_of(journal, e.ReplyQueued, e.CommentAdded)]
    assert not [text for text in said if not text.strip() or "{" in text or "[" in text or "lorem" in text.lower()]
    domains = {posted.letter.sender.address.rpartition("@")[2] for posted in journal.sent}
    assert all(domain.endswith((".example", ".test")) for domain in domains)


def test_nothing_lies_in_the_future_and_all_within_the_last_month(begun: Journal, start: datetime):
    times = [event.occurred_at for event in begun.events]
    assert max(times) < start
    assert min(times) > start - timedelta(days=33)
    assert max(times) > start - timedelta(days=1)


def test_agents_work_in_office_hours_and_answer_after_the_question(begun: Journal):
    last: dict[UUID, datetime] = {}
    for event in begun.events:
        assert event.occurred_at >= last.get(event.stream, event.occurred_at)
        last[event.stream] = event.occurred_at
        if isinstance(event.data, e.ReplyQueued | e.CommentAdded):
            local = event.occurred_at.astimezone(ZONE)
            assert local.weekday() < 5 and 8 <= local.hour < 17, event


def test_the_same_start_gives_the_same_history_and_another_start_the_same_ids(journal: Journal):
    again, later = made(), made(SUNDAY_NIGHT + timedelta(days=9))
    assert list(import_lines(again.ordered())) == list(import_lines(journal.ordered()))
    assert again.blobs == journal.blobs
    assert set(final_states(later)) == set(final_states(journal))


def test_streams_are_whole_and_their_events_have_ids_of_their_own(journal: Journal):
    ids = [event.id for event in journal.events]
    assert len(ids) == len(set(ids))
    following: dict[UUID, int] = {}
    for event in journal.ordered():
        assert event.sequence == following.get(event.stream, 0) + 1
        following[event.stream] = event.sequence


def test_every_raw_mail_opens_and_says_what_its_event_says(journal: Journal):
    for facts, content in inbound(journal):
        raw = journal.blobs[content.raw.name]
        assert (facts.size, facts.blobs[0]) == (len(raw), content.raw.name)
        mail = parse(raw, content.sender.address)
        assert mail.unreadable is None
        assert (mail.message_id, mail.subject) == (content.external_id, content.subject)
        assert (mail.sender.address, mail.sender.name) == (content.sender.address, content.sender.name)
        assert [one.address for one in mail.cc] == [one.address for one in content.cc]
        assert (mail.in_reply_to, mail.references) == (content.in_reply_to, content.references)
        new_text, quoted = split(mail.bodies.text)
        assert new_text.split() == content.new_text.split()
        assert quoted.split() == content.quoted.split()
        assert (mail.bodies.html is None) == (content.html is None)
        if facts.automated_kind != "bounce":
            found = {file.name: file.sha256 for file in mail.bodies.files}
            assert found == {one.name: one.blob.partition("/")[2] for one in content.attachments}


def test_every_attachment_is_in_the_blob_store_with_its_size(journal: Journal):
    attachments = [one for _, content in inbound(journal) for one in content.attachments]
    attachments += [one for reply in texts_of(journal, e.ReplyQueued) for one in reply.personal.attachments]
    assert len(attachments) >= 50
    assert {one.content_type for one in attachments} >= {"application/pdf", "image/png", "text/csv", "text/calendar"}
    for one in attachments:
        assert len(journal.blobs[one.blob]) == one.size


def test_documents_and_photos_are_real_ones():
    pdf, png = file_of("invoice-4711.pdf").content, file_of("damage.png").content
    assert pdf.startswith(b"%PDF-1.4") and pdf.endswith(b"%%EOF\n") and b"(invoice 4711)" in pdf
    assert int(pdf.split(b"startxref\n")[1].split()[0]) == pdf.index(b"xref\n0 6")
    assert png.startswith(b"\x89PNG\r\n\x1a\n") and png[12:16] == b"IHDR"
    assert file_of("damage.png").content == png
    with pytest.raises(KeyError):
        file_of("program.exe")


def test_replies_lead_back_to_their_conversation(journal: Journal):
    key = derive_key(KEY, "reply-token")
    for reply in texts_of(journal, e.ReplyQueued):
        content = reply.personal
        found = reply_token.conversation_of(content.external_id, key, "postroom.localhost")
        assert found == reply.conversation_id
        _, token = reply_token.split_plus(content.reply_to.address)
        assert reply_token.verify(token, key) == reply.conversation_id


def test_customers_got_what_was_sent_and_nothing_that_failed(journal: Journal):
    failed = {one.reply_id for one in texts_of(journal, e.ReplyFailed)}
    arrived = {one.personal.external_id for one in texts_of(journal, e.ReplyQueued) if one.reply_id not in failed}
    assert {posted.letter.external_id for posted in journal.received} == arrived
    for posted in (*journal.received, *journal.sent):
        mail = message_from_bytes(posted.raw, policy=policy.default)
        assert mail["Message-ID"] == f"<{posted.letter.external_id}>"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["@ support | Hello |", "~ 1 09:00 | Zofia <zofia@client.test>", "5 tomorrow"], "can't read '5 tomorrow'"),
        (["@ support | Hello |", "~ 1 09:00 | Zofia <zofia@client.test>", "5 > Hello"], "nobody says '5 > Hello'"),
        (["@ support | Hello |", "~ soon", "0 < Hello"], "can't read '~ soon'"),
    ],
)
def test_a_line_of_the_texts_that_cannot_be_read_is_named(lines: list[str], fault: str):
    with pytest.raises(ValueError, match=fault):
        list(read_scripts("en", "\n".join(lines)))


def test_work_outside_office_hours_waits_for_the_morning_of_a_working_day():
    friday_night = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    assert in_office(friday_night, 3).astimezone(ZONE).strftime("%a %H") == "Mon 08"
    tuesday = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert in_office(tuesday, 3) == tuesday and awake(tuesday, 3) == tuesday
    assert awake(datetime(2026, 11, 24, 2, 0, tzinfo=UTC), 3).astimezone(ZONE).strftime("%a %H") == "Tue 07"


def test_agents_get_their_log_ins_once():
    first = with_agents({"email": "admin@postroom.localhost"}, "postroom.localhost")
    assert [one["name"] for one in first["agents"]] == [agent.name for agent in AGENTS.values()]
    assert len({one["password"] for one in first["agents"]}) == 5
    assert with_agents(first, "postroom.localhost") == first


def test_a_start_that_was_cut_off_ends_its_history_with_the_same_moment_again(tmp_path: Path):
    state = State(tmp_path)
    state.prepare()
    assert first_start(state, SUNDAY_NIGHT) == SUNDAY_NIGHT
    assert first_start(state, SUNDAY_NIGHT + timedelta(hours=3)) == SUNDAY_NIGHT


def test_the_customers_folders_are_filled_the_same_however_often(tmp_path: Path, journal: Journal):
    fill_mailbox(tmp_path, journal)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    fill_mailbox(tmp_path, journal)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files
    library = Library(tmp_path / "outbox", tmp_path)
    library.refresh()
    assert len(list(library.cards())) == len(journal.received) + len(journal.sent)
    found = threads(library.cards(), "victoria.hale@harbourlight.example")
    assert [len(thread.cards) for thread in found] == [11]


def test_nobody_has_a_conversation_that_they_could_not_open(begun: Journal):
    workspace = EMPTY
    for event in begun.ordered():
        if isinstance(event.data, get_args(WorkspaceEvent)):
            workspace = evolve_workspace(workspace, event.data)
    held = [state for state in final_states(begun).values() if state.assignee_id is not None]
    assert len(held) > 50
    for state in held:
        assert state.assignee_id is not None and sees_inbox(
            workspace, workspace.agents[state.assignee_id], state.inbox_id
        )
        assert state.team_id is None or team_reaches(workspace, state.team_id, state.inbox_id)
