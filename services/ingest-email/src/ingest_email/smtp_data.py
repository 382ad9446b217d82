"""The bytes of one mail between DATA and CR LF . CR LF: found across chunks, unstuffed, never more than fits."""

from __future__ import annotations

from typing import Final

END_OF_DATA: Final = b"\r\n.\r\n"
PATIENCE: Final = 8
"""A sender is cut off after so many times the allowed size."""


class Room:
    """How many bytes of unfinished mails all sessions of a process may hold together."""

    def __init__(self, limit: int) -> None:
        self.free = limit

    def take(self, size: int) -> bool:
        if size > self.free:
            return False
        self.free -= size
        return True

    def give(self, size: int) -> None:
        self.free += size


class Data:
    """One mail under way. What can't be kept is read and thrown away, so that the refusal reaches the sender."""

    def __init__(self, max_bytes: int, room: Room) -> None:
        self._max_bytes, self._room = max_bytes, room
        self._held = bytearray(b"\r\n")
        self._taken = 0
        self._seen = 0
        self.refusal: bytes | None = None
        self.endless = False

    def take(self, buffer: bytearray) -> bytes | None:
        """Takes from the buffer what belongs to the mail; the whole mail when it is complete, else None.

        With `refusal` set, what is returned is empty.
        """
        before = len(self._held)
        self._held += buffer
        self._seen += len(buffer)
        buffer.clear()
        end = self._held.find(END_OF_DATA, max(0, before - len(END_OF_DATA) + 1))
        if end >= 0:
            buffer += self._held[end + len(END_OF_DATA) :]
            return self._finished(end)
        self._keep_in_bounds(len(self._held) - before)
        return None

    def release(self) -> None:
        """Gives back the room it took."""
        self._room.give(self._taken)
        self._taken = 0
        self._held.clear()

    def _finished(self, end: int) -> bytes:
        if self.refusal is not None:
            return b""
        raw = bytes(self._held[: end + 2])
        self._held.clear()
        if b"\r\n." in raw:
            raw = raw.replace(b"\r\n.", b"\r\n")
        if len(raw) - 2 > self._max_bytes:
            self.refusal = too_large(self._max_bytes)
            return b""
        return raw[2:]

    def _keep_in_bounds(self, added: int) -> None:
        if self.refusal is None:
            if len(self._held) > self._max_bytes * 4 // 3 + 1000:
                self.refusal = too_large(self._max_bytes)
            elif self._room.take(added):
                self._taken += added
            else:
                self.refusal = b"452 4.3.1 Too busy for a mail of this size, try again later\r\n"
        if self.refusal is not None:
            del self._held[: -len(END_OF_DATA)]
            self._room.give(self._taken)
            self._taken = 0
        self.endless = self._seen > self._max_bytes * PATIENCE


def too_large(max_bytes: int) -> bytes:
    return f"552 5.3.4 A mail may have at most {max_bytes} bytes\r\n".encode()
