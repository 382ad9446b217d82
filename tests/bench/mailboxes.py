"""The scenario of IMAP mailboxes: from a local server into the view."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from commands_load import ApiConnection
from feed_probe import FeedProbe
from figures import percentiles, report, usage
from imap_load import PASSWORD, Mailbox
from mails import load_mails
from scenarios import SHOWN, Bench, per_mail

from local_runtime.greenmail import GreenMail
from local_runtime.live import eventually
from local_runtime.ports import free_ports

PROBES = 30


@contextmanager
def connected(bench: Bench) -> Iterator[tuple[GreenMail, str]]:
    """A server, and the address of a mailbox there that is a channel of the bench's inbox."""
    with tempfile.TemporaryDirectory(prefix="pr-greenmail-") as folder:
        imap, smtp, api = free_ports(3)
        server = GreenMail(Path(folder), imap_port=imap, smtp_port=smtp, api_port=api)
        server.start()
        try:
            address = f"bench-{uuid4().hex[:8]}@shop.test"
            settings = {"host": server.host, "port": imap, "username": address, "password": PASSWORD, "tls": "none"}
            body = {
                "inbox_id": bench.inbox_id,
                "kind": "email",
                "settings": {"address": address, "imap": settings},
            }
            client = ApiConnection(bench.live)
            status, channel = client.request("POST", "/channels", body)
            if status != 201:
                raise AssertionError(f"the mailbox is not connected: {channel}")

            def healthy() -> bool:
                found = client.request("GET", "/channels")[1]["items"]
                return any(one["id"] == channel["id"] and "receiving" in one["health"]["parts"] for one in found)

            eventually(healthy, "a mailbox that is connected", 60)
            yield server, address
            ApiConnection(bench.live).request("DELETE", f"/channels/{channel['id']}")
        finally:
            server.stop()


def imap_to_view(bench: Bench, mails: int = 5_000) -> None:
    """5,000 mails from a mailbox into the view; then one at a time, while it IDLEs, until the feed tells.

    One connection appends them: GreenMail shows mails that several append at once out of the order of their UIDs.
    """
    with connected(bench) as (server, address):
        prepared = [mail.body for mail in load_mails(mails, address, bench.next_seed())]
        shown, before, began = bench.number(SHOWN), usage(bench.live), time.perf_counter()
        with Mailbox(server, address) as mailbox:
            for mail in prepared:
                mailbox.append(mail)
        appended_in = time.perf_counter() - began
        took, after = bench.wait_until_shown(shown + mails)[-1][0] - began, usage(bench.live)
        report(
            "imap_to_view",
            mails=mails,
            mails_per_second=round(mails / took, 1),
            appended_per_second=round(mails / appended_in, 1),
            idle_append_to_visible=percentiles(_probes(bench, server, address)),
            **per_mail(after, before, mails),
        )


def _probes(bench: Bench, server: GreenMail, address: str) -> list[float]:
    """Seconds from the server's OK to an APPEND until the feed tells of the mail."""
    seconds = []
    with FeedProbe(bench.live) as feed, Mailbox(server, address) as mailbox:
        for mail in load_mails(PROBES, address, bench.next_seed()):
            time.sleep(0.3)
            begun = time.perf_counter()
            mailbox.append(mail.body)
            appended = time.perf_counter()
            told = eventually(lambda begun=begun: _told_since(feed, begun), "the mail is told of", 30)  # type: ignore[misc]
            seconds.append(max(told - appended, 0.0))
    return seconds


def _told_since(feed: FeedProbe, moment: float) -> float | None:
    return min((each for times in list(feed.seen.values()) for each in list(times) if each > moment), default=None)
