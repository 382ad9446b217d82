"""What agents do: each write becomes one command, and its answer shows what every read shows from then on."""

from __future__ import annotations

from typing import Any

import pytest

from events.commands import SendReply
from inbox_projection.api.models.conversations import Conversation, Message
from inbox_projection.api.models.rules import Rules
from inbox_projection.api.models.workspace import Agent, Channel, Inbox, Me, Team
from inbox_projection.commands import BusAway

pytestmark = pytest.mark.real


async def test_a_reply_goes_to_all_from_the_connected_address_with_a_token_to_answer_to(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client("agent") as client:
        answer = await client.post(path, json={"text": "It is on its way.", "bcc": ["Boss <boss@agents.test>"]})
    assert answer.status_code == 201, answer.text
    Message.model_validate(answer.json())
    shown, command = answer.json(), world.router.asked[-1].data
    assert isinstance(command, SendReply)
    assert command.channel_id == world.support_channel
    assert command.content.sender.address == "support@postroom.test"
    assert command.content.sender.name == "Acme Support"
    assert command.content.reply_to.address.startswith("support-abc234+")
    assert shown["to"][0]["address"].endswith("@client.test") and shown["cc"] == []
    assert shown["bcc"] == [{"address": "boss@agents.test", "name": "Boss"}]
    assert shown["subject"] == "Re: Where is my order 4711?"
    assert command.content.in_reply_to == command.content.references[-1]
    assert shown["delivery"]["state"] == "queued"


async def test_if_match_travels_with_the_reply_and_a_newer_message_is_412(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    world.router.refusal = ("precondition_failed.newer-message-exists", "There is a newer message.")
    async with world.client("agent") as client:
        answer = await client.post(path, json={"text": "hello"}, headers={"If-Match": '"2"'})
        wrong = await client.post(path, json={"text": "hello"}, headers={"If-Match": "*"})
    assert world.router.asked[-1].data.seen_sequence == 2
    assert (answer.status_code, answer.json()["code"]) == (412, "newer-message-exists")
    assert answer.headers["content-type"] == "application/problem+json"
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("code", "status"),
    [("not_found.agent-not-found", 404), ("conflict.x", 409), ("invalid.x", 422), ("forbidden.x", 403), ("odd", 409)],
)
async def test_a_refusal_is_a_problem_with_its_status(world: Any, code: str, status: int) -> None:
    world.router.refusal = (code, "Because.")
    async with world.client("agent") as client:
        path = f"/api/v1/conversations/{world.thread.conversation_id}/assignment"
        answer = await client.put(path, json={"agent_id": str(world.agents["agent"])})
    assert (answer.status_code, answer.json()["detail"]) == (status, "Because.")
    assert answer.json()["code"] == code.rpartition(".")[2]


async def test_an_idempotency_key_does_it_once_and_refuses_another_body(world: Any) -> None:
    path = f"/api/v1/conversations/{world.thread.conversation_id}/comments"
    headers = {"Idempotency-Key": "k-1"}
    async with world.client("agent") as client, world.client("manager") as other:
        first = await client.post(path, json={"text": "carrier says Friday"}, headers=headers)
        again = await client.post(path, json={"text": "carrier says Friday"}, headers=headers)
        changed = await client.post(path, json={"text": "carrier says Monday"}, headers=headers)
        others = await other.post(path, json={"text": "carrier says Friday"}, headers=headers)
        elsewhere = await client.put(
            f"/api/v1/conversations/{world.thread.conversation_id}/labels/vip", headers=headers
        )
    assert first.json() == again.json()
    assert first.json()["text"] == "carrier says Friday"
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency-key-reused")
    assert elsewhere.status_code == 422
    assert others.json()["id"] != first.json()["id"]
    assert len(world.router.asked) == 2


async def test_a_slow_outcome_is_202_with_the_place_where_it_will_be(world: Any) -> None:
    world.router.tarries = True
    path = f"/api/v1/conversations/{world.thread.conversation_id}/status"
    async with world.client("agent") as client, world.client("manager") as other:
        answer = await client.put(path, json={"status": "resolved"})
        assert answer.status_code == 202
        place = answer.headers["location"]
        assert (await client.get(place)).json()["state"] == "pending"
        assert (await other.get(place)).status_code == 404
        world.router.tarries = False
        await world.router.ask(world.router.asked[-1])
        assert (await client.get(place)).json()["state"] == "done"
        row = (await client.get(f"/api/v1/conversations/{world.thread.conversation_id}")).json()
    assert row["status"] == "resolved"


async def test_a_bus_that_is_away_is_503(world: Any) -> None:
    world.router.down = BusAway("away")
    async with world.client("agent") as client:
        answer = await client.put(
            f"/api/v1/conversations/{world.thread.conversation_id}/priority", json={"priority": "high"}
        )
    assert (answer.status_code, answer.json()["code"]) == (503, "bus-away")
    assert answer.headers["retry-after"]


async def test_the_conversation_is_shown_as_every_change_leaves_it(world: Any) -> None:
    base = f"/api/v1/conversations/{world.thread.conversation_id}"
    until = "2026-04-01T08:00:00Z"
    async with world.client("agent") as client:
        assert (await client.put(f"{base}/labels/late%20delivery")).json()["labels"] == ["late delivery"]
        assert (await client.delete(f"{base}/labels/late%20delivery")).json()["labels"] == []
        assert (await client.put(f"{base}/priority", json={"priority": "urgent"})).json()["priority"] == "urgent"
        snoozed = (await client.put(f"{base}/status", json={"status": "snoozed", "until": until})).json()
        assert (snoozed["status"], snoozed["snoozed_until"]) == ("snoozed", until)
        for status in ("open", "resolved", "trash", "spam"):
            assert (await client.put(f"{base}/status", json={"status": status})).json()["status"] == status
        assert (await client.put(f"{base}/status", json={"status": "open", "until": until})).status_code == 422
        own = {"agent_id": str(world.agents["agent"]), "team_id": None}
        changed = (await client.put(f"{base}/assignment", json=own)).json()
    Conversation.model_validate(changed)
    assert (changed["assignee_id"], changed["team_id"]) == (own["agent_id"], None)


async def test_administrators_furnish_the_workspace(world: Any) -> None:
    async with world.client() as client:
        inbox = (await client.post("/api/v1/inboxes", json={"name": "Sales"})).json()
        Inbox.model_validate(inbox)
        assert inbox["fallback_address"].endswith("@mail.test")
        (own,) = inbox["channels"]
        assert own["fallback"] and own["settings"]["address"] == inbox["fallback_address"]
        asked = {"inbox_id": inbox["id"], "kind": "email", "settings": {"address": "Sales@Acme.test"}}
        channel = (await client.post("/api/v1/channels", json=asked)).json()
        Channel.model_validate(channel)
        without = dict.fromkeys(
            ("imap", "smtp", "acknowledgement", "ticket_automation", "routing", "dkim", "dkim_pending")
        )
        bare = {"address": "sales@acme.test", "from_name": "", "authserv_id": "", **without}
        assert channel["settings"] == bare
        named = await client.patch(f"/api/v1/channels/{channel['id']}", json={"settings": {"from_name": "Acme"}})
        assert named.json()["settings"] == {**bare, "from_name": "Acme"}
        assert (await client.delete(f"/api/v1/channels/{channel['id']}")).status_code == 204
        assert len((await client.get(f"/api/v1/inboxes/{inbox['id']}")).json()["channels"]) == 1
        team = (await client.post("/api/v1/teams", json={"name": "Field"})).json()
        Team.model_validate(team)
        patched = await client.patch(f"/api/v1/inboxes/{inbox['id']}", json={"team_ids": [team["id"]], "name": "S"})
        assert (patched.json()["name"], patched.json()["team_ids"]) == ("S", [team["id"]])
        assert (await client.delete(f"/api/v1/teams/{team['id']}")).status_code == 204
        assert team["id"] not in (await client.get("/api/v1/teams")).text


async def test_a_managers_new_inbox_has_the_manager_as_its_member(world: Any) -> None:
    async with world.client("manager") as client:
        inbox = (await client.post("/api/v1/inboxes", json={"name": "Sales"})).json()
        assert inbox["member_ids"] == [str(world.agents["manager"])]
        assert (await client.get(f"/api/v1/inboxes/{inbox['id']}")).status_code == 200


async def test_an_invited_agent_logs_in_until_deactivated(world: Any) -> None:
    new = {"name": "Ada", "email": "Ada@Agents.test", "role": "agent", "password": "long enough"}
    log_in = {"email": "ada@agents.TEST", "password": "long enough"}
    async with world.client() as client, world.client(None) as browser:
        made = await client.post("/api/v1/agents", json=new)
        assert made.status_code == 201
        Agent.model_validate(made.json())
        again = await client.post("/api/v1/agents", json={**new, "name": "Other"})
        assert (again.status_code, again.json()["code"]) == (409, "agent-email-taken")
        assert (await browser.post("/api/v1/session", json=log_in)).status_code == 200
        assert (await browser.get("/api/v1/me")).json()["name"] == "Ada"
        changed = await client.patch(f"/api/v1/agents/{made.json()['id']}", json={"deactivated": True})
        assert changed.json()["deactivated"]
        assert (await browser.get("/api/v1/me")).status_code == 401
        assert (await browser.post("/api/v1/session", json=log_in)).status_code == 401


async def test_a_profile_keeps_what_is_not_sent(world: Any) -> None:
    async with world.client("agent") as client:
        await client.patch("/api/v1/me", json={"signature": "Best,\nA", "time_zone": "Europe/Warsaw"})
        me = (await client.patch("/api/v1/me", json={"meeting_url": "https://meet.test/a"})).json()
        away = (await client.put("/api/v1/me/availability", json={"state": "away"})).json()
    Me.model_validate(me)
    assert (me["name"], me["signature"], me["time_zone"]) == ("Agent", "Best,\nA", "Europe/Warsaw")
    assert me["inbox_ids"] == [str(world.story.inbox_id)]
    assert away["availability"] == {"state": "away", "until": None}


async def test_a_contact_is_changed_and_erased(world: Any) -> None:
    path = f"/api/v1/contacts/{world.thread.contact_id}"
    async with world.client() as client, world.client("agent") as agent:
        changed = (await agent.patch(path, json={"phone": "+48 1", "note": "VIP"})).json()
        assert (changed["name"], changed["phone"], changed["note"]) == ("Zofia Nowak", "+48 1", "VIP")
        assert (await agent.delete(path)).status_code == 403
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).json()["erased"]


async def test_rules_are_drafted_whole_then_published(world: Any) -> None:
    rule = {
        "id": str(world.story.new_id()),
        "name": "Orders",
        "when": {
            "kind": "all",
            "of": [{"kind": "test", "fact": "message.subject", "operator": "contains", "value": "x"}],
        },
        "then": [{"kind": "assign_team", "team_id": str(world.story.team_id)}, {"kind": "add_labels", "labels": ["o"]}],
    }
    async with world.client("manager") as client:
        drafted = (await client.put("/api/v1/rules", json={"rules": [rule]})).json()
        Rules.model_validate(drafted)
        assert drafted["rules"][0]["when"] == rule["when"]
        assert drafted["published"] == {"version": 0, "rules": []}
        assert (await client.post("/api/v1/rules/publish")).json()["published"]["version"] == 1
        deep: dict[str, Any] = rule["when"]
        for _ in range(20):
            deep = {"kind": "not", "of": deep}
        assert (await client.put("/api/v1/rules", json={"rules": [{**rule, "when": deep}]})).status_code == 422
        assert (await client.put("/api/v1/rules", json={"rules": [rule, rule]})).status_code == 422


async def test_rules_that_somebody_changed_meanwhile_are_not_written_over(world: Any) -> None:
    def rule(name: str) -> dict[str, Any]:
        action = {"kind": "add_labels", "labels": ["o"]}
        return {"id": str(world.story.new_id()), "name": name, "when": {"kind": "all", "of": []}, "then": [action]}

    async with world.client("manager") as mine, world.client() as theirs:
        seen = (await mine.get("/api/v1/rules")).json()
        drafted = await theirs.put("/api/v1/rules", json={"rules": [rule("Theirs")], "version": seen["version"]})
        assert drafted.status_code == 200 and drafted.json()["version"] != seen["version"]
        stale = await mine.put("/api/v1/rules", json={"rules": [rule("Mine")], "version": seen["version"]})
        assert (stale.status_code, stale.json()["code"]) == (412, "rules-changed")
        published = await mine.post("/api/v1/rules/publish", json={"version": seen["version"]})
        assert (published.status_code, published.json()["code"]) == (412, "rules-changed")
        newest = (await mine.get("/api/v1/rules")).json()
        assert [one["name"] for one in newest["rules"]] == ["Theirs"] and newest == drafted.json()
        again = {"rules": [*newest["rules"], rule("Mine")], "version": newest["version"]}
        assert [one["name"] for one in (await mine.put("/api/v1/rules", json=again)).json()["rules"]] == [
            "Theirs",
            "Mine",
        ]
        assert (await mine.put("/api/v1/rules", json={"rules": []})).status_code == 200, "who names none writes anyway"


async def test_a_from_name_may_say_who_wrote_and_is_quoted_for_nobody_else(world: Any) -> None:
    channel = f"/api/v1/channels/{world.support_channel}"
    path = f"/api/v1/conversations/{world.thread.conversation_id}/replies"
    async with world.client("manager") as client, world.client("agent") as agent:
        changed = await client.patch(channel, json={"settings": {"from_name": "{agent} at {company}, {inbox}"}})
        assert changed.status_code == 200 and changed.json()["settings"]["from_name"].startswith("{agent}")
        me, inboxes = (await agent.get("/api/v1/me")).json(), (await agent.get("/api/v1/inboxes")).json()["items"]
        answer = await agent.post(path, json={"text": "It is on its way."})
    assert answer.status_code == 201, answer.text
    inbox = next(one for one in inboxes if one["id"] == str(world.story.inbox_id))
    content = world.router.asked[-1].data.content
    assert content.sender.name == content.reply_to.name == f"{me['name']} at Acme, {inbox['name']}"
