"""The index of the search follows the views: made bit by bit it holds what one made anew does, and nothing erased."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from inbox_projection.projector import Views
from inbox_projection.rebuild import prepare
from inbox_projection.search_follow import BUSY_SHARE, NAME, PAUSE, SearchFollower, pause, share_of
from inbox_projection.search_index import MOST, SearchIndex, contents
from inbox_projection.tables import schema
from inbox_projection.testing import Actions, Replay, Story
from service_kit.database import Connection, connect
from service_kit.health import Health
from service_kit.metrics import Metrics

REAL = pytest.mark.real


def indexed(connection: Connection, most: int = MOST) -> int:
    index, done = SearchIndex(), 0
    while True:
        with connection.transaction():
            turn = index.turn(connection.cursor(), most)
        if not turn:
            return done
        done += turn


def purged(connection: Connection) -> int:
    connection.execute("update inbox.search_segments set purge_at = now() where purge_at is not null")
    count = 0
    while True:
        with connection.transaction():
            if not SearchIndex().purge(connection.cursor()):
                return count
        count += 1


def made_anew(connection: Connection) -> None:
    connection.execute("update inbox.search_state set version = 0")
    with connection.transaction():
        assert SearchIndex().prepare(connection.cursor())
    indexed(connection)


@REAL
@pytest.mark.parametrize("seed", range(6))
def test_an_index_made_bit_by_bit_holds_what_one_made_anew_does(views: Connection, seed: int) -> None:
    random, story = Random(seed), Story(seed)
    doing, replay = Actions(story), Replay(views, Views())
    with views.transaction():
        SearchIndex().prepare(views.cursor())
    for _ in range(40):
        doing.run(random.choice((0, 0, 1, 1, 2, 3, 5, 10, 11, *range(doing.count))), *random.choices(range(40), k=2))
        if random.random() < 0.3:
            begin = len(story.records)
            replay.take(story.records, story.keys_at(begin))
            if random.random() < 0.7:
                indexed(views, random.choice((1, 3, MOST)))
            if random.random() < 0.2:
                purged(views)
    replay.take(story.records, story.keys_at(len(story.records)))
    indexed(views)
    purged(views)
    live = contents(views.cursor())
    assert live
    made_anew(views)
    assert contents(views.cursor()) == live
    assert purged(views) == 0


@REAL
def test_a_turn_that_is_rolled_back_is_done_again_whole(views: Connection) -> None:
    story = Story()
    story.mail(story.person("Ola"))
    Replay(views, Views()).take(story.records, story.keys)
    with views.transaction():
        SearchIndex().prepare(views.cursor())
    with pytest.raises(ZeroDivisionError), views.transaction():
        assert SearchIndex().turn(views.cursor()) == 2
        raise ZeroDivisionError
    assert contents(views.cursor()) == set()
    assert indexed(views) == 2
    assert {each[0] for each in contents(views.cursor())} == {"message", "contact"}


@REAL
def test_two_processes_take_turns_and_the_second_does_nothing_meanwhile(views: Connection) -> None:
    story = Story()
    story.mail(story.person())
    with views.transaction():
        SearchIndex().prepare(views.cursor())
    Replay(views, Views()).take(story.records, story.keys)
    with connect(views.info.dsn, "second") as other, views.transaction():
        assert SearchIndex().turn(views.cursor()) > 0
        with other.transaction():
            assert SearchIndex().turn(other.cursor()) == 0
            assert not SearchIndex().purge(other.cursor())


@REAL
def test_a_rebuild_takes_the_index_over_with_what_waits_for_it(views: Connection) -> None:
    story = Story()
    story.mail(story.person("Ola"))
    with views.transaction():
        SearchIndex().prepare(views.cursor())
    Replay(views, Views()).take(story.records, story.keys)
    indexed(views)
    before, taken = contents(views.cursor()), len(story.records)
    story.mail(story.person("Jan"), "Another subject")
    with views.transaction():
        prepare(views.cursor())
    Replay(views, Views(schema.NEXT, live=False)).take(story.records, story.keys)
    Replay(views, Views()).take(story.records[taken:], story.keys)
    with views.transaction():
        schema.switch(views)
    assert contents(views.cursor()) == before
    assert indexed(views) == 2
    assert len(contents(views.cursor())) == len(before) + 2


@REAL
def test_views_of_before_the_search_get_an_index_by_their_rebuild(views: Connection) -> None:
    for table in schema.SEARCH_TABLES:
        views.execute(f"drop table inbox.{table}".encode())
    story = Story()
    story.mail(story.person("Ola"))
    with views.transaction():
        prepare(views.cursor())
    Replay(views, Views(schema.NEXT, live=False)).take(story.records, story.keys)
    with views.transaction():
        schema.switch(views)
        assert SearchIndex().prepare(views.cursor())
    assert indexed(views) == 2
    assert {each[0] for each in contents(views.cursor())} == {"message", "contact"}


@REAL
async def test_the_follower_indexes_what_the_projector_shows_until_it_is_stopped(views: Connection) -> None:
    story, stop = Story(), asyncio.Event()
    story.mail(story.person("Ola"))
    Replay(views, Views()).take(story.records, story.keys)
    health = Health(NAME)
    follower = asyncio.create_task(SearchFollower(views.info.dsn, health, Metrics()).run(stop))
    async with asyncio.timeout(20):
        while not contents(views.cursor()):
            await asyncio.sleep(0.02)
    assert health.is_ready
    stop.set()
    await follower


@REAL
def test_the_follower_waits_for_views_of_its_version_and_then_indexes_them(views: Connection) -> None:
    story, health = Story(), Health(NAME)
    story.mail(story.person("Ola"))
    Replay(views, Views()).take(story.records, story.keys)
    follower = SearchFollower(views.info.dsn, health, Metrics())
    try:
        views.execute(f"comment on schema inbox is '{schema.VERSION_COMMENT}{schema.VIEW_VERSION - 1}'".encode())
        assert follower.turn() == 0
        assert health.report() == {NAME: f"waits for views of version {schema.VIEW_VERSION}"}
        views.execute(f"comment on schema inbox is '{schema.VERSION_COMMENT}{schema.VIEW_VERSION}'".encode())
        assert follower.turn() == 2
        assert health.is_ready
    finally:
        follower.close()


@REAL
def test_an_index_of_a_later_version_is_left_alone(views: Connection) -> None:
    views.execute("update inbox.search_state set version = version + 1000000")
    with views.transaction():
        assert not SearchIndex().prepare(views.cursor())


def test_the_index_leaves_the_processor_to_a_busy_projector() -> None:
    assert [share_of(rate) for rate in (0, 19, 20, 150, 300, 5000)] == [0.5, 0.5, 0.1, 0.1, BUSY_SHARE, BUSY_SHARE]
    assert pause(0, 0.001, 0.5) == PAUSE
    assert pause(MOST, 1.0, 0.5) == 1.0
    assert pause(MOST, 1.0, BUSY_SHARE) == pytest.approx((1 - BUSY_SHARE) / BUSY_SHARE)
    assert pause(3, 1.0, BUSY_SHARE) == pause(MOST, 1.0, BUSY_SHARE)
