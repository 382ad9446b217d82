"""The customers' page: sends, lists, answers, and refuses what does not come from itself."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from starlette.applications import Starlette

from local_runtime.mailbox_page.app import Parts, build
from local_runtime.mailbox_page.folders import SENT
from local_runtime.mailbox_page.guard import MAX_BODY
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.news import MOST_LISTENERS, News, TooManyListeners
from local_runtime.mailbox_page.outgoing import Desk
from local_runtime.mailbox_page.sending import NotSent, Postman
from local_runtime.ports import LOCALHOST, free_ports
from service_kit.health import Health
from service_kit.metrics import Metrics

HOST = "127.0.0.1:8084"
ORIGIN = {"Origin": f"http://{HOST}"}
ZOFIA = "zofia@klient.example"
SHOP = "support@lumo-home.example"
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@dataclass
class FakePostman:
    """Takes every mail, unless it is told to refuse."""

    taken: list[tuple[EmailMessage, str, str]] = field(default_factory=list)
    refusal: NotSent | None = None

    def deliver(self, raw: bytes, sender: str, recipient: str) -> None:
        if self.refusal:
            raise self.refusal
        self.taken.append((message_from_bytes(raw, policy=policy.default), sender, recipient))


class Client:
    """Asks the application without a server, one request at a time."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


class Page:
    """The application with its folders, and a postman whom tests look at."""

    def __init__(self, folder: Path, postman: Any) -> None:
        self.outbox, self.mailbox, self.postman = folder / "outbox", folder / "mailbox", postman
        self.library = Library(self.outbox, self.mailbox)
        self.news = News(self.library)
        health = Health("folders")
        health.ready("folders")
        parts = Parts(
            library=self.library,
            desk=Desk(self.mailbox, postman, lambda: NOW),
            news=self.news,
            inboxes=(("Lumo Home Support", SHOP),),
            hosts=(HOST,),
            health=health,
            metrics=Metrics(),
        )
        self.client = Client(build(parts))

    def arrives(self, name: str, to: str, *, bcc: str = "", raw: bytes | None = None, **headers: str) -> None:
        """A mail as the outbox writes it."""
        mail = EmailMessage()
        mail["From"] = f"Lumo Home Support <{SHOP}>"
        mail["To"] = to
        mail["Subject"] = "Re: Lamp"
        mail["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
        mail["Message-ID"] = f"<{name}@postroom.localhost>"
        for header, value in headers.items():
            mail[header.replace("_", "-")] = value
        mail.set_content(f"Dear customer, this is {name}.\n")
        self.outbox.mkdir(exist_ok=True)
        envelope = {"rcpt_to": [to, *([bcc] if bcc else [])]}
        (self.outbox / f"{name}.json").write_text(json.dumps(envelope))
        (self.outbox / f"{name}.eml").write_bytes(raw if raw is not None else mail.as_bytes(policy=policy.SMTP))

    def threads(self, address: str = ZOFIA) -> list[dict[str, Any]]:
        response = self.client.get("/api/threads", params={"address": address})
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["threads"]
        return found

    def thread(self, number: int = 0, address: str = ZOFIA) -> dict[str, Any]:
        thread_id = self.threads(address)[number]["id"]
        found: dict[str, Any] = self.client.get(f"/api/threads/{thread_id}", params={"address": address}).json()
        return found

    def send(self, files: Any = None, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        given = {
            "name": "Zofia Nowak",
            "address": ZOFIA,
            "to": SHOP,
            "subject": "Łampa",
            "text": "Dzień dobry",
            **fields,
        }
        parts = [(name, (None, value)) for name, value in given.items()] + list(files or [])
        return self.client.post("/api/mails", files=parts, headers=ORIGIN if headers is None else headers)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path, FakePostman())


def test_a_new_mail_goes_to_the_inbox_and_into_the_customers_own_mailbox(page: Page):
    files = [("files", ("zdjęcie.png", b"\x89PNG", "image/png")), ("files", ("../../b.txt", b"b", "text/plain"))]
    response = page.send(files)
    assert response.status_code == 201, response.text
    [(mail, sender, recipient)] = page.postman.taken
    assert (sender, recipient) == (ZOFIA, SHOP)
    assert str(mail["From"]) == f"Zofia Nowak <{ZOFIA}>"
    assert (mail["To"], mail["Subject"], mail["In-Reply-To"]) == (SHOP, "Łampa", None)
    assert mail["Message-ID"].endswith("@klient.example>")
    assert text_of(mail) == "Dzień dobry\n"
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["zdjęcie.png", "b.txt"]
    [row] = page.threads()
    assert (row["newest"], row["incoming"], row["preview"]) == (response.json()["id"], False, "Dzień dobry")
    assert page.client.get("/api/start").json()["people"] == [{"name": "Zofia Nowak", "address": ZOFIA}]


def test_an_answer_carries_the_references_and_quotes_the_mail(page: Page):
    page.send(subject="Lamp", text="Where is it?")
    [(question, _, _)] = page.postman.taken
    question_id = str(question["Message-ID"])
    page.arrives(
        "reply", ZOFIA, In_Reply_To=question_id, References=question_id, Reply_To="support-a18603+token@postroom.test"
    )
    thread = page.thread()
    assert sorted(mail["mine"] for mail in thread["mails"]) == [False, True]
    answer = thread["answer"]
    assert answer["to"] == "support-a18603+token@postroom.test" and answer["subject"] == "Re: Lamp"

    response = page.send(
        to=answer["to"], subject=answer["subject"], answers=answer["answers"], quote="1", text="Thanks!"
    )

    assert response.status_code == 201, response.text
    mail = page.postman.taken[-1][0]
    assert mail["In-Reply-To"] == "<reply@postroom.localhost>"
    assert mail["References"].split() == [question_id, "<reply@postroom.localhost>"]
    text = text_of(mail)
    assert text.startswith("Thanks!\n\nOn Mon, 23 Nov 2026 at ")
    assert text.endswith("Lumo Home Support wrote:\n> Dear customer, this is reply.\n")
    assert len(page.thread()["mails"]) == 3


def test_an_answer_in_polish_announces_in_polish_and_none_is_quoted_when_not_wanted(page: Page):
    page.arrives("reply", ZOFIA)
    answers = page.thread()["answer"]["answers"]
    page.send(answers=answers, quote="1", language="pl")
    assert "Lumo Home Support pisze:\n> Dear" in text_of(page.postman.taken[-1][0])
    page.send(answers=answers)
    assert text_of(page.postman.taken[-1][0]) == "Dzień dobry\n"


def test_an_answer_in_a_thread_of_several_goes_to_the_shop_and_copies_the_others(page: Page):
    page.send(name="Jan", address="jan@klient.example", cc=f"{ZOFIA}, ewa@klient.example")
    answer = page.thread()["answer"]
    assert answer["to"] == SHOP
    assert answer["cc"] == ["jan@klient.example", "ewa@klient.example"]
    assert [recipient for _, _, recipient in page.postman.taken] == [SHOP]


def test_everybody_sees_their_own_mails_only_blind_copies_too(page: Page):
    page.arrives("to-zofia", ZOFIA, bcc="jan@klient.example")
    page.arrives("to-ewa", "ewa@klient.example")
    assert [len(page.threads(one)) for one in (ZOFIA, "JAN@klient.example", "ewa@klient.example", "")] == [1, 1, 1, 0]


def test_threads_come_newest_first_and_join_by_references_in_whatever_order_they_came(page: Page):
    page.arrives("a3", ZOFIA, References="<a1@postroom.localhost> <a2@postroom.localhost>")
    page.arrives("a1", ZOFIA)
    page.arrives("a2", ZOFIA, In_Reply_To="<a1@postroom.localhost>")
    page.arrives("b1", ZOFIA, Subject_Note="x")
    assert sorted(row["mails"] for row in page.threads()) == [1, 3]


def test_html_is_shown_apart_with_its_pictures_and_without_anything_from_elsewhere(page: Page):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = SHOP, ZOFIA, "<html@postroom.localhost>"
    mail.set_content("text")
    mail.add_alternative('<p>Hello</p><img src="cid:one@x"><img src="cid:none@x"><script>alert(1)</script>', "html")
    mail.get_body(("html",)).add_related(b"\x89PNG", "image", "png", cid="<one@x>")
    mail.add_attachment(b"%PDF", "application", "pdf", filename="..\\evil/offer.pdf")
    page.arrives("html", ZOFIA, raw=mail.as_bytes(policy=policy.SMTP))
    [shown] = page.thread()["mails"]
    assert shown["has_html"] and [file["name"] for file in shown["files"]] == ["_evil_offer.pdf"]
    html = page.client.get(f"/api/mails/{shown['id']}/html")
    assert 'src="data:image/png;base64,' in html.text and "cid:" not in html.text
    assert html.headers["content-security-policy"].startswith(
        "sandbox allow-same-origin allow-popups; default-src 'none'"
    )
    assert "allow-scripts" not in html.headers["content-security-policy"]
    file = page.client.get(f"/api/mails/{shown['id']}/files/0")
    assert file.content == b"%PDF" and file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-security-policy"].startswith("sandbox")
    assert page.client.get(f"/api/mails/{shown['id']}/raw").content.startswith(b"From: ")
    assert page.client.get(f"/api/mails/{shown['id']}/files/7").status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: \xff\nSubject: =?x?q?=zz?=\nDate: nonsense\n\n\xff",
        b"Content-Type: text/plain; charset=odd\n\nHi",
    ],
)
def test_a_mail_that_makes_no_sense_is_shown_as_far_as_it_does(page: Page, raw: bytes):
    page.arrives("odd", ZOFIA, raw=raw)
    page.arrives("good", ZOFIA)
    assert len(page.threads()) == 2
    assert all(page.thread(number)["mails"] for number in (0, 1))


def test_an_envelope_that_cannot_be_read_leaves_the_headers_to_say_to_whom(page: Page):
    page.arrives("one", ZOFIA)
    (page.outbox / "one.json").write_text("{")
    assert len(page.threads()) == 1


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"address": "nobody"}, "address", "no-address"),
        ({"address": ""}, "address", "no-address"),
        ({"to": "a@b@c"}, "to", "no-address"),
        ({"to": "x@y\r\nBcc: z@z"}, "to", "no-address"),
        ({"cc": "not an address"}, "cc", "no-address"),
        ({"cc": ", ".join(f"a{n}@b.test" for n in range(21))}, "cc", "too-many"),
        ({"subject": "one\r\nBcc: evil@x.test"}, "subject", "not-one-line"),
        ({"subject": "x" * 301}, "subject", "not-one-line"),
        ({"name": "Zofia\nNowak"}, "name", "not-one-line"),
        ({"text": "  \n"}, "text", "empty"),
        ({"text": "x" * 500_001}, "text", "too-long"),
        ({"answers": "../../etc/passwd"}, "answers", "not-found"),
    ],
)
def test_what_cannot_be_sent_is_named_and_nothing_goes_out(page: Page, fields: dict[str, str], field: str, code: str):
    response = page.send(**fields)
    assert (response.status_code, response.json()) == (422, {"code": code, "field": field})
    assert page.postman.taken == [] and not (page.mailbox / SENT).exists()


def test_too_many_or_too_large_files_are_refused(page: Page):
    many = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(11)]
    assert page.send(many).json() == {"code": "too-large", "field": "files"}
    large = [("files", ("large.bin", b"x" * (21 * 1024 * 1024), "application/octet-stream"))]
    assert page.send(large).json() == {"code": "too-large", "field": "files"}
    headers = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(MAX_BODY + 1)}
    assert page.client.post("/api/mails", content=b"", headers=headers).status_code == 413


def test_a_body_without_a_length_is_counted_while_it_comes(page: Page):
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(30):
            yield b"x" * 1024 * 1024

    headers = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x"}
    response = page.client.post("/api/mails", content=endless(), headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("body", [b"", b"text", b"--x--"])
def test_a_body_that_is_no_form_is_refused(page: Page, body: bytes):
    headers = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x" if body == b"--x--" else "text/plain"}
    assert page.client.post("/api/mails", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {**ORIGIN, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_write_from_another_page_is_refused(page: Page, headers: dict[str, str]):
    response = page.send(headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "wrong-origin")
    assert page.postman.taken == []


def test_another_host_name_is_refused_even_for_reading(page: Page):
    assert page.client.get("/api/start", headers={"Host": "evil.test:8084"}).status_code == 421


@pytest.mark.parametrize(
    "path",
    [
        "/api/mails/..%2F..%2Fsecret/raw",
        "/api/mails/../../secret-key/raw",
        "/api/mails/secret.eml/raw",
        "/api/threads/..%2f..%2f",
        "/..%2f..%2f__main__.py",
        "/static/../app.py",
        "/api/mails/%00/html",
    ],
)
def test_no_path_leads_out_of_the_folders(page: Page, path: str):
    (page.mailbox.parent / "secret.eml").write_text("secret")
    page.arrives("one", ZOFIA)
    page.threads()
    response = page.client.get(path)
    assert response.status_code in (404, 405) and "secret" not in response.text


def test_the_page_itself_comes_whole_under_a_strict_policy(page: Page):
    html = page.client.get("/")
    assert "default-src 'none'; script-src 'self'" in html.headers["content-security-policy"]
    assert html.headers["x-content-type-options"] == "nosniff"
    for name in ("page.js", "words.js", "dom.js", "thread.js", "compose.js", "style.css"):
        assert page.client.get(f"/{name}").status_code == 200
    assert "http://" not in html.text and "https://" not in html.text
    assert page.client.get("/elsewhere").json() == {"code": "not-found"}
    assert page.client.request("DELETE", "/api/start", headers=ORIGIN).status_code == 405


def test_it_says_how_it_is(page: Page):
    assert [page.client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    page.send()
    assert 'postroom_mailbox_mails_sent_total{outcome="sent"} 1.0' in page.client.get("/metrics").text


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(NotSent("smtp-away"), 503), (NotSent("put-off", "451 later"), 503), (NotSent("refused", "550 unknown"), 422)],
)
def test_what_the_mail_server_says_is_told_and_nothing_is_kept(page: Page, refusal: NotSent, status: int):
    page.postman.refusal = refusal
    response = page.send()
    assert (response.status_code, response.json()) == (status, {"code": refusal.why, "words": refusal.words})
    assert page.threads() == []


def test_a_mail_whose_copy_cannot_be_kept_was_sent_all_the_same(page: Page):
    page.mailbox.write_text("a file where the folder should be")
    response = page.send()
    assert (response.status_code, response.json()) == (201, {"id": ""})
    assert len(page.postman.taken) == 1


class Choosy:
    """An SMTP server that knows one recipient, and is busy for another."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == "busy@lumo-home.example":
            return "451 4.3.0 come back later"
        if address != SHOP:
            return "550 5.1.1 no such address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        return "250 OK"


def test_a_real_server_takes_refuses_and_puts_off_and_may_be_away(tmp_path: Path):
    handler, (port, nobody) = Choosy(), free_ports(2)
    controller = Controller(handler, hostname=LOCALHOST, port=port)
    controller.start()
    try:
        page = Page(tmp_path, Postman(port))
        assert page.send().status_code == 201
        refused = page.send(to="unknown@lumo-home.example").json()
        assert refused == {"code": "refused", "words": "550 5.1.1 no such address"}
        assert page.send(to="busy@lumo-home.example").json()["code"] == "put-off"
        assert len(page.threads()) == 1
    finally:
        controller.stop()
    assert "Dzie=C5=84 dobry" in handler.raw[0].decode()
    with pytest.raises(NotSent, match="smtp-away"):
        Postman(nobody).deliver(b"Subject: x\r\n\r\n", ZOFIA, SHOP)


def test_what_goes_from_the_folders_goes_from_the_page_and_half_written_files_never_come(page: Page):
    page.arrives("one", ZOFIA)
    (page.outbox / ".two.eml.1.tmp").write_text("half")
    (page.outbox / ".three.eml").write_text("hidden")
    assert len(page.threads()) == 1
    (page.outbox / "one.eml").unlink()
    assert page.threads() == []


def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path: Path):
    page = Page(tmp_path, FakePostman())
    page.arrives("one", ZOFIA)
    long_ago = 1_700_000_000
    os.utime(page.outbox, (long_ago, long_ago))
    version = page.library.refresh()
    (page.outbox / "two.eml").write_text("Subject: unseen\n\n")
    os.utime(page.outbox, (long_ago, long_ago))
    assert page.library.refresh() == version
    os.utime(page.outbox)
    assert page.library.refresh() == version + 1


async def test_word_of_a_new_mail_comes_by_itself(tmp_path: Path):
    page = Page(tmp_path, FakePostman())
    stream = page.news.listen()
    first = await anext(stream)
    page.arrives("one", ZOFIA)
    async with asyncio.timeout(10):
        second = await anext(stream)
    assert first.startswith("data: ") and second.startswith("data: ") and first != second
    page.news.close()
    async with asyncio.timeout(10):
        assert [line async for line in stream if line.startswith("data: 9")] == []


async def test_only_so_many_pages_are_listened_to(tmp_path: Path):
    page = Page(tmp_path, FakePostman())
    streams = [page.news.listen() for _ in range(MOST_LISTENERS)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooManyListeners):
        page.news.listen()
    for stream in streams:
        await stream.aclose()
    await anext(page.news.listen())
    page.news.close()
