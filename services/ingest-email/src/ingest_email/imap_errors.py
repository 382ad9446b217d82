"""What may be wrong with a mailbox.

MailboxFault            a mailbox can't be read just now; `reason` is the code that its channel's health shows
├── MailboxUnreachable  no connection to its server
├── TlsFailed           the server does not speak TLS as it should
│   └── CertificateRefused  its certificate is not for this host, has expired, or nobody known vouches for it
├── NotSecure           the settings would send the password in the clear
├── WrongPassword       the server refuses the log-in
├── PasswordMissing     there is no password that can be opened
├── ConnectionLost      the server hung up
├── TooSlow             the server did not answer in time
├── ProtocolBroken      what it answered is not IMAP, or contradicts itself
├── CommandRefused      it said NO or BAD to a command
│   └── FolderMissing   it has no such folder
└── Unexpected          a fault of our own
CursorMoved             another process has moved the cursor of a folder: read it again
StoreAway               PostgreSQL does not answer: nobody can tell whose mailbox it is
"""

from __future__ import annotations

from typing import ClassVar


class MailboxFault(Exception):
    """Trying again later may help; `patient` says that it should be tried seldom, `passing` that it is usual to be over
    at the next try. Messages hold no personal data."""

    reason: ClassVar[str] = "imap_failed"
    patient: ClassVar[bool] = False
    passing: ClassVar[bool] = False


class MailboxUnreachable(MailboxFault):
    reason = "imap_unreachable"
    passing = True


class TlsFailed(MailboxFault):
    reason = "imap_tls"


class CertificateRefused(TlsFailed):
    reason = "imap_certificate"


class NotSecure(MailboxFault):
    reason = "imap_not_secure"
    patient = True


class WrongPassword(MailboxFault):
    """Seldom, because servers lock accounts after many wrong ones."""

    reason = "imap_wrong_password"
    patient = True


class GrantExpired(MailboxFault):
    """A person has to connect the mailbox anew."""

    reason = "imap_grant_expired"
    patient = True


class LoginMissing(MailboxFault):
    """The server offers no log-in of the kind that the channel wants."""

    reason = "imap_login_missing"
    patient = True


class PasswordMissing(MailboxFault):
    reason = "imap_password_missing"


class ConnectionLost(MailboxFault):
    reason = "imap_connection_lost"
    passing = True


class TooSlow(MailboxFault):
    reason = "imap_too_slow"
    passing = True


class ProtocolBroken(MailboxFault):
    reason = "imap_protocol"


class CommandRefused(MailboxFault):
    reason = "imap_refused"


class FolderMissing(CommandRefused):
    reason = "imap_folder_missing"


class Unexpected(MailboxFault):
    reason = "imap_failed"


class CursorMoved(Exception):
    """Another process fetches this mailbox: give it up."""


class StoreAway(Exception):
    """Mailboxes wait; with the session their locks are lost."""
