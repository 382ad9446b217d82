"""Whether a cookie's write comes from our own pages (OWASP: verifying origin with standard headers); pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def same_origin(origin: str | None, fetch_site: str | None, host: str | None, public_url: str) -> bool:
    """True when the request's Origin is the public address or the host it was sent to.

    Browsers send Origin with every write, and Sec-Fetch-Site; a program that sends neither carries no foreign page's
    will and is let through.
    """
    if origin is None:
        return fetch_site in (None, "same-origin", "none")
    try:
        asked, public = urlsplit(origin), urlsplit(public_url)
    except ValueError:
        return False
    if asked.scheme not in ("http", "https") or not asked.netloc:
        return False
    return (asked.scheme, asked.netloc) == (public.scheme, public.netloc) or asked.netloc == host
