"""A month that landed in many small files, and the same month compacted: metering both, and what compacting takes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib
from benchmarks.subject import Duckbill, Metering
from benchmarks.timing import alternate
from engine.events.table import EventSnapshot, EventTable

#: How many landings bring the month, each some events of every day.
LANDINGS = 50


def measure(directory: Path, *, events: int, customers: int, threads: int) -> list[dict[str, object]]:
    """One row for the files as they landed, one for the compacted; metering is all metrics, the two taking turns.

    `made in s` is the landing of all, and the compaction. Raises AssertionError when a metric gives other rows.
    """
    workspace = directory / "workspace"
    landing = isolated(_land, workspace, events=events, customers=customers, threads=threads)
    rows: list[dict[str, object]] = isolated(_compare, workspace, landing)
    return rows


def _land(workspace: Path, *, events: int, customers: int, threads: int) -> float:
    generate.write_workspace(workspace, customers=customers, threads=threads)
    parts = [workspace / f"part-{number}.ndjson" for number in range(LANDINGS)]
    month = workspace / "month.ndjson"
    generate.write_ndjson(month, first=0, last=events, events=events, customers=customers)
    with month.open("rb") as lines, ExitStack() as opened:
        files = [opened.enter_context(part.open("wb")) for part in parts]
        for number, line in enumerate(lines):
            files[number % LANDINGS].write(line)
    month.unlink()
    subject, begun = Duckbill(workspace), time.perf_counter()
    for part in parts:
        subject.land(part)
        part.unlink()
    return time.perf_counter() - begun


def _compare(folder: Path, landing: float) -> list[dict[str, object]]:
    subject = Duckbill(folder)
    before, small = _snapshot(subject), Metering(subject)
    begun = time.perf_counter()
    subject.workspace.compact(min_files=2)
    compaction, peak = time.perf_counter() - begun, peak_mib()
    after, whole = _snapshot(subject), Metering(subject)
    # The old files are still there, so that both can be read side by side.
    metrics = generate.METRICS
    for metric in metrics:
        one, other = (_rows(each, metric) for each in (small, whole))
        if one != other:
            raise AssertionError(f"{metric.name}: other rows over compacted files")
    seconds = alternate(
        {
            "small": lambda: [small.run(small.compiled(metric)) for metric in metrics],
            "whole": lambda: [whole.run(whole.compiled(metric)) for metric in metrics],
        }
    )
    # What a file's footer says is kept once it has been read, so that each turn begins with files that are new to it.
    footers = alternate({"small": lambda: _afresh(before).profiles(), "whole": lambda: _afresh(after).profiles()})
    small.close()
    whole.close()
    return [
        {
            "files": len(snapshot.files),
            "events": snapshot.rows,
            "MiB": round(sum(file.bytes for file in snapshot.files) / 2**20),
            "made in s": made,
            "metering s": seconds[name],
            "to compacted": seconds[name] / seconds["whole"],
            "footers s": footers[name],
            "peak MiB": peak,
        }
        for name, snapshot, made in (("small", before, landing), ("whole", after, compaction))
    ]


def _snapshot(subject: Duckbill) -> EventSnapshot:
    snapshot = EventTable(subject.workspace.lake).snapshot()
    assert snapshot is not None
    return snapshot


def _afresh(snapshot: EventSnapshot) -> EventSnapshot:
    return replace(snapshot, files=tuple(replace(file) for file in snapshot.files))


def _rows(metering: Metering, metric: generate.Metric) -> list[dict[str, object]]:
    rows: pa.Table = metering.run(metering.compiled(metric))
    return sorted(rows.to_pylist(), key=repr)
