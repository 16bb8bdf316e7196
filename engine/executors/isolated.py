"""Runs one compiled metric in a process of its own, under limits that the operating system enforces.

DuckDB's limits hold between operators and its file settings are no boundary (`spec/reliability.md` §3.1 and §3.2). The
child is a fresh interpreter without the parent's environment: it gets the tables and the paths of the event files, can
open nothing else (see `confinement`), and whatever it does, the parent only waits, kills and reaps.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.errors import DuckbillError, UserError
from engine.executors.isolated_child import (
    FAILED,
    FAILED_ON_DATA,
    OUT_OF_MEMORY,
    REFUSED,
    TIMED_OUT,
    TOO_WIDE,
    write_part,
)
from engine.executors.metric_failures import Failure, MetricFailed
from engine.values.memory import bytes_of

#: The part of the memory limit that DuckDB may plan with; the rest is for allocations that it does not count.
_PLANNED = (1, 2)
#: Address space that a thread's stack and allocator reserve without using it.
_RESERVED_BY_THREAD = 80 * 1024**2
#: What the interpreter is started with: without the current folder and the user's own packages on its path.
CHILD = ("-P", "-s", "-m", "engine.executors.isolated_child")
_CRASHES = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT)
#: How long a killed process may take to go.
_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class IsolationLimits:
    """What one metric may use; `memory` is written as in duckbill.toml: '512MiB', '2GB'."""

    cpu_seconds: int = 60
    memory: str = "2GiB"
    wall_seconds: int = 120

    def memory_bytes(self) -> int:
        """The memory limit as a number of bytes; raises UserError when it is not written as one."""
        try:
            return bytes_of(self.memory)
        except ValueError as error:
            raise UserError(f"{error}; write it like 512MiB or 2GB") from error


@dataclass(frozen=True, slots=True)
class Isolated:
    """What an isolated metric reads.

    `tables` are `windows`, `alias_windows` and whatever else it joins, by name; `views` are the statements that make
    the view `event_files`, over exactly the files `event_files`, which are the only ones the process can open.
    """

    metric: str
    tables: Mapping[str, pa.Table]
    event_files: tuple[Path, ...]
    views: tuple[str, ...]
    threads: int = 1


def run_isolated(sql: str, setup: Isolated, limits: IsolationLimits) -> pa.Table:
    """The rows of a compiled metric, the same as in process.

    Raises MetricFailed when it fails on the data, UserError when it fails otherwise or meets a limit, DuckbillError
    when the second opinion refuses it, and duckdb.OutOfRangeException when its numbers need more digits, as in process.
    """
    if sys.platform == "win32":
        raise UserError("metrics cannot be isolated on Windows, which has no resource limits; run without --isolate")
    child = subprocess.Popen(
        [sys.executable, *CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
    )
    try:
        rows, said = child.communicate(_request(sql, setup, limits), timeout=limits.wall_seconds)
    except subprocess.TimeoutExpired as error:
        raise _stopped(setup.metric, f"after {limits.wall_seconds} s", "wall_seconds") from error
    finally:
        # Also when the parent itself is interrupted: no process outlives the call.
        if child.poll() is None:
            child.kill()
            child.communicate(timeout=_GRACE_SECONDS)
    if child.returncode != 0:
        raise _failure(setup.metric, child.returncode, said.decode(errors="replace"), limits)
    return pa.ipc.open_stream(rows).read_all()


def _environment() -> dict[str, str]:
    """Enough to find this package; nothing of the parent's secrets."""
    root = str(Path(__file__).parent.parent.parent)
    # Each arena of the allocator reserves address space, which the memory limit counts.
    return {"PYTHONPATH": root, "TZ": "UTC", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "PYTHONHASHSEED": "0"}


def _request(sql: str, setup: Isolated, limits: IsolationLimits) -> bytes:
    memory = limits.memory_bytes()
    paths = [str(path) for path in setup.event_files]
    allowed = exp.Array(expressions=[exp.Literal.string(path) for path in paths]).sql("duckdb")
    request = {
        "sql": sql,
        "event_files": paths,
        "tables": list(setup.tables),
        "opening": [
            *setup.views,
            " ".join(("SET allowed_paths =", allowed)),
            " ".join(("SET max_execution_time =", str(limits.wall_seconds * 1000))),
        ],
        "threads": setup.threads,
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
        "memory_limit": f"{memory * _PLANNED[0] // _PLANNED[1]}B",
        "address_space": memory + setup.threads * _RESERVED_BY_THREAD,
    }
    message = io.BytesIO()
    write_part(message, json.dumps(request).encode())
    for table in setup.tables.values():
        stream = pa.BufferOutputStream()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        write_part(message, stream.getvalue())
    return message.getvalue()


def _stopped(metric: str, limit: str, setting: str) -> UserError:
    return UserError(
        f"metric {metric!r} was stopped {limit}; "
        f"make it read or compute less, or raise {setting} in [isolation] of duckbill.toml"
    )


def _failure(metric: str, code: int, said: str, limits: IsolationLimits) -> Exception:
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    if code == TOO_WIDE:
        # What the same metric raises in process.
        return duckdb.OutOfRangeException(f"{last} (HUGEINT)")
    if code == OUT_OF_MEMORY or "std::bad_alloc" in said or "MemoryError" in last:
        return _stopped(metric, f"because it needs more than {limits.memory} of memory", "memory")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _stopped(metric, f"after {limits.cpu_seconds} s of CPU", "cpu_seconds")
    if code in (TIMED_OUT, -signal.SIGALRM):
        return _stopped(metric, f"after {limits.wall_seconds} s", "wall_seconds")
    if code == FAILED_ON_DATA:
        return MetricFailed(metric, Failure[last])
    if code == FAILED:
        return UserError(f"metric {metric!r} failed: {last}")
    if code == REFUSED:
        return DuckbillError(last)
    ended = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
    # DuckDB does not survive every allocation that fails.
    guess = f"; it may need more than {limits.memory} of memory" if code in _CRASHES else ""
    return UserError(
        f"metric {metric!r} failed: its process ended {ended}{f' after saying: {last}' if last else guess}"
    )
