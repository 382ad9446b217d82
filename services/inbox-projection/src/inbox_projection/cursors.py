"""Keyset cursors: opaque text around the values a page ended with; pure."""

from __future__ import annotations

from service_kit.web.cursors import decode, encode

__all__ = ["decode", "encode"]
