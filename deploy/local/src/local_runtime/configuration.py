"""What the environment says about this run, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service_kit.settings import SettingsError, whole_number

API_PORT: Final = 8080
SMTP_PORT: Final = 2525
REPORTS_PORT: Final = 8083
MAILBOX_PORT: Final = 8084
KAFKA_PORT: Final = 19092
CONTROLLER_PORT: Final = 19093
DATABASE: Final = "postroom"
REFUSED_BY_BROWSERS: Final = 10080
"""The one port above 8080 that no browser opens ("bad port" of the WHATWG's Fetch standard)."""


@dataclass(frozen=True)
class Administrator:
    """The first administrator as the environment names them; empty fields are made at the first start."""

    email: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Configuration:
    """Ports are already shifted by POSTROOM_PORT_OFFSET; empty `kafka`, `database`, `blobs`: the embedded ones."""

    var: Path
    offset: int = 0
    demo: bool = True
    receivers: int = 2
    administrator: Administrator = Administrator()
    kafka: str = ""
    database: str = field(default="", repr=False)
    blobs: str = ""
    secret_key: str = field(default="", repr=False)
    smtp_relay: str = field(default="", repr=False)
    public_url: str = ""
    given_reports_url: str = ""
    mail_domain: str = "postroom.localhost"

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Configuration:
        """Raises SettingsError, naming the variable, the problem and the remedy."""

        def text(name: str) -> str:
            return environment.get(name, "").strip()

        configuration = Configuration(
            var=Path(text("POSTROOM_VAR") or "var").absolute(),
            offset=whole_number(environment, "POSTROOM_PORT_OFFSET", 0),
            demo=text("POSTROOM_DEMO") != "0",
            receivers=whole_number(environment, "INGEST_EMAIL_RECEIVE_PROCESSES", 2, least=1),
            administrator=Administrator(
                text("POSTROOM_ADMIN_EMAIL"), text("POSTROOM_ADMIN_PASSWORD"), text("POSTROOM_ADMIN_TOKEN")
            ),
            kafka=text("POSTROOM_KAFKA_BOOTSTRAP_SERVERS"),
            database=text("POSTROOM_DATABASE_URL"),
            blobs=text("POSTROOM_BLOB_URL"),
            secret_key=text("POSTROOM_SECRET_KEY"),
            smtp_relay=text("POSTROOM_SMTP_RELAY_URL"),
            public_url=text("POSTROOM_PUBLIC_URL"),
            given_reports_url=text("POSTROOM_REPORTS_URL"),
            mail_domain=text("POSTROOM_MAIL_DOMAIN") or "postroom.localhost",
        )
        if not configuration.opens_in_browsers:
            raise SettingsError(
                f"POSTROOM_PORT_OFFSET is {configuration.offset}, which puts a page on port {REFUSED_BY_BROWSERS},"
                " and no browser opens that; set it to another number"
            )
        return configuration

    def port(self, base: int) -> int:
        return base + self.offset

    @property
    def opens_in_browsers(self) -> bool:
        """Whether none of the pages lies at a port that browsers refuse."""
        return REFUSED_BY_BROWSERS not in map(self.port, (API_PORT, REPORTS_PORT, MAILBOX_PORT))

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port(API_PORT)}"

    @property
    def reports_url(self) -> str:
        return self.given_reports_url or f"http://127.0.0.1:{self.port(REPORTS_PORT)}"

    @property
    def mailbox_url(self) -> str:
        """The page of the demo's customers; without the demo nothing listens there."""
        return f"http://127.0.0.1:{self.port(MAILBOX_PORT)}"
