"""Puts mails into a mailbox of a local IMAP server, as fast as it takes them."""

from __future__ import annotations

import socket
from types import TracebackType

from local_runtime.greenmail import GreenMail

PASSWORD = "any password is right"


class Mailbox:
    """A connection that appends to one INBOX. It acknowledges at once: else each answer would take 40 ms."""

    def __init__(self, server: GreenMail, address: str) -> None:
        self._socket = socket.create_connection((server.host, server.imap_port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer, self._number = b"", 0
        self._line()
        self._until(self._send(f'LOGIN "{address}" "{PASSWORD}"'.encode()))

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._socket.close()

    def append(self, raw: bytes) -> None:
        """Returns when the mail is in the mailbox."""
        tag = self._send(b"APPEND INBOX {%d}" % len(raw))
        self._until(b"+")
        self._socket.sendall(raw + b"\r\n")
        self._until(tag)

    def _send(self, command: bytes) -> bytes:
        self._number += 1
        tag = b"B%d" % self._number
        self._socket.sendall(tag + b" " + command + b"\r\n")
        return tag

    def _until(self, beginning: bytes) -> None:
        while not (line := self._line()).startswith(beginning):
            if b" NO " in line or b" BAD " in line:
                raise AssertionError(f"the server refuses: {line!r}")

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._acknowledge()
            chunk = self._socket.recv(65_536)
            if not chunk:
                raise ConnectionError("the server hung up")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _acknowledge(self) -> None:
        if hasattr(socket, "TCP_QUICKACK"):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
