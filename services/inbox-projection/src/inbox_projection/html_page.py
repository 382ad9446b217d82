"""The HTML of a message as a page of its own, for a frame."""

from __future__ import annotations

from typing import Final

_PAGE: Final = """<!doctype html>
<html><head><meta charset="utf-8"><title></title><style>
body {{ margin: 0; overflow-wrap: anywhere; font: 14px/1.5 system-ui, sans-serif; }}
img, table {{ max-width: 100%; }} img {{ height: auto; }} pre {{ white-space: pre-wrap; }}
blockquote {{ margin: 0 0 0 4px; padding-left: 12px; border-left: 2px solid #9aa3af; }}
</style></head><body>{html}</body></html>
"""


def page_of(html: str) -> bytes:
    """The sanitised HTML (html.sanitise) as a document."""
    return _PAGE.format(html=html).encode("utf-8", "replace")


def page_headers(*, remote_images: bool) -> dict[str, str]:
    """No script, form, frame or connection; images of ours, and those elsewhere where a person wants them.

    The sandbox keeps our origin, or the browser would not send the session with our own images; without scripts that
    is of no use to a mail.
    """
    images = "'self' data: https: http:" if remote_images else "'self' data:"
    rules = (
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        f"img-src {images}",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(rules),
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "private, no-store",
    }
