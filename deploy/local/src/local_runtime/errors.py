"""What can go wrong with the local runtime, each as one line that a person can act on.

RuntimeFault
├── PortTaken          a port that one of our processes needs is held by another program
├── NoSpace            the disk that holds the state or the cache is full
├── DownloadFailed     a locked file could not be fetched
├── LockViolation      a file is not the one that the lock names
├── FolderUnreachable  PostgreSQL's own user may not enter a parent folder
├── AlreadyRunning     another runtime uses the same state
├── ProcessDied        a process ended while it was being started
├── SeedFailed         the workspace could not be given what it begins with
└── NotReady           a process lives but did not become ready in time
"""

from __future__ import annotations


class RuntimeFault(Exception):
    """A fault of the local runtime; its text is one line that says what to do."""


class PortTaken(RuntimeFault):
    """A port that one of our processes needs is held by another program."""

    def __init__(self, port: int, wanted_by: str, held_by: str | None) -> None:
        holder = f" (held by {held_by})" if held_by else ""
        super().__init__(
            f"port {port}, which {wanted_by} needs, is taken{holder}: "
            "stop that program, or shift all ports with another POSTROOM_PORT_OFFSET"
        )
        self.port = port
        self.wanted_by = wanted_by


class NoSpace(RuntimeFault):
    """The disk that holds the state or the cache is full."""


class DownloadFailed(RuntimeFault):
    """A locked file could not be fetched."""


class LockViolation(RuntimeFault):
    """A file is not the one that the lock names."""


class FolderUnreachable(RuntimeFault):
    """PostgreSQL's own user may not enter a parent folder."""


class AlreadyRunning(RuntimeFault):
    """Another runtime uses the same state."""


class ProcessDied(RuntimeFault):
    """A process ended while it was being started."""


class NotReady(RuntimeFault):
    """A process lives but did not become ready in time."""


class SeedFailed(RuntimeFault):
    """The workspace could not be given what it begins with."""
