"""Contacts by the API: added, filled in, blocked, noted, merged, with timeline, company and tickets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from events import contact_commands as c
from events.contacts import ContactMergedInto, ContactsMerged
from events.conversations import ConversationReopened, ConversationResolved
from inbox_projection.api.models.common import Page
from inbox_projection.api.models.companies import Company, ContactProperty
from inbox_projection.api.models.contacts import Associated, Contact, ContactNew, TimelineEntry
from inbox_projection.api.models.conversations import Conversation

pytestmark = pytest.mark.real
BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)
NAUGHTY = (
    "\u202e\u200bRTL", "Ω≈ç√∫˜µ", "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "𝕿𝖍𝖊 🏳0🌈", "\ufeff",
    "Zażółć gęślą jaźń", "%s%n", "\\u0000", "=cmd|' /C calc'!A0", "ﷺ", "田中さんにあげて下さい",
)  # fmt: skip


async def test_a_contact_is_added_shown_to_all_and_found(world: Any) -> None:
    body = {"name": "Rosa Luz", "addresses": ["Rosa@Acme.test", "rosa@home.test"], "phone": "+48 1"}
    async with world.client("agent") as client:
        made = await client.post("/api/v1/contacts", json=body)
        assert made.status_code == 201
        card = Contact.model_validate(made.json())
        assert (card.name, card.handle, card.phone) == ("Rosa Luz", "rosa@acme.test", "+48 1")
        assert [one.value for one in card.handles] == ["rosa@acme.test", "rosa@home.test"]
    async with world.client("stranger") as client:
        found = (await client.get("/api/v1/contacts?q=rosa@home")).json()["items"]
        assert [UUID(one["id"]) for one in found] == [card.id], "who has no conversation is everybody's"
    (asked,) = (one for one in world.router.asked if isinstance(one.data, c.CreateContact))
    assert asked.stream == card.id and not asked.data.update


async def test_whatever_people_write_comes_back_byte_for_byte(world: Any) -> None:
    async with world.client() as client:
        kind = {"name": "Remark", "kind": "text"}
        remark = ContactProperty.model_validate((await client.post("/api/v1/contact-properties", json=kind)).json())
        for text in NAUGHTY:
            body = {"name": f"x{text}x", "note": text, "properties": {str(remark.id): text}}
            card = (await client.post("/api/v1/contacts", json=body)).json()
            assert (card["name"], card["note"]) == (f"x{text}x", text)
            assert card["properties"] == {str(remark.id): text}
            await client.post(f"/api/v1/contacts/{card['id']}/notes", json={"text": f"{text}\n"})
            timeline = (await client.get(f"/api/v1/contacts/{card['id']}/timeline")).json()["items"]
            assert [one["details"]["text"] for one in timeline if one["kind"] == "note"] == [f"{text}\n"]
            company = (await client.post("/api/v1/companies", json={"name": f"x{text}x", "note": text})).json()
            assert (company["name"], company["note"]) == (f"x{text}x", text)


@pytest.mark.skipif(BLNS is None, reason="the corpus of naughty strings is not here")
async def test_naughty_strings_come_back_from_names_notes_and_properties(world: Any) -> None:
    assert BLNS is not None
    naughty: list[str] = [text for text in json.loads(BLNS.read_text("utf-8")) if text.strip() and "\x00" not in text]
    named = 0
    for text in naughty:
        try:
            body = ContactNew.model_validate({"name": text})
        except ValidationError:
            continue
        assert body.name == text.strip()
        named += 1
    assert named > 400
    async with world.client() as client:
        ids = [
            (await client.post("/api/v1/contact-properties", json={"name": f"P{n}", "kind": "text"})).json()["id"]
            for n in range(100)
        ]
        for begin in range(0, len(naughty), 100):
            some = naughty[begin : begin + 100]
            note = "\n".join(some)[:15_000]
            values = dict(zip(ids, some, strict=False))
            card = (
                await client.post("/api/v1/contacts", json={"name": "R", "note": note, "properties": values})
            ).json()
            assert (card["note"], card["properties"]) == (note, values)
            path = f"/api/v1/contacts/{card['id']}"
            await client.post(f"{path}/notes", json={"text": note})
            told = (await client.get(f"{path}/timeline")).json()["items"]
            assert [one["details"]["text"] for one in told if one["kind"] == "note"] == [note]
            company = (await client.post("/api/v1/companies", json={"name": "C", "note": note})).json()
            assert company["note"] == note


async def test_what_cannot_be_is_refused_before_it_is_asked(world: Any) -> None:
    async with world.client() as client:
        bodies: tuple[dict[str, Any], ...] = (
            {"name": "a\x00b"},
            {"name": "a\r\nb"},
            {"addresses": ["a\r\nb@c.test"]},
            {"properties": {"no id": 1}},
            {"properties": {str(uuid4()): [1]}},
            {"handles": []},
        )
        for body in bodies:
            assert (await client.post("/api/v1/contacts", json=body)).status_code == 422, body
        world.router.refusal = ("conflict.handle-in-use", "An address belongs to the contact 1.")
        refused = await client.post("/api/v1/contacts", json={"addresses": ["a@b.test"]})
        assert (refused.status_code, refused.json()["code"]) == (409, "handle-in-use")


async def test_a_contact_is_blocked_and_let_in(world: Any) -> None:
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client("agent") as client:
        assert (await client.put(f"{path}/block")).json()["blocked"] is True
        assert (await client.get(path)).json()["blocked"] is True
        assert (await client.delete(f"{path}/block")).json()["blocked"] is False
        kinds = [one["kind"] for one in (await client.get(f"{path}/timeline")).json()["items"]]
        assert {"unblocked", "blocked"} <= set(kinds)


async def test_properties_are_set_changed_and_taken_away(world: Any) -> None:
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client() as client:
        ids = []
        for name, kind, more in (("Level", "choice", {"choices": ["gold"]}), ("Age", "number", {})):
            made = await client.post("/api/v1/contact-properties", json={"name": name, "kind": kind, **more})
            ids.append(made.json()["id"])
        listed = (await client.get("/api/v1/contact-properties")).json()["items"]
        assert [(one["id"], one["name"]) for one in listed] == [(ids[0], "Level"), (ids[1], "Age")]
        level, age = ids
        assert (await client.patch(path, json={"properties": {level: "gold", age: 5}})).json()["properties"] == {
            level: "gold",
            age: 5,
        }
        card = (await client.patch(path, json={"properties": {age: None}, "phone": "1"})).json()
        assert (card["properties"], card["phone"]) == ({level: "gold"}, "1")


async def test_a_property_is_renamed_and_goes_with_all_its_values(world: Any) -> None:
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client() as client:
        made = await client.post(
            "/api/v1/contact-properties", json={"name": "Level", "kind": "choice", "choices": ["a"]}
        )
        other = await client.post("/api/v1/contact-properties", json={"name": "Age", "kind": "number"})
        level, age = made.json()["id"], other.json()["id"]
        await client.patch(path, json={"properties": {level: "a", age: 5}})
        where = f"/api/v1/contact-properties/{level}"
        changed = await client.patch(where, json={"name": "Tier", "choices": ["b", "c"]})
        card = ContactProperty.model_validate(changed.json())
        assert (card.name, card.kind, card.choices) == ("Tier", "choice", ["b", "c"])
        assert card.created_at == ContactProperty.model_validate(made.json()).created_at
        assert (await client.get(path)).json()["properties"] == {level: "a", age: 5}, "contacts keep what they have"
        for wrong in ({"kind": "text"}, {"name": ""}, {"name": None, "choices": ["x\ny"]}):
            assert (await client.patch(where, json=wrong)).status_code == 422
        assert (await client.delete(where)).status_code == 204
        assert (await client.delete(where)).status_code == (await client.patch(where, json={})).status_code == 404
        listed = (await client.get("/api/v1/contact-properties")).json()["items"]
        assert [one["id"] for one in listed] == [age]
        assert (await client.get(path)).json()["properties"] == {age: 5}
        again = await client.post("/api/v1/contact-properties", json={"name": "Tier", "kind": "text"})
        assert again.status_code == 201
        timeline = (await client.get(f"{path}/timeline")).json()["items"]
        assert any(level in one["details"].get("properties", {}) for one in timeline), "history stays"
        audit = (await client.get("/api/v1/audit?kind=ContactPropertyDeleted")).json()["items"]
        assert [(one["target"]["kind"], one["target"]["id"]) for one in audit] == [("contact-property", level)]


async def test_an_address_is_added_and_taken_away(world: Any) -> None:
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client("agent") as client:
        first = (await client.get(path)).json()["handle"]
        added = await client.post(f"{path}/addresses", json={"address": " Rosa@Home.test "})
        assert added.status_code == 201
        assert [one.value for one in Contact.model_validate(added.json()).handles] == [first, "rosa@home.test"]
        await client.post(f"{path}/addresses", json={"address": "rosa@work.test"})
        less = (await client.post(f"{path}/addresses/remove", json={"address": first.upper()})).json()
        assert (less["handle"], [one["value"] for one in less["handles"]]) == (
            "rosa@home.test",
            ["rosa@home.test", "rosa@work.test"],
        )
        for address in ("rosa@work.test", "rosa@home.test"):
            less = (await client.post(f"{path}/addresses/remove", json={"address": address})).json()
        assert (less["handle"], less["handles"]) == (None, []), "the last one may go"
        again = await client.post(f"{path}/addresses", json={"address": "rosa@home.test"})
        assert [one["value"] for one in again.json()["handles"]] == ["rosa@home.test"]
        kinds = [one["kind"] for one in (await client.get(f"{path}/timeline")).json()["items"]]
        assert (kinds.count("handle_linked"), kinds.count("handle_unlinked")) == (3, 3)
        for wrong in ("", "a", "a\r\nb@c.test"):
            assert (await client.post(f"{path}/addresses", json={"address": wrong})).status_code == 422
    async with world.client() as client:
        audit = (await client.get("/api/v1/audit?kind=HandleUnlinked")).json()["items"]
        assert len(audit) == 3 and "rosa@" not in str(audit), "who did it, not with what"


async def test_an_address_of_another_contact_is_refused_with_that_contact_where_it_may_be_seen(world: Any) -> None:
    path, other = f"/api/v1/contacts/{world.thread.contact_id}", world.another_contact()
    world.router.refusal = ("conflict.handle-in-use", "An address belongs to the contact 1.")
    async with world.client("agent") as client:
        address = (await client.get(f"/api/v1/contacts/{other}")).json()["handle"]
        for where, body in (
            (f"{path}/addresses", {"address": address}),
            ("/api/v1/contacts", {"addresses": [address]}),
        ):
            refused = await client.post(where, json=body)
            assert (refused.status_code, refused.json()["code"]) == (409, "handle-in-use")
            assert refused.json()["contact_id"] == str(other)
    foreign = world.foreign_thread.contact_id
    async with world.client() as client:
        hidden = (await client.get(f"/api/v1/contacts/{foreign}")).json()["handle"]
    async with world.client("agent") as client:
        refused = await client.post(f"{path}/addresses", json={"address": hidden})
        assert (refused.status_code, refused.json()["contact_id"]) == (409, None), "whom one may not see is not named"


async def test_an_address_of_one_who_was_merged_is_taken_away_from_that_contact(world: Any) -> None:
    one, two = world.thread.contact_id, world.another_contact()
    path = f"/api/v1/contacts/{one}"
    async with world.client("agent") as client:
        address = (await client.get(f"/api/v1/contacts/{two}")).json()["handle"]
        await client.post(f"{path}/merge", json={"from_id": str(two)})
        less = (await client.post(f"{path}/addresses/remove", json={"address": address})).json()
        assert address not in [handle["value"] for handle in less["handles"]]
        asked = [each for each in world.router.asked if isinstance(each.data, c.RemoveContactAddress)]
        assert [each.stream for each in asked] == [two]


async def test_companies_are_made_listed_in_order_changed_and_linked(world: Any) -> None:
    async with world.client("agent") as client:
        ids = {}
        for name in ("beta", "Acme", "acorn"):
            made = await client.post("/api/v1/companies", json={"name": name, "domains": [f"{name}.test"]})
            ids[name] = Company.model_validate(made.json()).id
        seen, cursor = [], None
        while True:
            asked = {"limit": 1} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get("/api/v1/companies", params=asked)).json()
            seen += [one["name"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == ["Acme", "acorn", "beta"]
        found = (await client.get("/api/v1/companies?q=AC")).json()["items"]
        assert [one["name"] for one in found] == ["Acme", "acorn"]
        changed = await client.patch(f"/api/v1/companies/{ids['Acme']}", json={"name": "ACME"})
        assert (changed.json()["name"], changed.json()["domains"]) == ("ACME", ["Acme.test"])
        path = f"/api/v1/contacts/{world.thread.contact_id}"
        linked = await client.put(f"{path}/company/{ids['Acme']}")
        assert UUID(linked.json()["company_id"]) == ids["Acme"]
        shown = (await client.get(f"/api/v1/conversations/{world.thread.conversation_id}")).json()
        assert UUID(Conversation.model_validate(shown).model_dump()["company_id"].hex) == ids["Acme"]
        world.ticket_of(world.thread)
        around = Associated.model_validate((await client.get(f"{path}/associated")).json())
        assert around.company is not None and around.company.name == "ACME"
        assert around.ticket_ids == [world.ticket_of(world.thread)]
        assert (await client.put(f"{path}/company/{uuid4()}")).status_code == 404
        assert (await client.delete(f"{path}/company/{ids['Acme']}")).json()["company_id"] is None


async def test_people_of_a_company_and_people_and_companies_by_their_ids(world: Any) -> None:
    async with world.client("agent") as client:
        acme = (await client.post("/api/v1/companies", json={"name": "Acme"})).json()
        made = [(await client.post("/api/v1/contacts", json={"name": name})).json() for name in ("Ada", "Abe", "Bea")]
        for one in made[:2]:
            assert (await client.put(f"/api/v1/contacts/{one['id']}/company/{acme['id']}")).status_code == 200
        members = [(await client.get(f"/api/v1/contacts/{one['id']}")).json() for one in made[:2]]
        newest_first = sorted(members, key=lambda one: one["id"], reverse=True)
        first = (await client.get(f"/api/v1/contacts?company_id={acme['id']}&limit=1")).json()
        second = (
            await client.get(f"/api/v1/contacts?company_id={acme['id']}&limit=1&cursor={first['next_cursor']}")
        ).json()
        assert first["items"] + second["items"] == newest_first and second["next_cursor"] is None
        named = (await client.get(f"/api/v1/contacts?company_id={acme['id']}&q=ab")).json()["items"]
        assert [one["name"] for one in named] == ["Abe"]
        assert (await client.get(f"/api/v1/contacts?company_id={uuid4()}")).json()["items"] == []
        by_id = (await client.get(f"/api/v1/contacts?id={made[2]['id']}&id={uuid4()}")).json()
        assert by_id == {"items": [made[2]], "next_cursor": None}
        both = (await client.get(f"/api/v1/companies?id={acme['id']}&id={uuid4()}")).json()
        assert both == {"items": [acme], "next_cursor": None}
        for wrong in ("contacts", "companies"):
            refused = await client.get(f"/api/v1/{wrong}?id={uuid4()}&q=a")
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    async with world.client("stranger") as stranger:
        hidden = (await stranger.get(f"/api/v1/contacts?id={world.thread.contact_id}")).json()["items"]
        assert hidden == [], "whose conversations lie in foreign inboxes is not told by id either"


async def test_a_merger_is_previewed_done_and_undone(world: Any) -> None:
    one, two = world.thread.contact_id, world.another_contact()
    path, body = f"/api/v1/contacts/{one}", {"from_id": str(two)}
    async with world.client("agent") as client:
        before = (await client.get(path)).json()
        preview = (await client.post(f"{path}/merge", json=body | {"dry_run": True})).json()
        assert (await client.get(path)).json() == before, "nothing was merged"
        done = await client.post(f"{path}/merge", json=body)
        assert done.json() == preview and Contact.model_validate(preview).merged_ids == [two]
        again = (await client.post(f"{path}/merge", json=body | {"dry_run": True})).json()
        assert again == preview, "once more changes nothing"
        listed = (await client.get(f"{path}/conversations")).json()["items"]
        assert len(listed) == 2 and {item["contact"]["id"] for item in listed} == {str(one)}
        assert {item["contact"]["name"] for item in listed} == {before["name"]}
        assert (await client.get(f"/api/v1/contacts/{two}/conversations")).json()["items"] == listed
        people = (await client.get("/api/v1/contacts")).json()["items"]
        assert str(two) not in {person["id"] for person in people}
        address = (await client.get(f"/api/v1/contacts/{two}")).json()["handle"]
        found = (await client.get("/api/v1/contacts", params={"q": address})).json()["items"]
        assert [person["id"] for person in found] == [str(one)], "an address leads to the survivor"
        circle = await client.post(f"/api/v1/contacts/{two}/merge", json={"from_id": str(one), "dry_run": True})
        assert (circle.status_code, circle.json()["code"]) == (409, "contact-is-merged")
        itself = await client.post(f"{path}/merge", json={"from_id": str(one), "dry_run": True})
        assert (itself.status_code, itself.json()["code"]) == (422, "merge-with-itself")
        apart = await client.delete(f"{path}/merge/{two}")
        assert apart.json() == before
        assert len((await client.get(f"{path}/conversations")).json()["items"]) == 1


async def test_an_erased_contact_is_not_merged_and_a_foreign_one_is_not_known(world: Any) -> None:
    gone = world.another_contact()
    world.story.erase(gone)
    world.show()
    path = f"/api/v1/contacts/{world.thread.contact_id}/merge"
    async with world.client() as client:
        refused = await client.post(path, json={"from_id": str(gone), "dry_run": True})
        assert (refused.status_code, refused.json()["code"]) == (409, "contact-is-erased")
    async with world.client("agent") as client:
        foreign = {"from_id": str(world.foreign_thread.contact_id)}
        assert (await client.post(path, json=foreign)).status_code == 404


async def test_the_timeline_tells_all_of_it_newest_first_page_by_page(world: Any) -> None:
    one, two = world.thread.contact_id, world.another_contact()
    path = f"/api/v1/contacts/{one}"
    async with world.client("agent") as client:
        await client.post(f"{path}/notes", json={"text": "likes tea"})
        for event in (ConversationResolved(), ConversationReopened(reason="message")):
            world.story.pass_time(minutes=1)
            world.story.conversation(world.thread, event)
        await client.post(f"{path}/merge", json={"from_id": str(two)})
        world.ticket_of(world.thread)
        whole = (await client.get(f"{path}/timeline?limit=100")).json()
        entries = Page[TimelineEntry].model_validate(whole).items
        assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
        assert sorted(entry.kind for entry in entries) == sorted(
            ["ticket_opened", "merged", "note", "conversation_resolved", "conversation_reopened"]
            + ["conversation_opened", "created"] * 2
        )
        seen, cursor = [], None
        while True:
            asked = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
            page = (await client.get(f"{path}/timeline", params=asked)).json()
            seen += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == whole["items"]
        note = next(entry for entry in entries if entry.kind == "note")
        assert note.details["text"] == "likes tea" and note.actor == {"kind": "agent", "id": str(world.agents["agent"])}
    world.story.erase(one)
    world.show()
    async with world.client() as client:
        left = (await client.get(f"{path}/timeline?limit=100")).text
        assert "likes tea" not in left and "note" in left


async def test_the_timeline_hides_what_lies_in_foreign_inboxes(world: Any) -> None:
    foreign = world.foreign_thread
    world.story.contact(world.thread.contact_id, ContactsMerged(merged_ids=(foreign.contact_id,)), sealed=False)
    world.story.contact(foreign.contact_id, ContactMergedInto(survivor_id=world.thread.contact_id), sealed=False)
    world.story.conversation(foreign, ConversationResolved())
    world.show()
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client("agent") as client:
        for what in ("timeline", "conversations"):
            text = (await client.get(f"{path}/{what}")).text
            assert str(foreign.conversation_id) not in text and "Confidential" not in text
