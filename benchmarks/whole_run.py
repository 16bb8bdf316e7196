"""A whole run, landed events to published invoices, at several sizes: seconds, memory, and whether it is linear."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib
from benchmarks.subject import Duckbill

#: Sizes as shares of the number of events asked for.
SHARES = (0.1, 0.5, 1.0, 2.0)


def measure(directory: Path, *, events: int, customers: int, threads: int) -> list[dict[str, object]]:
    """One row a size. Landing and running happen in processes of their own."""
    rows: list[dict[str, object]] = []
    for share in SHARES:
        size = round(events * share)
        workspace = directory / f"workspace-{size}"
        landing = isolated(land, workspace, events=size, customers=customers, threads=threads)
        seconds, invoices, memory = isolated(_run, workspace)
        if invoices != customers:
            raise AssertionError(f"{invoices} invoices for {customers} customers")
        rows.append(
            {
                "events": size,
                "customers": customers,
                "metrics": len(generate.METRICS),
                "landing s": landing,
                "run s": seconds,
                "run s per million": seconds / size * 1_000_000,
                "peak MiB": memory,
            }
        )
    return rows


def land(workspace: Path, *, events: int, customers: int, threads: int) -> float:
    generate.write_workspace(workspace, customers=customers, threads=threads)
    subject = Duckbill(workspace)
    seconds = 0.0
    for file in generate.daily_ndjson(workspace / "ndjson", events=events, customers=customers):
        begun = time.perf_counter()
        subject.land(file)
        seconds += time.perf_counter() - begun
    return seconds


def _run(workspace: Path) -> tuple[float, int, int]:
    begun = time.perf_counter()
    invoices = Duckbill(workspace).run()
    return time.perf_counter() - begun, invoices, peak_mib()
