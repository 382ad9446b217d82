"""The text that HTML shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest_email.html_text import text_of


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


@given(st.text(alphabet="<>!-/abpstyle\"'&; \n=", max_size=300))
def test_nothing_raises(html):
    text_of(html).encode()
