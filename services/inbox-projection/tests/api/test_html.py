"""Hostile and ordinary mail HTML."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.html import sanitise, sanitise_outgoing

CORPUS = Path(__file__).parents[4].parent / "shared" / "corpora" / "dompurify" / "expect.json"
OWN = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=' &#1;javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<iframe src='https://evil.test'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action='https://evil.test'><input name=password></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<base href='https://evil.test/'>",
    "<link rel=stylesheet href='https://evil.test/x.css'>",
    "<style>@import 'https://evil.test/x.css';</style>",
    "<div style='background:url(https://evil.test/x)'>x</div>",
    "<div style='background-image:\\75rl(https://evil.test/x)'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='position:fixed;top:0;left:0'>x</div>",
    "<img srcset='https://evil.test/x 2x' src='cid:none'>",
    "<video poster='https://evil.test/x'><source src='https://evil.test/y'></video>",
    "<table background='https://evil.test/x'><tr><td>x</td></tr></table>",
    "<img src='https://evil.test/x'>",
    "<img data-remote-src='javascript:alert(1)'>",
    '<img src="https://evil.test/x" data-remote-src="https://other.test/y">',
    "<img alt='\" src=https://evil.test onerror=alert(1) x=\"' src='https://evil.test/x'>",
    "<p title='<img src=https://evil.test/x>'>x</p>",
    "<object data='https://evil.test'></object><embed src='https://evil.test'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<a href='//evil.test'>x</a><a href='/api/v1/session'>x</a>",
    "<p id=x name=y class=z>x</p>",
    "<img src='/api/v1/session'>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
)
URLS = {"href": ("http://", "https://", "mailto:", "tel:"), "src": ("/api/v1/",), "cite": ("http://", "https://")}
FORBIDDEN_TAGS = {
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "base",
    "link",
    "meta",
    "template",
    "video",
}


class Reader(HTMLParser):
    """What an HTML parser finds in the sanitised text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def faults(text: str, *, urls: dict[str, tuple[str, ...]] = URLS) -> list[str]:
    """What a browser must not be given."""
    found = []
    for tag, attributes in Reader(text).tags:
        if tag in FORBIDDEN_TAGS:
            found.append(tag)
        for name, value in attributes.items():
            if name.startswith("on") or name in ("srcset", "background", "poster", "action", "id", "name", "class"):
                found.append(f"{tag} {name}")
            if name in urls and not value.lower().startswith(urls[name]):
                found.append(f"{tag} {name}={value}")
            if name == "style" and any(word in value.lower() for word in ("url", "expression", "position", "\\")):
                found.append(f"{tag} style={value}")
    return found


@pytest.mark.parametrize("payload", OWN)
def test_nothing_runs_loads_or_leaves_its_box(payload: str) -> None:
    clean = sanitise(payload, {"none": "/api/v1/messages/1/attachments/2"})
    assert faults(clean) == []
    assert faults(sanitise_outgoing(clean)) == []


@pytest.mark.corpus
def test_every_payload_of_dompurify_is_harmless() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not beside the checkout")
    payloads = [one["payload"] for one in json.loads(CORPUS.read_text())]
    assert len(payloads) > 200
    found = {payload: faults(sanitise(payload)) for payload in payloads}
    assert {payload: wrong for payload, wrong in found.items() if wrong} == {}


@pytest.mark.corpus
def test_every_payload_of_dompurify_is_harmless_inside_a_folded_quotation() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus is not beside the checkout")
    for one in json.loads(CORPUS.read_text()):
        for html in ("<p>x</p><div class=gmail_quote>{}</div>", "<p>x</p>{}<blockquote type=cite>{}</blockquote>"):
            assert faults(sanitise(html.replace("{}", one["payload"]))) == [], one["payload"]


@given(st.text(alphabet="<>\"'=/ \x00acdghimnoprstuxy:;&#01-!", max_size=200))
def test_no_soup_of_tags_gets_through(text: str) -> None:
    assert faults(sanitise(text)) == []


def test_ordinary_mail_keeps_its_look() -> None:
    text = (
        '<p style="color:red;margin:0">Hi <b>Ann</b>, <a href="https://x.test/?a=1&amp;b=2">see</a></p>'
        '<table width="600"><tbody><tr><td bgcolor="#fff">1</td></tr></tbody></table>'
    )
    clean = sanitise(text)
    assert '<p style="color:red;margin:0">' in clean and "<b>Ann</b>" in clean
    assert 'href="https://x.test/?a=1&amp;b=2"' in clean and 'rel="noopener noreferrer nofollow"' in clean
    assert '<table width="600">' in clean and 'bgcolor="#fff"' in clean


def test_inline_images_point_to_our_attachments_and_unknown_ones_nowhere() -> None:
    inline = {"logo@x": "/api/v1/messages/1/attachments/2", "a b": '/api/v1/"><script>'}
    assert sanitise('<img alt="l" src="cid:logo@x">', inline) == '<img alt="l" src="/api/v1/messages/1/attachments/2">'
    assert sanitise("<img src='CID:logo%40x'>", inline) == '<img src="/api/v1/messages/1/attachments/2">'
    assert sanitise("<img src='cid:other@x'>", inline) == "<img>"
    assert faults(sanitise("<img src='cid:a%20b'>", inline)) == []


def test_remote_images_wait_in_an_attribute_of_their_own() -> None:
    assert sanitise('<img src="https://t.test/p.png?a=1&amp;b=2" width="1">') == (
        '<img width="1" data-remote-src="https://t.test/p.png?a=1&amp;b=2">'
    )


def test_what_we_send_keeps_its_images() -> None:
    assert sanitise_outgoing('<img src="https://acme.test/logo.png" onload="x">') == (
        '<img src="https://acme.test/logo.png">'
    )
