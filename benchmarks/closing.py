"""What comes after a run, each as a ratio to it: finalizing, reconciling, buckets, explaining a line, a quiet night."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import engine
from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib
from benchmarks.whole_run import land

#: When every invoice of the month is due.
AFTERWARDS = "2026-12-05T01:00:00Z"


def measure(directory: Path, *, events: int, customers: int, threads: int) -> list[dict[str, object]]:
    """One row a step, in one process after the landing."""
    workspace = directory / "workspace"
    isolated(land, workspace, events=events, customers=customers, threads=threads)
    rows: list[dict[str, object]] = isolated(_close, workspace)
    return rows


def _close(folder: Path) -> list[dict[str, object]]:
    workspace, period = engine.open(folder), generate.PERIOD
    steps: list[dict[str, object]] = []
    plain = 0.0

    def timed(name: str, step: Callable[[], object]) -> None:
        nonlocal plain
        begun, used = time.perf_counter(), time.process_time()
        step()
        seconds = time.perf_counter() - begun
        plain = plain or seconds
        told = {"seconds": seconds, "cpu s": time.process_time() - used, "to the run": seconds / plain}
        steps.append({"step": name, **told, "peak MiB": peak_mib()})

    timed("run", lambda: workspace.run(period, now=AFTERWARDS))
    timed("run, nothing changed", lambda: workspace.run(period, now=AFTERWARDS))
    (line,) = workspace.line_items(period).arrow().slice(0, 1)["id"].to_pylist()
    timed("explain a line", lambda: workspace.explain(line))
    timed("its events", lambda: workspace.explain_events(line))
    timed("buckets", lambda: workspace.buckets(period))
    timed("reconcile", lambda: workspace.reconcile(period))
    timed("finalize", lambda: workspace.finalize(period, now=AFTERWARDS))
    timed("a night with nothing due", lambda: workspace.nightly(now=AFTERWARDS))
    return steps
