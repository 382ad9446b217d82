"""Access tokens for mailboxes and sending servers, made of the grants that channels hold, ahead of their expiry."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from uuid import UUID

from service_kit.database import Cursor
from service_kit.oauth import Grant, Provider, Providers
from service_kit.secrets import SecretBox, SecretMissing

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)
AHEAD_SECONDS: Final = 300.0
"""So long before its end a token is not used for another log-in."""
ANSWER_SECONDS: Final = 15.0
USUAL_LIFE_SECONDS: Final = 3600.0
_ENDED: Final = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
T = TypeVar("T")
Run = Callable[[Callable[[Cursor], T]], Awaitable[T]]
_LOAD: Final = """
SELECT coalesce(renewed.box, given.box)
  FROM keyring.secrets given LEFT JOIN ingest_email.grants renewed USING (secret_id) WHERE secret_id = %s
"""
_FORGET: Final = """
DELETE FROM ingest_email.grants g WHERE NOT EXISTS (SELECT FROM keyring.secrets s WHERE s.secret_id = g.secret_id)
"""
_KEEP: Final = """
INSERT INTO ingest_email.grants (secret_id, box) VALUES (%s, %s)
    ON CONFLICT (secret_id) DO UPDATE SET box = excluded.box, renewed_at = now()
"""


class GrantEnded(Exception):
    """The provider takes the grant no more (revoked, expired, the password changed): a person has to connect anew."""


class TokensAway(Exception):
    """The provider's token server can't be reached, or answers oddly: later."""


class _Token(NamedTuple):
    text: str
    ends_at: float


class AccessTokens:
    """Belongs to one event loop. `run` runs work in a transaction; raises what the database raises."""

    def __init__(
        self,
        providers: Providers,
        *,
        run: Run,  # type: ignore[type-arg]
        box: SecretBox,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._providers, self._run, self._box = providers, run, box
        self._clock, self._transport = clock, transport
        self._tokens: dict[UUID, _Token] = {}
        self._turns: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def token(self, secret_id: UUID) -> str:
        """A token that is good for some minutes more. Raises GrantEnded, TokensAway, SecretMissing,
        SecretSealedOtherwise."""
        async with self._turns[secret_id]:
            known = self._tokens.get(secret_id)
            if known is None or self._clock() > known.ends_at - AHEAD_SECONDS:
                known = self._tokens[secret_id] = await self._made(secret_id)
            return known.text

    def refused(self, secret_id: UUID) -> None:
        """A server took the token not: the next one is made anew."""
        self._tokens.pop(secret_id, None)

    async def _made(self, secret_id: UUID) -> _Token:
        """Another process may have renewed the grant meanwhile, so that the one we read is no longer valid: then once
        more, with that."""
        grant = await self._grant(secret_id)
        try:
            return await self._refreshed(secret_id, grant)
        except GrantEnded:
            newer = await self._grant(secret_id)
            if newer == grant:
                raise
            return await self._refreshed(secret_id, newer)

    async def _refreshed(self, secret_id: UUID, grant: Grant) -> _Token:
        provider = self._providers.get(grant.provider)
        if provider is None:
            raise TokensAway("this installation is not registered with the mailbox's provider any more")
        answer = await self._asked(provider, grant)
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and renewed != grant.refresh_token:
            await self._keep(secret_id, Grant(grant.provider, renewed))
        text, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
            raise TokensAway("the token server's answer holds no token")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else USUAL_LIFE_SECONDS
        return _Token(text, self._clock() + seconds)

    async def _asked(self, provider: Provider, grant: Grant) -> dict[str, object]:
        import httpx  # what these three load takes a third of the process's start, and few have such channels
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        client = AsyncOAuth2Client(
            client_id=provider.client_id,
            client_secret=provider.client_secret or None,
            token_endpoint_auth_method="client_secret_post" if provider.client_secret else "none",
            transport=self._transport,
            timeout=ANSWER_SECONDS,
        )
        try:
            async with client:
                answer = await client.refresh_token(provider.token_url, refresh_token=grant.refresh_token)
        except AuthlibBaseError as error:
            if error.error in _ENDED:
                raise GrantEnded(f"the provider takes the grant no more ({error.error})") from None
            raise TokensAway(f"the token server refuses ({error.error})") from None
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise TokensAway(f"the token server does not answer as it should: {type(error).__name__}") from None
        return dict(answer)

    async def _grant(self, secret_id: UUID) -> Grant:
        """The newest: the provider's last answer, else what was sealed when the channel was connected."""

        def load(cursor: Cursor) -> bytes:
            row = cursor.execute(_LOAD, (secret_id,)).fetchone()
            if row is None:
                raise SecretMissing(f"the grant {secret_id} has no row: connect the channel anew")
            return bytes(row[0])

        try:
            return Grant.of(self._box.open(secret_id, await self._run(load)))
        except ValueError as error:
            raise GrantEnded(str(error)) from None

    async def _keep(self, secret_id: UUID, grant: Grant) -> None:
        """Also forgets the grants of channels that have others now, or are gone."""
        box = self._box.seal(secret_id, grant.text())

        def keep(cursor: Cursor) -> None:
            cursor.execute(_KEEP, (secret_id, box))
            cursor.execute(_FORGET)

        await self._run(keep)
