"""Mail providers that open a mailbox for a grant (OAuth 2.0, RFC 6749) instead of a password; the form of grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

ProviderName = Literal["google", "microsoft"]


class MailServer(msgspec.Struct, frozen=True):
    """Where a provider's mail is; `tls` as in the settings of channels."""

    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]


class Provider(msgspec.Struct, frozen=True):
    """One that this installation is registered with. `extra` goes into the request for authorization.

    The secret of the registration is in no log: no struct of this kind is printed.
    """

    name: ProviderName
    authorize_url: str
    token_url: str
    scope: str
    imap: MailServer
    smtp: MailServer
    client_id: str
    client_secret: str
    extra: dict[str, str] = {}


class Grant(msgspec.Struct, frozen=True):
    """What a channel's secret holds: whose it is, and the refresh token (RFC 6749 1.5)."""

    provider: str
    refresh_token: str

    def text(self) -> str:
        """To be sealed."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def of(text: str) -> Grant:
        """Raises ValueError for what is no grant; the message does not show it."""
        try:
            return msgspec.json.decode(text, type=Grant)
        except msgspec.MsgspecError:
            raise ValueError("the secret is no grant") from None


Providers = Mapping[str, Provider]


def providers(environment: Mapping[str, str]) -> dict[str, Provider]:
    """Those of which a client id is set."""
    found: list[Provider] = []
    if environment.get("POSTROOM_GOOGLE_CLIENT_ID"):
        found.append(
            Provider(
                name="google",
                authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
                token_url="https://oauth2.googleapis.com/token",  # noqa: S106 (no password)
                scope="https://mail.google.com/",
                imap=MailServer("imap.gmail.com", 993, "tls"),
                smtp=MailServer("smtp.gmail.com", 587, "starttls"),
                client_id=environment["POSTROOM_GOOGLE_CLIENT_ID"],
                client_secret=environment.get("POSTROOM_GOOGLE_CLIENT_SECRET", ""),
                extra={"access_type": "offline", "prompt": "consent"},
            )
        )
    if environment.get("POSTROOM_MICROSOFT_CLIENT_ID"):
        tenant = environment.get("POSTROOM_MICROSOFT_TENANT") or "common"
        base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
        found.append(
            Provider(
                name="microsoft",
                authorize_url=f"{base}/authorize",
                token_url=f"{base}/token",
                scope="offline_access https://outlook.office.com/IMAP.AccessAsUser.All"
                " https://outlook.office.com/SMTP.Send",
                imap=MailServer("outlook.office365.com", 993, "tls"),
                smtp=MailServer("smtp.office365.com", 587, "starttls"),
                client_id=environment["POSTROOM_MICROSOFT_CLIENT_ID"],
                client_secret=environment.get("POSTROOM_MICROSOFT_CLIENT_SECRET", ""),
                extra={"prompt": "select_account"},
            )
        )
    return {provider.name: provider for provider in found}


def sasl(username: str, token: str) -> bytes:
    """The initial response of XOAUTH2, before base64 (Google's and Microsoft's "SASL XOAUTH2")."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01".encode()
