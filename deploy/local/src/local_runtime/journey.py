"""Both sides of a live Postroom for tests: a customer who writes mail, and an agent's desk by the API."""

from __future__ import annotations

from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from local_runtime.live import LivePostroom, eventually

Answer = dict[str, Any]


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail that has one, without the space around it."""
    body = mail.get_body(("plain",))
    assert body is not None, "a mail without plain text"
    return str(body.get_content()).strip()


class Customer:
    """Somebody nobody else is: the address is made up anew each time."""

    def __init__(self, live: LivePostroom, name: str = "Zofia Nowak", address: str = "") -> None:
        self._live = live
        self.name = name
        self.address = address or f"zofia-{uuid4().hex[:10]}@client.test"

    def mail(self, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
        """A mail from the customer, not sent yet."""
        message = EmailMessage()
        message["From"] = f"{self.name} <{self.address}>"
        message["To"] = to
        message["Subject"] = subject
        message["Message-ID"] = f"<{uuid4().hex}@client.test>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        return message

    def writes(self, to: str, subject: str, text: str, **headers: str) -> EmailMessage:
        """The mail, accepted."""
        message = self.mail(to, subject, text, **headers)
        self._live.send(message, self.address, to)
        return message

    def answers(self, mail: EmailMessage, text: str) -> EmailMessage:
        """An answer to a mail that the customer got, accepted."""
        to = mail["Reply-To"].addresses[0].addr_spec
        return self.writes(to, str(mail["Subject"]), text, In_Reply_To=str(mail["Message-ID"]))

    def received(self, *, besides: EmailMessage | None = None, seconds: float = 60) -> EmailMessage:
        """A mail that went out to the customer, as soon as there is one, other than the one named."""
        known = None if besides is None else besides["Message-ID"]

        def another() -> EmailMessage | None:
            mine = [out for out in self._live.outbox() if self.address in str(out["To"])]
            return next((out for out in mine if out["Message-ID"] != known), None)

        return eventually(another, "a mail to the customer", seconds)


class Desk:
    """The API as an agent uses it, the administrator by default. Writes carry an Idempotency-Key of their own."""

    def __init__(self, live: LivePostroom, client: httpx.Client | None = None) -> None:
        self.api = client or live.client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.close()

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.api.get(path, params=parameters)
        assert response.is_success, f"GET {path}: {response.status_code} {response.text}"
        return response.json()

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        """A write; one that takes longer than the API waits is repeated with the same key until it is answered."""
        headers = {"Idempotency-Key": key or uuid4().hex}

        def answered() -> httpx.Response | None:
            response = self.api.request(method, path, json=body, headers=headers)
            return None if response.status_code in (202, 503) else response

        return eventually(answered, f"an answer to {method} {path}", 90)

    def do(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """A write that must go well; its answer."""
        response = self.ask(method, path, body, key)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def inbox(self, name: str = "Support") -> Answer:
        found: Answer = next(one for one in self.get("/inboxes")["items"] if one["name"] == name)
        return found

    def address(self) -> str:
        """The fallback address of the first inbox."""
        return str(self.inbox()["fallback_address"])

    def conversations_of(self, address: str) -> list[Answer]:
        """Those that this address began, newest activity first."""
        people = self.get("/contacts", q=address)["items"]
        found = [self.get(f"/contacts/{one['id']}/conversations")["items"] for one in people]
        return [conversation for some in found for conversation in some]

    def conversation_of(self, customer: Customer, seconds: float = 60) -> Answer:
        """The customer's newest one, as soon as there is one."""

        def first() -> Answer | None:
            return next(iter(self.conversations_of(customer.address)), None)

        return eventually(first, "the customer's conversation", seconds)

    def conversation(self, conversation_id: str) -> Answer:
        found: Answer = self.get(f"/conversations/{conversation_id}")
        return found

    def lines(self, conversation_id: str, kind: str = "message") -> list[Answer]:
        """The lines of a thread of this kind, oldest first."""
        items: list[Answer] = self.get(f"/conversations/{conversation_id}/messages", limit=200)["items"]
        return [item for item in items if item["kind"] == kind]

    def reply(self, conversation_id: str, text: str, **more: Any) -> Answer:
        sent: Answer = self.do("POST", f"/conversations/{conversation_id}/replies", {"text": text, **more})
        return sent
