"""Events landed per second from NDJSON: into an empty table, and against a long history of transaction ids."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks import generate
from benchmarks.isolated import peak_mib
from benchmarks.subject import Duckbill

BATCH = 1_000_000
BATCHES = 3
EARLIER_BATCH = 2_000_000


def measure(directory: Path, *, events: int, earlier: int, customers: int, threads: int) -> dict[str, object]:
    """The fastest of three batches of `events` lines, of which a tenth of the second and third are repeats.

    Raises AssertionError when the counts are not what was sent.
    """
    generate.write_workspace(directory / "workspace", customers=customers, threads=threads)
    workspace = Duckbill(directory / "workspace")
    for first in range(0, earlier, EARLIER_BATCH):
        last = min(first + EARLIER_BATCH, earlier)
        path = directory / f"earlier-{first}.ndjson"
        generate.write_earlier_ndjson(path, first=first, last=last, total=earlier)
        _land(workspace, path, accepted=last - first, duplicate=0)
    seconds = []
    for batch in range(BATCHES):
        repeats = events // 10 if batch else 0
        first = batch * (events - events // 10)
        path = directory / f"batch-{batch}.ndjson"
        generate.write_ndjson(path, first=first, last=first + events, events=BATCHES * events, customers=customers)
        seconds.append(_land(workspace, path, accepted=events - repeats, duplicate=repeats))
    return {
        "events": events,
        "earlier ids": earlier,
        "seconds": min(seconds),
        "events/s": round(events / min(seconds)),
        "peak MiB": peak_mib(),
    }


def _land(workspace: Duckbill, path: Path, *, accepted: int, duplicate: int) -> float:
    begun = time.perf_counter()
    counts = workspace.land(path)
    taken = time.perf_counter() - begun
    if counts != (accepted, duplicate, 0):
        raise AssertionError(f"{path.name}: accepted, duplicate, rejected = {counts}")
    path.unlink()
    return taken
