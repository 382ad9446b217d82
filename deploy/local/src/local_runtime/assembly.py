"""The composition root: which parts, in which order, for a configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from local_runtime.configuration import (
    API_PORT,
    CONTROLLER_PORT,
    DATABASE,
    KAFKA_PORT,
    REPORTS_PORT,
    SMTP_PORT,
    Configuration,
)
from local_runtime.kafka import KafkaBroker
from local_runtime.parts import Part, ServiceProcess
from local_runtime.ports import require_free
from local_runtime.postgres import PostgresServer
from local_runtime.processes import (
    ProcessDescription,
    role_of,
    service_environment,
    service_processes,
    wanted_ports,
)
from local_runtime.state import State
from local_runtime.supervisor import Say, Stage, Supervisor
from local_runtime.tasks import Task
from service_kit import roles


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
    stores: list[Part] = [postgres] if postgres else []
    if not configuration.kafka:
        stores.append(embedded_kafka(configuration, state))

    def task(name: str, *arguments: str, **environment: str) -> Task:
        return Task(name, (sys.executable, "-m", *arguments), log=state.log_of(name), environment=environment)

    services = [
        ServiceProcess(
            process.name,
            process.arguments,
            process.port,
            log=state.log_of(process.name),
            environment={
                **service_environment(configuration, state, postgres, process.role),
                **process.environment,
            },
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
                tasks=[task("topics", "service_kit.topics", "apply", **environment_of(configuration, state, ()))],
            ),
            Stage("the services", services, tasks=[] if stand_ins else [task("workspace", "local_runtime", "seed")]),
        ],
        say,
        report=_report(configuration),
    )


def environment_of(configuration: Configuration, state: State, arguments: Sequence[str]) -> dict[str, str]:
    """The settings for a program: those of the service whose module it runs, else with the database's superuser."""
    postgres = None if configuration.database else embedded_postgres(state)
    return service_environment(configuration, state, postgres, role_of(arguments))


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
    """Make our database and in it a role for each service, which is no superuser, unless they exist.

    State of a release whose services shared one role is handed over to theirs.
    """
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    with psycopg.connect(postgres.dsn_of(DATABASE)) as connection:
        connection.execute(roles.script().encode())


def _report(configuration: Configuration) -> dict[str, Any]:
    ports = {"api": API_PORT, "reports": REPORTS_PORT, "smtp": SMTP_PORT}
    if not configuration.kafka:
        ports |= {"kafka": KAFKA_PORT, "kafka_controller": CONTROLLER_PORT}
    return {
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": os.fspath(sys.executable),
        "ports": {name: configuration.port(port) for name, port in ports.items()},
    }
