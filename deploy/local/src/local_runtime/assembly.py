"""The composition root: which parts, in which order, for a configuration."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from local_runtime.configuration import API_PORT, CONTROLLER_PORT, DATABASE, KAFKA_PORT, SMTP_PORT, Configuration
from local_runtime.kafka import KafkaBroker
from local_runtime.parts import Part, ServiceProcess
from local_runtime.ports import require_free
from local_runtime.postgres import PostgresServer
from local_runtime.processes import ProcessDescription, service_environment, service_processes, wanted_ports
from local_runtime.state import State
from local_runtime.supervisor import Say, Stage, Supervisor
from local_runtime.tasks import Task


def assemble(
    configuration: Configuration, state: State, say: Say, stand_ins: list[ProcessDescription] | None = None
) -> Supervisor:
    """A supervisor of Kafka, PostgreSQL (unless they are given) and the services, or what stands in for them in tests.

    Raises PortTaken.
    """
    processes = service_processes(configuration) if stand_ins is None else stand_ins
    for port, wanted_by in wanted_ports(configuration, processes).items():
        require_free(port, wanted_by)
    postgres = None if configuration.database else embedded_postgres(state)
    environment = service_environment(configuration, state, postgres)
    stores: list[Part] = [postgres] if postgres else []
    if not configuration.kafka:
        stores.append(embedded_kafka(configuration, state))

    def task(name: str, *arguments: str) -> Task:
        return Task(name, (sys.executable, "-m", *arguments), log=state.log_of(name), environment=environment)

    services = [
        ServiceProcess(
            process.name,
            process.arguments,
            process.port,
            log=state.log_of(process.name),
            environment={**environment, **process.environment},
        )
        for process in processes
    ]
    return Supervisor(
        state,
        [
            Stage(
                "PostgreSQL and Kafka",
                stores,
                prepare=lambda: prepare_database(postgres) if postgres else None,
                tasks=[task("topics", "service_kit.topics", "apply")],
            ),
            Stage("the services", services, tasks=[] if stand_ins else [task("workspace", "local_runtime", "seed")]),
        ],
        say,
        report=_report(configuration),
    )


def embedded_kafka(configuration: Configuration, state: State) -> KafkaBroker:
    return KafkaBroker(
        state.kafka,
        port=configuration.port(KAFKA_PORT),
        controller_port=configuration.port(CONTROLLER_PORT),
        log=state.log_of("kafka"),
    )


def embedded_postgres(state: State) -> PostgresServer:
    return PostgresServer(state.postgres, log=state.log_of("postgres"), socket_folder=None)


def prepare_database(postgres: PostgresServer) -> None:
    """Make our role, which is no superuser, and its database, unless they exist."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        name = sql.Identifier(DATABASE)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


def _report(configuration: Configuration) -> dict[str, Any]:
    ports = {"api": API_PORT, "smtp": SMTP_PORT}
    if not configuration.kafka:
        ports |= {"kafka": KAFKA_PORT, "kafka_controller": CONTROLLER_PORT}
    return {
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": os.fspath(sys.executable),
        "ports": {name: configuration.port(port) for name, port in ports.items()},
    }
