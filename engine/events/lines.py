"""Newline-delimited input in chunks of bounded memory: strict UTF-8, no line over the limit, blank lines kept out."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from engine.events.refusal import KEPT_BYTES, Refusal, refuse_bytes

#: Bytes read at a time.
CHUNK_BYTES = 32 * 1024 * 1024

#: The longest event, without its line end (`spec/reliability.md` §4.1).
MAX_LINE_BYTES = 1024 * 1024

#: The most lines of a chunk: short ones cost more than their bytes.
CHUNK_LINES = 256 * 1024

#: Rows handed to one thread at a time.
_BATCH_ROWS = 8 * 1024


class Readable(Protocol):
    """Anything bytes can be read from: a file, standard input, a socket's file."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class LineChunk:
    """Some lines of a source, in order.

    `lines` has the columns `line_no` (from 1) and `line` (text, any line end included); `refused` are the lines
    that are not text or too long, which are not in `lines`; `bytes_read` counts from the start of the source.
    """

    lines: pa.Table
    refused: tuple[Refusal, ...]
    bytes_read: int


def line_table(numbers: pa.Array, lines: pa.Array) -> pa.Table:
    """The table of a `LineChunk`, cut into batches so that every thread gets a share."""
    table = pa.table({"line_no": numbers, "line": lines})
    return pa.Table.from_batches(table.to_batches(max_chunksize=_BATCH_ROWS), table.schema)


def line_numbers(lines_before: int, count: int) -> pa.Array:
    """The numbers of the next lines, from 1."""
    numbers = array("q", range(lines_before + 1, lines_before + count + 1))
    return pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(numbers)])


def read_lines(stream: Readable, chunk_bytes: int = CHUNK_BYTES) -> Iterator[LineChunk]:
    """Every line of the stream; nothing longer than a chunk plus a line is ever held."""
    held, lines_before, bytes_read = b"", 0, 0
    while block := stream.read(chunk_bytes):
        bytes_read += len(block)
        end = block.rfind(b"\n") + 1
        if not end and len(held) > MAX_LINE_BYTES:
            held += block[: max(0, KEPT_BYTES + MAX_LINE_BYTES - len(held))]
            continue
        if not end:
            held += block
            continue
        whole, held = b"".join((held, memoryview(block)[:end])), block[end:]
        for piece in _pieces(whole):
            chunk, count = _chunk(piece, lines_before, bytes_read)
            lines_before += count
            yield chunk
    if held:
        yield _chunk(held, lines_before, bytes_read)[0]


def _pieces(whole: bytes) -> Iterator[bytes]:
    """Whole lines, cut into pieces of at most `CHUNK_LINES`."""
    if whole.count(b"\n") <= CHUNK_LINES:
        yield whole
        return
    middle = whole.index(b"\n", len(whole) // 2) + 1
    yield from _pieces(whole[:middle])
    yield from _pieces(whole[middle:])


def _chunk(whole: bytes, lines_before: int, bytes_read: int) -> tuple[LineChunk, int]:
    ends = array("i", accumulate(map(len, BytesIO(whole)), initial=0))
    count = len(ends) - 1
    lines = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(ends), pa.py_buffer(whole)])
    numbers = line_numbers(lines_before, count)
    if pc.max(pc.binary_length(lines)).as_py() <= MAX_LINE_BYTES and _is_text(lines):
        return LineChunk(line_table(numbers, lines), (), bytes_read), count
    kept: list[tuple[int, str]] = []
    refused: list[Refusal] = []
    for line_no, line in enumerate(BytesIO(whole), lines_before + 1):
        body = line.rstrip(b"\r\n")
        if len(body) > MAX_LINE_BYTES:
            refused.append(refuse_bytes(line_no, "too_large", f"longer than {MAX_LINE_BYTES} bytes", body))
            continue
        try:
            kept.append((line_no, line.decode("utf-8")))
        except UnicodeDecodeError as error:
            refused.append(refuse_bytes(line_no, "bad_unicode", f"not UTF-8 at byte {error.start}", body))
    table = line_table(
        pa.array([line_no for line_no, _ in kept], pa.int64()), pa.array([text for _, text in kept], pa.string())
    )
    return LineChunk(table, tuple(refused), bytes_read), count


def _is_text(lines: pa.Array) -> bool:
    try:
        lines.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
