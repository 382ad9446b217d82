"""What the API is asked about signing a channel's mails."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Asked


class SigningAsked(Asked):
    """A new key pair under this name, which does not sign yet; its private half is told to nobody."""

    selector: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] = Field(
        "postroom", description="Another one than before for a new key: receivers keep what DNS said for a while."
    )


class SigningBegun(Asked):
    unchecked: bool = Field(False, description="Without asking the DNS whether the record is published.")
