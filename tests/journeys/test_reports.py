"""Reports of a running Postroom: their numbers equal a hand count over the events of the log."""

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from events import codec
from events import conversations as e
from events.envelope import AnyEnvelope
from events.topics import CONVERSATIONS
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ENDED: Final = 2
"""Conversations that the story resolves."""


async def read_log(bootstrap: str) -> list[AnyEnvelope]:
    """All of conversations.v1."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(CONVERSATIONS.name, each) for each in range(CONVERSATIONS.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[AnyEnvelope] = []
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += [codec.decode(record.headers, record.value) for record in records]
        return found
    finally:
        await consumer.stop()


def milliseconds(start: AnyEnvelope, stop: AnyEnvelope) -> int:
    """Between two instants in whole milliseconds."""
    began, ended = ((each.occurred_at - EPOCH) // timedelta(milliseconds=1) for each in (start, stop))
    return ended - began


class HandCount:
    """What a person with a pencil finds in the conversations of an inbox, in which nothing failed and nobody reopened
    by hand."""

    def __init__(self, events: list[AnyEnvelope], inbox_id: str) -> None:
        self.first: list[int] = []
        self.replies: list[int] = []
        self.resolutions: list[int] = []
        self.by_agent: dict[str, list[str]] = {}
        self.received = self.reopened = 0
        streams: dict[UUID, list[AnyEnvelope]] = {}
        for event in sorted(events, key=lambda event: event.sequence):
            streams.setdefault(event.stream, []).append(event)
        mine = [
            each
            for each in streams.values()
            if isinstance(each[0].data, e.ConversationOpened) and str(each[0].data.inbox_id) == inbox_id
        ]
        self.opened = len(mine)
        for each in mine:
            self._conversation(each)

    def _conversation(self, events: list[AnyEnvelope]) -> None:
        waits: AnyEnvelope | None = None
        begun: AnyEnvelope | None = None
        answered = False
        authors: dict[UUID, str] = {}
        for event in events:
            match event.data:
                case e.ConversationOpened() | e.MessageAppended():
                    self.received += 1
                    waits, begun = waits or event, begun or event
                case e.ReplyQueued(reply_id=reply_id, agent_id=agent_id):
                    authors[reply_id] = str(agent_id)
                case e.ReplySent(reply_id=reply_id):
                    self.by_agent.setdefault(authors[reply_id], []).append(str(event.stream))
                    if waits is not None:
                        self.replies.append(milliseconds(waits, event))
                        if not answered:
                            self.first.append(milliseconds(waits, event))
                    waits, answered = None, True
                case e.ConversationResolved():
                    assert begun is not None
                    self.resolutions.append(milliseconds(begun, event))
                    waits, begun, answered = None, None, False
                case e.ConversationReopened():
                    self.reopened += 1


@pytest.fixture(scope="module")
def lived(postroom: LivePostroom) -> Iterator[tuple[Desk, str]]:
    """An inbox of its own with three conversations: two answered and resolved, one of which comes back."""
    with Desk(postroom) as desk:
        inbox = desk.do("POST", "/inboxes", {"name": f"Reported {uuid4().hex[:6]}"})
        me = desk.get("/me")
        desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": [me["id"]]})
        address = inbox["fallback_address"]
        customers = [Customer(postroom) for _ in range(3)]
        for number, customer in enumerate(customers):
            customer.writes(address, f"Question {number}", "How long does it take?")
        for customer in customers[:ENDED]:
            conversation = desk.conversation_of(customer)
            desk.reply(conversation["id"], "Not long.")
            customer.answers(customer.received(), "Thank you.")
            eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the customer's thanks", 60)  # noqa: B023
            desk.do("PUT", f"/conversations/{conversation['id']}/status", {"status": "resolved"})
        back = desk.conversation_of(customers[0])
        answer = customers[0].received()
        customers[0].answers(answer, "One more thing.")
        eventually(lambda: desk.conversation(back["id"])["status"] == "open", "the conversation open again", 60)
        desk.reply(back["id"], "Of course.")
        customers[0].received(besides=answer)
        yield desk, inbox["id"]


def report(client: httpx.Client, name: str, inbox_id: str, **parameters: Any) -> Any:
    response = client.get(f"/reports/{name}", params={"inbox_id": inbox_id, **parameters})
    assert response.status_code == 200, response.text
    return response.json()


def test_the_numbers_equal_a_hand_count_over_the_events(postroom: LivePostroom, lived: tuple[Desk, str]) -> None:
    desk, inbox_id = lived
    with postroom.reports() as client:

        def all_counted() -> bool:
            volume = report(client, "volume", inbox_id)["total"]
            return bool(volume["sent"] == ENDED + 1 and volume["resolved"] == ENDED and volume["reopened"] == 1)

        eventually(all_counted, "everything is counted", 90)
        hand = HandCount(asyncio.run(read_log(postroom.kafka)), inbox_id)
        assert (hand.opened, len(hand.first), len(hand.replies)) == (3, 3, 3)

        assert report(client, "volume", inbox_id)["total"] == {
            "opened": hand.opened,
            "received": hand.received,
            "sent": sum(map(len, hand.by_agent.values())),
            "resolved": len(hand.resolutions),
            "reopened": hand.reopened,
        }
        for name, durations in (
            ("first-response-time", hand.first),
            ("reply-time", hand.replies),
            ("resolution-time", hand.resolutions),
        ):
            total = report(client, name, inbox_id)["total"]
            assert total["n"] == len(durations), name
            assert abs(total["mean_ms"] - fmean(durations)) <= 0.5, name
            assert abs(total["median_ms"] - median(durations)) <= 0.5, name
            assert total["histogram"]["0-1h"] == len(durations)
        states = report(client, "time-in-state", inbox_id)["total"]
        assert (states["n"], states["sum_ms"]) == (len(hand.resolutions), sum(hand.resolutions))
        assert sum(states[name] for name in states if name.endswith("_sum_ms")) == sum(hand.resolutions)
        assert states["waiting_on_customer_sum_ms"] > 0 < states["unassigned_sum_ms"] + states["waiting_on_us_sum_ms"]
        me = desk.get("/me")["id"]
        rows = report(client, "replies-by-agent", inbox_id)["items"]
        assert {row["group"]["agent_id"]: (row["n"], row["conversations"]) for row in rows} == {
            agent: (len(streams), len(set(streams))) for agent, streams in hand.by_agent.items()
        }
        assert me in hand.by_agent
        counted = client.get("/reports/reply-time/events", params={"inbox_id": inbox_id}).json()["items"]
        assert sorted(one["duration_ms"] for one in counted) == sorted(hand.replies)


def test_a_replay_of_the_log_says_the_same_as_the_live_report(postroom: LivePostroom, lived: tuple[Desk, str]) -> None:
    yesterday, tomorrow = (datetime.now(UTC).date() + timedelta(days=days) for days in (-1, 1))
    period = {"from": str(yesterday), "to": str(tomorrow), "group_by": "inbox,day", "format": "csv"}
    command = ("replay", "--from", str(yesterday), "--to", str(tomorrow), "--group-by", "inbox,day")
    with postroom.reports() as client:

        def same() -> bool:
            """While other journeys go on, the log may be ahead of the report for a moment."""
            live = client.get("/reports/first-response-time", params=period).text
            done = postroom.run(sys.executable, "-m", "analytics", *command, "--report", "first-response-time")
            assert done.returncode == 0, done.stderr[-2000:]
            return done.stdout.splitlines() == live.splitlines() and len(live.splitlines()) > 1

        eventually(same, "a replay that equals the report", 90)


def test_who_waits_in_a_conversation_that_is_merged_is_counted_when_the_survivor_is_answered(
    postroom: LivePostroom,
) -> None:
    with Desk(postroom) as desk, postroom.reports() as client:
        inbox = desk.do("POST", "/inboxes", {"name": f"Merged {uuid4().hex[:6]}"})
        desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": [desk.get("/me")["id"]]})
        answered, waiting = Customer(postroom), Customer(postroom)
        for customer in (answered, waiting):
            customer.writes(inbox["fallback_address"], "My parcel", "Where is it?")
        survivor, asked = desk.conversation_of(answered), desk.conversation_of(waiting)
        desk.reply(survivor["id"], "On its way.")
        answered.received()

        def times() -> list[Any]:
            found = client.get("/reports/reply-time/events", params={"inbox_id": inbox["id"]})
            assert found.status_code == 200, found.text
            return list(found.json()["items"])

        eventually(lambda: len(times()) == 1, "the first reply counted", 60)
        desk.do("POST", f"/conversations/{survivor['id']}/merge", {"from_ids": [asked["id"]]})
        desk.reply(survivor["id"], "Both are on their way.")
        eventually(lambda: len(times()) == 2, "the second reply counted", 60)
        began = next(
            event.occurred_at for event in asyncio.run(read_log(postroom.kafka)) if str(event.stream) == asked["id"]
        )
        took = max(times(), key=lambda one: str(one["at"]))
        assert datetime.fromisoformat(took["started_at"]) == began.replace(microsecond=began.microsecond // 1000 * 1000)
        assert took["conversation_id"] == survivor["id"]
        assert report(client, "first-response-time", inbox["id"])["total"]["n"] == 1, "the survivor had had its own"


def test_the_session_of_the_agents_api_opens_the_reports(postroom: LivePostroom) -> None:
    credentials = postroom.credentials
    with httpx.Client(timeout=30) as browser:
        body = {"email": credentials["email"], "password": credentials["password"]}
        assert browser.post(f"{postroom.api_url}/api/v1/session", json=body).is_success
        assert browser.get(f"{postroom.reports_url}/api/v1/reports").status_code == 200
    assert httpx.get(f"{postroom.reports_url}/api/v1/reports", timeout=30).status_code == 401
