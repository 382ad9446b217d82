"""The authorization of a mailbox at its provider: code with PKCE (RFC 6749, 7636), its state sealed on the way."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from events.workspace import EmailSettings, ImapSettings, SmtpSettings
from inbox_projection.problems import Problem
from service_kit.oauth import Grant, Provider, Providers
from service_kit.secrets import SecretBox, SecretSealedOtherwise

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

STATE_ID: Final = UUID(int=1)
"""Under which states are sealed; no secret of a channel has it."""
LIFE: Final = timedelta(minutes=15)
ANSWER_SECONDS: Final = 15.0
_VERIFIER_BYTES: Final = 48


class Pending(msgspec.Struct, frozen=True):
    """An authorization that was begun: by whom, for which channel, and the verifier that only we know.

    `channel_id` is the new channel's in `inbox_id`, or that of the one that is `reconnected`.
    """

    id: UUID
    provider: str
    agent_id: UUID
    inbox_id: UUID
    channel_id: UUID
    address: str
    username: str
    from_name: str
    verifier: str
    ends_at: datetime
    reconnected: bool = False
    history_days: int = 0


def new_verifier() -> str:
    """RFC 7636 4.1: 64 characters."""
    return secrets.token_urlsafe(_VERIFIER_BYTES)


class ChannelGrants:
    """What this installation may ask of which providers. `redirect_uri` is where they send people back to."""

    def __init__(self, providers: Providers, box: SecretBox, redirect_uri: str) -> None:
        self._providers, self._box, self._redirect_uri = providers, box, redirect_uri

    def provider(self, name: str) -> Provider:
        """Raises Problem 422 for one that this installation is not registered with."""
        known = self._providers.get(name)
        if known is None:
            raise Problem(422, "provider-not-registered", f"This installation is not registered with {name}.")
        return known

    def authorize_url(self, pending: Pending) -> str:
        """Where the person gives their consent. Raises Problem 422."""
        provider = self.provider(pending.provider)
        sealed = self._box.seal(STATE_ID, msgspec.json.encode(pending).decode())
        client = self._client(provider)
        url, _ = client.create_authorization_url(
            provider.authorize_url,
            state=urlsafe_b64encode(sealed).decode(),
            code_verifier=pending.verifier,
            login_hint=pending.username,
            **provider.extra,
        )
        return str(url)

    def pending(self, state: str, agent_id: UUID, now: datetime) -> Pending:
        """What the state stands for. Raises Problem 422 for one that is not ours, another agent's, or too old."""
        try:
            text = self._box.open(STATE_ID, urlsafe_b64decode(state.encode("ascii", "replace")))
            found = msgspec.json.decode(text, type=Pending)
        except (SecretSealedOtherwise, NotBase64, msgspec.MsgspecError, ValueError):
            found = None
        if found is None or found.agent_id != agent_id or now > found.ends_at:
            raise Problem(422, "authorization-unknown", "This authorization was not begun here, or too long ago.")
        return found

    async def granted(self, pending: Pending, code: str) -> Grant:
        """The grant for the provider's code. Raises Problem 422 when the provider gives none, 503 when it is away."""
        import httpx
        from authlib.common.errors import AuthlibBaseError

        provider = self.provider(pending.provider)
        try:
            async with self._client(provider) as client:
                answer: dict[str, Any] = await client.fetch_token(
                    provider.token_url,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=pending.verifier,
                )
        except AuthlibBaseError:
            raise Problem(422, "authorization-refused", "The provider does not take this code (any more).") from None
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            raise Problem(503, "provider-away", "The provider does not answer; try again.") from None
        refresh_token = answer.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            raise Problem(422, "authorization-refused", "The provider gave no lasting access; authorize it anew.")
        return Grant(pending.provider, refresh_token)

    def _client(self, provider: Provider) -> AsyncOAuth2Client:
        from authlib.integrations.httpx_client import AsyncOAuth2Client  # slow to load, and seldom needed

        return AsyncOAuth2Client(
            client_id=provider.client_id,
            client_secret=provider.client_secret or None,
            token_endpoint_auth_method="client_secret_post" if provider.client_secret else "none",
            scope=provider.scope,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=ANSWER_SECONDS,
        )


def connected(
    known: EmailSettings, provider: Provider, username: str, secret_id: UUID, history_days: int = 0
) -> EmailSettings:
    """The settings of a channel whose mailbox and server are the provider's, opened by the grant under this id. One
    that has a mailbox keeps what it was told of it."""
    folders = known.imap.folders if known.imap is not None else ("INBOX",)
    after_commit = known.imap.after_commit if known.imap is not None else "nothing"
    history_days = known.imap.history_days if known.imap is not None else history_days
    imap, smtp = provider.imap, provider.smtp
    return msgspec.structs.replace(
        known,
        imap=ImapSettings(
            host=imap.host,
            port=imap.port,
            tls=imap.tls,
            username=username,
            secret_id=secret_id,
            auth="oauth2",
            folders=folders,
            after_commit=after_commit,
            history_days=history_days,
        ),
        smtp=SmtpSettings(
            host=smtp.host, port=smtp.port, tls=smtp.tls, username=username, secret_id=secret_id, auth="oauth2"
        ),
    )


def provider_of(settings: EmailSettings, providers: Providers) -> str | None:
    """By which provider the channel's mailbox is opened, None for one with a password."""
    server = settings.imap or settings.smtp
    if server is None or server.auth != "oauth2":
        return None
    hosts = {name: {one.imap.host, one.smtp.host} for name, one in providers.items()}
    return next((name for name, own in hosts.items() if server.host in own), None)
