"""What the API is made of: opened by the composition root, handed to the app, found again by every route."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import cast
from uuid import UUID

from starlette.requests import Request

from inbox_projection.auth.api_tokens import ApiTokens
from inbox_projection.auth.credentials import Credentials
from inbox_projection.auth.identity import Identities
from inbox_projection.auth.recovery import Recovery
from inbox_projection.bulks import Bulks
from inbox_projection.channel_grants import ChannelGrants
from inbox_projection.commands import CommandPort
from inbox_projection.feed import Feed
from inbox_projection.here import Here
from inbox_projection.inbound_log import InboundLog
from inbox_projection.origins import Origin, Origins
from inbox_projection.picture_work import PictureWork
from inbox_projection.policy import Caller
from inbox_projection.pool import Database
from inbox_projection.presence import Presence
from inbox_projection.txt_records import TxtRecords, txt_records
from inbox_projection.uploads import Uploads
from service_kit.blobs import Blobs
from service_kit.clock import Clock
from service_kit.health import Health
from service_kit.limits import UNLIMITED, Limits
from service_kit.metrics import Metrics
from service_kit.oauth import Providers
from service_kit.secrets import SecretBox


@dataclass(frozen=True)
class Parts:
    """`reply_token_key` signs reply tokens; URLs have no trailing slash."""

    workspace_id: UUID
    public_url: str
    reports_url: str
    reply_token_key: bytes
    company_name: str
    secrets: SecretBox
    database: Database
    identities: Identities
    credentials: Credentials
    recovery: Recovery
    origins: Origins
    presence: Presence
    here: Here
    commands: CommandPort
    inbound: InboundLog
    blobs: Blobs
    uploads: Uploads
    feed: Feed
    clock: Clock
    health: Health
    metrics: Metrics
    limits: Limits = UNLIMITED
    providers: Providers = field(default_factory=dict)
    txt_records: TxtRecords = txt_records

    @cached_property
    def bulks(self) -> Bulks:
        return Bulks(self.database, self.commands, self.workspace_id, self.clock)

    @cached_property
    def pictures(self) -> PictureWork:
        return PictureWork()

    @property
    def grants(self) -> ChannelGrants:
        return ChannelGrants(self.providers, self.secrets, f"{self.public_url}/api/v1/channel-grants/callback")

    @property
    def api_tokens(self) -> ApiTokens:
        return ApiTokens(self.database)


def parts_of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


def origin_of(request: Request) -> Origin:
    """From where the request came: the peer's address, behind a proxy the proxy's."""
    return Origin.of(request.client.host if request.client is not None else None, request.headers.get("user-agent"))


def caller_of(request: Request) -> Caller:
    """The caller whom the guard let in."""
    return cast(Caller, request.state.caller)
