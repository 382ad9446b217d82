"""The scenario of IMAP mailboxes: from a local server into the view."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
MAILBOXES = 10
"""GreenMail's FETCH takes time by the square of a mailbox's mails: with 5,000 in one, one would measure that."""


@contextmanager
def connected(bench: Bench, mailboxes: int) -> Iterator[tuple[GreenMail, list[str]]]:
    """A server, and the addresses of mailboxes there that are channels of the bench's inbox."""
    with tempfile.TemporaryDirectory(prefix="pr-greenmail-") as folder:
        imap, smtp, api = free_ports(3)
        server = GreenMail(Path(folder), imap_port=imap, smtp_port=smtp, api_port=api)
        server.start()
        client = ApiConnection(bench.live)
        addresses = [f"bench-{uuid4().hex[:8]}@shop.test" for _ in range(mailboxes)]
        try:
            channels = {_connect(bench, client, server, address) for address in addresses}

            def healthy() -> bool:
                found = client.request("GET", "/channels")[1]["items"]
                return channels <= {one["id"] for one in found if "receiving" in one["health"]["parts"]}

            eventually(healthy, "mailboxes that are connected", 60)
            yield server, addresses
            client = ApiConnection(bench.live)
            for channel_id in channels:
                client.request("DELETE", f"/channels/{channel_id}")
        finally:
            server.stop()


def _connect(bench: Bench, client: ApiConnection, server: GreenMail, address: str) -> str:
    imap = {"host": server.host, "port": server.imap_port, "username": address, "password": PASSWORD, "tls": "none"}
    body = {"inbox_id": bench.inbox_id, "kind": "email", "settings": {"address": address, "imap": imap}}
    status, channel = client.request("POST", "/channels", body)
    if status != 201:
        raise AssertionError(f"the mailbox is not connected: {channel}")
    return str(channel["id"])


def imap_to_view(bench: Bench, mails: int = 5_000) -> None:
    """5,000 mails from ten mailboxes into the view; then one at a time into another, while it IDLEs, until the feed
    tells.

    One connection appends to each: GreenMail shows mails that several append at once out of the order of their UIDs.
    """
    with connected(bench, MAILBOXES + 1) as (server, (quiet, *addresses)):
        shares = [load_mails(mails // MAILBOXES, address, bench.next_seed()) for address in addresses]
        prepared = [[mail.body for mail in share] for share in shares]
        shown, before, began = bench.number(SHOWN), usage(bench.live), time.perf_counter()
        with ThreadPoolExecutor(MAILBOXES) as writers:
            for done in writers.map(_fill, [server] * MAILBOXES, addresses, prepared):
                assert done is None
        appended_in = time.perf_counter() - began
        took, after = bench.wait_until_shown(shown + mails)[-1][0] - began, usage(bench.live)
        report(
            "imap_to_view",
            mails=mails,
            mailboxes=MAILBOXES,
            mails_per_second=round(mails / took, 1),
            appended_per_second=round(mails / appended_in, 1),
            idle_append_to_visible=percentiles(_probes(bench, server, quiet)),
            **per_mail(after, before, mails),
        )


def _fill(server: GreenMail, address: str, mails: list[bytes]) -> None:
    with Mailbox(server, address) as mailbox:
        for mail in mails:
            mailbox.append(mail)


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
