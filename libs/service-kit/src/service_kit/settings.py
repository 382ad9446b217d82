"""Settings that all services share, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from service_kit.limits import UNLIMITED, VARIABLES, Limits

DEFAULT_WORKSPACE_ID: Final = UUID("01900000-0000-7000-8000-000000000001")

MAX_LINE: Final = 120


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable, the problem and the remedy."""


@dataclass(frozen=True)
class Settings:
    """`database_url`, `secret_key` and `smtp_relay_url` are in no repr.

    `store_cuts` names the last valid position of each event store epoch that ended with a restored backup; consumers
    leave out what lies behind it. `company_name` is {company} in From names.
    """

    kafka_bootstrap_servers: str
    database_url: str = field(repr=False)
    blob_url: str
    secret_key: str = field(repr=False)
    mail_domain: str = "postroom.localhost"
    public_url: str = "http://127.0.0.1:8080"
    reports_url: str = "http://127.0.0.1:8083"
    workspace_id: UUID = DEFAULT_WORKSPACE_ID
    port_offset: int = 0
    metrics_port: int = 0
    instance: int = 0
    smtp_relay_url: str = field(default="", repr=False)
    store_cuts: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = UNLIMITED
    company_name: str = ""

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Settings:
        """Raises SettingsError."""
        return Settings(
            kafka_bootstrap_servers=required(environment, "POSTROOM_KAFKA_BOOTSTRAP_SERVERS", "host:port, …"),
            database_url=required(environment, "POSTROOM_DATABASE_URL", "postgresql://user@host/database"),
            blob_url=required(environment, "POSTROOM_BLOB_URL", "file:///folder, s3://bucket, gs:// or az://"),
            secret_key=_secret(environment),
            mail_domain=environment.get("POSTROOM_MAIL_DOMAIN", "postroom.localhost").lower(),
            public_url=environment.get("POSTROOM_PUBLIC_URL", "http://127.0.0.1:8080").rstrip("/"),
            reports_url=environment.get("POSTROOM_REPORTS_URL", "http://127.0.0.1:8083").rstrip("/"),
            workspace_id=_uuid(environment, "POSTROOM_WORKSPACE_ID", DEFAULT_WORKSPACE_ID),
            port_offset=whole_number(environment, "POSTROOM_PORT_OFFSET", 0),
            metrics_port=whole_number(environment, "POSTROOM_METRICS_PORT", 0),
            instance=whole_number(environment, "POSTROOM_INSTANCE", 0),
            smtp_relay_url=environment.get("POSTROOM_SMTP_RELAY_URL", ""),
            store_cuts=_cuts(environment),
            limits=_limits(environment),
            company_name=_line(environment, "POSTROOM_COMPANY_NAME"),
        )

    def environment(self) -> dict[str, str]:
        """The variables that `from_environment` makes these settings of, to start another process with."""
        return {
            "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "POSTROOM_DATABASE_URL": self.database_url,
            "POSTROOM_BLOB_URL": self.blob_url,
            "POSTROOM_SECRET_KEY": self.secret_key,
            "POSTROOM_MAIL_DOMAIN": self.mail_domain,
            "POSTROOM_PUBLIC_URL": self.public_url,
            "POSTROOM_REPORTS_URL": self.reports_url,
            "POSTROOM_WORKSPACE_ID": str(self.workspace_id),
            "POSTROOM_PORT_OFFSET": str(self.port_offset),
            "POSTROOM_METRICS_PORT": str(self.metrics_port),
            "POSTROOM_INSTANCE": str(self.instance),
            "POSTROOM_SMTP_RELAY_URL": self.smtp_relay_url,
            "POSTROOM_STORE_CUTS": ",".join(f"{store}:{position}" for store, position in self.store_cuts.items()),
            "POSTROOM_COMPANY_NAME": self.company_name,
            **{VARIABLES[name]: "" if limit is None else str(limit) for name, limit in self.limits.by_name().items()},
        }


def required(environment: Mapping[str, str], name: str, example: str) -> str:
    """The value of a variable that must be set. Raises SettingsError."""
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; set it to something like {example}, or start all with `make run`")
    return value


def whole_number(environment: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    """The value as a whole number. Raises SettingsError."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise SettingsError(f"{name} is {text!r}; set it to a whole number of at least {least}, or leave it unset")
    return int(text)


def _secret(environment: Mapping[str, str]) -> str:
    secret = required(environment, "POSTROOM_SECRET_KEY", "32 or more random characters")
    if len(secret) < 32:
        raise SettingsError("POSTROOM_SECRET_KEY is too short; set it to 32 or more random characters")
    return secret


def _limits(environment: Mapping[str, str]) -> Limits:
    """What is not set has no limit."""
    given = {
        name: whole_number(environment, variable, 0)
        for name, variable in VARIABLES.items()
        if environment.get(variable, "").strip()
    }
    return Limits(**given)


def _cuts(environment: Mapping[str, str]) -> dict[str, int]:
    """`main/1:4711,main/2:9000`: what the relay names when it begins a new epoch."""
    cuts: dict[str, int] = {}
    for part in filter(None, environment.get("POSTROOM_STORE_CUTS", "").replace(" ", "").split(",")):
        store, _, position = part.rpartition(":")
        if not store or not position.isdigit():
            raise SettingsError(f"POSTROOM_STORE_CUTS has {part!r}; set it as the relay said, like main/1:4711")
        cuts[store] = int(position)
    return cuts


def _line(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "").strip()
    if len(text) > MAX_LINE or not text.isprintable():
        raise SettingsError(
            f"{name} is no name; set it to one line of at most {MAX_LINE} characters, or leave it unset"
        )
    return text


def _uuid(environment: Mapping[str, str], name: str, default: UUID) -> UUID:
    text = environment.get(name, "").strip()
    try:
        return UUID(text) if text else default
    except ValueError:
        raise SettingsError(f"{name} is not a UUID; set it to one, or leave it unset") from None
