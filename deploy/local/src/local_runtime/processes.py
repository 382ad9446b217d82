"""The services' processes as data: what is run, on which port it answers, with which settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from local_runtime.configuration import (
    API_PORT,
    CONTROLLER_PORT,
    DATABASE,
    KAFKA_PORT,
    SMTP_PORT,
    Configuration,
)
from local_runtime.ports import LOCALHOST
from local_runtime.postgres import PostgresServer
from local_runtime.state import State

FURTHER_INSTANCE = 100


@dataclass(frozen=True, slots=True)
class ProcessDescription:
    """One process; `port` answers /readyz, `shared_port` is one that several processes listen on together."""

    name: str
    arguments: tuple[str, ...]
    port: int
    environment: Mapping[str, str]
    shared_port: int | None = None


def service_processes(configuration: Configuration) -> list[ProcessDescription]:
    """All processes of the services, in the order of a message's way."""

    def background(name: str, module: str, verb: str, port: int, instance: int = 0) -> ProcessDescription:
        metrics = configuration.port(port) + instance * FURTHER_INSTANCE
        environment = {"POSTROOM_METRICS_PORT": str(metrics), "POSTROOM_INSTANCE": str(instance)}
        suffix = f"-{instance + 1}" if instance else ""
        return ProcessDescription(name + suffix, (sys.executable, "-m", module, verb), metrics, environment)

    receivers = [
        background("ingest-email-receive", "ingest_email", "receive", 9101, instance)
        for instance in range(configuration.receivers)
    ]
    return [
        *receivers,
        background("router", "router", "run", 9105),
        background("relay", "router", "relay", 9106),
        background("inbox-projector", "inbox_projection", "project", 9107),
        background("ingest-email-deliver", "ingest_email", "deliver", 9102),
        ProcessDescription(
            "inbox-projection",
            (sys.executable, "-m", "inbox_projection", "serve"),
            configuration.port(API_PORT),
            {"POSTROOM_INSTANCE": "0"},
        ),
    ]


def wanted_ports(configuration: Configuration, processes: list[ProcessDescription]) -> dict[int, str]:
    """Every port that this run will listen on, with who wants it."""
    ports = {process.port: process.name for process in processes}
    ports[configuration.port(SMTP_PORT)] = "ingest-email's SMTP server"
    if not configuration.kafka:
        ports[configuration.port(KAFKA_PORT)] = "Kafka"
        ports[configuration.port(CONTROLLER_PORT)] = "Kafka's controller"
    return ports


def service_environment(configuration: Configuration, state: State, postgres: PostgresServer | None) -> dict[str, str]:
    """The settings that every service process gets."""
    kafka = configuration.kafka or f"{LOCALHOST}:{configuration.port(KAFKA_PORT)}"
    database = configuration.database or (postgres.dsn_of(DATABASE, DATABASE) if postgres else "")
    return {
        "POSTROOM_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "POSTROOM_DATABASE_URL": database,
        "POSTROOM_BLOB_URL": configuration.blobs or state.blobs.as_uri(),
        "POSTROOM_SECRET_KEY": configuration.secret_key or state.secret_key(),
        "POSTROOM_MAIL_DOMAIN": configuration.mail_domain,
        "POSTROOM_PUBLIC_URL": configuration.public_url or configuration.api_url,
        "POSTROOM_PORT_OFFSET": str(configuration.offset),
        "POSTROOM_SMTP_RELAY_URL": configuration.smtp_relay or f"outbox:{state.outbox}",
        "POSTROOM_VAR": str(state.var),
        "PYTHONUNBUFFERED": "1",
    }
