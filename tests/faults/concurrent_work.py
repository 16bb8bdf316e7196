"""What processes do at once in one workspace, each until it is told that the landers are done, and what each checks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from engine.events.table import EventTable
from engine.run_folder import recorded_events
from engine.workspace import Workspace
from tests.faults.batches import Part, batch, whole_batches, whole_ids
from tests.faults.journal import Journal
from tests.faults.shop import NOW, PERIOD

#: The longest that a lander, a run or a compaction waits for the workspace.
WAIT = 120.0

#: How long the others rest between two looks, runs or compactions, so as to leave the machine to the landers.
_REST = {"read": 1.5, "run": 4.0, "compact": 1.0}

Done = Sequence[int]


def land(root: Path, names: Iterable[str], journal: Journal) -> None:
    """Lands the batches of these names one after the other, waiting for the workspace each time."""
    for name in names:
        before = time.monotonic()
        landed = Workspace(root, wait=WAIT).land(batch(name), now=NOW)
        assert landed.accepted == landed.read, landed
        journal.append({"seconds": time.monotonic() - before, "cpu": time.process_time()})


def bill(root: Path, done: Done, journal: Journal) -> None:
    """Bills the period; a run bills one version of the events, whatever lands while it goes on."""
    is_last = False
    while not is_last:
        is_last = bool(done[0])
        run = Workspace(root, wait=WAIT).run(PERIOD, now=NOW)
        seen = recorded_events(run.folder)
        snapshot = EventTable(root / "lake").snapshot(None if seen is None else seen.version)
        assert snapshot is not None
        there = len(whole_ids(_ids(file.path for file in snapshot.files)))
        billed = whole_batches(billed_tokens(run.line_items.dicts()))
        assert billed == there, f"run {run.run_id} has billed {billed} batches of {there}"
        journal.append({"batches": billed, "cpu": time.process_time()})
        _rest(done, "run")


def compact(root: Path, done: Done, journal: Journal) -> None:
    """Compacts, again and again."""
    is_last = False
    while not is_last:
        is_last = bool(done[0])
        compacted = Workspace(root, wait=WAIT).compact(min_files=4)
        journal.append({"days": len(compacted.days), "cpu": time.process_time()})
        _rest(done, "compact")


def read(root: Path, done: Done, journal: Journal) -> None:
    """Looks as a notebook does, through the workspace: what it sees is whole, and never older than what it has seen."""
    workspace, version, known = Workspace(root), -1, frozenset[str]()
    metered = billed = 0
    while not done[0]:
        snapshot = EventTable(workspace.lake).snapshot()
        assert snapshot is not None and snapshot.version >= version, "the events are older than they were"
        names = whole_ids(_ids(file.path for file in snapshot.files))
        assert names >= known, f"{len(known - names)} batches were there and are gone"
        assert len(names) == len(known) or snapshot.version > version, "other events under the same version"
        version, known = snapshot.version, names
        rows = workspace.preview("Tokens", period=PERIOD, group_by=["model"]).dicts()
        counted = whole_batches(metered_tokens(rows))
        assert counted >= max(metered, len(known)), f"{counted} batches metered, {max(metered, len(known))} before"
        metered = counted
        billed = _looked_at_invoices(workspace, billed)
        journal.append({"version": version, "metered": metered, "billed": billed, "cpu": time.process_time()})
        _rest(done, "read")


def read_plainly(root: Path, done: Done, journal: Journal) -> None:
    """Looks with what anybody has who reads Delta tables: deltalake and pyarrow, and no line of duckbill."""
    version, known = -1, frozenset[str]()
    while not done[0]:
        table = DeltaTable(root / "lake" / "events")
        assert table.version() >= version, "the table is older than it was"
        names = whole_ids(pa.table(table.to_pyarrow_table(columns=["transaction_id"]))["transaction_id"].to_pylist())
        assert names >= known, f"{len(known - names)} batches were there and are gone"
        version, known = table.version(), names
        if (root / "lake" / "invoices" / "_delta_log").exists():
            invoices = pa.table(DeltaTable(root / "lake" / "invoices").to_pyarrow_table())
            assert len(set(invoices["run_id"].to_pylist())) == 1, "the invoices of two runs stand for one period"
            assert len(set(invoices["id"].to_pylist())) == len(invoices) == _invoices_of(root), "not every invoice"
        journal.append({"version": version, "cpu": time.process_time()})
        _rest(done, "read")


def _looked_at_invoices(workspace: Workspace, before: int) -> int:
    """How many batches the published lines are of; 0 while nothing is published."""
    run_id = workspace.outputs.published_run(PERIOD)
    if run_id is None:
        return 0
    lines, invoices = workspace.line_items(PERIOD).dicts(), workspace.invoices(PERIOD).dicts()
    batches = whole_batches(billed_tokens(lines))
    assert batches >= before, f"{batches} batches are billed, and were {before}"
    if workspace.outputs.published_run(PERIOD) == run_id:
        counted = {row["id"]: row["line_items"] for row in invoices}
        there = {key: sum(line["invoice_id"] == key for line in lines) for key in counted}
        assert there == counted and {line["invoice_id"] for line in lines} <= set(there), (there, counted)
    return batches


def metered_tokens(rows: Iterable[dict[str, Any]]) -> dict[Part, Decimal]:
    """The tokens that a preview has counted, by customer and model."""
    return {(str(row["customer_id"]), str(row["model"])): Decimal(row["value"]) for row in rows}


def billed_tokens(lines: Iterable[dict[str, Any]]) -> dict[Part, Decimal]:
    """The tokens that lines are of, by customer and model."""
    found: dict[Part, Decimal] = {}
    for line in lines:
        if line["metric_name"] == "Tokens":
            part = (str(line["customer_id"]), str(json.loads(line["pricing_group_values"])["model"]))
            found[part] = found.get(part, Decimal(0)) + line["quantity"]
    return found


def _invoices_of(root: Path) -> int:
    """How many invoices every run of these batches has."""
    return len(Workspace(root).catalog.contracts) + 1


def _ids(files: Iterable[Path]) -> list[str]:
    return [
        each for path in files for each in pq.ParquetFile(path).read(["transaction_id"])["transaction_id"].to_pylist()
    ]


def _rest(done: Done, kind: str) -> None:
    """Waits, though no longer than until the landers are done."""
    end = time.monotonic() + _REST[kind]
    while not done[0] and time.monotonic() < end:
        time.sleep(0.05)
