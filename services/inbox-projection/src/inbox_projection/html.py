"""Mail HTML made safe to show: nh3 with a fixed list, inline images from our attachments, remote images kept back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import nh3

from inbox_projection.html_quotes import folded, mark_of, without_marks

REMOTE: Final = "data-remote-src"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS: Final = _words(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd "
    "del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img "
    "ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr"
)
_DROPPED_WITH_CONTENT: Final = _words(
    "script style title textarea option noscript noembed noframes iframe xmp template svg math object applet "
    "head select"
)
_SIZES: Final = {"width", "height", "align", "valign", "bgcolor", "border"}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"dir", "lang", "title", "align", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "align", "border", REMOTE},
    "table": _SIZES | {"cellpadding", "cellspacing", "summary"},
    "td": _SIZES | {"colspan", "rowspan"},
    "th": _SIZES | {"colspan", "rowspan", "scope"},
    "tr": _SIZES,
    "tbody": {"align", "valign"},
    "col": {"width", "span", "align"},
    "colgroup": {"width", "span", "align"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
    "font": {"color", "face", "size"},
    "blockquote": {"cite", "type", "class"},
    "div": {"class", "id"},
    "q": {"cite"},
    "time": {"datetime"},
    "hr": {"width", "size", "align", "color"},
}
_STYLES: Final = _words(
    "color background-color font-family font-size font-style font-weight font-variant line-height letter- "
    "spacing text-align text-decoration text-indent text-transform vertical-align white-space width height "
    "max-width min-width max-height min-height margin margin-top margin-right margin-bottom margin-left "
    "padding padding-top padding-right padding-bottom padding-left border border-top border-right border- "
    "bottom border-left border-color border-style border-width border-collapse border-spacing border-radius "
    "display list-style-type"
)
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "cid"})
_URL_IN_STYLE: Final = re.compile(
    r"url\s*\(|image-set|expression|@import|[\\\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", re.IGNORECASE
)
_CID: Final = re.compile(r"\s*cid:(.*)", re.IGNORECASE | re.DOTALL)


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED_WITH_CONTENT),
    attributes=_ATTRIBUTES,
    attribute_filter=lambda tag, attribute, value: _keep(attribute, value),
    url_schemes=set(_SCHEMES),
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    filter_style_properties=set(_STYLES),
    strip_comments=True,
)


def sanitise(html: str, inline: Mapping[str, str] | None = None) -> str:
    """HTML that runs nothing, loads nothing from elsewhere and leaves nothing out of its own box.

    `inline` maps content ids (without angle brackets) to addresses of ours: `cid:` images point there. Remote images
    have no `src`, their address is in `data-remote-src`, so that a person may choose to load them. The quoted history
    at the end is folded (`<details>`).
    """
    marked = _CLEANER.clean(html.replace("\x00", ""))
    return _IMAGE.sub(lambda match: _shown_image(match, inline or {}), folded(marked))


def remote_images(clean: str) -> int:
    """How many images of sanitised HTML wait."""
    return sum(_WAITING in match[0] for match in _IMAGE.finditer(clean)) if _WAITING in clean else 0


def with_remote_images(clean: str) -> str:
    """Sanitised HTML in which remote images are loaded, because a person chose so."""
    if _WAITING not in clean:
        return clean
    return _IMAGE.sub(lambda match: match[0].replace(_WAITING, ' src="', 1), clean)


def with_inline_images(html: str, content_ids: Mapping[str, str]) -> str:
    """What `sanitise_outgoing` gave, its `cid:` images renamed: lower case name → content id."""

    def renamed(match: re.Match[str]) -> str:
        content_id = content_ids.get(_content_id_of(match) or "")
        if content_id is None:
            return match[0]
        return _SOURCE.sub(lambda _: f' src="cid:{_escaped(content_id)}"', match[0], count=1)

    return _IMAGE.sub(renamed, html)


def inline_names(html: str) -> list[str]:
    """The names, lower case, that `cid:` images of sanitised HTML go by."""
    return [name for match in _IMAGE.finditer(html) if (name := _content_id_of(match)) is not None]


def _content_id_of(match: re.Match[str]) -> str | None:
    source = _SOURCE.search(match["attributes"])
    content_id = None if source is None else _CID.fullmatch(source[1])
    return None if content_id is None else content_id[1].strip().lower()


def sanitise_outgoing(html: str) -> str:
    """The same for what we send: images keep their address, for the recipient's own program to decide about."""
    return without_marks(_CLEANER.clean(html.replace("\x00", "")))


def _keep(attribute: str, value: str) -> str | None:
    if attribute in ("class", "id"):
        return mark_of(attribute, value)
    if attribute == "style" and _URL_IN_STYLE.search(value):
        return None
    if attribute == "href" and _CID.match(value):
        return None
    if attribute == REMOTE and not value.lower().startswith(("http://", "https://")):
        return None
    if attribute == "cite" and not value.lower().startswith(("http://", "https://")):
        return None
    return value


# The serialiser of nh3 writes every attribute as ` name="value"` with `"`, `&`, `<` and `>` escaped, so that after it
# these expressions read tags exactly.
_IMAGE: Final = re.compile(r'<img\b(?P<attributes>(?: [^\s=">]+="[^"]*")*)>')
_SOURCE: Final = re.compile(r' src="([^"]*)"')
_WAITING: Final = f' {REMOTE}="'


def _shown_image(match: re.Match[str], inline: Mapping[str, str]) -> str:
    attributes = match["attributes"]
    source = _SOURCE.search(attributes)
    if source is None:
        return match[0]
    rest = _SOURCE.sub("", attributes)
    content_id = _CID.fullmatch(source[1])
    if content_id is not None:
        name = unquote(content_id[1]).replace("&amp;", "&").strip().strip("<>")
        address = inline.get(name)
        return f"<img{rest}>" if address is None else f'<img{rest} src="{_escaped(address)}">'
    if not source[1].lower().startswith(("http://", "https://")):
        return f"<img{rest}>"
    rest = re.sub(rf' {REMOTE}="[^"]*"', "", rest)
    return f'<img{rest} {REMOTE}="{source[1]}">'


def _escaped(address: str) -> str:
    return address.replace("&", "&amp;").replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
