"""An IMAP server for tests that misbehaves on demand."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

ADDRESS: Final = "support@example.com"
PASSWORD: Final = "a right päss\\word"  # noqa: S105


@dataclass
class Kept:
    """A mail on the scripted server."""

    raw: bytes
    arrived_at: datetime
    flags: set[str] = field(default_factory=set)
    size: int | None = None


@dataclass
class Box:
    """A folder on the scripted server."""

    uid_validity: int = 7
    uid_next: int = 1
    mails: dict[int, Kept] = field(default_factory=dict)

    def give_uid(self) -> int:
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        return uid

    def put(
        self, raw: bytes, *, uid: int | None = None, arrived_at: datetime | None = None, size: int | None = None
    ) -> int:
        uid = self.give_uid() if uid is None else uid
        self.mails[uid] = Kept(raw, arrived_at or datetime.now(UTC), size=size)
        return uid

    def renumber(self, uid_validity: int) -> None:
        """As after a restored backup: the same mails under new UIDs."""
        kept = list(self.mails.values())
        self.uid_validity, self.uid_next, self.mails = uid_validity, 1, {}
        for one in kept:
            self.mails[self.uid_next] = one
            self.uid_next += 1


class Session:
    """One connection to the scripted server."""

    def __init__(self, server: ScriptedImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.box, self.told = Box(), -1

    def say(self, text: str | bytes) -> None:
        self.writer.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def cut(self) -> None:
        self.writer.transport.abort()

    async def line(self) -> str:
        return (await self.reader.readuntil(b"\r\n")).decode().rstrip("\r\n")

    async def serve(self) -> None:
        self.say(self.server.greeting)
        while True:
            tag, _, command = (await self.line()).partition(" ")
            word = self.server.word_of(command)
            self.server.commands.append(command if word not in ("LOGIN", "AUTHENTICATE") else word)
            actions = self.server.script[word]
            if actions and await actions.pop(0)(self, tag, command):
                continue
            if await self.answer(tag, word, command):
                return

    async def answer(self, tag: str, word: str, command: str) -> bool:
        """Whether the session is over."""
        answer = getattr(self, "do_" + word.lower().replace(" ", "_"), None)
        if answer is None:
            self.say(f"{tag} BAD unknown")
        elif (text := await answer(tag, command)) is not None:
            self.say(f"{tag} {text}")
        await self.writer.drain()
        return word == "LOGOUT"

    async def do_capability(self, tag: str, command: str) -> str:
        self.say(f"* CAPABILITY IMAP4rev1 {self.server.capabilities}")
        return "OK done"

    async def do_starttls(self, tag: str, command: str) -> None:
        assert self.server.tls is not None
        self.say(f"{tag} OK begin")
        await self.writer.start_tls(self.server.tls)

    async def do_authenticate(self, tag: str, command: str) -> str:
        if "XOAUTH2" in command:
            return await self._by_token(command)
        self.say("+ ")
        _, username, password = base64.b64decode(await self.line()).decode().split("\0")
        return self._logged_in(username, password)

    async def do_login(self, tag: str, command: str) -> str:
        texts = []
        rest = command.partition(" ")[2]
        while rest:
            literal = re.fullmatch(r"\{(\d+)\}", rest)
            if literal is not None:
                self.say("+ go on")
                texts.append((await self.reader.readexactly(int(literal[1]))).decode())
                rest = (await self.line()).lstrip()
                continue
            match = re.match(r'"((?:[^"\\]|\\.)*)" ?', rest)
            assert match is not None, rest
            texts.append(re.sub(r"\\(.)", r"\1", match[1]))
            rest = rest[match.end() :]
        return self._logged_in(*texts)

    async def _by_token(self, command: str) -> str:
        """A token that is not right is answered with a challenge first, as Google and Microsoft do."""
        initial = command.partition("XOAUTH2")[2].strip()
        if not initial:
            self.say("+ ")
            initial = await self.line()
        self.server.log_ins += 1
        if base64.b64decode(initial).decode() == f"user={ADDRESS}\x01auth=Bearer {self.server.token}\x01\x01":
            return "OK welcome"
        self.say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        assert await self.line() == ""
        return "NO [AUTHENTICATIONFAILED] no"

    def _logged_in(self, username: str, password: str) -> str:
        self.server.log_ins += 1
        right = (username, password) == (ADDRESS, self.server.password)
        return "OK welcome" if right else "NO [AUTHENTICATIONFAILED] no"

    async def do_select(self, tag: str, command: str) -> str:
        name = command.partition(" ")[2].strip('"')
        if name not in self.server.boxes:
            return "NO [NONEXISTENT] no such folder"
        self.box, self.told = self.server.boxes[name], -1
        self.tell()
        self.say(f"* OK [UIDVALIDITY {self.box.uid_validity}] valid")
        self.say(f"* OK [UIDNEXT {self.box.uid_next}] next")
        return "OK [READ-WRITE] open"

    do_examine = do_select

    async def do_status(self, tag: str, command: str) -> str:
        name = command.split('"')[1]
        if name not in self.server.boxes:
            return "NO [NONEXISTENT] no such folder"
        box = self.server.boxes[name]
        self.say(f'* STATUS "{name}" (UIDNEXT {box.uid_next} UIDVALIDITY {box.uid_validity})')
        return "OK done"

    def _named(self, text: str) -> list[int]:
        uids: set[int] = set()
        highest = max(self.box.mails, default=0)
        for part in text.split(","):
            first, _, last = part.partition(":")
            bounds = sorted(highest if end == "*" else int(end) for end in (first, last or first))
            uids.update(uid for uid in self.box.mails if bounds[0] <= uid <= bounds[1])
        return sorted(uids)

    async def do_search(self, tag: str, command: str) -> str:
        words = command.split()
        uids = self._named(words[3])
        if "SINCE" in words:
            day = datetime.strptime(words[5], "%d-%b-%Y").date()
            uids = [uid for uid in uids if self.box.mails[uid].arrived_at.date() >= day]
        self.say("* SEARCH " + " ".join(map(str, uids)))
        return "OK done"

    async def do_list_mails(self, tag: str, command: str) -> str:
        for uid in self._named(command.split()[2]):
            kept = self.box.mails[uid]
            size = len(kept.raw) if kept.size is None else kept.size
            arrived = kept.arrived_at.strftime("%d-%b-%Y %H:%M:%S +0000")
            self.say(f'* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "{arrived}")')
        return "OK done"

    async def do_bodies(self, tag: str, command: str) -> str:
        for uid in self._named(command.split()[2]):
            if uid not in self.box.mails:
                continue  # deleted while we drained
            raw = self.box.mails[uid].raw
            self.say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)" % (uid, uid, len(raw), raw))
            await self.writer.drain()
        return "OK done"

    async def do_heads(self, tag: str, command: str) -> str:
        for uid in self._named(command.split()[2]):
            head = self.box.mails[uid].raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            self.say(b"* %d FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%b)" % (uid, uid, len(head), head))
        return "OK done"

    async def do_store(self, tag: str, command: str) -> str:
        flag = command[command.index("(") + 1 : -1]
        for uid in self._named(command.split()[2]):
            self.box.mails[uid].flags.add(flag)
        return "OK done"

    async def do_expunge(self, tag: str, command: str) -> str:
        for uid in self._named(command.split()[2]):
            if "\\Deleted" in self.box.mails[uid].flags:
                del self.box.mails[uid]
        return "OK done"

    async def do_noop(self, tag: str, command: str) -> str:
        return "OK done"

    def tell(self) -> None:
        """How many mails there are, unless that was said before (RFC 3501 5.2)."""
        if self.told != (count := len(self.box.mails)):
            self.told = count
            self.say(f"* {count} EXISTS")

    async def do_idle(self, tag: str, command: str) -> str:
        self.say("+ idling")
        self.tell()
        self.server.idlers.append(self)
        try:
            assert await self.line() == "DONE"
        finally:
            self.server.idlers.remove(self)
        return "OK done"

    async def do_logout(self, tag: str, command: str) -> str:
        self.say("* BYE good")
        return "OK done"


Action = Callable[[Session, str, str], Awaitable[bool]]


class ScriptedImap:
    """An IMAP server whose next answers to a command (a word like FETCH's parts below) are what `script` says."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> None:
        self.boxes: dict[str, Box] = {"INBOX": Box()}
        self.password = PASSWORD
        self.token = ""
        self.greeting = "* OK ready"
        self.capabilities = (
            "IDLE UIDPLUS AUTH=PLAIN STARTTLS" if tls and not from_the_start else "IDLE UIDPLUS AUTH=PLAIN"
        )
        self.tls, self._from_the_start = tls, from_the_start
        self.script: dict[str, list[Action]] = defaultdict(list)
        self.commands: list[str] = []
        self.idlers: list[Session] = []
        self.log_ins = 0
        self.sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @staticmethod
    def word_of(command: str) -> str:
        """FETCH is BODIES, HEADS or LIST_MAILS; UID commands are named without UID."""
        words = command.split()
        word = words[1] if words[0] == "UID" else words[0]
        if word != "FETCH":
            return word
        return "HEADS" if "HEADER" in command else "BODIES" if "BODY" in command else "LIST_MAILS"

    @property
    def inbox(self) -> Box:
        return self.boxes["INBOX"]

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def always(self, word: str, action: Action, times: int = 1000) -> None:
        self.script[word] += [action] * times

    def arrive(self, raw: bytes, **known: Any) -> int:
        """A mail for the inbox, of which those who IDLE are told."""
        uid = self.inbox.put(raw, **known)
        for session in self.idlers:
            session.tell()
        return uid

    def cut_all(self) -> None:
        for task in self.sessions:
            task.cancel()

    async def start(self) -> None:
        tls = self.tls if self._from_the_start else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut_all()
        if self.sessions:
            await asyncio.wait(self.sessions)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.sessions.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
                await Session(self, reader, writer).serve()
        finally:
            self.sessions.discard(task)
            writer.transport.abort()
