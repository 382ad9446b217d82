"""`python -m local_runtime.mailbox_page`: the process behind the customers' mailbox page."""

from __future__ import annotations

import asyncio
import os
import sys
from types import FrameType

import uvicorn

from local_runtime.configuration import MAILBOX_PORT, SMTP_PORT, Configuration
from local_runtime.demo.cast import NAMES, SHOP, fallback_address, shop_address
from local_runtime.mailbox_page.app import Parts, build
from local_runtime.mailbox_page.library import Library
from local_runtime.mailbox_page.news import News
from local_runtime.mailbox_page.outgoing import Desk
from local_runtime.mailbox_page.sending import Postman
from local_runtime.ports import LOCALHOST
from local_runtime.state import State
from service_kit import logs
from service_kit.clock import utc_now
from service_kit.health import Health
from service_kit.metrics import Metrics
from service_kit.settings import SettingsError

DRAIN_SECONDS = 3


def parts_of(configuration: Configuration) -> Parts:
    """The composition root. Nothing runs yet."""
    state = State(configuration.var)
    library = Library(state.outbox, state.mailbox)
    port = configuration.port(MAILBOX_PORT)
    domain = configuration.mail_domain.lower()
    return Parts(
        library=library,
        desk=Desk(state.mailbox, Postman(configuration.port(SMTP_PORT)), utc_now),
        news=News(library),
        inboxes=tuple(
            (f"{SHOP} {NAMES[slug]}", address)
            for slug in NAMES
            for address in (shop_address(slug), fallback_address(slug, domain))
        ),
        hosts=(f"{LOCALHOST}:{port}", f"localhost:{port}"),
        health=Health("folders"),
        metrics=Metrics(),
    )


class _Server(uvicorn.Server):
    """Ends the endless answers first, so that draining does not wait for them."""

    def __init__(self, config: uvicorn.Config, news: News) -> None:
        super().__init__(config)
        self._news = news

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._news.close()
        super().handle_exit(sig, frame)


async def serve(configuration: Configuration) -> None:
    """Until SIGTERM or SIGINT."""
    parts = parts_of(configuration)
    await asyncio.to_thread(parts.library.refresh)
    parts.health.ready("folders")
    config = uvicorn.Config(
        build(parts),
        host=LOCALHOST,
        port=configuration.port(MAILBOX_PORT),
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    await _Server(config, parts.news).serve()


def main() -> int:
    logs.configure("mailbox-page")
    try:
        configuration = Configuration.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"mailbox-page: {error}\n")
        return 2
    asyncio.run(serve(configuration))
    return 0


if __name__ == "__main__":
    sys.exit(main())
