"""One real PostgreSQL 18 server as a child process, reached by a unix socket, by TCP only where asked."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, LiteralString

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from local_runtime.accounts import postgres_account, reachable_binaries, require_reachable
from local_runtime.children import Child
from local_runtime.errors import FolderUnreachable, NoSpace, NotReady, ProcessDied
from local_runtime.ports import LOCALHOST, require_free
from local_runtime.postgres_folder import (
    SUPERUSER,
    await_predecessor,
    initialise,
    installed_postgres,
    short_socket_folder,
)

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For tests: a killed process loses nothing without them, only a lost machine would.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}

StopMode = Literal["smart", "fast", "immediate"]
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """A server whose data lies in `folder`; it can be stopped, killed and started again at will.

    `tcp` makes it listen on 127.0.0.1 too, with a password that `tcp_dsn` holds. `port` also names the socket file.
    """

    name = "postgres"

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 5432,
        tcp: bool = False,
        log: Path | None = None,
        socket_folder: Path | None = None,
        durable: bool = True,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.tcp = tcp
        self.log = log or self.folder / "postgres.log"
        self.socket_folder = socket_folder or short_socket_folder(self.folder / "socket")
        self._data = self.folder / "data"
        self._settings = {**SETTINGS, **({} if durable else NOT_DURABLE), **(settings or {})}
        self._child: Child | None = None

    @property
    def dsn(self) -> str:
        """conninfo of the database `postgres`, as superuser, by the unix socket."""
        return self.dsn_of(SUPERUSER)

    def dsn_of(self, database: str, user: str = SUPERUSER) -> str:
        """conninfo of any database by the unix socket."""
        return make_conninfo(host=str(self.socket_folder), port=self.port, user=user, dbname=database)

    def tcp_dsn_of(self, database: str, port: int | None = None) -> str:
        """conninfo by TCP; `port` is that of a proxy in between, if there is one."""
        password = (self.folder / "password").read_text()
        return make_conninfo(host=LOCALHOST, port=port or self.port, user=SUPERUSER, password=password, dbname=database)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code if self._child else None

    def start(self, seconds: float = 120) -> None:
        """Start and wait until it takes connections (a crash recovery may take a while); does nothing when it runs.

        Raises PortTaken, FolderUnreachable, NoSpace, AlreadyRunning, ProcessDied or NotReady.
        """
        if self.alive:
            return
        self.launch()
        self.wait_ready(seconds)

    def prepare(self) -> None:
        """Make the data folder, which knows neither its path nor its port; nothing happens when there is one."""
        account = postgres_account()
        require_reachable(self._data, account)
        self._prepare_folders()
        if not self._data.exists():
            binaries = reachable_binaries(installed_postgres(), account)
            initialise(self._data, self.folder / "password", binaries, account, durable="fsync" not in self._settings)

    def launch(self) -> None:
        """Start without waiting for connections; the first start makes the data folder."""
        if self.tcp:
            require_free(self.port, "PostgreSQL")
        self.prepare()
        await_predecessor(self._data)
        account = postgres_account()
        binaries = reachable_binaries(installed_postgres(), account)
        options = {
            **self._settings,
            "unix_socket_directories": str(self.socket_folder),
            "listen_addresses": LOCALHOST if self.tcp else "",
            "port": str(self.port),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._child = Child.start(
            "postgres",
            [binaries / "postgres", "-D", self._data, *flags],
            log=self.log,
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            folder=Path("/"),
            death_signal=signal.SIGINT,
            account=account,
        )

    def wait_ready(self, seconds: float = 120) -> None:
        """Return when the server takes connections."""
        child = self._running()
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if not child.alive:
                    words = child.last_words()
                    raise ProcessDied(f"PostgreSQL ended while starting (exit {child.exit_code}): {words}") from error
                if time.monotonic() > deadline:
                    raise NotReady(f"PostgreSQL took no connection within {seconds:.0f} s; see {self.log}") from error
            time.sleep(0.02)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop as `pg_ctl stop -m <mode>` does; returns when the server and its processes have ended."""
        if self._child:
            self._child.stop(_SIGNALS[mode], 60)

    def kill(self) -> None:
        """SIGKILL the server and all its processes, as a lost machine would; returns when they have ended."""
        if self._child is None or not self._child.alive:
            return
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self._child.pid).children(recursive=True)
            self._child.kill()
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(family, 10)

    def end(self) -> None:
        """Ask for a fast stop, without waiting."""
        if self._child:
            self._child.send(signal.SIGINT)

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def last_words(self) -> str:
        return self._child.last_words() if self._child else ""

    def freeze(self) -> None:
        """SIGSTOP the postmaster: no new connections, old ones live on."""
        self._running().send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT after `freeze`."""
        self._running().send(signal.SIGCONT)

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database, an empty one or a copy of another that nobody uses, and give its conninfo.

        As a copy of files, which takes less than half the work of PostgreSQL's usual way where nothing must be durable.
        """
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.dsn_of(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections; nothing happens when there is none."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _running(self) -> Child:
        if self._child is None:
            raise NotReady("PostgreSQL was not started")
        return self._child

    def _prepare_folders(self) -> None:
        account = postgres_account()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.socket_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NoSpace(f"cannot write to {self.folder}: {error.strerror}") from error
        owner = self.socket_folder.stat().st_uid
        if owner not in {os.geteuid(), *([account.uid] if account else [])}:
            raise FolderUnreachable(f"{self.socket_folder} belongs to somebody else: remove it and start again")
        if account:
            self.folder.chmod(self.folder.stat().st_mode | 0o011)
            os.chown(self.socket_folder, account.uid, account.gid)
