"""The buckets of generated workspaces against plain loops over their events.

Five scenarios by default; `DUCKBILL_SCENARIOS=1000` runs that many, and `DUCKBILL_SCENARIOS=812:813` those seeds.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.bucketing import period_buckets
from engine.events.commit import batch_transaction
from engine.events.delta_check import open_checked
from engine.events.seen import SeenEvents
from engine.events.table import EventSnapshot, EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.reports.event_buckets import REFUSED, Seen, bucket_problems, event_buckets
from engine.values.period import parse_period
from engine.workspace import Workspace
from tests.generated.billed import land, opened, run
from tests.generated.compare import Expected, expected
from tests.generated.scenarios import Scenario, scenario
from tests.oracle.catalog import read_catalog
from tests.oracle.metering import Event
from tests.oracle.rating import bill
from tests.reconcile.bucket_loops import Counted, Loops

#: Scenarios with events of the month in more than one landing.
IN_SEVERAL_LANDINGS = (8, 60, 77)


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_SCENARIOS", "5").rpartition(":")
    return range(int(first or 0), int(last))


def snapshot_of(workspace: Workspace) -> EventSnapshot:
    found = EventTable(workspace.lake).snapshot()
    assert found is not None
    return found


def counted(table: pa.Table) -> Counted:
    """The rows of accepted events as the loops give them; each row is there once."""
    accepted = [row for row in table.to_pylist() if row["bucket"] not in REFUSED]
    rows: Counted = Counter()
    for row in accepted:
        rows[row["day"], row["customer_id"], row["billable_metric_id"], row["bucket"]] += row["events"]
    assert len(rows) == len(accepted) and all(rows.values())
    return rows


def parked_of(made: Scenario, workspace: Workspace) -> set[object]:
    found = workspace.outputs.read("parked", made.period)
    assert found is not None
    return set(found["contract_id"].to_pylist())


@pytest.mark.parametrize("seed", seeds())
def test_buckets_equal_the_loops(seed: int, tmp_path: Path) -> None:
    made = scenario(seed, tmp_path / "workspace")
    wanted = expected(made)
    workspace = opened(made)
    land(made, wanted, workspace)
    run(made, workspace)

    def unseen(event: Event) -> bool:
        return made.as_of is not None and bool(event["ingested_at"] > made.as_of)

    month, snapshot = parse_period(made.period), snapshot_of(workspace)
    with workspace.connect() as connection:
        found = period_buckets(workspace.root, workspace.catalog, snapshot, month, DuckDBExecutor(connection))
    catalog = read_catalog(made.workspace)
    by_loops = Loops(catalog, wanted.bill, made.period, parked_of(made, workspace), unseen)
    assert counted(found) == by_loops.counted(wanted.events)
    assert bucket_problems(found, snapshot, month).num_rows == 0


@pytest.mark.parametrize("seed", IN_SEVERAL_LANDINGS)
def test_what_a_run_had_not_seen(seed: int, tmp_path: Path) -> None:
    """Billed after the first landing: a third of the contracts is final, a third void, a third still a draft."""
    made = replace(scenario(seed, tmp_path / "workspace"), as_of=None)
    wanted = expected(made)
    workspace = opened(made)
    first = replace(made, landings=made.landings[:1])
    land(first, replace(wanted, landings=wanted.landings[:1]), workspace)
    run(made, workspace)
    seen_until = snapshot_of(workspace).version
    land_the_rest(made, wanted, workspace)

    catalog = read_catalog(made.workspace)
    contracts = sorted(catalog["contracts"])
    final, void = contracts[::3], contracts[1::3]
    month = parse_period(made.period)

    def read(output: str, columns: Sequence[str]) -> pa.Table | None:
        table = workspace.outputs.read(output, made.period, columns=columns)
        return standing(table, final, void) if output == "invoices" and table is not None else table

    events = open_checked(workspace.lake / "events")
    assert events is not None
    seen = Seen(
        lambda run_id: SeenEvents(seen_until if run_id in (None, "the first") else 10**6),
        lambda batch_id: events.transaction_version(batch_transaction(batch_id)),
    )
    with workspace.connect() as connection:
        executor = DuckDBExecutor(connection)
        found = event_buckets(workspace.catalog, read, snapshot_of(workspace), month, executor, seen)

    by_loops = Loops(
        catalog,
        bill(made.workspace, wanted.landings[0].events, made.period),
        made.period,
        parked_of(made, workspace),
        lambda event: bool(event["ingested_at"] > made.landings[0][1]),
        final,
        void,
    )
    assert counted(found) == by_loops.counted(wanted.events)
    assert bucket_problems(found, snapshot_of(workspace), month).num_rows == 0


def land_the_rest(made: Scenario, wanted: Expected, workspace: Workspace) -> None:
    rest = replace(made, landings=made.landings[1:])
    land(rest, replace(wanted, landings=wanted.landings[1:]), workspace)


def standing(invoices: pa.Table, final: Sequence[str], void: Sequence[str]) -> pa.Table:
    """The invoices with other statuses: the finalized ones computed by `the first` run."""
    contracts = invoices["contract_id"]
    is_final = pc.is_in(contracts, value_set=pa.array(final, pa.string()))
    is_void = pc.is_in(contracts, value_set=pa.array(void, pa.string()))
    status = pc.if_else(is_final, "FINALIZED", pc.if_else(is_void, "VOID", "DRAFT"))
    computed_by = pc.if_else(is_final, "the first", pa.scalar(None, pa.string()))
    kept = invoices.drop_columns([name for name in ("status", "computed_by") if name in invoices.column_names])
    return kept.append_column("status", status).append_column("computed_by", computed_by)


def test_the_scenarios_reach_the_buckets_of_late_and_void(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    reached: Counter[str] = Counter()
    for seed in IN_SEVERAL_LANDINGS:
        made = scenario(seed, tmp_path / str(seed))
        wanted = expected(made)
        catalog = read_catalog(made.workspace)
        contracts = sorted(catalog["contracts"])
        by_loops = Loops(catalog, wanted.bill, made.period, (), lambda event: True, contracts[::3], contracts[1::3])
        for (_, _, _, bucket), events in by_loops.counted(wanted.events).items():
            reached[bucket] += events
    assert min(reached["late"], reached["void"], reached["arrived_later"]) > 10, reached
