"""Quoted history at the end of a mail's HTML is folded; nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_projection.html import remote_images, sanitise, sanitise_outgoing, with_remote_images
from inbox_projection.html_quotes import FOLD
from inbox_projection.html_text import text_of

GMAIL = (
    '<div dir="ltr">Thanks!</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
    'On Mon, Ann wrote:<br></div><blockquote class="gmail_quote">OLD</blockquote></div>'
)
THUNDERBIRD = (
    '<p>Hi</p><div class="moz-cite-prefix">On 1.1. Ann wrote:<br></div><blockquote type="cite" cite="mid:x">OLD'
    "</blockquote><br>"
)
OUTLOOK = (
    '<div class="WordSection1"><p>Hi</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm">'
    "<p>From: X</p></div></div><p>OLD</p></div>"
)
OUTLOOK_WEB = '<div>Hi</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> A</div><div>OLD</div>'
APPLE = "<div>Hi<br><div><br><blockquote type=cite><div>On 1 Jan, A wrote:</div>OLD</blockquote></div></div>"
YAHOO = '<div>Hi</div><div id="yahoo_quoted_1" class="yahoo_quoted">On A wrote: OLD</div>'
UNMARKED = "Odpowiedź<br><br>W dniu 2 marca Jan napisał(a):<blockquote>OLD</blockquote>"


@pytest.mark.parametrize("html", [GMAIL, THUNDERBIRD, OUTLOOK, OUTLOOK_WEB, APPLE, YAHOO, UNMARKED])
def test_what_mailers_quote_below_an_answer_is_folded(html: str) -> None:
    clean = sanitise(html)
    before, fold, quoted = clean.partition(FOLD)
    assert fold and "OLD" not in before and "OLD" in quoted.partition("</details>")[0]
    assert "class=" not in clean and " id=" not in clean
    assert text_of(before).split() and clean.count("<details>") == clean.count("</details>") == 1


def test_the_line_that_leads_to_a_quotation_is_folded_with_it() -> None:
    assert "Ann wrote" in sanitise(THUNDERBIRD).partition(FOLD)[2]
    assert "From: X" in sanitise(OUTLOOK).partition(FOLD)[2]
    assert "From:" in sanitise(OUTLOOK_WEB).partition(FOLD)[2]


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hi</p>",
        "<blockquote type=cite>only a quotation</blockquote>",
        "<p>Hi</p><blockquote type=cite>question</blockquote><p>answer</p>",
        "<p>As Kant says</p><blockquote>Sapere aude</blockquote>",
        '<p>fyi</p><div class="gmail_quote">---------- Forwarded message ---------<br>From: x</div>',
        "<p>Hi</p><div class=gmail_quote> &nbsp;<br></div>",
        "<p>Hi</p><div class=gmail_signature>me</div>",
        '<div id="appendonsend"></div><div>all of it</div>',
    ],
)
def test_everything_else_stays_open(html: str) -> None:
    assert "<details>" not in sanitise(html)


def test_between_quotations_only_the_last_is_folded() -> None:
    html = "<blockquote type=cite>one</blockquote>answer<blockquote type=cite>two</blockquote>"
    before, _, quoted = sanitise(html).partition(FOLD)
    assert "one" in before and "answer" in before and "two" in quoted


def test_what_we_send_is_not_folded_and_carries_no_marks() -> None:
    sent = sanitise_outgoing(GMAIL)
    assert "<details>" not in sent and "class" not in sent and "OLD" in sent


def test_nobody_marks_a_quotation_with_our_own_words() -> None:
    assert sanitise('<p>a</p><div class="q" id="r">b</div>') == "<p>a</p><div>b</div>"


@given(st.text(alphabet='<>"/= bdivlockqutescag_mr:x\n', max_size=300))
def test_folding_leaves_html_that_a_second_cleaning_does_not_change(text: str) -> None:
    for html in (text, f"<p>x</p>{text}<blockquote type=cite>{text}</blockquote>"):
        clean = sanitise(html)
        assert sanitise_outgoing(clean) == clean
        assert _words(clean) == _words(html)


def _words(html: str) -> list[str]:
    return text_of(html).replace("\u2022\u2022\u2022", "").replace(">", "").split()


def test_remote_images_are_counted_and_shown_on_demand_only() -> None:
    html = '<img src="https://t.test/a.png?x=1&amp;y=2"><img src="cid:x"><p> data-remote-src="b" </p><img src="http://t.test/b">'
    clean = sanitise(html)
    assert remote_images(clean) == 2 and "<img src" not in clean
    shown = with_remote_images(clean)
    assert '<img src="https://t.test/a.png?x=1&amp;y=2">' in shown and '<p> data-remote-src="b" </p>' in shown
    assert remote_images("<p>x</p>") == 0 and with_remote_images("<p>x</p>") == "<p>x</p>"


def test_html_becomes_a_text_that_reads_well() -> None:
    html = (
        '<h1>Hi Ann,</h1><p>see <a href="https://x.test/a">the list</a>:</p><ul><li>one</li>'
        "<li>two<ol><li>a</li></ol></li></ul><blockquote><p>old</p><p>words</p></blockquote>"
        "<p>Bye<br>J &amp; K</p><pre>a\n  b</pre>"
        '<a href="https://x.test/">https://x.test</a> <a href="mailto:a@b.test">a@b.test</a>'
        '<script>x</script><img alt="logo">'
        "<table><tr><td>1</td><td>2</td></tr></table>"
    )
    assert text_of(html) == (
        "Hi Ann,\n\nsee the list (https://x.test/a):\n\n- one\n- two\n  1. a\n\n> old\n>\n> words\n\nBye\nJ & K\n\n"
        "a\n  b\n\nhttps://x.test a@b.testlogo\n\n1 2"
    )
    assert text_of("<p> </p>") == "" == text_of("<script>x</script>")
