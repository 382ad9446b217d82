"""The customers' page: lists, answers, shows, and refuses what does not come from itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest

from local_runtime.mailbox_page.folders import SENT
from local_runtime.mailbox_page.guard import MAX_BODY

HOST = "127.0.0.1:8084"
ORIGIN = {"Origin": f"http://{HOST}"}
ZOFIA = "zofia@klient.example"
SHOP = "support@lumo-home.example"


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_new_mail_goes_to_the_inbox_and_into_the_customers_own_mailbox(page: Any):
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


def test_an_answer_carries_the_references_and_quotes_the_mail(page: Any):
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


def test_an_answer_stands_after_its_question_however_close_they_came(page: Any):
    for number in range(8):
        page.arrives(f"question-{number}", ZOFIA)
        page.arrives(f"answer-{number}", ZOFIA, References=f"<question-{number}@postroom.localhost>")
    for number in range(8):
        question, answer = page.thread(number)["mails"]
        assert "this is question" in question["text"] and "this is answer" in answer["text"]


def test_an_answer_in_polish_announces_in_polish_and_none_is_quoted_when_not_wanted(page: Any):
    page.arrives("reply", ZOFIA)
    answers = page.thread()["answer"]["answers"]
    page.send(answers=answers, quote="1", language="pl")
    assert "Lumo Home Support pisze:\n> Dear" in text_of(page.postman.taken[-1][0])
    page.send(answers=answers)
    assert text_of(page.postman.taken[-1][0]) == "Dzień dobry\n"


def test_an_answer_in_a_thread_of_several_goes_to_the_shop_and_copies_the_others(page: Any):
    page.send(name="Jan", address="jan@klient.example", cc=f"{ZOFIA}, ewa@klient.example")
    answer = page.thread()["answer"]
    assert answer["to"] == SHOP
    assert answer["cc"] == ["jan@klient.example", "ewa@klient.example"]
    assert [recipient for _, _, recipient in page.postman.taken] == [SHOP]


def test_everybody_sees_their_own_mails_only_blind_copies_too(page: Any):
    page.arrives("to-zofia", ZOFIA, bcc="jan@klient.example")
    page.arrives("to-ewa", "ewa@klient.example")
    assert [len(page.threads(one)) for one in (ZOFIA, "JAN@klient.example", "ewa@klient.example", "")] == [1, 1, 1, 0]


def test_threads_come_newest_first_and_join_by_references_in_whatever_order_they_came(page: Any):
    page.arrives("a3", ZOFIA, References="<a1@postroom.localhost> <a2@postroom.localhost>")
    page.arrives("a1", ZOFIA)
    page.arrives("a2", ZOFIA, In_Reply_To="<a1@postroom.localhost>")
    page.arrives("b1", ZOFIA, Subject_Note="x")
    assert sorted(row["mails"] for row in page.threads()) == [1, 3]


def test_html_is_shown_apart_with_its_pictures_and_without_anything_from_elsewhere(page: Any):
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
def test_a_mail_that_makes_no_sense_is_shown_as_far_as_it_does(page: Any, raw: bytes):
    page.arrives("odd", ZOFIA, raw=raw)
    page.arrives("good", ZOFIA)
    assert len(page.threads()) == 2
    assert all(page.thread(number)["mails"] for number in (0, 1))


def test_an_envelope_that_cannot_be_read_leaves_the_headers_to_say_to_whom(page: Any):
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
def test_what_cannot_be_sent_is_named_and_nothing_goes_out(page: Any, fields: dict[str, str], field: str, code: str):
    response = page.send(**fields)
    assert (response.status_code, response.json()) == (422, {"code": code, "field": field})
    assert page.postman.taken == [] and not (page.mailbox / SENT).exists()


def test_too_many_or_too_large_files_are_refused(page: Any):
    many = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(11)]
    assert page.send(many).json() == {"code": "too-large", "field": "files"}
    large = [("files", ("large.bin", b"x" * (21 * 1024 * 1024), "application/octet-stream"))]
    assert page.send(large).json() == {"code": "too-large", "field": "files"}
    headers = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(MAX_BODY + 1)}
    assert page.client.post("/api/mails", content=b"", headers=headers).status_code == 413


def test_a_body_without_a_length_is_counted_while_it_comes(page: Any):
    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(30):
            yield b"x" * 1024 * 1024

    headers = {**ORIGIN, "Content-Type": "multipart/form-data; boundary=x"}
    response = page.client.post("/api/mails", content=endless(), headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("body", [b"", b"text", b"--x--"])
def test_a_body_that_is_no_form_is_refused(page: Any, body: bytes):
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
def test_a_write_from_another_page_is_refused(page: Any, headers: dict[str, str]):
    response = page.send(headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "wrong-origin")
    assert page.postman.taken == []


def test_another_host_name_is_refused_even_for_reading(page: Any):
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
def test_no_path_leads_out_of_the_folders(page: Any, path: str):
    (page.mailbox.parent / "secret.eml").write_text("secret")
    page.arrives("one", ZOFIA)
    page.threads()
    response = page.client.get(path)
    assert response.status_code in (404, 405) and "secret" not in response.text


def test_the_page_itself_comes_whole_under_a_strict_policy(page: Any):
    html = page.client.get("/")
    assert "default-src 'none'; script-src 'self'" in html.headers["content-security-policy"]
    assert html.headers["x-content-type-options"] == "nosniff"
    for name in ("page.js", "words.js", "dom.js", "thread.js", "compose.js", "style.css"):
        assert page.client.get(f"/{name}").status_code == 200
    assert "http://" not in html.text and "https://" not in html.text
    assert page.client.get("/elsewhere").json() == {"code": "not-found"}
    assert page.client.request("DELETE", "/api/start", headers=ORIGIN).status_code == 405


def test_it_says_how_it_is(page: Any):
    assert [page.client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    page.send()
    assert 'postroom_mailbox_mails_sent_total{outcome="sent"} 1.0' in page.client.get("/metrics").text
