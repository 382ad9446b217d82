"""What each service's role may do in PostgreSQL, and that it may do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from analytics import project as analytics_project
from analytics import schema as facts
from events.sealing import DataKey, Erased
from inbox_projection import project, serve
from inbox_projection.tables import schema as views
from ingest_email import delivery_ledger
from local_runtime.postgres import PostgresServer
from router import composition
from service_kit import roles, secrets
from service_kit.database import connect, migrate
from service_kit.keyring import Keyring
from service_kit.settings import Settings
from service_kit.view_writer import ViewWriter

pytestmark = pytest.mark.real

SECRET = "a secret of thirty-two characters"
OWNED = {
    "router": {"router", "keyring"},
    "inbox_projection": {"inbox_projection", "auth", "inbox"},
    "ingest_email": {"ingest_email"},
    "analytics": {"analytics"},
}
READS = {
    ("inbox_projection", "keyring.keys", "SELECT"),
    ("ingest_email", "keyring.keys", "SELECT"),
    ("ingest_email", "keyring.secrets", "SELECT"),
}
"""What a role may do in a schema that is not its own."""
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
REFUSED = {
    "ingest_email can't read what customers wrote": ("ingest_email", "SELECT * FROM inbox.messages"),
    "ingest_email can't read log-ins": ("ingest_email", "SELECT * FROM auth.credentials"),
    "ingest_email can't read events": ("ingest_email", "SELECT * FROM router.stored_events"),
    "ingest_email can't write secrets": ("ingest_email", "DELETE FROM keyring.secrets"),
    "ingest_email can't destroy keys": ("ingest_email", "UPDATE keyring.keys SET wrapped = NULL, erased_at = now()"),
    "ingest_email can't lose keys": ("ingest_email", "DELETE FROM keyring.keys"),
    "ingest_email can't make a schema": ("ingest_email", "CREATE SCHEMA inbox_next"),
    "inbox_projection can't write events": ("inbox_projection", "DELETE FROM router.stored_events"),
    "inbox_projection can't move offsets": ("inbox_projection", "UPDATE router.offsets SET next_offset = 0"),
    "inbox_projection can't read secrets": ("inbox_projection", "SELECT * FROM keyring.secrets"),
    "inbox_projection can't make keys": (
        "inbox_projection",
        "INSERT INTO keyring.keys (key_id, wrapped) VALUES (gen_random_uuid(), 'x')",
    ),
    "inbox_projection can't destroy keys": ("inbox_projection", "UPDATE keyring.keys SET wrapped = NULL"),
    "inbox_projection can't lose keys": ("inbox_projection", "TRUNCATE keyring.keys"),
    "inbox_projection can't send replies": ("inbox_projection", "DELETE FROM ingest_email.deliveries"),
    "analytics can't read passwords": ("analytics", "SELECT * FROM auth.credentials"),
    "analytics can't read from where agents log in": ("analytics", "SELECT address FROM auth.sessions"),
    "analytics can't end sessions": ("analytics", "DELETE FROM auth.sessions"),
    "analytics can't read what customers wrote": ("analytics", "SELECT * FROM inbox.messages"),
    "analytics can't read keys": ("analytics", "SELECT * FROM keyring.keys"),
    "inbox_projection can't write facts": ("inbox_projection", "DELETE FROM analytics.facts"),
    "router can't read log-ins": ("router", "SELECT * FROM auth.credentials"),
    "router can't write views": ("router", "DELETE FROM inbox.conversations"),
    "router can't write the delivery ledger": ("router", "DELETE FROM ingest_email.deliveries"),
}


def as_role(dsn: str, role: str) -> str:
    return make_conninfo(dsn, user=role)


def make_roles(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(roles.script().encode())


def settings_of(dsn: str, role: str, folder: Path) -> Settings:
    return Settings(
        kafka_bootstrap_servers="127.0.0.1:9",
        database_url=as_role(dsn, role) if role else dsn,
        blob_url=folder.as_uri(),
        secret_key=SECRET,
        smtp_relay_url=f"outbox:{folder}",
    )


def install_all(dsn: str, folder: Path, single: str = "") -> None:
    """What every process does at its start, each with its own role or all with a single one."""
    composition.install(settings_of(dsn, single or "router", folder).database_url)
    inbox = settings_of(dsn, single or "inbox_projection", folder)
    serve.migrate(inbox)
    assert project.prepare(inbox)
    mail = settings_of(dsn, single or "ingest_email", folder)
    migrate(mail.database_url, delivery_ledger.SCHEMA, "ingest_email.migrations")
    reports = settings_of(dsn, single or "analytics", folder)
    assert analytics_project.prepare(reports)
    for url, schema in (
        (inbox.database_url, views.LIVE),
        (mail.database_url, delivery_ledger.SCHEMA),
        (reports.database_url, facts.LIVE),
    ):
        writer = ViewWriter(url, schema, "test")
        writer.create()
        writer.close()


@pytest.fixture(scope="module")
def database(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The superuser's conninfo of a database with roles, in which every service has started once."""
    name = f"roles_{uuid4().hex[:8]}"
    dsn = postgres.create_database(name)
    make_roles(dsn)
    install_all(dsn, tmp_path_factory.mktemp("blobs"))
    yield dsn
    postgres.drop_database(name)


def granted(dsn: str) -> tuple[set[tuple[str, str, str]], list[str]]:
    """Who may do what with each table of any schema of ours, and the tables."""
    with psycopg.connect(dsn) as connection:
        tables = [
            f"{schema}.{table}"
            for schema, table in connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname <> 'information_schema' AND schemaname NOT LIKE 'pg\\_%'"
            )
        ]
        rows = connection.execute(
            "SELECT r, t, p FROM unnest(%s::text[]) r, unnest(%s::text[]) t, unnest(%s::text[]) p"
            " WHERE has_schema_privilege(r, split_part(t, '.', 1), 'USAGE') AND has_table_privilege(r, t, p)",
            (list(roles.ROLES), tables, list(PRIVILEGES)),
        ).fetchall()
        return set(rows), tables


def wanted(tables: list[str]) -> set[tuple[str, str, str]]:
    own = {
        (role, table, privilege)
        for role, schemas in OWNED.items()
        for table in tables
        if table.partition(".")[0] in schemas
        for privilege in PRIVILEGES
    }
    return own | READS


def opens(key: DataKey | Erased, other: DataKey | Erased) -> bool:
    """Whether one opens what the other has sealed."""
    assert isinstance(key, DataKey) and isinstance(other, DataKey)
    event_id = uuid4()
    return key.open(other.seal(b"text", event_id), event_id) == b"text"


def test_each_role_may_do_exactly_what_its_service_needs(database: str):
    allowed, tables = granted(database)
    assert {table.partition(".")[0] for table in tables} == set().union(*OWNED.values())
    assert allowed == wanted(tables)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_another_services_is_refused(database: str, name: str):
    role, statement = REFUSED[name]
    with psycopg.connect(as_role(database, role)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


def test_only_roles_with_views_may_make_schemas_and_they_can_switch_to_rebuilt_ones(database: str):
    with psycopg.connect(database) as connection:
        makers = connection.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE has_database_privilege(r, current_database(), 'CREATE')",
            (list(roles.ROLES),),
        ).fetchall()
    assert makers == [("inbox_projection",), ("analytics",)]
    inbox = as_role(database, "inbox_projection")
    with connect(inbox, "test") as connection, connection.transaction():
        views.create_tables(connection, views.NEXT)
        views.create_indexes(connection, views.NEXT)
        views.analyze(connection, views.NEXT)
        views.switch(connection)
    with connect(as_role(database, "analytics"), "test") as connection, connection.transaction():
        facts.create(connection, facts.NEXT)
        facts.switch(connection)
    allowed, tables = granted(database)
    assert allowed >= {one for one in wanted(tables) if one[1].startswith(("inbox.", "analytics."))}


def test_the_reports_check_log_ins_by_the_columns_that_takes_and_no_others(database: str):
    with psycopg.connect(database) as connection:
        columns = connection.execute(
            "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relnamespace = 'auth'::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
            " AND has_column_privilege('analytics', c.oid, a.attnum, 'SELECT') ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in columns] == [
        "api_tokens.agent_id",
        "api_tokens.revoked_at",
        "api_tokens.token_hash",
        "sessions.agent_id",
        "sessions.expires_at",
        "sessions.previous_hash",
        "sessions.rotated_at",
        "sessions.seen_at",
        "sessions.token_hash",
    ]


def test_the_router_writes_keys_and_secrets_that_the_others_read(database: str):
    person, secret_id = uuid4(), uuid4()
    with connect(as_role(database, "router"), "test") as connection, connection.cursor() as cursor:
        made = Keyring(SECRET).create(cursor, [person])
        secrets.store(cursor, [(secret_id, b"sealed")])
    for role in ("inbox_projection", "ingest_email"):
        with connect(as_role(database, role), "test") as connection, connection.cursor() as cursor:
            assert opens(Keyring(SECRET).fetch(cursor, [person])[person], made[person])
    with connect(as_role(database, "ingest_email"), "test") as connection, connection.cursor() as cursor:
        assert secrets.load(cursor, secret_id) == b"sealed"


def test_a_database_whose_services_shared_one_role_is_handed_over_with_all_it_holds(
    fresh_database: str, tmp_path: Path
):
    shared = f"shared_{uuid4().hex[:8]}"
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        name = sql.Identifier(shared)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, name))
    install_all(fresh_database, tmp_path, single=shared)
    person = uuid4()
    with connect(as_role(fresh_database, shared), "test") as connection, connection.cursor() as cursor:
        made = Keyring(SECRET).create(cursor, [person])

    make_roles(fresh_database)
    make_roles(fresh_database)
    install_all(fresh_database, tmp_path)

    allowed, tables = granted(fresh_database)
    assert allowed == wanted(tables)
    with connect(as_role(fresh_database, "inbox_projection"), "test") as connection, connection.cursor() as cursor:
        assert opens(Keyring(SECRET).fetch(cursor, [person])[person], made[person])
    with (
        psycopg.connect(as_role(fresh_database, shared)) as connection,
        pytest.raises(InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM keyring.keys")


def test_the_owner_of_a_new_database_who_may_create_roles_needs_no_superuser(
    fresh_postgres: PostgresServer, tmp_path: Path
):
    with psycopg.connect(fresh_postgres.dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE administrator LOGIN CREATEDB CREATEROLE")
        connection.execute("CREATE DATABASE acme OWNER administrator")
    dsn = fresh_postgres.dsn_of("acme")
    make_roles(as_role(dsn, "administrator"))
    install_all(dsn, tmp_path)
    make_roles(as_role(dsn, "administrator"))
    allowed, tables = granted(dsn)
    assert allowed == wanted(tables)
