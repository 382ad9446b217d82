"""The Java archives that Kafka consists of: fetched by jgo, held to the sums of our lock by us.

jgo writes `jgo.lock.toml` but never enforces it, so every start compares every file with the lock. Files lie in a
per-user cache under their own checksum, arrive there by rename, and are never replaced: a file that does not match is
refused, not mended, since someone or something changed it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from local_runtime.errors import DownloadFailed, LockViolation, NoSpace

LOCK_FILE = Path(__file__).parents[2] / "jgo.lock.toml"
FETCHERS = 8
ATTEMPTS = 3

Progress = Callable[[str], None]
Fetch = Callable[["Jar", Path], Path]


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    classifier: str
    packaging: str
    sha256: str

    @property
    def name(self) -> str:
        return "-".join(part for part in (self.artifact, self.version, self.classifier) if part) + f".{self.packaging}"


def cache_folder() -> Path:
    """The per-user cache (`XDG_CACHE_HOME`, else `~/.cache`)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "postroom" / "jars"


def read_lock(lock: Path = LOCK_FILE) -> list[Jar]:
    """All jars of a lock; a line without a sum is refused, for it locks nothing."""
    jars = []
    for line in tomllib.loads(lock.read_text())["dependencies"]:
        if "sha256" not in line:
            raise LockViolation(f"{lock.name} has no sha256 for {line['artifactId']}: run make lock")
        jars.append(
            Jar(
                line["groupId"],
                line["artifactId"],
                line["version"],
                line.get("classifier", ""),
                line.get("packaging", "jar"),
                line["sha256"],
            )
        )
    return jars


def download(jar: Jar, folder: Path) -> Path:
    """Fetch one jar into a folder, by jgo; what arrives is not verified. Raises OSError or RuntimeError."""
    from jgo.maven import MavenContext  # takes a second to import, needed only when something is missing

    context = MavenContext(repo_cache=folder, local_repos=[], timeout=30)
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    return Path(component.artifact(jar.classifier, jar.packaging).resolve())


def locked_jars(
    cache: Path,
    lock: Path = LOCK_FILE,
    progress: Progress = lambda line: None,
    fetch: Fetch = download,
) -> list[Path]:
    """Paths of all jars of the lock, each fetched when missing, each with the sum that the lock names.

    Raises DownloadFailed, LockViolation or NoSpace.
    """
    jars = read_lock(lock)
    paths = {jar: cache / jar.sha256[:16] / jar.name for jar in jars}
    missing = [jar for jar in jars if not paths[jar].exists()]
    if missing:
        _fetch_all(missing, paths, cache, progress, fetch)
    for jar in jars:
        _verify(jar, paths[jar])
    return list(paths.values())


def _verify(jar: Jar, path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise LockViolation(
            f"{path} is not the file that the lock names (sha256 {found[:12]}…, locked {jar.sha256[:12]}…): "
            "it was changed or damaged; find out why, remove it and start again"
        )


def _fetch_all(missing: Sequence[Jar], paths: dict[Jar, Path], cache: Path, progress: Progress, fetch: Fetch) -> None:
    total = len(missing)
    progress(f"Fetching Kafka: {total} files")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix="fetching-", dir=cache))
    except OSError as error:
        raise NoSpace(f"cannot write to the cache {cache}: {error.strerror}") from error
    pool = ThreadPoolExecutor(FETCHERS)
    try:
        waiting = {pool.submit(_fetch, jar, paths[jar], staging, fetch): jar for jar in missing}
        for done, future in enumerate(as_completed(waiting), start=1):
            future.result()
            if done % 10 == 0 or done == total:
                progress(f"Fetching Kafka: {done} of {total} files ({waiting[future].name})")
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)


def _fetch(jar: Jar, target: Path, staging: Path, fetch: Fetch) -> None:
    """Fetch one jar into its place; a damaged transfer is tried again, a wrong file at its third coming is refused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            got = fetch(jar, staging / str(attempt))
            _verify(jar, got)
            target.parent.mkdir(parents=True, exist_ok=True)
            got.replace(target)
            return
        except LockViolation:
            if attempt == ATTEMPTS:
                raise
        except OSError as error:
            if error.errno is not None and error.filename is not None:
                raise NoSpace(f"cannot write {error.filename}: {error.strerror}") from error
            if attempt == ATTEMPTS:
                raise DownloadFailed(
                    f"could not fetch {jar.name}: {_reason(error)}; start again when online"
                ) from error
        except RuntimeError as error:
            raise DownloadFailed(f"could not fetch {jar.name}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The innermost cause of a network fault, short."""
    first_line = str(error).partition("\n")[0] or type(error).__name__
    return first_line.rpartition("Caused by ")[2][:150]
