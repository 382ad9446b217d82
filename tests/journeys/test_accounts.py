"""Mails to agents go through the whole system: links in them work once, answers to them are replies."""

import re
from email.message import EmailMessage
from uuid import uuid4

import httpx
import pytest

from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real


def mails_to(postroom: LivePostroom, address: str) -> list[EmailMessage]:
    return [mail for mail in postroom.outbox() if address in str(mail["To"])]


def link_in(mail: EmailMessage, page: str) -> str:
    found = re.search(rf"/{page}/(\S+)", mail.get_payload(decode=True).decode())  # type: ignore[union-attr]
    assert found is not None
    return found.group(1)


def test_an_invitation_and_a_forgotten_password_come_by_mail_and_work_once(postroom: LivePostroom) -> None:
    email = f"nina-{uuid4().hex[:8]}@our.test"
    with Desk(postroom) as desk:
        desk.do("POST", "/agents", {"name": "Nina", "email": email, "role": "agent"})
    (invitation,) = eventually(lambda: mails_to(postroom, email), "the invitation", 60)
    assert invitation["Auto-Submitted"] == "auto-generated"
    token = link_in(invitation, "invitations")
    with httpx.Client(base_url=f"{postroom.api_url}/api/v1", timeout=30) as browser:
        welcome = browser.post(f"/invitations/{token}/accept", json={"password": "correct horse", "name": "Nina N."})
        assert welcome.status_code == 200 and browser.get("/me").json()["name"] == "Nina N."
        assert browser.post(f"/invitations/{token}/accept", json={"password": "other horses"}).status_code == 410
        assert browser.post("/password-resets", json={"email": "nobody@our.test"}).status_code == 204
        assert browser.post("/password-resets", json={"email": email}).status_code == 204
        known = invitation["Message-ID"]
        reset = eventually(
            lambda: next((mail for mail in mails_to(postroom, email) if mail["Message-ID"] != known), None),
            "the mail for a new password",
        )
        chosen = link_in(reset, "password-resets")
        done = browser.post(f"/password-resets/{chosen}/accept", json={"password": "battery staple"})
        assert done.status_code == 204 and browser.get("/me").status_code == 401
        again = browser.post("/session", json={"email": email, "password": "battery staple"})
        assert again.status_code == 200


def test_the_answer_to_a_notification_mail_is_the_agents_reply(postroom: LivePostroom) -> None:
    email, password = f"nina-{uuid4().hex[:8]}@our.test", "correct horse"
    with Desk(postroom) as desk:
        nina = desk.do("POST", "/agents", {"name": "Nina", "email": email, "role": "agent", "password": password})
        inbox = desk.do("POST", "/inboxes", {"name": f"Lamps {uuid4().hex[:6]}"})
        desk.do("PATCH", f"/inboxes/{inbox['id']}", {"member_ids": [nina["id"]]})
        with httpx.Client(base_url=f"{postroom.api_url}/api/v1", timeout=30) as browser:
            assert browser.post("/session", json={"email": email, "password": password}).status_code == 200
            wish = {"mail": ["assigned"], "in_app": []}
            assert browser.put("/me/notification-preferences", json=wish).status_code == 200
        customer = Customer(postroom)
        customer.writes(inbox["fallback_address"], "Which lamp?", "The green one or the blue one?")
        conversation = desk.conversation_of(customer)
        desk.do("PUT", f"/conversations/{conversation['id']}/assignment", {"agent_id": nina["id"], "team_id": None})
        with postroom.database() as connection:
            sooner = "UPDATE router.notification_mails SET due_at = now() WHERE agent_id = %s AND due_at IS NOT NULL"
            assert connection.execute(sooner, (nina["id"],)).rowcount == 1
        (notice,) = eventually(lambda: mails_to(postroom, email), "the notification", 60)
        agent = Customer(postroom, "Nina", email)
        quoted = "\n".join(f"> {line}" for line in notice.get_content().splitlines())
        announced = "On Mon, 23 Nov 2026 at 04:40, Postroom <no-reply@postroom.localhost> wrote:"
        answer = agent.answers(notice, f"The green one.\n\n{announced}\n{quoted}\n")
        reply = customer.received()
        body = reply.get_body(("plain",))
        assert body is not None and body.get_content().strip() == "The green one."
        assert reply["Subject"] == "Re: Which lamp?" and email not in reply.as_string()
        postroom.send(answer, email, notice["Reply-To"].addresses[0].addr_spec)
        agent.writes(notice["Reply-To"].addresses[0].addr_spec, "Re: #", "I am away.", Auto_Submitted="auto-replied")
        stranger = Customer(postroom)
        stranger.answers(notice, "I say: the blue one.")

        def refusals() -> list[EmailMessage]:
            return [mail for mail in mails_to(postroom, email) if "was not sent" in str(mail["Subject"])]

        (refused,) = eventually(refusals, "the agent is told what was not sent", 60)
        assert "another address" in refused.get_content()
        assert len(mails_to(postroom, email)) == 2, "one notification, one refusal"
        lines = desk.lines(conversation["id"])
        assert [(line["direction"], line["author"]["id"]) for line in lines[1:]] == [("out", nina["id"])]
        assert desk.conversations_of(email) == desk.conversations_of(stranger.address) == []
        kept = desk.get("/filtered-messages", inbox_id=inbox["id"])["items"]
        assert {one["refused"] for one in kept} == {"answer-automated", "answer-from-another-address"}
