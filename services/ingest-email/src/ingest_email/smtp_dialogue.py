"""The server's side of an SMTP session as a state machine without I/O (RFC 5321, 2920, 1870, 6152, 6531, 3207).

Bytes come in with `receive`; `next` gives what to do: text to say, a recipient to look up, a mail to accept, TLS to
start, the end. After a look-up or a mail the machine waits for the answer, so pipelined commands stay in order.

A message ends with CR LF . CR LF and nothing else: a bare CR or LF is never part of a line's end, neither in data nor
in commands, so what another server sees as one message can't be two here (SMTP smuggling, CVE-2023-51764 and others).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from ingest_email.limits import MAX_MAIL_BYTES
from ingest_email.smtp_commands import BadSyntax, path_of, size_of, verb_of
from ingest_email.smtp_data import Data, Room, too_large

MAX_COMMAND_BYTES: Final = 2048
MAX_RECIPIENTS: Final = 100
MAX_ERRORS: Final = 20
_OK: Final = b"250 2.0.0 Ok\r\n"


class Say(msgspec.Struct, frozen=True, gc=False):
    text: bytes


class AskRecipient(msgspec.Struct, frozen=True, gc=False):
    """Answer with `recipient_answered`."""

    address: str
    correlation_id: UUID


class AcceptMail(msgspec.Struct, frozen=True, gc=False):
    """Answer with `mail_answered`. `raw` is as sent, with its dots unstuffed; `sender` is "" for `<>`."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    correlation_id: UUID


class StartTls(msgspec.Struct, frozen=True, gc=False):
    """Say the text, start TLS, then call `tls_started`."""

    text: bytes


class HangUp(msgspec.Struct, frozen=True, gc=False):
    text: bytes


Action = Say | AskRecipient | AcceptMail | StartTls | HangUp


@dataclass(frozen=True)
class Rules:
    """What the server offers and demands."""

    hostname: str
    max_bytes: int = MAX_MAIL_BYTES
    max_recipients: int = MAX_RECIPIENTS
    offers_tls: bool = False
    requires_tls: bool = False


@dataclass(slots=True)
class _Transaction:
    sender: str
    correlation_id: UUID
    recipients: list[str] = field(default_factory=list)
    has_doubtful: bool = False


class Dialogue:
    """One session. It never raises, whatever bytes come."""

    def __init__(self, rules: Rules, room: Room, new_id: Callable[[], UUID]) -> None:
        self._rules, self._room, self._new_id = rules, room, new_id
        self._buffer = bytearray()
        self._data: Data | None = None
        self._transaction: _Transaction | None = None
        self._asked: str | None = None
        self._greeted = self._tls = self._waiting = self._over = self._skipping_line = False
        self._errors = 0

    @property
    def pending(self) -> int:
        """Bytes received and not handled yet."""
        return len(self._buffer)

    @property
    def in_mail(self) -> bool:
        """Whether a mail is being sent or answered."""
        return self._data is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be read or said."""
        return self._over

    def greeting(self) -> bytes:
        return f"220 {self._rules.hostname} ESMTP Postroom\r\n".encode()

    def receive(self, data: bytes) -> None:
        if not self._over:
            self._buffer += data

    def next(self) -> Action | None:
        """What to do now; None when more bytes or an answer must come first."""
        if self._waiting or self._over or not self._buffer:
            return None
        return self._next_command() if self._data is None else self._next_data(self._data)

    def recipient_answered(self, code: int) -> Action:
        """The end of the wait for AskRecipient: 250, 550 (there is no such address) or 451 (can't tell now)."""
        self._waiting = False
        if code == 550:
            return self._refuse(b"550 5.1.1 There is no such address here\r\n")
        if code != 250 or self._transaction is None or self._asked is None:
            if self._transaction is not None:
                self._transaction.has_doubtful = True
            return Say(b"451 4.3.0 The address can't be checked at the moment, try again later\r\n")
        self._transaction.recipients.append(self._asked)
        return Say(b"250 2.1.5 Ok\r\n")

    def mail_answered(self, text: bytes) -> Action:
        """The end of the wait for AcceptMail."""
        self._waiting = False
        self._end_mail()
        return Say(text)

    def tls_started(self) -> None:
        """Everything said before TLS is forgotten, and so is what came in behind STARTTLS (RFC 3207 4.2)."""
        self._buffer.clear()
        self._end_mail()
        self._tls, self._greeted, self._waiting = True, False, False

    def closed(self) -> None:
        """The connection is gone."""
        self._over = True
        self._buffer.clear()
        self._end_mail()

    def _end_mail(self) -> None:
        if self._data is not None:
            self._data.release()
        self._data = self._transaction = None

    def _next_data(self, data: Data) -> Action | None:
        raw = data.take(self._buffer)
        if raw is None:
            return self._hang_up(b"552 5.3.4 Far too large\r\n") if data.endless else None
        if data.refusal is not None:
            self._end_mail()
            return Say(data.refusal)
        assert self._transaction is not None
        self._waiting = True
        transaction = self._transaction
        return AcceptMail(transaction.sender, tuple(transaction.recipients), raw, transaction.correlation_id)

    def _next_command(self) -> Action | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > MAX_COMMAND_BYTES:
                self._buffer.clear()
                self._skipping_line = True
            return None
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if self._skipping_line or len(line) > MAX_COMMAND_BYTES:
            self._skipping_line = False
            return self._refuse(b"500 5.5.2 The line is too long\r\n")
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            return self._refuse(b"500 5.5.2 Lines end in CR LF, and have neither alone\r\n")
        try:
            return self._command(*verb_of(line[:-2].decode()))
        except UnicodeDecodeError:
            return self._refuse(b"500 5.5.2 Commands are UTF-8\r\n")
        except BadSyntax as error:
            return self._refuse(f"501 5.5.4 {error}\r\n".encode())

    def _command(self, verb: str, argument: str) -> Action:
        match verb:
            case "MAIL":
                return self._mail(argument)
            case "RCPT":
                return self._recipient(argument)
            case "DATA":
                return self._begin_data(argument)
            case "EHLO" | "HELO":
                return self._hello(verb, argument)
            case "RSET":
                self._end_mail()
                return Say(_OK)
            case "NOOP":
                return Say(_OK)
            case "QUIT":
                return self._hang_up(b"221 2.0.0 Bye\r\n")
            case "STARTTLS":
                return self._start_tls(argument)
            case "VRFY":
                return Say(b"252 2.5.0 Send a mail and see\r\n")
            case "HELP":
                return Say(b"214 2.0.0 See RFC 5321\r\n")
            case "EXPN" | "AUTH" | "BDAT" | "TURN" | "ETRN" | "SEND" | "SOML" | "SAML":
                return self._refuse(b"502 5.5.1 Not offered here\r\n")
            case _:
                return self._refuse(b"500 5.5.2 Unknown command\r\n")

    def _hello(self, verb: str, argument: str) -> Action:
        if not argument:
            raise BadSyntax(f"{verb} wants your name")
        self._greeted = True
        self._end_mail()
        name = self._rules.hostname
        if verb == "HELO":
            return Say(f"250 {name}\r\n".encode())
        lines = [name, "PIPELINING", f"SIZE {self._rules.max_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self._rules.offers_tls and not self._tls:
            lines.append("STARTTLS")
        return Say("".join(f"250-{line}\r\n" for line in lines[:-1]).encode() + f"250 {lines[-1]}\r\n".encode())

    def _mail(self, argument: str) -> Action:
        if not self._greeted:
            return self._refuse(b"503 5.5.1 Say EHLO first\r\n")
        if self._rules.requires_tls and not self._tls:
            return self._refuse(b"530 5.7.0 Say STARTTLS first\r\n")
        if self._transaction is not None:
            return self._refuse(b"503 5.5.1 A mail is under way: RSET ends it\r\n")
        path = path_of(argument, "FROM:")
        body = path.parameters.get("BODY", "7BIT").upper()
        if path.parameters.keys() - {"SIZE", "BODY", "SMTPUTF8"} or body not in ("7BIT", "8BITMIME"):
            return self._refuse(b"555 5.5.4 Unknown parameter\r\n")
        if size_of(path.parameters) > self._rules.max_bytes:
            return self._refuse(too_large(self._rules.max_bytes))
        self._transaction = _Transaction(path.address, self._new_id())
        return Say(b"250 2.1.0 Ok\r\n")

    def _recipient(self, argument: str) -> Action:
        if self._transaction is None:
            return self._refuse(b"503 5.5.1 Say MAIL first\r\n")
        path = path_of(argument, "TO:")
        if path.parameters:
            return self._refuse(b"555 5.5.4 Unknown parameter\r\n")
        if not path.address:
            raise BadSyntax("expected TO:<address>")
        if len(self._transaction.recipients) >= self._rules.max_recipients:
            return Say(b"452 4.5.3 Too many recipients, send the others in another mail\r\n")
        self._waiting, self._asked = True, path.address
        return AskRecipient(path.address, self._transaction.correlation_id)

    def _begin_data(self, argument: str) -> Action:
        if argument:
            raise BadSyntax("DATA has no parameters")
        if self._transaction is None:
            return self._refuse(b"503 5.5.1 Say MAIL and RCPT first\r\n")
        if not self._transaction.recipients and self._transaction.has_doubtful:
            return Say(b"451 4.3.0 No recipient could be checked, try again later\r\n")
        if not self._transaction.recipients:
            return self._refuse(b"554 5.5.1 No valid recipients\r\n")
        self._data = Data(self._rules.max_bytes, self._room)
        return Say(b"354 End the mail with CR LF . CR LF\r\n")

    def _start_tls(self, argument: str) -> Action:
        if not self._rules.offers_tls:
            return self._refuse(b"502 5.5.1 Not offered here\r\n")
        if argument:
            raise BadSyntax("STARTTLS has no parameters")
        if self._tls:
            return self._refuse(b"503 5.5.1 TLS is on already\r\n")
        self._waiting = True
        self._buffer.clear()
        return StartTls(b"220 2.0.0 Ready for TLS\r\n")

    def _refuse(self, text: bytes) -> Action:
        """A refusal; too many of them end the session."""
        self._errors += 1
        if self._errors < MAX_ERRORS:
            return Say(text)
        return self._hang_up(text + b"421 4.7.0 Too many errors\r\n")

    def _hang_up(self, text: bytes) -> Action:
        self._over = True
        self._buffer.clear()
        self._end_mail()
        return HangUp(text)
