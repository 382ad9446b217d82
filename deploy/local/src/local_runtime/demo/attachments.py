"""The bytes of the demo's attachments, made from their names: documents, photos, tables; the same for the same name."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv",
    "txt": "text/plain",
}
WIDTH, HEIGHT = 240, 160


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail; `content_id` when its HTML shows it in place."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


def file_of(name: str, content_id: str | None = None) -> File:
    """Raises KeyError for an ending that the demo can't make."""
    stem, _, ending = name.rpartition(".")
    content_type = TYPES[ending]
    match ending:
        case "pdf":
            content = pdf(stem.replace("-", " "))
        case "png":
            content = photo(stem)
        case "csv":
            content = _table(stem)
        case _:
            content = f"{stem.replace('-', ' ')}\n".encode()
    return File(name, content_type, content, content_id)


def pdf(title: str) -> bytes:
    """One page with one line of text (ISO 32000-1, 7.5), opened by every reader."""
    line = title.encode("ascii", "replace").replace(b"\\", b"").replace(b"(", b"").replace(b")", b"")
    drawing = b"BT /F1 20 Tf 60 760 Td (" + line + b") Tj 0 -34 Td /F1 11 Tf (Lumo Home) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(drawing) + drawing + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def photo(seed: str) -> bytes:
    """A PNG (RFC 2083): a piece of furniture, roughly, in colours that the seed gives."""
    digest = sha256(seed.encode()).digest()
    wall = bytes(200 + byte % 50 for byte in digest[:3])
    floor = bytes(110 + byte % 60 for byte in digest[3:6])
    wood = bytes(60 + byte % 90 for byte in digest[6:9])
    top = wall * 40 + wood * 160 + wall * 40
    legs = [ground * 48 + wood * 10 + ground * 124 + wood * 10 + ground * 48 for ground in (wall, floor)]
    bands = ((70, wall * WIDTH), (14, top), (31, legs[0]), (15, legs[1]), (30, floor * WIDTH))
    rows = b"".join((b"\0" + row) * count for count, row in bands)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _table(stem: str) -> bytes:
    rows = [("room", "article", "pieces"), ("1", "Fjord desk", "12"), ("2", "Luna lamp", "24"), ("3", stem, "6")]
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode()
