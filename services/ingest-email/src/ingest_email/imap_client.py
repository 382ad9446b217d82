"""What fetching mail needs of an IMAP server (RFC 3501, 2177, 4315): log-in, folders, UIDs, mails, IDLE."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest_email.imap_errors import (
    CommandRefused,
    ConnectionLost,
    FolderMissing,
    GrantExpired,
    LoginMissing,
    MailboxUnreachable,
    NotSecure,
    ProtocolBroken,
    TooSlow,
    WrongPassword,
)
from ingest_email.imap_syntax import Piece, Value, folder_name, number, quoted, uid_set, values
from ingest_email.imap_wire import MAX_LINE, MAX_LIST_LINE, Wire, connect
from service_kit import oauth

MAX_RESPONSES: Final = 20_000
SLOWEST_BYTES_A_SECOND: Final = 10_000
_CODE: Final = re.compile(rb"\[([A-Za-z0-9-]+)(?: ([^\]]*))?\]")
_COUNT: Final = re.compile(rb"\* (\d{1,10}) (EXISTS|EXPUNGE)", re.IGNORECASE)
_FETCH: Final = re.compile(rb"\* \d{1,10} FETCH ", re.IGNORECASE)
_BUSY: Final = frozenset({b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG", b"CONTACTADMIN"})
_NO_FOLDER: Final = frozenset({b"", b"NONEXISTENT", b"TRYCREATE", b"CANNOT"})

Response = list[Piece]
Items = dict[str, Value]


class Selected(NamedTuple):
    """A folder as it was opened; `uid_next` is None where the server doesn't say."""

    uid_validity: int
    uid_next: int | None


@dataclass
class _Done:
    """What a command was answered: the responses before its end, and the code of that."""

    untagged: list[Response] = field(default_factory=list)
    code: bytes = b""


class _Refusal(Exception):
    def __init__(self, status: bytes, code: bytes) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


class ImapClient:
    """A connection that has been greeted. After any fault but CommandRefused it is of no more use: close it.

    `news` is set when the server speaks of a change in the opened folder, and taken back by who looks.
    """

    def __init__(self, wire: Wire, seconds: float) -> None:
        self._wire, self._seconds = wire, seconds
        self._number = 0
        self._turn = asyncio.Lock()
        self._idles = False
        self._ending: bytes | None = None
        self.capabilities: frozenset[bytes] = frozenset()
        self.news = False

    @property
    def can_idle(self) -> bool:
        return b"IDLE" in self.capabilities

    def close(self) -> None:
        self._wire.close()

    async def greeted(self) -> None:
        """Raises MailboxUnreachable, ProtocolBroken, TooSlow, ConnectionLost."""
        greeting = _text(await self._wire.response())
        if greeting.upper().startswith(b"* BYE"):
            raise MailboxUnreachable("the server takes no connections now")
        if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
            raise ProtocolBroken("the server's greeting is not that of IMAP")
        await self._learn_capabilities()

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Raises NotSecure where the server can't."""
        if b"STARTTLS" not in self.capabilities:
            raise NotSecure("the server offers no STARTTLS")
        await self._do(b"STARTTLS")
        await self._wire.start_tls(context, host)
        await self._learn_capabilities()

    async def log_in(self, username: str, password: str) -> None:
        """Raises WrongPassword; MailboxUnreachable where the server says that it is busy."""
        try:
            await self._log_in(username, password)
        except _Refusal as refusal:
            if refusal.code in _BUSY:
                raise MailboxUnreachable(f"the server takes no log-in now ({refusal.code.decode()})") from None
            raise WrongPassword("the server refuses the log-in") from None
        await self._learn_capabilities()

    async def log_in_by_token(self, username: str, token: str) -> None:
        """By XOAUTH2. Raises LoginMissing, GrantExpired; MailboxUnreachable where the server says that it is busy."""
        if b"AUTH=XOAUTH2" not in self.capabilities:
            raise LoginMissing("the server offers no log-in by a grant")
        initial = base64.b64encode(oauth.sasl(username, token))
        command = b"AUTHENTICATE XOAUTH2"
        parts = [command + b" " + initial] if b"SASL-IR" in self.capabilities else [command, initial]
        try:
            await self._do(*parts, challenged=b"")
        except _Refusal as refusal:
            if refusal.code in _BUSY:
                raise MailboxUnreachable(f"the server takes no log-in now ({refusal.code.decode()})") from None
            raise GrantExpired("the server refuses the grant's token") from None
        await self._learn_capabilities()

    async def select(self, folder: str, *, read_only: bool) -> Selected:
        """Opens a folder. Raises FolderMissing, CommandRefused."""
        command = b"EXAMINE " if read_only else b"SELECT "
        try:
            done = await self._do(command + folder_name(folder))
        except _Refusal as refusal:
            raise _folder_refusal(refusal) from None
        self.news = False
        codes = _codes(done.untagged)
        if b"UIDVALIDITY" not in codes:
            raise ProtocolBroken("the server gives the folder no UIDVALIDITY")
        uid_next = codes.get(b"UIDNEXT")
        return Selected(number(codes[b"UIDVALIDITY"]), None if uid_next is None else number(uid_next))

    async def status(self, folder: str) -> Selected:
        """A folder's state without opening it. Raises FolderMissing, CommandRefused."""
        try:
            done = await self._do(b"STATUS " + folder_name(folder) + b" (UIDNEXT UIDVALIDITY)")
        except _Refusal as refusal:
            raise _folder_refusal(refusal) from None
        for response in done.untagged:
            if _text(response)[:9].upper() == b"* STATUS ":
                items = values(response)[-1]
                if isinstance(items, list):
                    found = {bytes(key).upper(): value for key, value in _pairs(items)}
                    uid_next = found.get(b"UIDNEXT")
                    return Selected(number(found.get(b"UIDVALIDITY")), None if uid_next is None else number(uid_next))
        raise ProtocolBroken("the server does not answer STATUS")

    async def search(self, criteria: str) -> list[int]:
        """UIDs of the opened folder, ascending."""
        done = await self._ask(b"UID SEARCH " + criteria.encode("ascii"), max_line=MAX_LIST_LINE)
        uids: set[int] = set()
        for response in done.untagged:
            text = _text(response)
            if text[:8].upper() == b"* SEARCH":
                try:
                    uids.update(map(int, text[8:].split()))
                except ValueError:
                    raise ProtocolBroken("the server's answer to SEARCH is no list of numbers") from None
        return sorted(uids)

    async def fetch(self, uids: Sequence[int], items: str, *, room: int = 0) -> dict[int, Items]:
        """By UID what the server gives of each mail. Literals that do not fit into `room` bytes come without content.

        Raises CommandRefused when the server refuses; a mail that is not there (any more) is left out.
        """
        found = await self._fetch(uid_set(uids), items, room)
        return {uid: found[uid] for uid in uids if uid in found}

    async def fetch_behind(self, uid: int, items: str) -> dict[int, Items]:
        """The same of all mails with a greater UID, where they are few. Raises CommandRefused."""
        found = await self._fetch(f"{uid + 1}:*", items, 0)
        return {one: found[one] for one in sorted(found) if one > uid}

    async def _fetch(self, uids: str, items: str, room: int) -> dict[int, Items]:
        seconds = self._seconds + room / SLOWEST_BYTES_A_SECOND
        done = await self._ask(f"UID FETCH {uids} ({items})".encode("ascii"), room=room, seconds=seconds)
        found: dict[int, Items] = {}
        for response in done.untagged:
            if not _FETCH.match(_text(response)):
                continue
            answer = values(response)[-1]
            if not isinstance(answer, list):
                raise ProtocolBroken("the server's answer to FETCH is no list")
            mail = {bytes(key).upper().decode("ascii", "replace"): value for key, value in _pairs(answer)}
            if "UID" in mail:
                uid = number(mail["UID"])
                found[uid] = found.get(uid, {}) | mail
        return found

    async def add_flag(self, uids: Iterable[int], flag: str) -> None:
        """Raises CommandRefused."""
        await self._ask(f"UID STORE {uid_set(uids)} +FLAGS.SILENT ({flag})".encode("ascii"))

    async def expunge(self, uids: Iterable[int]) -> None:
        """Removes these mails and no other; where the server can't (RFC 4315), none. Raises CommandRefused."""
        if b"UIDPLUS" in self.capabilities:
            await self._ask(f"UID EXPUNGE {uid_set(uids)}".encode("ascii"))

    async def idle(self, seconds: float) -> None:
        """Waits until there is news of the opened folder, or `seconds` have passed (RFC 2177).

        The answer to DONE is not waited for: the next command goes out behind it (RFC 3501 5.5), and reads it first.
        """
        async with self._turn:
            if self.news:
                return
            tag = self._next_tag()
            await self._wire.send(tag + b" IDLE\r\n")
            self._idles = True
            try:
                async with asyncio.timeout(seconds):
                    while not self.news:
                        response = await self._response(wait=seconds + self._seconds)
                        self._note(response)
                        if _text(response).startswith(tag + b" "):
                            raise ProtocolBroken("the server refuses to IDLE, which it offers")
            except TimeoutError:
                pass
            await self._wire.send(b"DONE\r\n")
            self._idles, self._ending = False, tag

    async def poll(self) -> None:
        """Lets the server speak of news."""
        await self._ask(b"NOOP")

    async def log_out(self) -> None:
        """Says good-bye where that can be done in a second; then closes."""
        with suppress(Exception):
            async with asyncio.timeout(1.0):
                await self._wire.send((b"DONE\r\n" if self._idles else b"") + self._next_tag() + b" LOGOUT\r\n")
        self.close()

    async def _log_in(self, username: str, password: str) -> None:
        if b"AUTH=PLAIN" in self.capabilities:
            token = base64.b64encode(f"\0{username}\0{password}".encode("utf-8", "surrogatepass"))
            if b"SASL-IR" in self.capabilities:
                await self._do(b"AUTHENTICATE PLAIN " + token)
            else:
                await self._do(b"AUTHENTICATE PLAIN", token)
            return
        if b"LOGINDISABLED" in self.capabilities:
            raise NotSecure("the server takes no log-in over this connection")
        parts = [b"LOGIN "]
        for text in (username, password):
            string = quoted(text)
            if string is None:
                raw = text.encode("utf-8", "surrogatepass")
                parts[-1] += b"{%d}" % len(raw)
                parts.append(raw + b" ")
            else:
                parts[-1] += string + b" "
        parts[-1] = parts[-1].removesuffix(b" ")
        await self._do(*parts)

    async def _learn_capabilities(self) -> None:
        done = await self._ask(b"CAPABILITY")
        for response in done.untagged:
            words = _text(response).upper().split()
            if words[1:2] == [b"CAPABILITY"]:
                self.capabilities = frozenset(words[2:])

    async def _ask(
        self, command: bytes, *, max_line: int = MAX_LINE, room: int = 0, seconds: float | None = None
    ) -> _Done:
        try:
            return await self._do(command, max_line=max_line, room=room, seconds=seconds)
        except _Refusal as refusal:
            word = command.split()[1 if command.startswith(b"UID ") else 0].decode("ascii")
            raise CommandRefused(f"the server refuses {word} ({refusal.code.decode('ascii', 'replace')})") from None

    async def _do(
        self,
        *parts: bytes,
        max_line: int = MAX_LINE,
        room: int = 0,
        seconds: float | None = None,
        challenged: bytes | None = None,
    ) -> _Done:
        """One command, each further part of which the server asks for; `challenged` is what it is told if it asks for
        more than that. Raises _Refusal."""
        seconds = self._seconds if seconds is None else seconds
        async with self._turn:
            try:
                async with asyncio.timeout(seconds):
                    return await self._converse(parts, max_line, room, challenged)
            except TimeoutError as error:
                raise TooSlow(f"the server did not finish its answer within {seconds:.0f} s") from error

    async def _converse(self, parts: Sequence[bytes], max_line: int, room: int, challenged: bytes | None) -> _Done:
        tag, done = self._next_tag(), _Done()
        await self._wire.send(tag + b" " + parts[0] + b"\r\n")
        for part in parts[1:]:
            while not (text := _text(response := await self._response())).startswith(b"+"):
                if text.startswith(tag + b" "):
                    return _finished(tag, text, done)
                self._note(response)
            await self._wire.send(part + b"\r\n")
        return await self._finish(tag, done, max_line, room, challenged)

    async def _finish(self, tag: bytes, done: _Done, max_line: int, room: int, challenged: bytes | None) -> _Done:
        """Reads to the end of the command."""
        while True:
            response = await self._response(max_line=max_line, max_literal=max(room, MAX_LINE))
            text = _text(response)
            if text.startswith(tag + b" "):
                return _finished(tag, text, done)
            self._note(response)
            if text.startswith(b"+") and challenged is not None:
                await self._wire.send(challenged + b"\r\n")
            room -= sum(len(piece.content or b"") for piece in response if not isinstance(piece, bytes))
            done.untagged.append(response)
            if len(done.untagged) > MAX_RESPONSES:
                raise ProtocolBroken("the server's answer does not end")

    async def _response(self, **limits: Any) -> Response:
        """The next response but the end of an IDLE that was left."""
        while True:
            response = await self._wire.response(**limits)
            text = _text(response)
            if self._ending is None or not text.startswith(self._ending + b" "):
                return response
            try:
                _finished(self._ending, text, _Done())
            except _Refusal:
                raise ProtocolBroken("the server refuses to end an IDLE") from None
            self._ending = None

    def _note(self, response: Response) -> None:
        """Raises ConnectionLost, ProtocolBroken."""
        text = _text(response)
        if text[:5].upper() == b"* BYE":
            raise ConnectionLost("the server said good-bye")
        if not text.startswith((b"* ", b"+")):
            raise ProtocolBroken("the server's answer is not that of IMAP")
        count = _COUNT.match(text)
        if count is not None and count[2].upper() == b"EXISTS":
            self.news = True

    def _next_tag(self) -> bytes:
        self._number += 1
        return b"P%d" % self._number


async def opened(host: str, port: int, *, tls: ssl.SSLContext | None, seconds: float) -> ImapClient:
    """A connection, greeted; TLS from the first byte with a context. Raises MailboxFault."""
    client = ImapClient(await connect(host, port, tls, seconds), seconds)
    try:
        await client.greeted()
    except BaseException:
        client.close()
        raise
    return client


def _text(response: Response) -> bytes:
    first = response[0]
    return first if isinstance(first, bytes) else b""


def _finished(tag: bytes, text: bytes, done: _Done) -> _Done:
    status, _, rest = text[len(tag) + 1 :].partition(b" ")
    code = _CODE.match(rest)
    done.code = code[1].upper() if code else b""
    if status.upper() == b"OK":
        return done
    if status.upper() in (b"NO", b"BAD"):
        raise _Refusal(status.upper(), done.code)
    raise ProtocolBroken("the server ends a command with neither OK nor NO nor BAD")


def _codes(responses: Iterable[Response]) -> Mapping[bytes, bytes]:
    found = {}
    for response in responses:
        text = _text(response)
        code = _CODE.match(text[5:]) if text[:5].upper() == b"* OK " else None
        if code is not None:
            found[code[1].upper()] = code[2] or b""
    return found


def _pairs(items: Sequence[Value]) -> Iterable[tuple[bytes, Value]]:
    for key, value in zip(items[::2], items[1::2], strict=False):
        if not isinstance(key, bytes):
            raise ProtocolBroken("the server's answer has no name where one belongs")
        yield key, value


def _folder_refusal(refusal: _Refusal) -> CommandRefused:
    if refusal.status == b"NO" and refusal.code in _NO_FOLDER:
        return FolderMissing("the server has no such folder")
    return CommandRefused(f"the server does not open the folder ({refusal.code.decode('ascii', 'replace')})")
