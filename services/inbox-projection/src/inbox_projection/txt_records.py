"""TXT records of the DNS, as this machine's resolver gives them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.resolver

SECONDS: Final = 5.0
TxtRecords = Callable[[str], Awaitable[tuple[str, ...]]]


class DnsAway(Exception):
    """The DNS gave no answer: it can't be said what stands there."""


async def txt_records(name: str) -> tuple[str, ...]:
    """The records of this name, none where there are none. Raises DnsAway."""
    try:
        resolver = dns.asyncresolver.Resolver()
        answer = await resolver.resolve(f"{name}.", "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as error:
        raise DnsAway(type(error).__name__) from error
    return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in answer)
