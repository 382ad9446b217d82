"""The text that HTML shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest_email.html_text import text_of
from ingest_email.quotes import split


def test_blocks_become_lines_and_paragraphs_are_apart():
    assert text_of("<div>one</div><div>two</div><p>three</p><p>four<br>five</p>") == "one\ntwo\n\nthree\n\nfour\nfive"


def test_what_nobody_sees_is_left_out():
    html = "<head><title>T</title></head><style>p {}</style><!-- c --><p>seen</p><script>x < 1</script>"

    assert text_of(html) == "seen"


def test_white_space_is_what_a_browser_shows():
    assert text_of("<p> a \n\n  b&nbsp;c </p>") == "a b c"
    assert text_of("<pre>a\n  b</pre>") == "a\n  b"


def test_entities_are_characters():
    assert text_of("&lt;b&gt; &amp; &eacute; &#8364; &#xD800; &nosuch;") == "<b> & é € \ufffd &nosuch;"


def test_quotations_are_marked():
    assert (
        text_of("<p>new</p><blockquote>old<blockquote>older</blockquote></blockquote>") == "new\n\n> old\n>\n>> older"
    )


def test_lists_and_pictures_have_words():
    assert text_of('<ul><li>one<li>two</ul><img alt="a cat" src=x>') == "- one\n- two\n\na cat"


def test_a_less_than_sign_is_a_sign():
    assert text_of("1 < 2 and 3<4") == "1 < 2 and 3<4"


def test_a_greater_than_sign_inside_a_value_ends_no_tag():
    assert text_of('<a title="x > y">link</a>') == "link"


def test_numbered_lists_have_their_numbers():
    assert text_of("<ol><li>one<li>two<ul><li>in it</ul><li>three</ol><li>loose") == (
        "1. one\n2. two\n\n- in it\n\n3. three\n\n- loose"
    )


def test_links_have_their_address_where_the_words_do_not_say_it():
    shown = '<a href="https://example.com/a?b&amp;c">our page</a>, <a href="https://example.com/">example.com</a>'

    assert text_of(shown) == "our page <https://example.com/a?b&c>, example.com"
    assert text_of('<a href="mailto:jane@example.com">Jane</a> <a name="x">here</a>') == "Jane here"
    assert text_of('<a href="https://example.com/"><img src=x></a>') == ""
    assert text_of(f'<a href="https://example.com/{"x" * 300}">long</a>') == "long"
    assert text_of('<a href="https://a.example/">never <a href="https://b.example/">closed') == (
        "never <https://a.example/>closed"
    )


def test_rows_of_a_table_are_lines():
    assert text_of("<table><tr><th>Item<th>Price</tr><tr><td>Cup</td><td>5 €</td></tr></table>") == (
        "Item Price\nCup 5 €"
    )


def test_a_reply_that_is_html_only_is_split_where_its_quotation_begins():
    html = (
        "<div>Yes, please.</div><div>On Tue, Sep 25, 2012 at 8:59 AM, Chris &lt;c@example.com&gt; wrote:</div>"
        "<blockquote>Shall we?</blockquote>"
    )

    assert split(text_of(html))[0].strip() == "Yes, please."


@given(st.text(alphabet="<>!-/abpstyle\"'&; \n=", max_size=300))
def test_nothing_raises(html):
    text_of(html).encode()
