"""Erasing a person: no word of theirs is left anywhere, no replay brings them back, the statistics stay."""

from collections.abc import Callable, Iterable
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest

from events.topics import COMMAND_OUTCOMES, CONTACTS, CONVERSATIONS, OUTBOUND_EMAIL, TICKETS, WORKSPACE
from inbox_projection.compare import Comparison
from local_runtime.journey import Customer, Desk
from local_runtime.live import LivePostroom, eventually
from service_kit.testing.log import letters

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
SEALED = (CONVERSATIONS.name, TICKETS.name, CONTACTS.name, WORKSPACE.name, OUTBOUND_EMAIL.name, COMMAND_OUTCOMES.name)
"""inbound.* and commands.v1 hold facts in the clear for their 14 days, by design; they are not searched."""


PARTS = ("name", "address", "subject", "body", "file", "content", "reply", "comment", "upload", "more", "ticket")


class Canary:
    """A customer all of whose words are nobody else's."""

    def __init__(self, live: LivePostroom) -> None:
        self.words = {part: f"canary{part}{uuid4().hex[:8]}" for part in PARTS}
        self.customer = Customer(live, self.words["name"].title(), f"{self.words['address']}@client.test")

    def letter(self, to: str) -> EmailMessage:
        mail = self.customer.mail(to, f"About {self.words['subject']}", f"Dear all, {self.words['body']}.")
        content = f"secret {self.words['content']}".encode()
        mail.add_attachment(content, "application", "pdf", filename=f"{self.words['file']}.pdf")
        return mail


def whole_story(live: LivePostroom, desk: Desk, canary: Canary) -> dict[str, Any]:
    """A conversation with everything that can hold a customer's words; as it is shown at its end."""
    words = canary.words
    live.send(canary.letter(desk.address()), canary.customer.address, desk.address())
    conversation = desk.conversation_of(canary.customer)
    path = f"/conversations/{conversation['id']}"
    desk.do("POST", f"{path}/comments", {"text": f"He said {words['comment']}."})
    desk.do("POST", f"{path}/tickets", {"title": f"The case of {words['ticket']}"})
    file = (f"{words['upload']}.txt", f"for {words['upload']}".encode(), "text/plain")
    uploaded = desk.api.post("/uploads", files={"file": file}).json()
    desk.reply(conversation["id"], f"Dear {words['reply']}", attachment_ids=[uploaded["id"]])
    desk.do("PATCH", f"/contacts/{conversation['contact']['id']}", {"note": f"likes {words['more']}"})
    canary.customer.answers(canary.customer.received(), f"Thanks, {words['body']}.")
    eventually(lambda: len(desk.lines(conversation["id"])) == 3, "the answer", 60)
    eventually(lambda: desk.lines(conversation["id"])[1]["delivery"]["state"] == "sent", "the reply is sent", 60)
    return desk.conversation(conversation["id"])


def counted(desk: Desk) -> dict[str, int] | None:
    """The totals, once all that is in a conversation was counted as received, too."""
    total: dict[str, int] = desk.get("/reconciliation")["total"]
    return total if total["received"] >= total["appended"] else None


async def test_an_erased_person_is_nowhere_and_the_statistics_stay(
    postroom: LivePostroom,
    rebuilt: Callable[[], Comparison],
    in_content: Callable[[Iterable[str], bytes], list[str]],
    in_database: Callable[[Iterable[str]], list[str]],
    in_files: Callable[[str, Iterable[str]], list[str]],
) -> None:
    canary = Canary(postroom)
    words = list(canary.words.values())
    with Desk(postroom) as desk:
        before = whole_story(postroom, desk, canary)
        path, contact = f"/conversations/{before['id']}", before["contact"]["id"]
        thread = desk.lines(before["id"])
        assert in_database(words) and in_files("blobs", words), "the search finds what is there"
        counts = eventually(lambda: counted(desk), "what came in is counted, once a second", 60)

        desk.do("DELETE", f"/contacts/{contact}")

        answers = [f"/contacts/{contact}", path, f"{path}/messages", f"{path}/decisions"]
        answers += ["/conversations", "/contacts", "/tickets"]
        told = [desk.api.get(one) for one in answers]
        assert {one.status_code for one in told} == {200}
        assert [found for one in told for found in in_content(words, one.content)] == []
        assert told[0].json()["erased"] is True
        assert desk.get("/contacts", q=canary.customer.address)["items"] == []
        eventually(lambda: not in_files("blobs", words), "the files are deleted", 60)
        assert desk.api.get(f"/messages/{thread[0]['id']}/raw").status_code in (404, 410)
        eventually(lambda: not in_database(words), "the search forgets the words, a moment later", 60)
        assert in_files("log", words) == []  # var/outbox stands for the customer's own mailbox: not searched
        assert await in_log(postroom, in_content, words) == []

        after = desk.conversation(before["id"])
        kept = ("number", "status", "message_count", "created_at", "last_message_at", "inbox_id")
        assert [after[one] for one in kept] == [before[one] for one in kept]
        assert [one["direction"] for one in desk.lines(before["id"])] == ["in", "out", "in"]
        assert desk.get("/reconciliation")["total"] == counts

        found = rebuilt()
        assert found.same, found.differences
        assert in_database(words) == [], "no replay brings the person back"

        canary.customer.writes(desk.address(), "A new beginning", "Hello again.")
        again = eventually(lambda: desk.conversations_of(canary.customer.address), "a conversation", 60)
        assert [one["contact"]["id"] for one in again] != [contact]
        assert [one["id"] for one in again] != [before["id"]]


async def in_log(
    live: LivePostroom, in_content: Callable[[Iterable[str], bytes], list[str]], words: Iterable[str]
) -> list[str]:
    """`topic: word` for each word in a record of a sealed topic."""
    found = []
    for topic in SEALED:
        for record in await letters(live.kafka, topic):
            parts = [record.key or b"", record.value or b"", *(value for _, value in record.headers)]
            found += [f"{topic}: {word}" for word in in_content(words, b" ".join(parts))]
    return found
