"""Erasing a person: the live views hold what a rebuild without the key writes, and none of the person's words."""

from __future__ import annotations

import pytest

from events import conversations as c
from events.contacts import ContactChanges, ContactUpdated, HandleLinked, LinkedHandle
from events.values import Handle
from inbox_projection.compare import compare
from inbox_projection.projector import Views
from inbox_projection.tables import schema
from inbox_projection.testing import Replay, Story
from service_kit.database import Connection

pytestmark = pytest.mark.real
TABLES = ("conversations", "messages", "contacts", "linked_handles", "filtered", "audit")


def story_of_two() -> Story:
    """Ola is known by all kinds of words of her own; Jan wrote in her conversation, and she in his."""
    story = Story()
    ola, jan = story.person("Ola Secretowa", "ola-secret@client.test"), story.person("Jan Zostaje", "jan@client.test")
    story.contact(ola, HandleLinked(personal=LinkedHandle(handle=Handle(kind="email", value="secret2@client.test"))))
    story.contact(ola, ContactUpdated(personal=ContactChanges(phone="secret 1", note="secret note")))
    hers = story.mail(ola, "secret subject", "secret text", quoted="> secret")
    hers.subject = "her mail, as Jan words it"
    his = story.mail(jan, "kept subject", "kept text")
    story.answer(hers, jan, "kept answer")
    story.answer(his, ola, "secret answer")
    reply = story.reply(hers, "secret reply to her")
    story.comment(hers, "secret comment on her")
    failure = c.FailureReason(reason="secret@client.test is unknown")
    story.conversation(hers, c.ReplyFailed(reply_id=reply, attempt=1, code="550", personal=failure), key=ola)
    story.filtered_mail(jan, story.new_id(), subject="kept advert", text="kept")
    story.filtered_mail(ola, story.new_id(), subject="secret advert", text="secret")
    story.erase(ola)
    story.erase_filtered(story.filtered[1])
    return story


def everything(connection: Connection, name: str) -> str:
    rows = [connection.execute(f"select t::text from {name}.{table} t".encode()).fetchall() for table in TABLES]
    return str(rows)


@pytest.mark.parametrize("behind", [False, True])
def test_erasing_leaves_what_a_rebuild_without_the_key_writes(views: Connection, behind: bool) -> None:
    """Live: projected while the key was there and then erased, or so far behind that the key was gone already."""
    story = story_of_two()
    replay = Replay(views, Views())
    for record in story.records:
        replay.take([record], story.keys_at(len(story.records) if behind else record.order))
    with views.transaction():
        schema.drop(views)
        schema.create_tables(views, schema.NEXT)
    Replay(views, Views(schema.NEXT, live=False)).take(story.records, story.keys_at(len(story.records)))
    found = compare(views)
    assert found.same, found.differences
    assert "secret" not in everything(views, "inbox")
    assert "Secret" not in everything(views, "inbox")
    assert everything(views, "inbox").count("kept") >= 4


def test_before_the_erasure_the_words_are_there_so_the_test_above_can_fail(views: Connection) -> None:
    story = story_of_two()
    replay = Replay(views, Views())
    before = [record for record in story.records if record.order < min(story.erased_at.values())]
    replay.take(before, story.keys)
    assert everything(views, "inbox").count("secret") >= 9


def test_messages_keep_their_author_and_time_when_their_words_are_gone(views: Connection) -> None:
    story = story_of_two()
    ola = next(iter(story.erased_at))
    replay = Replay(views, Views())
    for record in story.records:
        replay.take([record], story.keys_at(record.order))
    rows = views.execute(
        "select content is null, at is not null from inbox.messages where author_id = %s and kind = 'message'", (ola,)
    ).fetchall()
    assert rows == [(True, True), (True, True)]
    erased = views.execute(
        "select erased_at is not null, handle, name from inbox.contacts where contact_id = %s", (ola,)
    )
    assert erased.fetchall() == [(True, None, "")]
