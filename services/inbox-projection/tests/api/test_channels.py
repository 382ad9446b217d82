"""Mailboxes and servers of channels: what is kept, what is never told."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization

from events import codec
from events.workspace import Dkim, EmailSettings, ImapSettings
from inbox_projection import dkim_keys
from inbox_projection.api.models.workspace import Channel
from inbox_projection.channel_settings import merged
from inbox_projection.commands import BusAway
from inbox_projection.problems import Problem
from inbox_projection.txt_records import DnsAway

PASSWORD = "s3cret of the mailbox"
OTHER = "s3cret of the relay"
SERVERS = {
    "imap": {"host": "IMAP.acme.test", "username": "help", "password": PASSWORD, "folders": ["INBOX", "INBOX", "Old"]},
    "smtp": {"host": "smtp.acme.test", "port": 465, "username": "help", "password": OTHER, "tls": "tls"},
}


async def connected(client: Any, world: Any, **settings: Any) -> dict[str, Any]:
    asked = {"address": "help@acme.test", "authserv_id": "mx.acme.test", **SERVERS, **settings}
    body = {"inbox_id": str(world.story.inbox_id), "kind": "email", "settings": asked}
    answer = await client.post("/api/v1/channels", json=body)
    assert answer.status_code == 201, answer.text
    Channel.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


def opened(world: Any) -> dict[UUID, str]:
    """The passwords that commands carried, by their ids."""
    return {one.id: world.parts.secrets.open(one.id, one.box) for one in world.router.sealed}


@pytest.mark.real
async def test_a_password_travels_sealed_and_is_told_to_nobody(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with world.client("manager") as client, world.client("agent") as agent:
            channel = await connected(client, world)
            answers = [str(channel)]
            paths = ("/channels", "/inboxes", f"/inboxes/{world.story.inbox_id}")
            answers.extend([(await client.get("/api/v1" + path)).text for path in paths])
            others = (await agent.get("/api/v1/channels")).text
    imap = channel["settings"]["imap"]
    assert imap == {
        "host": "imap.acme.test",
        "port": 993,
        "username": "help",
        "password": None,
        "has_password": True,
        "auth": "password",
        "tls": "tls",
        "folders": ["INBOX", "Old"],
        "after_commit": "nothing",
        "history_days": 0,
    }
    assert channel["settings"]["smtp"]["has_password"] and channel["settings"]["authserv_id"] == "mx.acme.test"
    settings = world.router.asked[-1].data.email
    assert opened(world) == {settings.imap.secret_id: PASSWORD, settings.smtp.secret_id: OTHER}
    rows = str(world.execute("select c::text from inbox.channels c union all select a::text from inbox.audit a"))
    kept = str(world.execute("select o::text from inbox_projection.origins o"))
    for secret in (PASSWORD, OTHER):
        told = "".join(answers) + others + rows + kept + caplog.text + repr(world.router.asked)
        assert secret not in told and secret.encode().hex() not in told
    assert "imap.acme.test" in answers[1] and "imap.acme.test" not in others


@pytest.mark.real
async def test_a_command_with_a_password_repeated_after_an_unclear_publish_has_the_same_body(world: Any) -> None:
    body = {
        "inbox_id": str(world.story.inbox_id),
        "kind": "email",
        "settings": {"address": "help@acme.test", **SERVERS},
    }
    async with world.client("manager") as client:
        world.router.down = BusAway("no acknowledgement came")
        key = {"Idempotency-Key": "connect help"}
        assert (await client.post("/api/v1/channels", json=body, headers=key)).status_code == 503
        world.router.down = None
        assert (await client.post("/api/v1/channels", json=body, headers=key)).status_code == 201
    first, second = world.router.asked
    assert first.id == second.id and len(first.data.secrets) == 2
    assert codec.encode(first).value == codec.encode(second).value


@pytest.mark.real
async def test_a_change_without_a_password_keeps_the_one_there(world: Any) -> None:
    async with world.client() as client:
        channel = await connected(client, world)
        path = f"/api/v1/channels/{channel['id']}"
        before = world.router.asked[-1].data.email
        for change in (
            {"from_name": "Acme"},
            {"imap": {"folders": ["INBOX"], "after_commit": "mark_seen"}},
            {"imap": {"password": None, "port": 143, "tls": True}},
            {"smtp": {"username": "other"}},
        ):
            answer = await client.patch(path, json={"settings": change})
            assert answer.status_code == 200, answer.text
            command = world.router.asked[-1].data
            assert command.secrets == () and command.email.imap.secret_id == before.imap.secret_id
            assert command.email.smtp.secret_id == before.smtp.secret_id
        shown = answer.json()["settings"]
        assert (shown["imap"]["tls"], shown["imap"]["folders"], shown["from_name"]) == ("starttls", ["INBOX"], "Acme")
        changed = await client.patch(path, json={"settings": {"imap": {"password": "new one"}}})
        assert changed.status_code == 200
        new_id = world.router.asked[-1].data.email.imap.secret_id
        assert new_id != before.imap.secret_id and opened(world)[new_id] == "new one"
        away = (await client.patch(path, json={"settings": {"imap": None, "smtp": {"username": ""}}})).json()
    assert away["settings"]["imap"] is None and not away["settings"]["smtp"]["has_password"]


@pytest.mark.real
async def test_a_password_is_not_sent_to_a_host_that_somebody_else_names(world: Any) -> None:
    async with world.client("manager") as client:
        channel = await connected(client, world)
        path, asked = f"/api/v1/channels/{channel['id']}", len(world.router.asked)
        for server in ("imap", "smtp"):
            moved = await client.patch(path, json={"settings": {server: {"host": "evil.test"}}})
            assert moved.status_code == 422
            assert moved.json()["errors"][0]["where"] == ["body", "settings", server, "password"]
        assert len(world.router.asked) == asked
        again = {"host": "new.acme.test", "password": PASSWORD}
        assert (await client.patch(path, json={"settings": {"imap": again}})).status_code == 200


@pytest.mark.real
async def test_what_makes_no_server_is_refused_without_repeating_the_password(world: Any) -> None:
    secret = "never say this"
    good = {"host": "h.test", "username": "u", "password": secret}
    wrong: list[dict[str, Any]] = [
        {"imap": {"host": "h.test", "username": "u"}},
        {"imap": {"host": "h.test", "password": secret}},
        {"imap": {"username": "u", "password": secret}},
        {"imap": {**good, "host": "h test"}},
        {"imap": {**good, "port": 0}},
        {"imap": {**good, "tls": "ssl3"}},
        {"imap": {**good, "folders": []}},
        {"imap": {**good, "folders": ["a\r\nb"]}},
        {"imap": {**good, "after_commit": "shred"}},
        {"imap": {**good, "password": ""}},
        {"imap": {**good, "password": secret * 200}},
        {"imap": {**good, "secret_id": str(UUID(int=1))}},
        {"smtp": {"password": secret, "host": "h.test"}},
        {"smtp": {"host": "h.test", "username": "u"}},
        {"smtp": {**good, "folders": ["INBOX"]}},
        {"imap": [secret]},
    ]
    async with world.client() as client:
        for settings in wrong:
            body = {
                "inbox_id": str(world.story.inbox_id),
                "kind": "email",
                "settings": {"address": "x@acme.test", **settings},
            }
            answer = await client.post("/api/v1/channels", json=body)
            assert answer.status_code == 422, settings
            assert answer.headers["content-type"] == "application/problem+json"
            assert secret not in answer.text
    assert world.router.asked == []


@pytest.mark.real
async def test_only_who_manages_an_inbox_changes_its_channels(world: Any) -> None:
    body = {"inbox_id": str(world.foreign_inbox), "kind": "email", "settings": {"address": "x@acme.test", **SERVERS}}
    async with world.client("manager") as manager, world.client("agent") as agent:
        assert (await manager.post("/api/v1/channels", json=body)).status_code == 404
        assert (await agent.post("/api/v1/channels", json=body)).status_code == 403
    assert world.router.asked == []


def test_true_means_what_the_port_is_for() -> None:
    known = EmailSettings(address="a@b.test")
    for port, expected in ((143, "starttls"), (993, "tls"), (3993, "tls"), (None, "tls")):
        asked = {"imap": {"host": "h", "username": "u", "password": "p", "port": port, "tls": True}}
        found = merged(known, asked, lambda name: UUID(int=1)).settings.imap
        assert isinstance(found, ImapSettings) and found.tls == expected
    none = merged(known, {"smtp": {"host": "h", "tls": False}}, lambda name: UUID(int=1)).settings.smtp
    assert none is not None and (none.tls, none.secret_id, none.port) == ("none", None, 587)


def test_passwords_are_in_no_representation() -> None:
    asked = {"imap": {"host": "h", "username": "u", "password": PASSWORD}}
    assert PASSWORD not in repr(merged(EmailSettings(address="a@b.test"), asked, lambda name: UUID(int=1)))
    with pytest.raises(Problem) as refused:
        merged(
            EmailSettings(address="a@b.test"), {"smtp": {"host": "h", "password": PASSWORD}}, lambda name: UUID(int=1)
        )
    assert PASSWORD.encode() not in refused.value.body()


class Dns:
    """What the DNS says, None: it is away."""

    def __init__(self, world: Any) -> None:
        self.records: dict[str, tuple[str, ...]] | None = {}
        object.__setattr__(world.parts, "txt_records", self)

    async def __call__(self, name: str) -> tuple[str, ...]:
        if self.records is None:
            raise DnsAway("NoNameservers")
        return self.records.get(name, ())


@pytest.mark.real
async def test_a_key_is_made_first_and_signs_once_its_record_is_published(world: Any) -> None:
    dns = Dns(world)
    async with world.client("manager") as client, world.client("agent") as agent:
        channel = await connected(client, world)
        path = f"/api/v1/channels/{channel['id']}"
        nothing = await client.put(f"{path}/dkim/signing", json={})
        made = await client.put(f"{path}/dkim", json={"selector": "spring"})
        assert made.status_code == 200, made.text
        Channel.model_validate(made.json())
        dkim = made.json()["settings"]["dkim_pending"]
        assert made.json()["settings"]["dkim"] == dkim and not dkim["signing"]
        changed = await client.patch(path, json={"settings": {"from_name": "Acme"}})
        assert changed.json()["settings"]["dkim_pending"] == dkim
        early = await client.put(f"{path}/dkim/signing", json={})
        dns.records = {dkim["record_name"]: ("v=spf1 -all", dkim["record_value"].replace("=", " = ", 1))}
        signing = await client.put(f"{path}/dkim/signing", json={})
        again = await client.put(f"{path}/dkim/signing", json={})
        odd = await client.put(f"{path}/dkim", json={"selector": "a.b"})
        forbidden = [await agent.put(f"{path}/dkim{more}", json={}) for more in ("", "/signing")]
        assert [one.status_code for one in (nothing, early, signing, again, odd, *forbidden)] == [
            409,
            409,
            200,
            200,
            422,
            403,
            403,
        ]
        assert (nothing.json()["code"], early.json()["code"]) == ("dkim-key-missing", "dkim-record-missing")
        assert signing.json()["settings"]["dkim"] == dkim | {"signing": True}
        assert signing.json()["settings"]["dkim_pending"] is None and again.json() == signing.json()
        (pem,) = (text for text in opened(world).values() if "PRIVATE KEY" in text)
        public = serialization.load_pem_private_key(pem.encode(), None).public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        assert dkim["record_value"] == f"v=DKIM1; k=rsa; p={b64encode(der).decode()}"
        assert "PRIVATE" not in made.text

        second = (await client.put(f"{path}/dkim", json={"selector": "summer"})).json()["settings"]
        assert second["dkim"] == dkim | {"signing": True}, "until the new one signs, the old one does"
        assert second["dkim_pending"]["record_name"] == "summer._domainkey.acme.test"
        dns.records = None
        away = await client.put(f"{path}/dkim/signing", json={})
        assert (away.status_code, away.json()["code"]) == (409, "dkim-record-unknown")
        forced = (await client.put(f"{path}/dkim/signing", json={"unchecked": True})).json()["settings"]
        assert forced["dkim"] == second["dkim_pending"] | {"signing": True}
        await client.put(f"{path}/dkim", json={"selector": "autumn"})
        ended = (await client.delete(f"{path}/dkim")).json()["settings"]
        assert (ended["dkim"], ended["dkim_pending"]) == (None, None)


@pytest.mark.real
async def test_a_key_asked_for_again_after_an_unclear_publish_is_the_same_request(world: Any) -> None:
    async with world.client("manager") as client:
        channel = await connected(client, world)
        path, key = f"/api/v1/channels/{channel['id']}/dkim", {"Idempotency-Key": "spring"}
        world.router.down = BusAway("no acknowledgement in time")
        assert (await client.put(path, json={}, headers=key)).status_code == 503
        world.router.down = None
        made = await client.put(path, json={}, headers=key)
        assert made.status_code == 200, made.text
        first, second = (one for one in world.router.asked if one.type == "ChangeChannel")
        assert first.id == second.id and first.data == second.data, "or the router refuses it as another request"
        other = await client.put(path, json={"selector": "x"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("record", "published"),
    [
        ("v=DKIM1; k=rsa; p=QUJD", True),
        ("p=QU JD", True),
        ("k=rsa; v=DKIM1; p=QUJD;", True),
        ("v=DKIM1; p=", False),
        ("v=DKIM2; p=QUJD", False),
        ("v=DKIM1; k=rsa; p=QUJE", False),
        ("QUJD", False),
    ],
)
def test_a_record_counts_with_this_key_only(record: str, published: bool) -> None:
    dkim = Dkim(domain="acme.test", selector="s", public_key="QUJD", secret_id=UUID(int=1))
    assert dkim_keys.is_published(dkim, ("other", record)) is published
