"""GET /search and `q` of GET /conversations: what is found, by whom, and that what is erased is not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from events import conversations as c
from events.values import Attachment
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.search import Found
from inbox_projection.search_index import SearchIndex
from inbox_projection.testing import Thread
from service_kit.database import connect

pytestmark = pytest.mark.real
BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)


def index(world: Any) -> None:
    """Shows what is new and indexes it."""
    world.show()
    with connect(world.dsn, "test") as connection, connection.transaction():
        made = SearchIndex()
        made.prepare(connection.cursor())
        while made.turn(connection.cursor()):
            pass


async def sought(world: Any, q: str, role: str = "agent", **more: Any) -> list[dict[str, Any]]:
    async with world.client(role) as client:
        answer = await client.get("/api/v1/search", params={"q": q, **more})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        Page[Found].model_validate(answer.json())
        return items


async def ids(world: Any, q: str, role: str = "agent") -> list[UUID]:
    return [UUID(item["id"]) for item in await sought(world, q, role)]


def mail(world: Any, subject: str, text: str, **parts: Any) -> Thread:
    """A mail of somebody new, a minute after the last one."""
    world.story.pass_time(minutes=1)
    thread: Thread = world.story.mail(world.story.person("Sam"), subject, text, **parts)
    return thread


def number_of(world: Any, thread: Thread) -> int:
    found = world.execute(
        "select number from inbox.conversations where conversation_id = %s", (thread.conversation_id,)
    )
    return int(found[0][0])


def marked(item: dict[str, Any]) -> list[str]:
    return [piece["text"] for each in item["highlights"] for piece in each["pieces"] if piece["match"]]


async def test_a_message_is_found_by_words_of_any_case_and_without_accents(world: Any) -> None:
    thread = mail(world, "Reklamacja", "Zażółć gęślą JAŹŃ, <b>proszę</b>", sender="Łukasz Żółw")
    index(world)
    for q in ("zazolc", "Zażółć", "gesl", "jazn prosze", '"gęślą jaźń"', "from:lukasz", "subject:rekl", "zolw"):
        (item,) = await sought(world, q)
        assert item["id"] == str(thread.conversation_id), q
        assert item["link"] == f"/conversations/{thread.conversation_id}"
        assert item["hits"][0]["link"].startswith(item["link"])
    (item,) = await sought(world, "prosze")
    assert marked(item) == ["proszę"]
    assert "".join(piece["text"] for piece in item["highlights"][0]["pieces"]) == (
        "Zażółć gęślą JAŹŃ, &lt;b&gt;proszę&lt;/b&gt;"
    )
    for q in ("nothinglikeit", '"jaźń gęślą"', "reklamacja -jazn", "-zazolc", "from:reklamacja", "!?", ""):
        assert await sought(world, q) == [], q


async def test_hits_are_grouped_by_conversation_and_a_page_goes_on_where_the_last_one_ended(world: Any) -> None:
    story = world.story
    threads = [mail(world, "Faktura", f"faktura {n}") for n in range(5)]
    for thread in threads[:2]:
        story.pass_time(minutes=1)
        for n in range(5):
            story.answer(thread, thread.contact_id, f"faktura raz jeszcze {n}")
    index(world)
    assert await ids(world, "faktura") == [threads[n].conversation_id for n in (1, 0, 4, 3, 2)]
    found, cursor, pages = [], None, 0
    async with world.client("agent") as client:
        while True:
            params = {"q": "faktura", "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/v1/search", params=params)).json()
            found += [UUID(item["id"]) for item in page["items"]]
            assert all(len(item["hits"]) <= 3 for item in page["items"])
            cursor, pages = page["next_cursor"], pages + 1
            if cursor is None:
                break
    assert found == [threads[n].conversation_id for n in (1, 0, 4, 3, 2)]
    assert pages == 3


async def test_only_the_inboxes_of_who_asks_are_searched(world: Any) -> None:
    index(world)
    assert await ids(world, "confidential", "administrator") == [world.foreign_thread.conversation_id]
    for role in ("agent", "manager", "stranger"):
        assert await sought(world, "confidential", role) == []
        assert await sought(world, f"#{number_of(world, world.foreign_thread)}", role) == []
        assert await sought(world, "board", role, type="contact") == []
    assert await sought(world, "zofia", "stranger") == []
    assert [item["contact"]["name"] for item in await sought(world, "now", type="contact")] == ["Zofia Nowak"]


async def test_operators_narrow_and_what_is_no_operator_is_words(world: Any) -> None:
    story, agent = world.story, world.agents["agent"]
    thread = world.thread
    story.conversation(thread, c.LabelAdded(label="vip"))
    story.conversation(thread, c.ConversationAssigned(agent_id=agent, team_id=None))
    story.comment(thread, "Look at the warranty: yes")
    other = mail(world, "Second order", "order again", sender="Sam")
    story.conversation(other, c.ConversationUnassigned())
    index(world)
    number, own = number_of(world, thread), thread.conversation_id
    day = story.now.date()
    assert await ids(world, "order") == [other.conversation_id, own]
    for q in (
        "order label:vip",
        "order assignee:me",
        "order assignee:agent",
        f"#{number}",
        f"order #{number}",
        "order -subject:second",
        "warranty from:agent",
        "to:support from:zofia",
    ):
        assert await ids(world, q) == [own], q
    for q in ("order is:unassigned", "order -label:vip", "assignee:none is:open order", "order inbox:supp from:sam"):
        assert await ids(world, q) == [other.conversation_id], q
    assert await ids(world, f"order after:{day} before:{day + timedelta(days=1)} channel:email") != []
    for q in (f"order before:{day - timedelta(days=400)}", "order inbox:board", "order assignee:nobodylikethis"):
        assert await ids(world, q) == [], q
    assert await ids(world, "warranty:yes") == [own], "no such operator"
    assert await ids(world, "is:strange") == [] == await ids(world, "before:yesterday")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
async def test_days_are_those_of_who_asks(world: Any, zone: str) -> None:
    """In one of the two it is another day than in UTC."""
    thread = mail(world, "Lamp", "It is dark.")
    async with world.client("agent") as client:
        assert (await client.patch("/api/v1/me", json={"time_zone": zone})).status_code == 200
    index(world)
    today = world.story.now.astimezone(ZoneInfo(zone)).date()
    tomorrow = today + timedelta(days=1)
    assert await ids(world, f"lamp after:{today} before:{tomorrow}") == [thread.conversation_id]
    assert await ids(world, f"lamp before:{today}") == [] == await ids(world, f"lamp after:{tomorrow}")
    async with world.client("agent") as client:
        for q, found in ((f"lamp after:{today}", 1), (f"lamp before:{today}", 0)):
            answer = await client.get("/api/v1/conversations", params={"q": q})
            assert len(answer.json()["items"]) == found


async def test_files_are_found_by_their_names(world: Any) -> None:
    story = world.story
    file = Attachment(story.new_id(), "Umowa-2026.pdf", "application/pdf", 3, f"{story.new_id()}/x")
    thread = mail(world, "Contract", "see below", attachments=(file,))
    index(world)
    assert await ids(world, "umowa") == [thread.conversation_id] == await ids(world, "contract has:attachment")
    (item,) = await sought(world, "umowa-2026.pdf")
    assert [each["field"] for each in item["highlights"]] == ["file"]
    assert await ids(world, "order has:attachment") == []


async def test_spam_and_trash_are_found_when_asked_for(world: Any) -> None:
    world.story.conversation(world.thread, c.MarkedAsSpam())
    index(world)
    assert await ids(world, "order") == []
    assert await ids(world, "order is:spam") == [world.thread.conversation_id]
    assert await ids(world, "order is:trash") == []


async def test_tickets_contacts_and_companies_are_found(world: Any) -> None:
    ticket, company = world.ticket_of(world.thread), world.company()
    index(world)
    for q in ("order", "4711", "#1"):
        (item,) = await sought(world, q, type="ticket")
        assert item["id"] == str(ticket) == item["ticket"]["id"], q
    assert await sought(world, "order", "stranger", type="ticket") == []
    assert await sought(world, "#7", type="ticket") == []
    (item,) = await sought(world, "acme.tes", type="company")
    assert UUID(item["id"]) == company
    assert marked(item) == ["Acme", "acme", "test"]
    (item,) = await sought(world, "zofia@client.test", type="contact")
    assert item["contact"]["name"] == "Zofia Nowak"
    assert await sought(world, "order", type="contact") == []


async def test_an_erased_person_is_not_found_and_leaves_no_word_behind(world: Any) -> None:
    story = world.story
    person = story.person("Erika Tajemnica", "tajemnica@client.test")
    thread = story.mail(person, "Sekretny temat", "sekretne sprawy")
    story.reply(thread, "odpowiedź sekretna")
    index(world)
    assert len(await sought(world, "sekretn")) == len(await sought(world, "erika", type="contact")) == 1
    story.erase(person)
    index(world)
    for q in ("sekretn", "erika", "tajemnica", "from:tajemnica"):
        assert await sought(world, q) == await sought(world, q, type="contact") == []
    world.execute("update inbox.search_segments set purge_at = now() where purge_at is not null")
    with connect(world.dsn, "test") as connection, connection.transaction():
        while SearchIndex().purge(connection.cursor()):
            pass
    stored = b"".join(row[0] for row in world.execute("select block from inbox.search_blocks"))
    assert b"order" in stored
    for word in (b"sekretn", b"erika", b"tajemnica"):
        assert word not in stored


async def test_a_moved_conversation_is_found_where_it_is_now(world: Any) -> None:
    index(world)
    world.execute(
        "update inbox.conversations set inbox_id = %s where number = %s",
        (world.foreign_inbox, number_of(world, world.thread)),
    )
    assert await ids(world, "order") == []
    assert await ids(world, "order", "administrator") == [world.thread.conversation_id]


async def test_what_was_merged_is_found_in_the_conversation_that_stands_for_it(world: Any) -> None:
    story, other = world.story, mail(world, "Second question", "the lost parcel")
    number = number_of(world, world.thread)
    story.conversation(other, c.ConversationMergedInto(survivor_id=world.thread.conversation_id, number=number))
    merged = c.MergedConversation(other.conversation_id, 7)
    story.conversation(world.thread, c.ConversationsMerged(merged=(merged,)))
    index(world)
    (item,) = await sought(world, "parcel")
    assert UUID(item["id"]) == world.thread.conversation_id
    assert marked(item) == ["parcel"]
    assert await ids(world, f"parcel #{number}") == [world.thread.conversation_id]
    assert await ids(world, "question order") == []
    assert await ids(world, "question") == [world.thread.conversation_id]


async def test_a_list_is_narrowed_by_a_search(world: Any) -> None:
    story = world.story
    other = mail(world, "Another order", "order")
    story.conversation(other, c.ConversationResolved())
    index(world)
    async with world.client("agent") as client:

        async def listed(**params: Any) -> list[UUID]:
            answer = await client.get("/api/v1/conversations", params=params)
            assert answer.status_code == 200, answer.text
            return [UUID(item["id"]) for item in answer.json()["items"]]

        assert await listed(q="order") == [other.conversation_id, world.thread.conversation_id]
        assert await listed(q="order", status="open") == [world.thread.conversation_id]
        assert await listed(q="order", limit=1) == [other.conversation_id]
        assert await listed(q="4711") == [world.thread.conversation_id]
        assert await listed(q="confidential") == [] == await listed(q="nothinglikeit")
        page = (await client.get("/api/v1/conversations", params={"q": "order", "limit": 1})).json()
        again = await client.get(
            "/api/v1/conversations", params={"q": "order", "limit": 1, "cursor": page["next_cursor"]}
        )
        assert [UUID(item["id"]) for item in again.json()["items"]] == [world.thread.conversation_id]


async def test_nothing_that_can_be_written_breaks_the_search(world: Any) -> None:
    index(world)
    queries = ["a*", '"', '"""', "from:", "-", "*", "#", "#99999999999999999999", "label:\u202e", "is:open", "ﷺ" * 100]
    queries += [
        " ".join("x" * 3 for _ in range(100)),
        "from:" * 90,
        "\\",
        "%_'",
        "before:0000-00-00",
        "after:9999-12-31",
    ]
    if BLNS is not None:
        queries += json.loads(BLNS.read_text("utf-8"))
    async with world.client("agent") as client:
        for q in queries:
            for kind in ("conversation", "contact"):
                answer = await client.get("/api/v1/search", params={"q": q, "type": kind})
                assert answer.status_code in (200, 422), (q, answer.text)
                if answer.status_code == 422:
                    assert answer.headers["content-type"] == "application/problem+json"
        refused = await client.get("/api/v1/search", params={"q": " ".join(f"word{n}" for n in range(30))})
        assert refused.status_code == 422
        assert refused.json()["code"] == "too-many-words"
        assert (await client.get("/api/v1/search", params={"q": "x" * 501})).status_code == 422
        assert (await client.get("/api/v1/search", params={"q": "x", "cursor": "nonsense"})).status_code == 422


async def test_nobody_is_found_by_a_value_of_a_deleted_property_or_an_address_that_was_taken_away(world: Any) -> None:
    contact, sam = f"/api/v1/contacts/{world.thread.contact_id}", [str(world.thread.contact_id)]

    async def people(q: str) -> list[str]:
        return [item["id"] for item in await sought(world, q, type="contact")]

    async with world.client() as client:
        kept, gone = [
            (await client.post("/api/v1/contact-properties", json={"name": name, "kind": "text"})).json()["id"]
            for name in ("Plan", "Gone")
        ]
        await client.patch(contact, json={"properties": {kept: "platinum", gone: "zirconium"}})
        await client.post(f"{contact}/addresses", json={"address": "quixotic@home.test"})
        index(world)
        for q in ("platinum", "zirconium", "quixotic"):
            assert await people(q) == sam, q
        await client.delete(f"/api/v1/contact-properties/{gone}")
        index(world)
        assert (await people("zirconium"), await people("platinum")) == ([], sam)
        await client.post(f"{contact}/addresses/remove", json={"address": "quixotic@home.test"})
        index(world)
        assert await people("quixotic") == []
