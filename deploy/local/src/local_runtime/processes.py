"""The services' processes as data: what is run, on which port it answers, with which settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local_runtime.configuration import (
    API_PORT,
    CONTROLLER_PORT,
    DATABASE,
    KAFKA_PORT,
    MAILBOX_PORT,
    REPORTS_PORT,
    SMTP_PORT,
    Configuration,
)
from local_runtime.ports import LOCALHOST
from local_runtime.postgres import PostgresServer
from local_runtime.postgres_folder import SUPERUSER
from local_runtime.state import State
from service_kit import roles

FURTHER_INSTANCE = 100


@dataclass(frozen=True, slots=True)
class ProcessDescription:
    """One process; `port` answers /readyz, `shared_port` is one that several processes listen on together. `role` is
    its role in the embedded PostgreSQL."""

    name: str
    arguments: tuple[str, ...]
    port: int
    environment: Mapping[str, str]
    shared_port: int | None = None
    role: str = SUPERUSER


def service_processes(configuration: Configuration) -> list[ProcessDescription]:
    """All processes of the services, in the order of a message's way."""

    def background(name: str, module: str, verb: str, port: int, instance: int = 0) -> ProcessDescription:
        metrics = configuration.port(port) + instance * FURTHER_INSTANCE
        environment = {"POSTROOM_METRICS_PORT": str(metrics), "POSTROOM_INSTANCE": str(instance)}
        suffix = f"-{instance + 1}" if instance else ""
        arguments = (sys.executable, "-m", module, verb)
        return ProcessDescription(name + suffix, arguments, metrics, environment, role=role_of(arguments))

    receivers = [
        background("ingest-email-receive", "ingest_email", "receive", 9101, instance)
        for instance in range(configuration.receivers)
    ]
    mailbox_page = ProcessDescription(
        "mailbox-page",
        (sys.executable, "-m", "local_runtime.mailbox_page"),
        configuration.port(MAILBOX_PORT),
        dict.fromkeys(("POSTROOM_DATABASE_URL", "POSTROOM_SECRET_KEY"), ""),  # it needs neither
    )
    return [
        *receivers,
        background("router", "router", "run", 9105),
        background("relay", "router", "relay", 9106),
        background("inbox-projector", "inbox_projection", "project", 9107),
        background("search-index", "inbox_projection", "index", 9109),
        background("ingest-email-deliver", "ingest_email", "deliver", 9102),
        ProcessDescription(
            "inbox-projection",
            (sys.executable, "-m", "inbox_projection", "serve"),
            configuration.port(API_PORT),
            {"POSTROOM_INSTANCE": "0"},
            role=roles.INBOX_PROJECTION,
        ),
        background("analytics-projector", "analytics", "project", 9108),
        ProcessDescription(
            "analytics",
            (sys.executable, "-m", "analytics", "serve"),
            configuration.port(REPORTS_PORT),
            {"POSTROOM_INSTANCE": "0"},
            role=roles.ANALYTICS,
        ),
        *([mailbox_page] if configuration.demo else []),
    ]


def wanted_ports(configuration: Configuration, processes: list[ProcessDescription]) -> dict[int, str]:
    """Every port that this run will listen on, with who wants it."""
    ports = {process.port: process.name for process in processes}
    ports[configuration.port(SMTP_PORT)] = "ingest-email's SMTP server"
    if not configuration.kafka:
        ports[configuration.port(KAFKA_PORT)] = "Kafka"
        ports[configuration.port(CONTROLLER_PORT)] = "Kafka's controller"
    return ports


def role_of(arguments: Sequence[str]) -> str:
    """The role of the service whose module the program runs (`python -m router …`); any other program's is the
    superuser's."""
    names = list(arguments)
    module = names[names.index("-m") + 1 :][:1] if "-m" in names else []
    name = module[0].partition(".")[0] if module else ""
    return name if name in roles.ROLES else SUPERUSER


def service_environment(
    configuration: Configuration, state: State, postgres: PostgresServer | None, role: str = SUPERUSER
) -> dict[str, str]:
    """The settings that a process of this role gets; all have the given database's URL where one is given."""
    kafka = configuration.kafka or f"{LOCALHOST}:{configuration.port(KAFKA_PORT)}"
    database = configuration.database or (postgres.dsn_of(DATABASE, role) if postgres else "")
    return {
        "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "POSTROOM_DATABASE_URL": database,
        "POSTROOM_BLOB_URL": configuration.blobs or state.blobs.as_uri(),
        "POSTROOM_SECRET_KEY": configuration.secret_key or state.secret_key(),
        "POSTROOM_MAIL_DOMAIN": configuration.mail_domain,
        "POSTROOM_PUBLIC_URL": configuration.public_url or configuration.api_url,
        "POSTROOM_REPORTS_URL": configuration.reports_url,
        "POSTROOM_PORT_OFFSET": str(configuration.offset),
        "POSTROOM_SMTP_RELAY_URL": configuration.smtp_relay or f"outbox:{state.outbox}",
        "POSTROOM_VAR": str(state.var),
        "PYTHONUNBUFFERED": "1",
    }
