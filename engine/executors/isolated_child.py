"""The process that runs one isolated metric: `python -m engine.executors.isolated_child`, started by `isolated`.

Standard input holds the length-prefixed request and its tables, standard output the rows as an Arrow stream; what went
wrong is the last line of standard error, and the exit code says what kind of thing it was.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from engine.errors import DuckbillError
from engine.executors.confinement import allow_only_reading, limit_resources
from engine.executors.connection import EngineSettings, connect
from engine.executors.metric_failures import failure_of
from engine.executors.second_opinion import second_opinion
from engine.metrics.overflow import needs_more_digits

#: Exit codes: the metric failed, needs more memory, was refused by the second opinion, took longer than it may, needs
#: numbers of more digits, or failed on the data, for which there is a name.
FAILED, OUT_OF_MEMORY, REFUSED, TIMED_OUT, TOO_WIDE, FAILED_ON_DATA = 3, 4, 5, 6, 7, 8

#: The name of the view over the event files.
_EVENT_FILES = "event_files"

_LENGTH = struct.Struct(">Q")


def write_part(stream: BinaryIO, part: bytes | pa.Buffer) -> None:
    """One part of a request: its length, then its bytes."""
    stream.write(_LENGTH.pack(len(part)))
    stream.write(part)


def read_part(stream: BinaryIO) -> bytes:
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    return stream.read(int(length))


def confined_connection(request: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A connection that holds the tables and the view of a request and can reach nothing else.

    Confines the whole process on the way, before DuckDB starts its threads.
    """
    paths = [Path(path) for path in request["event_files"]]
    limit_resources(request["cpu_seconds"], request["address_space"], request["wall_seconds"])
    allow_only_reading(paths)
    settings = EngineSettings(memory_limit=request["memory_limit"], threads=request["threads"])
    connection = connect(settings, Path("/nonexistent"))
    for name, table in tables.items():
        connection.from_arrow(table).create(name)
    for statement in request["opening"]:
        connection.execute(statement)
    connection.execute(files("engine.executors").joinpath("isolation.sql").read_text(encoding="utf-8"))
    return connection


def answer(request: Mapping[str, Any], tables: Mapping[str, pa.Table], out: BinaryIO) -> int:
    """Run the request's query and write its rows; the exit code."""
    connection = confined_connection(request, tables)
    second_opinion(connection, request["sql"], frozenset({_EVENT_FILES, *tables}))
    rows = connection.sql(request["sql"]).to_arrow_table()
    with pa.ipc.new_stream(out, rows.schema) as writer:
        writer.write_table(rows)
    return 0


def main() -> int:
    request: dict[str, Any] = json.loads(read_part(sys.stdin.buffer))
    tables = {name: pa.ipc.open_stream(read_part(sys.stdin.buffer)).read_all() for name in request["tables"]}
    try:
        return answer(request, tables, sys.stdout.buffer)
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError):
        return OUT_OF_MEMORY
    except duckdb.InterruptException:
        return TIMED_OUT
    except duckdb.Error as error:
        failure = failure_of(error)
        print(str(error).splitlines()[0] if failure is None else failure.name, file=sys.stderr)
        if failure is not None:
            return FAILED_ON_DATA
        return TOO_WIDE if needs_more_digits(error) else FAILED
    except DuckbillError as error:
        print(error, file=sys.stderr)
        return REFUSED


def run() -> None:
    """Answer, and end at once: nothing is left to put away."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
