"""Batches of records, compressed cheaply, and those that other clients have compressed."""

from __future__ import annotations

import sys

import zstandard
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from service_kit.compression import use_cheap_zstd

ZSTD = 4


def batch_of(*values: bytes) -> bytes:
    builder = DefaultRecordBatchBuilder(2, ZSTD, 0, -1, -1, -1, 1 << 20)
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=1, key=b"key", value=value, headers=[])
    return bytes(builder.build())


def test_a_batch_comes_back_as_it_was_and_smaller():
    use_cheap_zstd()
    text = "Dzień dobry, gdzie jest paczka? ".encode() * 200
    packed = batch_of(text, b"", text)
    assert len(packed) < len(text)
    assert [record.value for record in DefaultRecordBatch(packed)] == [text, b"", text]


def test_frames_that_tell_no_size_and_several_in_a_row_are_read():
    use_cheap_zstd()
    decode = vars(sys.modules[DefaultRecordBatch.__module__])["zstd_decode"]
    untold = zstandard.ZstdCompressor(write_content_size=False)
    assert decode(untold.compress(b"a" * 300_000) + untold.compress(b"b")) == b"a" * 300_000 + b"b"
    assert decode(memoryview(untold.compress(b"c" * 10))) == b"c" * 10
