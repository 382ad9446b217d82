"""What every row of the views is."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row as the table holds it. Which columns are personal is said in tables/tables.sql."""
