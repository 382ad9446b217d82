"""Which parts of a mail are its body, as text and as HTML, and which are files (RFC 2046 5.1); pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import msgspec

from ingest_email import charsets
from ingest_email.attachments import File, file_of, given_name
from ingest_email.html_text import text_of
from ingest_email.mime import Part


class Bodies(msgspec.Struct, frozen=True):
    """`text` is what people read as plain text (made from the HTML where the mail has none); `html` None for none."""

    text: str
    html: str | None
    files: tuple[File, ...]


@dataclass
class _Piece:
    """A stretch of the body, in the forms that the mail offers it."""

    text: str | None = None
    html: str | None = None


@dataclass
class _Gathered:
    pieces: list[_Piece] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def bodies_of(root: Part) -> Bodies:
    """Texts and HTML one after another, in the mail's order; an alternative counts once in its best form of each."""
    gathered = _Gathered()
    _gather(root, gathered)
    files = tuple(file_of(part, number) for number, part in enumerate(gathered.files, 1))
    pieces = gathered.pieces
    text = "\n\n".join(filter(None, (_text(piece).strip("\n") for piece in pieces)))
    html: str | None = None
    if any(piece.html is not None for piece in pieces):
        html = "\n".join(_html(piece) for piece in pieces)
    return Bodies(text, html, files)


def _gather(part: Part, into: _Gathered) -> None:
    if part.content_type == "multipart/alternative":
        _alternative(part, into)
    elif part.children:
        for child in part.children:
            _gather(child, into)
    elif _is_body(part, into):
        into.pieces.append(_piece(part))
    else:
        into.files.append(part)


def _alternative(part: Part, into: _Gathered) -> None:
    """The richest form comes last (RFC 2046 5.1.4): the last HTML, the first text; files of any form are kept."""
    texts: list[str] = []
    htmls: list[str] = []
    for child in part.children:
        inner = _Gathered()
        _gather(child, inner)
        into.files.extend(inner.files)
        if any(piece.html is not None for piece in inner.pieces):
            htmls.append("\n".join(_html(piece) for piece in inner.pieces))
        elif inner.pieces:
            texts.append("\n".join(piece.text or "" for piece in inner.pieces))
    if texts or htmls:
        into.pieces.append(_Piece(texts[0] if texts else None, htmls[-1] if htmls else None))


def _is_body(part: Part, into: _Gathered) -> bool:
    if part.content_type not in ("text/plain", "text/html"):
        return False
    disposition = part.disposition[0]
    if disposition == "attachment":
        return False
    return not given_name(part) or (disposition == "" and not into.pieces)


def _piece(part: Part) -> _Piece:
    text = charsets.decode(part.content(), part.parameters.get("charset") or None)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _Piece(html=text) if part.content_type == "text/html" else _Piece(text=text)


def _text(piece: _Piece) -> str:
    if piece.text is not None and (piece.html is None or piece.text.strip()):
        return piece.text
    return text_of(piece.html or "")


def _html(piece: _Piece) -> str:
    if piece.html is not None:
        return piece.html
    return f'<div style="white-space:pre-wrap">{escape(piece.text or "")}</div>'
