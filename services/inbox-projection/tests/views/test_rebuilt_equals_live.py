"""Promise 6: a view rebuilt from the log equals the live one, row for row, however the log was cut and interleaved."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from inbox_projection.compare import compare
from inbox_projection.projector import Views
from inbox_projection.tables import schema
from inbox_projection.testing import Actions, Logged, Replay, Story
from service_kit.database import Connection

pytestmark = pytest.mark.real

# Mail, answers, labels and erasures more often than changes of the workspace.
OFTEN = (0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 8, 10, 11, 20, 20)
ACTIONS = st.tuples(st.sampled_from((*OFTEN, *range(40))), st.integers(0, 40), st.integers(0, 40))


def lived(actions: list[tuple[int, int, int]], seed: int) -> Story:
    story = Story(seed)
    doing = Actions(story)
    for action in actions:
        doing.run(*action)
    return story


def interleaved(story: Story, random: Random, most: int, ahead: int) -> list[list[Logged]]:
    """Batches of neighbours of a few partitions, in any order of partitions, some of them delivered again.

    No partition runs further than `ahead` records before what has been written when the batch is taken.
    """
    lanes: dict[tuple[str, int], list[Logged]] = defaultdict(list)
    for record in story.records:
        lanes[record.topic, record.partition].append(record)
    taken = dict.fromkeys(lanes, 0)
    batches: list[list[Logged]] = []
    written = 0
    while any(taken[lane] < len(records) for lane, records in lanes.items()):
        written += random.randint(1, ahead)
        batch: list[Logged] = []
        for lane in random.sample(sorted(lanes), random.randint(1, len(lanes))):
            again = max(0, taken[lane] - random.choice((0, 0, 0, 1, 3)))
            until = min(len(lanes[lane]), taken[lane] + random.randint(0, most))
            while until > taken[lane] and lanes[lane][until - 1].order >= written:
                until -= 1
            batch += lanes[lane][again : max(again, until)]
            taken[lane] = max(taken[lane], until)
        if batch:
            batches.append(batch)
    return batches


def project_live(connection: Connection, story: Story, random: Random) -> None:
    """The keyring is at least as far as the newest record of a batch; it may be further, for the projector may lag."""
    replay = Replay(connection, Views())
    seen = 0
    for batch in interleaved(story, random, most=5, ahead=8):
        seen = max(seen, *(record.order for record in batch))
        replay.take(batch, story.keys_at(random.choice((seen, seen, seen, seen + 10))))


def rebuild(connection: Connection, story: Story, random: Random) -> None:
    with connection.transaction():
        schema.drop(connection)
        schema.create_tables(connection, schema.NEXT)
    replay = Replay(connection, Views(schema.NEXT, live=False))
    for batch in interleaved(story, random, most=50, ahead=1_000):
        replay.take(batch, story.keys_at(len(story.records)))
    with connection.transaction():
        schema.create_indexes(connection, schema.NEXT)


# Not shrunk: each example takes a real database's half second, and the first failing one says which table differs.
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=st.lists(ACTIONS, min_size=30, max_size=120), seed=st.integers(0, 2**32))
def test_a_rebuilt_view_equals_the_live_one_row_for_row(
    database: Connection, actions: list[tuple[int, int, int]], seed: int
) -> None:
    with database.transaction():
        schema.drop(database, schema.LIVE)
        schema.create(database)
    story, random = lived(actions, seed), Random(seed)
    project_live(database, story, random)
    rebuild(database, story, random)
    found = compare(database)
    assert found.same, found.differences
    assert sum(found.rows.values()) > 0
