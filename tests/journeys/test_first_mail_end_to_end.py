"""The main job: a customer's mail becomes a conversation, is answered, and the answer to the answer joins it."""

from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local_runtime.live import LivePostroom, eventually

pytestmark = pytest.mark.real
CUSTOMER = "zofia@client.test"


def fallback_address(api: httpx.Client) -> str:
    return str(api.get("/inboxes").json()["items"][0]["fallback_address"])


def mail(subject: str, text: str, to: str, sender: str = CUSTOMER, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Zofia Nowak <{sender}>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{uuid4().hex}@client.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def conversation_about(api: httpx.Client, subject: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        items = api.get("/conversations", params={"limit": 50}).raise_for_status().json()["items"]
        return next((item for item in items if item["subject"] == subject), None)

    return eventually(found, f"a conversation about {subject!r}")


def messages(api: httpx.Client, conversation_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (
        api.get(f"/conversations/{conversation_id}/messages").raise_for_status().json()["items"]
    )
    return [item for item in items if item["kind"] == "message"]


def test_a_mail_is_read_answered_and_the_answer_to_that_joins(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        subject = f"Where is my order {uuid4().hex[:8]}?"
        question = mail(subject, "Dzień dobry, where is it?", fallback_address(api), Cc="friend@client.test")
        postroom.send(question, CUSTOMER, fallback_address(api))

        conversation = conversation_about(api, subject)
        assert conversation["contact"]["name"] == "Zofia Nowak"
        assert conversation["status"] == "open"
        (received,) = messages(api, conversation["id"])
        assert received["text"].strip() == "Dzień dobry, where is it?"
        raw = api.get(f"/messages/{received['id']}/raw")
        assert raw.headers["content-type"].startswith("message/rfc822")
        assert question["Message-ID"] in raw.text

        reply = api.post(
            f"/conversations/{conversation['id']}/replies",
            json={"text": "It is on its way."},
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert reply.status_code == 201, reply.text
        assert reply.json()["direction"] == "out"
        shown = messages(api, conversation["id"])
        assert [item["direction"] for item in shown] == ["in", "out"], (
            "the view shows the reply once the command answered"
        )

        def sent() -> EmailMessage | None:
            return next((out for out in postroom.outbox() if out["In-Reply-To"] == question["Message-ID"]), None)

        answer = eventually(sent, "the reply in the outbox")
        assert answer["To"] and CUSTOMER in answer["To"]
        assert "friend@client.test" in answer["Cc"]
        assert answer["Subject"] == f"Re: {subject}"
        assert question["Message-ID"] in answer["References"]
        body = answer.get_body(("plain",))
        assert body is not None and "It is on its way." in body.get_content()
        eventually(
            lambda: messages(api, conversation["id"])[1]["delivery"]["state"] == "sent", "the delivery state “sent”"
        )

        thanks = mail(answer["Subject"], "Thank you!", answer["Reply-To"], In_Reply_To=answer["Message-ID"])
        postroom.send(thanks, CUSTOMER, answer["Reply-To"].addresses[0].addr_spec)
        eventually(lambda: len(messages(api, conversation["id"])) == 3, "the customer's answer in the conversation")
        assert messages(api, conversation["id"])[2]["text"].strip() == "Thank you!"


def test_somebody_in_copy_joins_the_conversation_when_answering(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        subject = f"With a friend {uuid4().hex[:8]}"
        question = mail(subject, "See copy.", fallback_address(api), Cc="friend@client.test")
        postroom.send(question, CUSTOMER, fallback_address(api))
        conversation = conversation_about(api, subject)
        answer = mail(
            f"Re: {subject}",
            "I agree.",
            fallback_address(api),
            "friend@client.test",
            In_Reply_To=question["Message-ID"],
        )
        postroom.send(answer, "friend@client.test", fallback_address(api))
        eventually(lambda: len(messages(api, conversation["id"])) == 2, "the friend's mail in the conversation")


def test_a_stranger_with_stolen_references_opens_a_conversation_of_his_own(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        subject = f"Private {uuid4().hex[:8]}"
        question = mail(subject, "Between us.", fallback_address(api))
        postroom.send(question, CUSTOMER, fallback_address(api))
        conversation = conversation_about(api, subject)
        stolen = mail(
            f"Re: {subject} stolen",
            "Let me in.",
            fallback_address(api),
            "mallory@elsewhere.test",
            In_Reply_To=question["Message-ID"],
            References=question["Message-ID"],
        )
        postroom.send(stolen, "mallory@elsewhere.test", fallback_address(api))
        other = conversation_about(api, f"Re: {subject} stolen")
        assert other["id"] != conversation["id"]
        assert other["suggested_link"] == conversation["id"]
        assert len(messages(api, conversation["id"])) == 1


def test_the_same_mail_twice_is_one_message(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        subject = f"Twice {uuid4().hex[:8]}"
        question = mail(subject, "Once is enough.", fallback_address(api))
        postroom.send(question, CUSTOMER, fallback_address(api))
        postroom.send(question, CUSTOMER, fallback_address(api))
        marker = mail(f"After {subject}", "Later mail of the same sender.", fallback_address(api))
        postroom.send(marker, CUSTOMER, fallback_address(api))
        conversation_about(api, f"After {subject}")
        assert len(messages(api, conversation_about(api, subject)["id"])) == 1


def test_a_constant_message_id_on_different_mails_loses_none(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        subject = f"Constant {uuid4().hex[:8]}"
        first, second = (mail(f"{subject} {n}", f"Number {n}.", fallback_address(api)) for n in (1, 2))
        second.replace_header("Message-ID", first["Message-ID"])
        postroom.send(first, CUSTOMER, fallback_address(api))
        postroom.send(second, CUSTOMER, fallback_address(api))
        found = [conversation_about(api, subject + " 1")["id"]]

        def texts() -> bool:
            items = api.get("/conversations", params={"limit": 50}).json()["items"]
            ids = {item["id"] for item in items if item["subject"].startswith(subject)} | set(found)
            said = [item["text"].strip() for each in ids for item in messages(api, each)]
            return sorted(said) == ["Number 1.", "Number 2."]

        eventually(texts, "both mails")


def test_a_mail_is_found_by_its_words_soon_after_it_came(postroom: LivePostroom) -> None:
    with postroom.client() as api:
        word = f"zażółć{uuid4().hex[:8]}"
        address = fallback_address(api)
        postroom.send(mail(f"Lost {word}", f"Zgubiłem {word}, proszę o pomoc.", address), CUSTOMER, address)
        conversation = conversation_about(api, f"Lost {word}")

        def found() -> list[dict[str, Any]]:
            asked = {"q": f"{word.upper().replace('Ż', 'Z')} from:zofia is:open"}
            items: list[dict[str, Any]] = api.get("/search", params=asked).raise_for_status().json()["items"]
            return items

        (item,) = eventually(found, "the mail among what is found")
        assert item["id"] == conversation["id"]
        assert {"text": word, "match": True} in [piece for each in item["highlights"] for piece in each["pieces"]]
        listed = api.get("/conversations", params={"q": word}).raise_for_status().json()["items"]
        assert [each["id"] for each in listed] == [conversation["id"]]
