"""Where events come from: a file, a stream, or objects in memory, all read as numbered event lines."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlglot.expressions as exp

from engine.errors import UserError
from engine.events.json_array import read_array
from engine.events.lines import MAX_LINE_BYTES, LineChunk, Readable, line_table, read_lines
from engine.events.refusal import refuse_bytes
from engine.events.typed_columns import longest_row, typed_lines
from engine.values.masked import without_values
from engine.values.period import as_utc, format_instant

_UNREADABLE = {
    b"\x1f\x8b": "gzip data; decompress it first (`zcat FILE | duckbill land -`)",
    b"\x28\xb5\x2f\xfd": "zstd data; decompress it first (`zstdcat FILE | duckbill land -`)",
    b"PK\x03\x04": "a zip or Excel file; export it as NDJSON or Parquet",
    b"ARROW1": "an Arrow IPC file; read it with pyarrow and land the table, or export it as Parquet",
    b"Obj\x01": "an Avro file; export it as NDJSON or Parquet",
    b"SQLite format 3": "a SQLite database; export the events as NDJSON or Parquet",
}
_DICTS_AT_A_TIME = 64 * 1024

#: Rows of a Parquet file that the database makes text of at once, and the most bytes that they may come to.
_VECTOR_ROWS = 2048
_ROWS_BYTES = 64 * 1024 * 1024


class Source(Protocol):
    """Something that can be landed once.

    `size` is its length in bytes, 0 when unknown. `known_sha256` is its identity when that is known before
    reading; `sha256` is valid once `chunks` is exhausted.
    """

    name: str
    size: int

    def known_sha256(self) -> str | None: ...
    def chunks(self, connection: duckdb.DuckDBPyConnection) -> Iterator[LineChunk]: ...
    @property
    def sha256(self) -> str: ...


class _HashingStream:
    """A stream that hashes what is read through it."""

    def __init__(self, stream: Readable, start: bytes = b"") -> None:
        self._stream = stream
        self._start = start
        self.digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        block = self._start or self._stream.read(size)
        self._start = b""
        self.digest.update(block)
        return block


@dataclass(slots=True)
class _FileSource:
    """A file; hashed before it is read, so that a file landed before costs no more than that."""

    path: Path
    name: str
    size: int
    format: str
    _sha256: str = ""
    _stamp: tuple[int, int, int] = (0, 0, 0)

    def known_sha256(self) -> str:
        self._stamp = self._file_stamp()
        with self.path.open("rb") as stream:
            self._sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._sha256

    @property
    def sha256(self) -> str:
        return self._sha256

    def chunks(self, connection: duckdb.DuckDBPyConnection) -> Iterator[LineChunk]:
        if not self._sha256:
            self.known_sha256()
        if self.format == "parquet":
            try:
                yield from _parquet_lines(connection, self.path, self.name)
            except duckdb.OutOfMemoryException:
                # That is no fault of the file.
                raise
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                what = without_values(str(error))
                raise UserError(f"{self.name}: cannot be read as Parquet: {what}; export it again") from error
        else:
            with self.path.open("rb", buffering=0) as stream:
                yield from read_array(stream, self.name) if self.format == "array" else read_lines(stream)
        if self._file_stamp() != self._stamp:
            raise UserError(f"{self.name}: the file changed while it was read; land it again once it is complete")

    def _file_stamp(self) -> tuple[int, int, int]:
        status = self.path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns


def file_source(path: Path) -> Source:
    """A file of events, its format told by its content: NDJSON, a JSON array, or Parquet.

    Raises UserError when there is no such file, or it is empty, truncated or of a kind that is not read.
    """
    name = path.name
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise UserError(f"{path}: {what}; name one file of events (NDJSON, JSON array or Parquet)")
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            head = stream.read(64 * 1024)
            stream.seek(max(0, size - 64 * 1024))
            tail = stream.read()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    if size == 0:
        raise UserError(f"{path}: the file is empty; nothing was landed")
    for magic, what in _UNREADABLE.items():
        if head.startswith(magic):
            raise UserError(f"{path}: is {what}")
    if head.startswith(b"PAR1"):
        if size < 12 or not tail.endswith(b"PAR1"):
            raise UserError(f"{path}: the Parquet file is truncated; copy or export it again")
        return _FileSource(path, name, size, "parquet")
    is_array = head.lstrip(b" \t\r\n").startswith(b"[") and tail.rstrip(b" \t\r\n").endswith(b"]")
    return _FileSource(path, name, size, "array" if is_array else "lines")


@dataclass(slots=True)
class _StreamSource:
    """Bytes that can be read only once; a leading `[` means a JSON array, anything else one event a line."""

    stream: Readable
    name: str
    size: int = 0
    _sha256: str = ""

    def known_sha256(self) -> None:
        return None

    @property
    def sha256(self) -> str:
        return self._sha256

    def chunks(self, connection: duckdb.DuckDBPyConnection) -> Iterator[LineChunk]:
        start = b""
        while not start.strip(b" \t\r\n"):
            block = self.stream.read(64 * 1024)
            if not block:
                break
            start += block
        hashing = _HashingStream(self.stream, start)
        if start.lstrip(b" \t\r\n").startswith(b"["):
            yield from read_array(hashing, self.name)
        else:
            yield from read_lines(hashing)
        self._sha256 = hashing.digest.hexdigest()


def stream_source(stream: BinaryIO, name: str) -> Source:
    """Events from standard input or any binary stream, NDJSON or one JSON array."""
    return _StreamSource(stream, name)


@dataclass(slots=True)
class _MemorySource:
    """Events handed over in memory; their identity is the hash of their lines."""

    make: Callable[[duckdb.DuckDBPyConnection], Iterator[LineChunk]]
    name: str
    size: int = 0
    _sha256: str = ""

    def known_sha256(self) -> None:
        return None

    @property
    def sha256(self) -> str:
        return self._sha256

    def chunks(self, connection: duckdb.DuckDBPyConnection) -> Iterator[LineChunk]:
        digest = hashlib.sha256(b"lines")
        for chunk in self.make(connection):
            for batch in chunk.lines.column("line").chunks:
                digest.update(b"\n".join(map(str.encode, batch.to_pylist())))
            for refusal in chunk.refused:
                digest.update(refusal.content.encode())
            yield chunk
        self._sha256 = digest.hexdigest()


def events_source(events: Iterable[Mapping[str, Any]] | Any) -> Source:
    """Events from Python: dicts, or anything with Arrow columns (pyarrow table or reader, polars frame).

    Decimals in dicts are sent as their text and datetimes as RFC 3339 in UTC; raises UserError for a value that
    JSON cannot hold.
    """
    if hasattr(events, "__arrow_c_stream__"):
        return _MemorySource(lambda connection: _arrow_lines(connection, events), "events")
    return _MemorySource(lambda _: _dict_lines(events), "events")


def _parquet_lines(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[LineChunk]:
    _check_column_names(path, name)
    # In brackets a name is taken as it is; as a text it would be a pattern.
    paths = exp.Array(expressions=[exp.Literal.string(glob.escape(str(path)))])
    relation = exp.Anonymous(this="read_parquet", expressions=[paths])
    rows_at_once = _ROWS_BYTES // max(1, longest_row(connection, relation, name))
    if rows_at_once >= _VECTOR_ROWS:
        yield from typed_lines(connection, relation, name)
        return
    # The database takes so many rows at a time that a few bytes of file, unpacked, would need gigabytes.
    with pq.ParquetFile(path) as file:
        yield from _batch_lines(connection, file.iter_batches(max(1, rows_at_once)), name)


def _check_column_names(path: Path, name: str) -> None:
    """Raises UserError when a column's name is no text: the database would end in an error of another kind there."""
    try:
        with suppress(pa.ArrowException):
            _ = pq.read_schema(path).names
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: the name of a column is not UTF-8; export it again") from error


def _arrow_lines(connection: duckdb.DuckDBPyConnection, events: Any) -> Iterator[LineChunk]:
    try:
        yield from _batch_lines(connection, pa.RecordBatchReader.from_stream(events), "events")
    except (duckdb.Error, pa.ArrowInvalid) as error:
        raise UserError(f"events: cannot be read as a table: {without_values(str(error))}") from error


def _batch_lines(
    connection: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], name: str
) -> Iterator[LineChunk]:
    rows = 0
    for batch in batches:
        # Text that is not UTF-8 would be lost without a word.
        batch.validate(full=True)
        # The connection is this source's own, so the name needs no removing.
        connection.register("arrow_events", pa.Table.from_batches([batch]))
        for chunk in typed_lines(connection, exp.table_("arrow_events"), name):
            count = chunk.lines.num_rows + len(chunk.refused)
            numbers = pc.add(chunk.lines.column("line_no"), rows)
            refused = tuple(replace(each, line_no=each.line_no + rows) for each in chunk.refused)
            yield LineChunk(line_table(numbers, chunk.lines.column("line")), refused, 0)
            rows += count


def _dict_lines(events: Iterable[Mapping[str, Any]]) -> Iterator[LineChunk]:
    lines: list[str] = []
    done = 0
    for event in events:
        try:
            lines.append(json.dumps(event, default=_json_text))
        except (TypeError, ValueError, RecursionError) as error:
            raise UserError(f"event {done + len(lines) + 1} cannot be written as JSON: {error}") from error
        if len(lines) == _DICTS_AT_A_TIME:
            yield _numbered(lines, done)
            done += len(lines)
            lines = []
    if lines:
        yield _numbered(lines, done)


def _numbered(lines: list[str], done: int) -> LineChunk:
    # JSON is written in ASCII here: characters are bytes.
    numbered = list(enumerate(lines, done + 1))
    too_large = f"longer than {MAX_LINE_BYTES} bytes"
    refused = [
        refuse_bytes(number, "too_large", too_large, line.encode())
        for number, line in numbered
        if len(line) > MAX_LINE_BYTES
    ]
    kept = [(number, line) for number, line in numbered if len(line) <= MAX_LINE_BYTES] if refused else numbered
    numbers = pa.array([number for number, _ in kept], pa.int64())
    return LineChunk(line_table(numbers, pa.array([line for _, line in kept], pa.string())), tuple(refused), 0)


def _json_text(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(as_utc(value))
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type; send it as text")
