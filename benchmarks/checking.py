"""What it costs that every event file is hashed before it is read: in a run, in a landing, and in `verify`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import engine
from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib
from benchmarks.subject import Duckbill
from benchmarks.whole_run import land
from engine.billing import OUTPUTS
from engine.events.table import EventSnapshot, EventTable

#: Each is measured as often, in turns, and the fastest counts: other work on the machine only ever adds.
ROUNDS = 3

#: The events of the batch that is landed beside all others, as a part of those.
BATCH_SHARE = 10


def measure(directory: Path, *, events: int, customers: int, threads: int) -> list[dict[str, object]]:
    """One row a step: seconds with and without hashing event files, and what the hashing alone takes.

    Each measurement has a process of its own, because one that has found a file whole does not read it again.
    """
    workspace = directory / "workspace"
    isolated(land, workspace, events=events, customers=customers, threads=threads)
    batch = directory / "batch.ndjson"
    generate.write_ndjson(batch, first=0, last=events // BATCH_SHARE, events=events, customers=customers)
    steps: dict[str, Callable[[Path, Path], None]] = {"run": _run, "land what has landed": _land}
    rows: list[dict[str, object]] = []
    for name, step in steps.items():
        taken = [[isolated(_timed, step, workspace, batch, checks) for checks in (True, False)] for _ in range(ROUNDS)]
        (checked, used), (unchecked, used_without) = (
            (min(seconds for seconds, _ in side), min(cpu for _, cpu in side)) for side in zip(*taken, strict=True)
        )
        told = {"s": checked, "without s": unchecked, "to without": checked / unchecked}
        rows.append({"step": name, **told, "cpu s": used, "without cpu s": used_without})
    seconds, megabytes = isolated(_hash, workspace)
    rows.append({"step": "hashing alone", "s": seconds, "MB": megabytes, "MB/s": round(megabytes / seconds)})
    isolated(_run, workspace, batch)
    seconds, _, _ = isolated(_asked, _run_again, workspace)
    rows.append({"step": "run, nothing changed", "s": seconds})
    seconds, megabytes, peak = isolated(_asked, _verify, workspace)
    size = {"MB": megabytes, "MB/s": round(megabytes / seconds), "peak MiB": peak}
    rows.append({"step": "verify", "s": seconds, **size})
    return rows


def _timed(step: Callable[[Path, Path], None], workspace: Path, batch: Path, checks: bool) -> tuple[float, float]:
    """Seconds, and processor seconds, of a step on a workspace in which nothing has been run."""
    for name in OUTPUTS:
        shutil.rmtree(workspace / "lake" / name, ignore_errors=True)
    shutil.rmtree(workspace / "runs", ignore_errors=True)
    with patch.object(EventSnapshot, "check_files", EventSnapshot.check_files if checks else lambda self: None):
        begun, used = time.perf_counter(), time.process_time()
        step(workspace, batch)
        return time.perf_counter() - begun, time.process_time() - used


def _run(workspace: Path, batch: Path) -> None:
    Duckbill(workspace).run()


def _land(workspace: Path, batch: Path) -> None:
    """Every event of the batch is a duplicate, so that one landing is like the next."""
    copy = batch.with_name("again.ndjson")
    copy.write_bytes(batch.read_bytes() + b"\n" * (1 + len(list((workspace / "lake" / "rejected_events").glob("*")))))
    landed = engine.open(workspace).land(copy, now=generate.NOW)
    if landed.accepted:
        raise AssertionError(f"{landed.accepted} events were new")


def _run_again(workspace: Path) -> None:
    if not engine.open(workspace).run(generate.PERIOD, now=generate.NOW).unchanged:
        raise AssertionError("something was computed")


def _verify(workspace: Path) -> None:
    found = engine.open(workspace).verify()
    if found:
        raise AssertionError(f"{len(found)} findings")


def _hash(workspace: Path) -> tuple[float, float]:
    """Seconds to hash every event file, and how many megabytes those are."""
    snapshot = EventTable(workspace / "lake").snapshot()
    if snapshot is None:
        raise AssertionError("nothing has landed")
    begun = time.perf_counter()
    snapshot.check_files()
    return time.perf_counter() - begun, round(sum(file.bytes for file in snapshot.files) / 1e6, 1)


def _asked(step: Callable[[Path], None], workspace: Path) -> tuple[float, float, int]:
    """Seconds of a step, the megabytes of the lake, and the most memory held, in MiB."""
    begun = time.perf_counter()
    step(workspace)
    seconds = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in (workspace / "lake").rglob("*.parquet"))
    return seconds, round(size / 1e6, 1), peak_mib()
