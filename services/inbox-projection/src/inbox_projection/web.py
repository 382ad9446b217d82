"""The built web UI as bytes that can be served: files with their types and encodings, the page, and its CSP; pure but
for the reading of its folder."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).parent / "web_build"
"""Inside the package, so that an installed one has its pages where a checkout has them; `make` puts them there."""
PAGE: Final = "index.html"
IMMUTABLE: Final = "_app/immutable/"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""By preference: what the build left beside a file."""
CURSORS: Final = ("", *(f"*{{cursor: {name}-resize!important;}}" for name in ("ew", "w", "e")))
"""The style that the panes' library lays over the page while one is dragged (paneforge's global cursor)."""
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True)
class File:
    """A file of the build; `encoded` are its bytes by content encoding."""

    content_type: str
    body: bytes
    encoded: Mapping[str, bytes]
    etag: str
    immutable: bool


@dataclass(frozen=True)
class Pages:
    """All that there is to serve. `page` None: nothing was built. `policy` is the page's Content-Security-Policy."""

    files: Mapping[str, File]
    page: File | None
    policy: str


def read(folder: Path, reports_url: str) -> Pages:
    """The build of this folder as it is now, small enough for memory. A folder without a page is no build."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in TYPES]
    files = {path.relative_to(folder).as_posix(): _file(folder, path) for path in paths if path.name != PAGE}
    source = folder / PAGE
    if not source.is_file():
        return Pages({}, None, policy("", reports_url))
    return Pages(files, _file(folder, source), policy(source.read_text("utf-8"), reports_url))


def policy(page: str, reports_url: str) -> str:
    """What the page may do: its own scripts, and the inline ones that it was built with, by their sums."""
    scripts = _sums(_INLINE_SCRIPT.findall(page))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {scripts}".rstrip(),
            f"style-src 'self' {_sums(CURSORS)}",
            "style-src-attr 'unsafe-inline'",  # the libraries' own components hide and place things by it
            "img-src 'self' data: blob:",
            "media-src 'self'",
            "font-src 'self'",
            f"connect-src 'self' {reports_url}".rstrip(),
            "frame-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def accepted(accept_encoding: str, file: File) -> tuple[str | None, bytes]:
    """The encoding that the client takes and the file has, with the bytes (RFC 9110, 12.5.3; a weight of 0 refuses)."""
    refused = re.compile(r";\s*q=0(\.0*)?$")
    offered = [one.strip() for one in accept_encoding.lower().split(",")]
    taken = {one.partition(";")[0].strip() for one in offered if not refused.search(one)}
    for name in ENCODINGS:
        if name in taken and name in file.encoded:
            return name, file.encoded[name]
    return None, file.body


def _file(folder: Path, path: Path) -> File:
    body = path.read_bytes()
    beside = {name: path.with_name(path.name + ending) for name, ending in ENCODINGS.items()}
    encoded = {name: one.read_bytes() for name, one in beside.items() if one.is_file()}
    immutable = path.relative_to(folder).as_posix().startswith(IMMUTABLE)
    return File(TYPES[path.suffix], body, encoded, _etag(body), immutable)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _sums(texts: Iterable[str]) -> str:
    """Sources of a Content-Security-Policy that allow exactly these inline texts."""
    hashes = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
