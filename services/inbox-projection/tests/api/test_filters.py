"""E-mail filters: set as a whole, refused when wrong, and what they kept out."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from events.values import Blob
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.filters import EmailFilters, FilteredMessage
from inbox_projection.queries import filters

pytestmark = pytest.mark.real
BLOCK = {"kind": "block", "field": "domain", "value": "spam.test"}
PATH = "/api/v1/email-filters"


async def put(client: Any, *filters: dict[str, Any], **more: Any) -> Any:
    return await client.put(PATH, json={"filters": list(filters), **more})


async def test_filters_are_set_as_a_whole_and_keep_their_ids(world: Any) -> None:
    async with world.client("manager") as client:
        assert (await client.get(PATH)).json() == {"version": 0, "filters": [], "switches": []}
        first = await put(client, {**BLOCK, "note": "of last week"}, {**BLOCK, "kind": "allow", "operator": "contains"})
        EmailFilters.model_validate(first.json())
        assert first.json()["version"] == 1 and len({one["id"] for one in first.json()["filters"]}) == 2
        pattern = {"kind": "spam", "field": "header", "header": "List-Id", "operator": "matches", "value": r"^ads\d+"}
        second = await put(client, *first.json()["filters"], pattern, version=first.json()["version"])
        assert second.json()["filters"][:2] == first.json()["filters"]
        assert (await client.get(PATH)).json() == second.json()
    command = world.router.asked[-1].data
    assert command.version == 1 and len(command.filters) == 3


async def test_a_newer_version_is_412(world: Any) -> None:
    world.router.refusal = ("precondition_failed.filters-changed", "The newest is 4.")
    async with world.client() as client:
        answer = await put(client, BLOCK, version=3)
    assert (answer.status_code, answer.json()["code"]) == (412, "filters-changed")
    assert world.router.asked[-1].data.version == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"operator": "matches", "value": "(unclosed"},
        {"operator": "matches", "value": "(?=look)ahead"},
        {"operator": "matches", "value": r"(a)\1"},
        {"operator": "matches", "value": "((a{1,1000}){1,1000}){1,1000}"},
        {"value": ""},
        {"value": "   "},
        {"value": "a\nb"},
        {"value": "x" * 1001},
        {"field": "header"},
        {"header": "Subject"},
        {"field": "header", "header": "bad name:"},
        {"kind": "delete"},
        {"field": "attachment"},
        {"inbox_id": str(uuid4())},
        {"later": 1},
    ],
)
async def test_a_wrong_filter_is_refused_by_its_place_and_its_value_is_not_repeated(world: Any, wrong: Any) -> None:
    async with world.client() as client:
        answer = await put(client, BLOCK, {**BLOCK, **wrong})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["where"][:3] == ["body", "filters", "1"]
    assert "unclosed" not in answer.text and "xxx" not in answer.text
    assert world.router.asked == []


async def test_an_expression_that_others_choke_on_is_taken(world: Any) -> None:
    async with world.client() as client:
        answer = await put(client, {**BLOCK, "field": "body", "operator": "matches", "value": "(a+)+$"})
    assert answer.status_code == 200


async def test_two_filters_with_one_id_and_too_many_are_refused(world: Any) -> None:
    same = {**BLOCK, "id": str(uuid4())}
    async with world.client() as client:
        assert (await put(client, same, same)).status_code == 422
        assert (await put(client, *[BLOCK] * 501)).status_code == 422


async def test_a_manager_neither_sees_nor_loses_filters_of_foreign_inboxes(world: Any) -> None:
    foreign = {**BLOCK, "inbox_id": str(world.foreign_inbox)}
    async with world.client() as admin, world.client("manager") as manager, world.client("agent") as agent:
        await put(admin, foreign, {**BLOCK, "inbox_id": str(world.story.inbox_id)}, BLOCK)
        seen = (await manager.get(PATH)).json()
        assert str(world.foreign_inbox) not in str(seen) and len(seen["filters"]) == 2
        assert (await put(manager, foreign)).status_code == 404
        assert len((await put(manager)).json()["filters"]) == 0
        assert world.router.asked[-1].data.version == 1
        left = (await admin.get(PATH)).json()["filters"]
        assert [one["inbox_id"] for one in left] == [str(world.foreign_inbox)]
        assert (await put(manager, {**BLOCK, "id": left[0]["id"]})).status_code == 422
        assert (await agent.get(PATH)).status_code == 403
        assert (await put(agent)).status_code == 403
        assert (await agent.get("/api/v1/filtered-messages")).status_code == 403


async def filtered(world: Any, client: Any, subject: str = "Buy now") -> Any:
    """A mail that the first filter caught, with its original."""
    found = (await put(client, {**BLOCK, "note": subject})).json()
    filter_id = UUID(found["filters"][0]["id"])
    kept = world.story.filtered_mail(world.story.new_id(), filter_id, found["version"], subject, "Cheap watches!")
    world.show()
    return kept


async def test_a_blocked_mail_is_listed_with_the_filter_that_caught_it(world: Any) -> None:
    async with world.client("manager") as client:
        first = await filtered(world, client)
        world.story.pass_time(minutes=1)
        second = await filtered(world, client, "Again")
        page = (await client.get("/api/v1/filtered-messages", params={"limit": 1})).json()
        Page[FilteredMessage].model_validate(page)
        further = {"limit": 1, "cursor": page["next_cursor"], "inbox_id": str(world.story.inbox_id)}
        rest = (await client.get("/api/v1/filtered-messages", params=further)).json()
        counts = (await client.get("/api/v1/reconciliation", params={"to": "2026-03-02T09:00:00Z"})).json()["total"]
        conversations = (await client.get("/api/v1/conversations")).text
    assert [one["message_id"] for one in (*page["items"], *rest["items"])] == [
        str(second.message.message_id),
        str(first.message.message_id),
    ]
    assert rest["next_cursor"] is None
    (one,) = rest["items"]
    assert (one["filter"]["note"], one["subject"], one["preview"]) == ("Buy now", "Buy now", "Cheap watches!")
    assert one["filter"]["id"] == one["filter_id"] == str(first.filter_id)
    assert (counts["received"], counts["appended"], counts["filtered"], counts["shown"]) == (4, 2, 2, 2)
    assert "Cheap" not in conversations


async def test_a_blocked_mail_is_there_exactly_as_it_came_for_who_may_see_it(world: Any) -> None:
    raw = b"Subject: Buy now\r\n\r\nCheap\r\n"
    blob = Blob(f"{world.story.new_id()}/abc", len(raw), "message/rfc822", "abc")
    await world.parts.blobs.put(blob.name, raw)
    made = world.story.content
    world.story.content = lambda *given, **more: msgspec.structs.replace(made(*given, **more), raw=blob)
    async with world.client("manager") as client, world.client("stranger") as stranger, world.client("agent") as agent:
        await filtered(world, client)
        (one,) = (await client.get("/api/v1/filtered-messages")).json()["items"]
        assert (await client.get(one["raw_url"])).content == raw
        assert (await stranger.get(one["raw_url"])).status_code == 404
        assert (await agent.get(one["raw_url"])).status_code == 404


async def test_filtered_mails_of_a_foreign_inbox_do_not_exist(world: Any) -> None:
    own = world.story.inbox_id
    world.story.inbox_id = world.foreign_inbox
    kept = world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    world.story.inbox_id = own
    world.show()
    async with world.client("manager") as client, world.client() as admin:
        assert (await client.get("/api/v1/filtered-messages")).json()["items"] == []
        asked = {"inbox_id": str(world.foreign_inbox)}
        assert (await client.get("/api/v1/filtered-messages", params=asked)).status_code == 404
        assert (await client.get(f"/api/v1/messages/{kept.message.message_id}/raw")).status_code == 404
        (one,) = (await admin.get("/api/v1/filtered-messages", params=asked)).json()["items"]
    assert one["filter"] is None


async def test_an_erased_persons_filtered_mail_has_no_words(world: Any) -> None:
    async with world.client() as client:
        kept = await filtered(world, client)
        world.story.erase_filtered(world.story.filtered[-1])
        world.show()
        page = await client.get("/api/v1/filtered-messages")
        raw = await client.get(f"/api/v1/messages/{kept.message.message_id}/raw")
    (one,) = page.json()["items"]
    assert one["erased"] and one["from"] is None and one["attachments"] == []
    assert "Cheap" not in page.text and raw.status_code == 404


SWITCH = {"inbox_id": None, "automated": False, "newsletter": True, "role_addresses": False}


async def test_ready_made_filters_are_set_with_the_others_and_stay_when_left_out(world: Any) -> None:
    async with world.client("manager") as client:
        first = await put(client, BLOCK, switches=[{"newsletter": True}])
        EmailFilters.model_validate(first.json())
        assert first.json()["switches"] == [SWITCH]
        assert (await put(client, BLOCK)).json()["switches"] == [SWITCH]
        assert world.router.asked[-1].data.switches is None
        assert (await put(client, BLOCK, switches=[])).json()["switches"] == []
    async with world.client() as admin:
        acts = (await admin.get("/api/v1/audit", params={"kind": "EmailFiltersSet"})).json()["items"]
    assert acts[-1]["details"]["switches"] == [{"inbox_id": None, "on": ["newsletter"]}]


@pytest.mark.parametrize(
    "wrong",
    [
        [{"newsletter": True}, {"automated": True}],
        [{"inbox_id": str(uuid4()), "newsletter": True}],
        [{"newsletter": "perhaps"}],
        [{"bulk": True}],
    ],
)
async def test_wrong_ready_made_filters_are_refused(world: Any, wrong: Any) -> None:
    async with world.client() as client:
        assert (await put(client, switches=wrong)).status_code == 422
    assert world.router.asked == []


async def test_a_manager_neither_sees_nor_loses_ready_made_filters_of_foreign_inboxes(world: Any) -> None:
    foreign = {**SWITCH, "inbox_id": str(world.foreign_inbox)}
    async with world.client() as admin, world.client("manager") as manager:
        await put(admin, switches=[foreign, SWITCH])
        assert (await manager.get(PATH)).json()["switches"] == [SWITCH]
        assert (await put(manager, switches=[foreign])).status_code == 404
        assert (await put(manager, switches=[])).json()["switches"] == []
        assert world.router.asked[-1].data.version == 1
        assert (await admin.get(PATH)).json()["switches"] == [foreign]


async def test_a_filtered_mail_is_let_in_once_and_listed_as_such(world: Any) -> None:
    async with world.client("manager") as client, world.client() as admin:
        await filtered(world, client)
        (waiting,) = (await client.get("/api/v1/filtered-messages")).json()["items"]
        assert (waiting["admitted_at"], waiting["conversation_id"]) == (None, None)
        path = f"/api/v1/filtered-messages/{waiting['id']}/admit"
        first, again = await client.post(path), await client.post(path)
        FilteredMessage.model_validate(first.json())
        assert first.json() == again.json() and first.json()["admitted_by"] == str(world.agents["manager"])
        conversation = (await client.get(f"/api/v1/conversations/{first.json()['conversation_id']}")).json()
        messages = (await client.get(f"/api/v1/conversations/{conversation['id']}/messages")).json()["items"]
        span = {"to": "2026-03-02T09:00:00Z"}
        total = (await client.get("/api/v1/reconciliation", params=span)).json()["total"]
        (act,) = (await admin.get("/api/v1/audit", params={"kind": "FilteredAdmitted"})).json()["items"]
    assert (conversation["subject"], conversation["created_at"]) == ("Buy now", waiting["received_at"])
    assert [one["id"] for one in messages] == [waiting["message_id"]]
    assert total["received"] == total["appended"] + total["filtered"] - total["admitted"] == 3
    assert (total["filtered"], total["admitted"], total["shown"]) == (1, 1, 3)
    assert act["target"] == {"kind": "filtered-message", "id": waiting["id"]}


async def test_what_was_let_in_is_no_longer_counted_among_the_filtered(world: Any) -> None:
    async def counted(client: Any, **asked: Any) -> Any:
        return (await client.get("/api/v1/counts", params=asked)).json()["fixed"]["filtered"]

    own = str(world.story.inbox_id)
    async with world.client("manager") as client, world.client() as admin:
        kept = [(await filtered(world, client, f"Offer {number}")).message.message_id for number in range(4)]
        assert await counted(client) == await counted(admin) == {"count": 4, "more": False}
        listed = (await client.get("/api/v1/filtered-messages")).json()["items"]
        for one in listed[1:3]:
            assert (await client.post(f"/api/v1/filtered-messages/{one['id']}/admit")).status_code == 200
        left = {"count": 2, "more": False}
        assert await counted(client) == await counted(admin) == await counted(client, inbox_id=own) == left
        listed = (await client.get("/api/v1/filtered-messages")).json()["items"]
        assert len(listed) == len(kept), "they stay in the list, as let in"
        for one in listed:
            await client.post(f"/api/v1/filtered-messages/{one['id']}/admit")
        assert await counted(client) == await counted(admin) == {"count": 0, "more": False}


def test_few_filtered_mails_are_counted_without_a_look_at_the_many_that_were_let_in(world: Any) -> None:
    world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    world.show()
    world.execute(
        "insert into inbox.filtered select (jsonb_populate_record(f, jsonb_build_object('filtered_id',"
        " md5(n::text)::uuid, 'admitted_at', case when n > 3 then f.at end))).*"
        " from inbox.filtered f, generate_series(1, 20000) n"
    )
    world.execute("analyze inbox.filtered")
    for query in (filters._COUNT, filters._COUNT_OF):
        asked = {"inboxes": [world.story.inbox_id], "limit": 1001}
        ((plan,),) = world.execute("explain (analyze, format json) " + query, asked)
        reading = plan[0]["Plan"]
        while "Plans" in reading:
            (reading,) = reading["Plans"]
        assert reading["Index Name"] == "filtered_kept_out" and reading["Actual Rows"] == 4, plan


async def test_who_may_not_see_a_filtered_mail_lets_nothing_in(world: Any) -> None:
    own = world.story.inbox_id
    world.story.inbox_id = world.foreign_inbox
    world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    world.story.inbox_id = own
    world.show()
    path = f"/api/v1/filtered-messages/{world.story.filtered[-1]}/admit"
    async with world.client("manager") as manager, world.client("agent") as agent:
        assert (await manager.post(path)).status_code == 404
        assert (await agent.post(path)).status_code == 403
        assert (await manager.post(f"/api/v1/filtered-messages/{uuid4()}/admit")).status_code == 404
    assert world.router.asked == []


async def test_an_erased_mail_is_not_let_in(world: Any) -> None:
    world.router.refusal = ("conflict.filtered-message-erased", "Nothing is left of it.")
    world.story.filtered_mail(world.story.new_id(), world.story.new_id())
    world.show()
    async with world.client() as client:
        answer = await client.post(f"/api/v1/filtered-messages/{world.story.filtered[-1]}/admit")
    assert (answer.status_code, answer.json()["code"]) == (409, "filtered-message-erased")


async def test_a_ready_made_filter_is_named_where_it_caught_a_mail(world: Any) -> None:
    made = world.story.publish
    world.story.publish = lambda topic, stream, sequence, event, **more: made(
        topic,
        stream,
        sequence,
        msgspec.structs.replace(event, switch="newsletter") if type(event).__name__ == "InboundFiltered" else event,
        **more,
    )
    world.story.filtered_mail(world.story.new_id(), world.story.inbox_id)
    world.show()
    async with world.client() as client:
        (one,) = (await client.get("/api/v1/filtered-messages")).json()["items"]
    FilteredMessage.model_validate(one)
    assert (one["switch"], one["filter"]) == ("newsletter", None)
