"""Who gets a mail: rules with their decision record, round robin in a team, nobody who is away."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


@pytest.fixture
def desk(postroom: LivePostroom) -> Iterator[Desk]:
    """The administrator's desk; the workspace has no rules again afterwards."""
    with Desk(postroom) as open_desk:
        yield open_desk
        open_desk.do("PUT", "/rules", {"rules": []})
        open_desk.do("POST", "/rules/publish")


def team_of(desk: Desk, postroom: LivePostroom, *names: str) -> tuple[dict[str, Any], dict[str, str]]:
    """An inbox with a team of new, available agents, and their ids by name."""
    word = uuid4().hex[:6]
    ids: dict[str, str] = {}
    for name in names:
        body = {"name": name, "email": f"{name.lower()}-{word}@our.test", "role": "agent", "password": f"secret {word}"}
        ids[name] = desk.do("POST", "/agents", body)["id"]
        with Desk(postroom, log_in(postroom, body["email"], body["password"])) as own:
            own.do("PUT", "/me/availability", {"state": "available"})
    team = desk.do("POST", "/teams", {"name": f"Team {word}", "member_ids": list(ids.values())})
    inbox = desk.do("POST", "/inboxes", {"name": f"Inbox {word}"})
    return desk.do("PATCH", f"/inboxes/{inbox['id']}", {"team_ids": [team["id"]]}), ids


def log_in(postroom: LivePostroom, email: str, password: str) -> Any:
    client = postroom.client()
    del client.headers["Authorization"]
    response = client.post("/session", json={"email": email, "password": password})
    assert response.is_success, response.text
    return client


def test_the_next_mail_is_routed_by_the_published_rule_and_the_decision_says_why(
    desk: Desk, postroom: LivePostroom
) -> None:
    inbox, ids = team_of(desk, postroom, "Ada", "Bo")
    rule = {
        "id": str(uuid4()),
        "name": "Invoices go to Bo",
        "trigger": "message_received",
        "when": {
            "kind": "all",
            "of": [
                {"kind": "test", "fact": "conversation.inbox_id", "operator": "is", "value": inbox["id"]},
                {"kind": "test", "fact": "message.subject", "operator": "contains", "value": "invoice"},
            ],
        },
        "then": [
            {"kind": "assign_agent", "agent_id": ids["Bo"]},
            {"kind": "add_labels", "labels": ["billing"]},
            {"kind": "set_priority", "priority": "high"},
        ],
        "stop": True,
        "enabled": True,
    }
    early, late = Customer(postroom), Customer(postroom)
    desk.do("PUT", "/rules", {"rules": [rule]})
    early.writes(inbox["fallback_address"], "My invoice", "A draft routes nothing.")
    assert desk.conversation_of(early)["labels"] == []
    published = desk.do("POST", "/rules/publish")["published"]
    late.writes(inbox["fallback_address"], "Your INVOICE 7", "Is it right?")
    conversation = desk.conversation_of(late)
    assert conversation["assignee_id"] == ids["Bo"]
    assert (conversation["labels"], conversation["priority"]) == (["billing"], "high")
    (decision,) = desk.get(f"/conversations/{conversation['id']}/decisions")["items"]
    assert (decision["reason"], decision["agent_id"]) == ("rule", ids["Bo"])
    assert decision["rule_set_version"] == published["version"]
    (outcome,) = decision["rules"]
    assert (outcome["rule_id"], outcome["outcome"]) == (rule["id"], "matched")
    assert outcome["values"]["message.subject"] == "Your INVOICE 7"


def test_mails_go_round_in_the_team_and_never_to_who_is_away(desk: Desk, postroom: LivePostroom) -> None:
    inbox, ids = team_of(desk, postroom, "Ada", "Bo", "Cem")
    first = [assignee(desk, postroom, inbox) for _ in range(6)]
    assert Counter(first) == dict.fromkeys(ids.values(), 2)
    assert first[:3] == first[3:], "in turn"
    away = desk.get("/agents")["items"]
    email = next(one["email"] for one in away if one["id"] == ids["Bo"])
    with Desk(postroom, log_in(postroom, email, f"secret {email.split('-')[1].split('@')[0]}")) as own:
        own.do("PUT", "/me/availability", {"state": "away"})
    then = [assignee(desk, postroom, inbox) for _ in range(4)]
    assert Counter(then) == {ids["Ada"]: 2, ids["Cem"]: 2}


def assignee(desk: Desk, postroom: LivePostroom, inbox: dict[str, Any]) -> str:
    customer = Customer(postroom)
    customer.writes(inbox["fallback_address"], "Whose turn?", "Mine or yours?")
    return str(desk.conversation_of(customer)["assignee_id"])


def test_a_channel_is_routed_who_answers_first_gets_it_and_who_leaves_gives_it_back(
    desk: Desk, postroom: LivePostroom
) -> None:
    inbox, ids = team_of(desk, postroom, "Ada", "Bo")
    channel = f"/channels/{inbox['channels'][0]['id']}"
    desk.do("PATCH", channel, {"settings": {"routing": {"kind": "nobody"}}})
    customer, me = Customer(postroom), desk.get("/me")["id"]
    customer.writes(inbox["fallback_address"], "For nobody", "Hello?")
    conversation = desk.conversation_of(customer)
    path = f"/conversations/{conversation['id']}"
    assert conversation["assignee_id"] is None
    assert desk.get(f"{path}/decisions")["items"][-1]["reason"] == "channel_nobody"
    said = desk.do("PUT", f"{path}/presence", {"state": "replying"})
    assert (
        said["presence"] == desk.conversation(conversation["id"])["presence"] == [{"agent_id": me, "state": "replying"}]
    )
    desk.reply(conversation["id"], "I have it.")
    assert desk.conversation(conversation["id"])["assignee_id"] == me

    desk.do("PATCH", channel, {"settings": {"routing": {"kind": "agents", "agent_ids": [ids["Bo"]]}}})
    another = Customer(postroom)
    another.writes(inbox["fallback_address"], "For Bo", "Hello?")
    bos = desk.conversation_of(another)
    assert bos["assignee_id"] == ids["Bo"]
    desk.do("PATCH", f"/agents/{ids['Bo']}", {"deactivated": True})
    eventually(lambda: desk.conversation(bos["id"])["assignee_id"] == ids["Ada"], "Bo's conversation with Ada")
    decisions = desk.get(f"/conversations/{bos['id']}/decisions")["items"]
    assert {one["reason"] for one in decisions} == {"channel_agents", "agent_left"}


def test_only_who_can_open_a_conversation_is_given_it_whoever_or_whatever_chooses(
    desk: Desk, postroom: LivePostroom
) -> None:
    inbox, ids = team_of(desk, postroom, "Ada")
    others, strangers = team_of(desk, postroom, "Cem")
    (team_id,), cem = others["team_ids"], strangers["Cem"]
    rule = {
        "id": str(uuid4()),
        "name": "All to strangers",
        "trigger": "message_received",
        "when": {"kind": "test", "fact": "conversation.inbox_id", "operator": "is", "value": inbox["id"]},
        "then": [{"kind": "assign_agent", "agent_id": cem}, {"kind": "assign_team", "team_id": team_id}],
        "stop": True,
        "enabled": True,
    }
    desk.do("PUT", "/rules", {"rules": [rule]})
    desk.do("POST", "/rules/publish")
    customer = Customer(postroom)
    customer.writes(inbox["fallback_address"], "Who will see this?", "You?")
    conversation = desk.conversation_of(customer)
    path = f"/conversations/{conversation['id']}"
    assert conversation["assignee_id"] == ids["Ada"], "the rule names nobody who could open it"
    (decision,) = desk.get(f"{path}/decisions")["items"]
    assert decision["reason"] == "inbox_team"
    assert {one["agent_id"]: one["refused"] for one in decision["candidates"]} == {
        ids["Ada"]: None,
        cem: "not_in_inbox",
    }

    for wish, code in (({"agent_id": cem}, "agent-not-in-inbox"), ({"team_id": team_id}, "team-not-in-inbox")):
        asked = {"agent_id": None, "team_id": None, **wish}
        refused = desk.ask("PUT", f"{path}/assignment", asked)
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
        bulk = {"ids": [conversation["id"]], "command": {"type": "assignment", **asked}}
        done = desk.do("POST", "/conversations/bulk", bulk)
        assert (done["done"], done["refused"]) == (0, [{"id": conversation["id"], "reason": code}])
    assert desk.conversation(conversation["id"])["assignee_id"] == ids["Ada"]

    desk.do("PATCH", f"/agents/{cem}", {"role": "administrator"})
    assert desk.do("PUT", f"{path}/assignment", {"agent_id": cem, "team_id": None})["assignee_id"] == cem
    desk.do("PATCH", f"/agents/{cem}", {"role": "agent"})
    eventually(lambda: desk.conversation(conversation["id"])["assignee_id"] == ids["Ada"], "what Cem sees no more")
    moved = desk.do("PUT", f"{path}/inbox", {"inbox_id": others["id"]})
    assert (moved["assignee_id"], moved["team_id"]) == (cem, team_id), "Ada does not belong there"
