"""Files of contacts: encodings, quotes, bounded memory, mapping, values, and cells that no spreadsheet runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.contact_commands import CreateContact
from events.values import Handle
from inbox_projection.contact_csv import MAX_LINE, CsvRefused, as_it_was, plain, records, written
from inbox_projection.contact_rows import Property, RowInvalid, columns, wish

BLNS = next(
    (found for parent in Path(__file__).parents if (found := parent / "../shared/corpora/blns/blns.json").exists()),
    None,
)
LEVEL, AGE = Property(UUID(int=1), "Level", "choice", ("gold",)), Property(UUID(int=2), "Age", "number")
PROPERTIES = (LEVEL, AGE)
BY_ID = {one.id: one for one in PROPERTIES}


def read(raw: bytes, encoding: str = "auto", size: int = 7) -> list[list[str]]:
    return [record for _, record in records((raw[n : n + size] for n in range(0, len(raw), size)), encoding)]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_records_are_the_same_however_the_file_is_cut(size: int) -> None:
    raw = 'name;email\r\n"Róża; ""Rosa""\nLuz";rosa@a.test\r\n\r\nKim;kim@a.test'.encode()
    assert read(raw, size=size) == [
        ["name", "email"],
        ['Róża; "Rosa"\nLuz', "rosa@a.test"],
        ["Kim", "kim@a.test"],
    ]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("\ufeffName\tMail\nZażółć\tz@a.test\n".encode(), "auto"),
        ("Name\tMail\nZażółć\tz@a.test\n".encode("utf-16"), "auto"),
        ("Name\tMail\nZażółć\tz@a.test\n".encode("cp1250"), "windows-1250"),
        ("Name\tMail\rZażółć\tz@a.test\r".encode("iso-8859-2"), "iso-8859-2"),
    ],
)
def test_encodings_are_told_by_their_mark_or_named(raw: bytes, encoding: str) -> None:
    assert read(raw, encoding) == [["Name", "Mail"], ["Zażółć", "z@a.test"]]


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"", "empty-file", None),
        (b"name\nA\nB\nZa\xbf\xf3\n", "wrong-encoding", 4),
        (b'name,mail\nA,a@b.test\n"B,b@b.test\nC,c@b.test\n', "broken-quotes", 3),
        (b'name,mail\nA,a@b.test\n"B" x,b@b.test\n', "broken-quotes", 3),
        (b'name,mail\n"' + b"x" * 200_000 + b'",y\n', "broken-quotes", 2),
        (b"a," * 600 + b"\n", "too-many-columns", 1),
        (b"x" * (MAX_LINE + 100), "line-too-long", None),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole_and_the_line_is_named(
    raw: bytes, code: str, line: int | None
) -> None:
    with pytest.raises(CsvRefused) as refused:
        read(raw, size=65_536)
    assert (refused.value.code, refused.value.line) == (code, line)


def test_a_long_file_is_read_in_a_few_megabytes() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"name,email\n"
        block = b"".join(b'"Rosa ""%d""",rosa%d@acme.test\n' % (n, n) for n in range(1_000))
        for _ in range(60):
            yield block

    tracemalloc.start()
    rows = sum(1 for _ in records(pieces()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 60_001 and peak < 2_000_000


def test_a_million_rows_are_read_in_bounded_memory() -> None:
    """Measured by what the process holds at its most, for tracing each allocation takes many times as long."""
    block = b"".join(b'"Rosa ""%d""",rosa%d@acme.test\n' % (n, n) for n in range(1_000))
    program = (
        "import resource\nfrom inbox_projection.contact_csv import records\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"block = {block!r}\n"
        "def read(blocks):\n"
        "    pieces = (block if n else b'name,email\\n' for n in range(blocks + 1))\n"
        "    return sum(1 for _ in records(pieces)), peak()\n"
        "print(*read(10), *read(1_000))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    few, before, many, after = map(int, done.stdout.split())
    assert (few, many) == (10_001, 1_000_001) and after - before < 4_096, "kilobytes"


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=2, max_size=2), max_size=20))
def test_what_is_written_is_read_again_cell_by_cell(rows: list[list[str]]) -> None:
    raw = written([["a", "b"], *rows]).encode()
    found = [[as_it_was(cell) for cell in record] for record in read(raw, "utf-8", size=11)]
    assert found == [["a", "b"], *rows]


@pytest.mark.skipif(BLNS is None, reason="the corpus of naughty strings is not here")
def test_naughty_strings_come_back_from_a_file() -> None:
    assert BLNS is not None
    naughty: list[str] = json.loads(BLNS.read_text("utf-8"))
    raw = written([["a", "b"], *([text, "."] for text in naughty)]).encode()
    assert [as_it_was(record[0]) for record in read(raw, "utf-8", size=1000)] == ["a", *naughty]


@given(st.text(max_size=6))
def test_no_cell_begins_as_a_formula_and_each_comes_back(cell: str) -> None:
    assert not plain(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert as_it_was(plain(cell)) == cell


def test_columns_are_guessed_by_name_or_mapped() -> None:
    header = ["E-mail", "Full Name", "LEVEL", "Shoe size"]
    assert columns(header, None, PROPERTIES).fields == ("address", "name", f"property:{LEVEL.id}", "ignore")
    assert columns(header, {"Shoe size": "name"}, ()).fields == ("ignore", "ignore", "ignore", "name")


@pytest.mark.parametrize(
    ("header", "mapping", "code"),
    [
        (["name", "name"], None, "repeated-column"),
        (["a"], None, "nothing-mapped"),
        (["a"], {"b": "name"}, "unknown-column"),
        (["a"], {"a": "property:0"}, "unknown-field"),
        (["a", "b"], {"a": "name", "b": "name"}, "repeated-field"),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused(header: list[str], mapping: dict[str, str] | None, code: str) -> None:
    with pytest.raises(CsvRefused) as refused:
        columns(header, mapping, PROPERTIES)
    assert refused.value.code == code


KNOWN = columns(["name", "email", "phone", "note", "Level", "Age"], None, PROPERTIES)


def test_a_record_becomes_the_contact_that_it_asks_for() -> None:
    record = [" Rosa ", "Rosa@Acme.test; r@home.test", "'+48 1", "'=1+1\nx", "gold", "4,5"]
    assert wish(record, KNOWN, BY_ID, update=True) == CreateContact(
        name="Rosa",
        handles=(Handle("email", "rosa@acme.test"), Handle("email", "r@home.test")),
        phone="+48 1",
        note="=1+1\nx",
        properties={str(LEVEL.id): "gold", str(AGE.id): 4.5},
        update=True,
    )


@pytest.mark.parametrize(
    "record",
    [
        ["", "", "1", "n", "", ""],
        ["R", "no address", "", "", "", ""],
        ["R" * 201, "", "", "", "", ""],
        ["R\nL", "", "", "", "", ""],
        ["R\x00", "", "", "", "", ""],
        ["R", "", "", "", "silver", ""],
        ["R", "", "", "", "", "four"],
        ["R", "", "", "", "", "", "one more"],
    ],
)
def test_a_record_that_is_no_contact_says_why(record: list[str]) -> None:
    with pytest.raises(RowInvalid) as refused:
        wish(record, KNOWN, BY_ID, update=True)
    assert all(cell not in str(refused.value) for cell in record if len(cell) > 3)
