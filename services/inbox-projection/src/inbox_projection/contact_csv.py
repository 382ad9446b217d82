"""CSV of contacts (RFC 4180): bytes become records in bounded memory, and cells that no spreadsheet runs; pure."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

ENCODINGS: Final = ("auto", "utf-8", "utf-16", "windows-1250", "windows-1252", "iso-8859-1", "iso-8859-2")
MAX_LINE: Final = 1_000_000
"""Characters of one line; a file without line ends would be read whole otherwise."""
MAX_COLUMNS: Final = 500
DELIMITERS: Final = (",", ";", "\t")
_END: Final = re.compile(r"\r\n|\n|\r")
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r")


class CsvRefused(ValueError):
    """The file as a whole cannot be read; nothing of it is imported. `line` is the physical line, from 1."""

    def __init__(self, code: str, detail: str, line: int | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.line = code, detail, line


Numbered = tuple[int, list[str]]


def records(pieces: Iterable[bytes], encoding: str = "auto") -> Iterator[Numbered]:
    """The records of a file given in pieces, each with the line where it begins; empty lines are left out. The first
    one says by which of comma, semicolon and tab the cells are apart.

    Raises CsvRefused: wrong-encoding, broken-quotes, line-too-long, too-many-columns, empty-file.
    """
    lines = _Counted(_lines(_texts(pieces, encoding)))
    first = next(lines, None)
    if first is None:
        raise CsvRefused("empty-file", "The file is empty.")
    lines.again, lines.number = first, 0
    reader = csv.reader(lines, delimiter=max(DELIMITERS, key=first.count), strict=True)
    while True:
        begin = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            detail = f"The record that begins in line {begin} cannot be read: a quotation mark is missing or too many."
            raise CsvRefused("broken-quotes", detail, begin) from error
        if len(record) > MAX_COLUMNS:
            raise CsvRefused("too-many-columns", f"Line {begin} has more than {MAX_COLUMNS} cells.", begin)
        if record:
            yield begin, record


def written(rows: Iterable[Sequence[str]]) -> str:
    """Records as text, with cells that a spreadsheet would run as a formula made plain by an apostrophe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def plain(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula (OWASP, CSV Injection). One that begins as if that had
    been done gets another apostrophe, so that `as_it_was` gives every cell back."""
    return f"'{cell}" if cell.startswith(_RUN_BY_SPREADSHEETS) or _guarded(cell) else cell


def as_it_was(cell: str) -> str:
    """The cell without the apostrophe that `plain` put there."""
    return cell[1:] if _guarded(cell) else cell


def _guarded(cell: str) -> bool:
    """Apostrophes before what a spreadsheet runs."""
    return cell.startswith("'") and cell.lstrip("'").startswith(_RUN_BY_SPREADSHEETS)


class _Counted(Iterator[str]):
    """Lines for the reader, counted as it takes them; `again` is given once more before the next."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self.number = lines, 0
        self.again: str | None = None

    def __next__(self) -> str:
        if self.again is not None:
            line, self.again = self.again, None
            self.number = 1
            return line
        line = next(self._lines)
        self.number += 1
        return line


def _texts(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder: codecs.IncrementalDecoder | None = None
    lines = 1
    for piece in _ended(pieces):
        if decoder is None:
            decoder = codecs.getincrementaldecoder(_encoding(piece, encoding))()
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeError as error:
            at = lines + (piece[: error.start].count(b"\n") if isinstance(error, UnicodeDecodeError) else 0)
            detail = (
                f"Line {at} is not in the encoding that the file is read in. Name the encoding, or save it as UTF-8."
            )
            raise CsvRefused("wrong-encoding", detail, at) from None
        lines += text.count("\n")
        yield text


def _ended(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces that hold something, and an empty one as the end."""
    yield from (piece for piece in pieces if piece)
    yield b""


def _encoding(begin: bytes, wanted: str) -> str:
    if wanted == "auto":
        wanted = "utf-16" if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    return "utf-8-sig" if wanted == "utf-8" else wanted


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """Lines with their ends: \\n, \\r\\n or \\r, and nothing else ends one."""
    held = io.IncrementalNewlineDecoder(None, translate=False)  # \r\n may lie in two pieces
    rest = ""
    for piece in itertools.chain(texts, ("",)):
        text, begin = held.decode(piece, final=not piece), 0
        for end in _END.finditer(text):
            yield rest + text[begin : end.end()]
            rest, begin = "", end.end()
        rest += text[begin:]
        if len(rest) > MAX_LINE:
            raise CsvRefused("line-too-long", f"A line has more than {MAX_LINE} characters.")
    if rest:
        yield rest
