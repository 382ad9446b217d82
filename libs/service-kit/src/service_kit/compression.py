"""Cheap zstd for aiokafka, which makes a new context for each of many small batches: that costs more than the work."""

from __future__ import annotations

import sys
import threading
from typing import Final, TypeAlias

import zstandard
from aiokafka.record.default_records import DefaultRecordBatchBuilder

Buffer: TypeAlias = bytes | bytearray | memoryview
LEVEL: Final = 1
"""380 MB/s and two thirds of the size; aiokafka's own levels cost more than all the rest (lz4 9: 18 MB/s)."""


class _Contexts(threading.local):
    """One of each for a thread: they let go of the interpreter's lock while they work."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def _encode(payload: Buffer) -> bytes:
    return _contexts.compressor.compress(payload)


def _decode(payload: Buffer) -> bytes:
    """Also of frames that do not tell their size, as Java's clients write them."""
    return _contexts.decompressor.decompressobj(read_across_frames=True).decompress(payload)


def use_cheap_zstd() -> None:
    """For every producer and consumer of this process.

    aiokafka 0.14 has no setting for it; the module of its batches looks these names up for each batch.
    """
    vars(sys.modules[DefaultRecordBatchBuilder.__module__]).update(zstd_encode=_encode, zstd_decode=_decode)
