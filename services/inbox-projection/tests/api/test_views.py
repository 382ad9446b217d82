"""Saved views and counts by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from events import conversations as e
from events.labels import LabelDefined
from events.saved_views import ViewFilter, ViewSaved
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.labels import DefinedLabel
from inbox_projection.api.models.views import Counts, View
from inbox_projection.queries.conversation_lists import TOGETHER

pytestmark = pytest.mark.real


async def test_a_view_is_saved_used_changed_and_deleted(world: Any) -> None:
    wish = {"name": "VIPs", "filter": {"label": ["vip"], "assignee_id": "me", "waiting_on": "us"}, "sort": "waiting"}
    async with world.client("agent") as client:
        made = (await client.post("/api/v1/views", json=wish)).json()
        View.model_validate(made)
        assert made["filter"] | wish["filter"] == made["filter"] and (made["shared"], made["sort"]) == (
            False,
            "waiting",
        )
        address = f"/api/v1/views/{made['id']}"
        assert (await client.get(f"/api/v1/conversations?view={made['id']}")).json()["items"] == []
        world.story.conversation(world.thread, e.LabelAdded(label="vip"))
        world.show()
        listed = (await client.get(f"/api/v1/conversations?view={made['id']}")).json()["items"]
        assert [one["id"] for one in listed] == [str(world.thread.conversation_id)]
        counts = (await client.get("/api/v1/counts")).json()
        Counts.model_validate(counts)
        assert counts["saved"] == {made["id"]: {"count": 1, "more": False}}
        changed = (await client.patch(address, json={"name": "Best", "filter": {"status": ["spam"]}})).json()
        assert (changed["name"], changed["filter"]["label"], changed["sort"]) == ("Best", [], "waiting")
        listed = (await client.get("/api/v1/views")).json()
        Page[View].model_validate(listed)
        assert [one["name"] for one in listed["items"]] == ["Best"]
        assert (await client.delete(address)).status_code == 204
        assert (await client.get(f"/api/v1/conversations?view={made['id']}")).status_code == 404
        assert (await client.get("/api/v1/views")).json()["items"] == []


async def test_an_own_view_is_nobody_elses_and_a_shared_one_is_about_whoever_looks(world: Any) -> None:
    async with world.client("agent") as client:
        own = (await client.post("/api/v1/views", json={"name": "Own"})).json()["id"]
        wish = {"name": "Theirs", "shared": True, "filter": {"assignee_id": "me"}}
        shared = (await client.post("/api/v1/views", json=wish)).json()["id"]
        assert (await client.get("/api/v1/counts")).json()["saved"][shared]["count"] == 1
    async with world.client("manager") as client:
        assert [one["id"] for one in (await client.get("/api/v1/views")).json()["items"]] == [shared]
        assert (await client.get("/api/v1/counts")).json()["saved"] == {shared: {"count": 0, "more": False}}
        for method, address in (("PATCH", f"/views/{own}"), ("DELETE", f"/views/{own}")):
            body = {"json": {"name": "x"}} if method == "PATCH" else {}
            assert (await client.request(method, "/api/v1" + address, **body)).status_code == 404
        assert (await client.get(f"/api/v1/conversations?view={own}")).status_code == 404


async def test_a_shared_view_of_a_foreign_inbox_is_not_there(world: Any) -> None:
    view_id = world.story.new_id()
    board = ViewFilter(inbox_id=world.foreign_inbox)
    world.story.workspace(ViewSaved(view_id=view_id, name="Board", filter=board))
    world.show()
    async with world.client("agent") as client:
        assert (await client.get("/api/v1/views")).json()["items"] == []
        assert (await client.get("/api/v1/counts")).json()["saved"] == {}
        assert (await client.get(f"/api/v1/conversations?view={view_id}")).status_code == 404
        wish = {"name": "Board", "filter": {"inbox_id": str(world.foreign_inbox)}}
        assert (await client.post("/api/v1/views", json=wish)).status_code == 404
        assert (await client.get(f"/api/v1/counts?inbox_id={world.foreign_inbox}")).status_code == 404
    async with world.client() as client:
        assert (await client.get("/api/v1/counts")).json()["saved"][str(view_id)]["count"] == 1
        inside = f"/api/v1/counts?inbox_id={world.story.inbox_id}"
        assert (await client.get(inside)).json()["saved"][str(view_id)]["count"] == 0


async def test_counts_are_of_what_the_caller_sees_and_filtered_mails_for_who_sees_those(world: Any) -> None:
    world.story.filtered_mail(world.story.person(), world.story.new_id())
    world.show()
    async with world.client("agent") as client:
        counts = (await client.get("/api/v1/counts")).json()["fixed"]
        assert counts["all_open"] == {"count": 1, "more": False} and "filtered" not in counts
    async with world.client() as client:
        counts = (await client.get("/api/v1/counts")).json()["fixed"]
        assert (counts["all_open"]["count"], counts["filtered"]["count"]) == (2, 1)
        one = (await client.get(f"/api/v1/counts?inbox_id={world.foreign_inbox}")).json()["fixed"]
        assert (one["all_open"]["count"], one["filtered"]["count"]) == (1, 0)


async def test_each_inbox_that_is_seen_has_the_count_of_its_open_conversations(world: Any) -> None:
    own, foreign = str(world.story.inbox_id), str(world.foreign_inbox)
    one = {"count": 1, "more": False}
    async with world.client("agent") as client, world.client() as administrator:
        told = (await client.get("/api/v1/counts")).json()
        Counts.model_validate(told)
        assert told["inboxes"] == {own: one} and foreign not in str(told)
        assert (await client.get(f"/api/v1/counts?inbox_id={own}")).json()["inboxes"] == {own: one}
        assert (await administrator.get("/api/v1/counts")).json()["inboxes"] == {own: one, foreign: one}
        narrowed = (await administrator.get(f"/api/v1/counts?inbox_id={own}")).json()
        assert narrowed["inboxes"][foreign] == one, "who looks into one inbox sees what lies in the others"
        world.story.mail(world.story.person())
        world.story.conversation(world.thread, e.ConversationResolved())
        world.story.conversation(world.foreign_thread, e.ConversationResolved())
        world.show()
        told = (await administrator.get("/api/v1/counts")).json()["inboxes"]
        assert told == {own: one, foreign: {"count": 0, "more": False}}
        await administrator.patch(f"/api/v1/inboxes/{foreign}", json={"archived": True})
        assert foreign not in (await administrator.get("/api/v1/counts")).json()["inboxes"]


async def test_more_views_than_one_statement_counts_are_each_counted_as_their_own(world: Any) -> None:
    wanted = {world.story.new_id(): "vip" if number % 3 else "gold" for number in range(2 * TOGETHER)}
    for view_id, label in wanted.items():
        filter_ = ViewFilter(label=(label,), status=("open",))
        world.story.workspace(ViewSaved(view_id=view_id, name=f"View {view_id}", filter=filter_))
    world.story.conversation(world.thread, e.LabelAdded(label="vip"))
    world.show()
    async with world.client("agent") as client:
        counts = (await client.get("/api/v1/counts")).json()
    assert counts["saved"] == {
        str(view_id): {"count": int(label == "vip"), "more": False} for view_id, label in wanted.items()
    }
    assert counts["fixed"]["all_open"]["count"] == 1


async def test_counting_ends_at_a_thousand_and_says_so(world: Any) -> None:
    world.execute(
        "insert into inbox.conversations select (jsonb_populate_record(c, jsonb_build_object('conversation_id',"
        " md5(n::text)::uuid, 'number', 100 + n))).* from inbox.conversations c, generate_series(1, 1005) n"
        " where c.conversation_id = %s",
        (world.thread.conversation_id,),
    )
    async with world.client("agent") as client:
        told = (await client.get("/api/v1/counts")).json()
        counts = told["fixed"]
        assert counts["all_open"] == counts["mine"] == {"count": 1000, "more": True}
        assert told["inboxes"] == {str(world.story.inbox_id): {"count": 1000, "more": True}}
        assert counts["unassigned"] == {"count": 0, "more": False}


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"name": "a\u0000b"},
        {"name": "x" * 121},
        {"name": "n", "filter": {"label": ["a\nb"]}},
        {"name": "n", "filter": {"mood": "bad"}},
        {"name": "n", "filter": {"status": ["odd"]}},
        {"name": "n", "sort": "random"},
    ],
)
async def test_what_is_no_view_is_refused(world: Any, wish: Any) -> None:
    async with world.client("agent") as client:
        assert (await client.post("/api/v1/views", json=wish)).status_code == 422


async def test_a_label_is_renamed_for_all_that_carry_it(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}"
    async with world.client("agent") as client:
        made = (await client.post("/api/v1/labels", json={"name": "VIP", "color": "purple"})).json()
        DefinedLabel.model_validate(made)
        await client.put(f"{path}/labels/VIP")
        address = f"/api/v1/labels/{made['id']}"
        world.story.workspace(LabelDefined(label_id=UUID(made["id"]), name="Best", former_names=("VIP",)))
        world.show()
        assert (await client.get(path)).json()["labels"] == ["Best"]
        for name in ("VIP", "Best"):
            listed = (await client.get(f"/api/v1/conversations?label={name}")).json()["items"]
            assert [one["labels"] for one in listed] == [["Best"]]
        listed = (await client.get("/api/v1/labels")).json()
        Page[DefinedLabel].model_validate(listed)
        assert [one["name"] for one in listed["items"]] == ["Best"]
        assert (await client.patch(address, json={"color": "red"})).json()["color"] == "red"
        assert (await client.delete(address)).status_code == 204
        assert (await client.get("/api/v1/labels")).json()["items"] == []
        assert (await client.patch(address, json={"name": "x"})).status_code == 404
        assert (await client.post("/api/v1/labels", json={"name": "a\nb"})).status_code == 422
