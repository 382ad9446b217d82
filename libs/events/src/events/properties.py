"""Properties of contacts that a company defines for itself; their values are personal."""

from __future__ import annotations

from typing import Literal

PropertyKind = Literal["text", "number", "date", "boolean", "choice", "url"]
