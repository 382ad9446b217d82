"""One PostgreSQL role for each service: `python -m service_kit.roles` prints the SQL that makes them."""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import Final

ROUTER: Final = "router"
INBOX_PROJECTION: Final = "inbox_projection"
INGEST_EMAIL: Final = "ingest_email"
ANALYTICS: Final = "analytics"
ROLES: Final = (ROUTER, INBOX_PROJECTION, INGEST_EMAIL, ANALYTICS)
"""Each has the name of its service's package, and of the schema that holds the service's own state."""


def script() -> str:
    """SQL for an administrator of Postroom's database: makes the roles and their schemas, hands over what is there.

    It may run before the services' first start or after; run again it changes nothing. A reader's right to a table
    that does not exist yet comes with the migration that makes it.
    """
    makes = files("service_kit").joinpath("roles.sql").read_text("utf-8")
    allows = files("service_kit.keyring_migrations").joinpath("0003_readers.sql").read_text("utf-8")
    return f"{makes}\n{allows}"


if __name__ == "__main__":
    sys.stdout.write(script())
