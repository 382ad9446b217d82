"""Invited, accepted, forgotten, chosen anew: the mails go through the whole system, and the links work once."""

import re
from email.message import EmailMessage
from uuid import uuid4

import httpx
import pytest

from local_runtime.journey import Desk
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
        _, reset = eventually(
            lambda: found if len(found := mails_to(postroom, email)) > 1 else None, "the mail for a new password", 60
        )
        chosen = link_in(reset, "password-resets")
        done = browser.post(f"/password-resets/{chosen}/accept", json={"password": "battery staple"})
        assert done.status_code == 204 and browser.get("/me").status_code == 401
        again = browser.post("/session", json={"email": email, "password": "battery staple"})
        assert again.status_code == 200
