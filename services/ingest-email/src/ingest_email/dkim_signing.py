"""Signs mails of channels that have a key (DKIM, RFC 6376), with the private key of the keyring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

import dkim

from events.workspace import Dkim
from ingest_email.delivery import Impossible, Postponed
from ingest_email.render import Mail
from service_kit.secrets import SecretMissing, SecretSealedOtherwise

SIGNED: Final = (
    b"from",
    b"reply-to",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"auto-submitted",
)
"""Header fields that a signature covers where the mail has them, and From once more: nobody can add another."""
MISSING: Final = "dkim-key-missing"


class DkimSigner:
    """`key_of` gives how a channel's mails are signed as the settings are now; `open_secret` a private key as PEM."""

    def __init__(self, key_of: Callable[[UUID], Dkim | None], open_secret: Callable[[UUID], Awaitable[str]]) -> None:
        self._key_of, self._open_secret = key_of, open_secret

    async def signed(self, mail: Mail, channel_id: UUID) -> Mail | Postponed | Impossible:
        """The mail, with a signature where its channel has a key; one whose key is missing waits for it."""
        wish = self._key_of(channel_id)
        if wish is None:
            return mail
        try:
            pem = await self._open_secret(wish.secret_id)
        except (SecretMissing, SecretSealedOtherwise):
            return Postponed(MISSING, "the key that signs the channel's mails is missing in the keyring")
        return await asyncio.to_thread(sign, mail, wish, pem)


def sign(mail: Mail, wish: Dkim, pem: str) -> Mail | Impossible:
    """The mail with a DKIM-Signature on top: relaxed header, relaxed body, which no relay breaks by white space."""
    try:
        field = dkim.sign(
            mail.content,
            wish.selector.encode(),
            wish.domain.encode(),
            pem.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*SIGNED, b"from"],
        )
    except dkim.DKIMException as error:
        return Impossible("unsigned", f"the mail can't be signed: {type(error).__name__}")
    return replace(mail, content=field + mail.content)
