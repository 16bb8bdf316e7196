"""The bundled scenarios: buckets add up to what landed, and say of each event what `events show` says of it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engine
from engine.bucketing import period_buckets
from engine.errors import UserError
from engine.events.table import EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.reports.accepted_event import AcceptedEvent
from engine.reports.event_buckets import REFUSED, bucket_problems
from engine.values.period import parse_period
from engine.workspace import Workspace
from tests.fixtures.scenario import FIXTURES, demo, event_files

SCENARIOS = ("sdk-guide", "api-quickstart", "ai-saas/small", "agreements", "widgets-express")

#: Every so many-th day of a customer of ai-saas is held against `events show`, which looks at one event at a time.
EVERY = 90

#: `events show` looks for a line, not for what it costs; no line is a line of nothing.
ON_LINE = "billed or rated_zero"

#: What `events show` calls the outcome of a product, best first, and the bucket that stands for it.
OUTCOMES = {
    "invoiced": ON_LINE,
    "on_no_line": ON_LINE,
    "not_entirely_known": ON_LINE,
    "unrated": "unrated",
    "not_entitled": "not_entitled",
}


def billed(name: str, folder: Path) -> tuple[Workspace, str]:
    """A copy of a scenario, landed and run."""
    shutil.copytree(FIXTURES / name, folder, ignore=shutil.ignore_patterns("lake", "runs", "expected"))
    period, now = demo(folder)
    workspace = engine.open(folder)
    workspace.land_files([str(file) for file in event_files(folder)], now=now)
    workspace.run(period, now=now)
    return workspace, period


def buckets(workspace: Workspace, period: str) -> pa.Table:
    snapshot = EventTable(workspace.lake).snapshot()
    assert snapshot is not None
    month = parse_period(period)
    with workspace.connect() as connection:
        found = period_buckets(workspace.root, workspace.catalog, snapshot, month, DuckDBExecutor(connection))
    assert bucket_problems(found, snapshot, month).num_rows == 0
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_landed_line_is_in_one_bucket(name: str, tmp_path: Path) -> None:
    workspace, period = billed(name, tmp_path / "workspace")
    first, last = demo_month(period)
    by_day: Counter[date] = Counter()
    for row in buckets(workspace, period).to_pylist():
        if row["billable_metric_id"] is None and row["bucket"] not in REFUSED:
            by_day[row["day"]] += row["events"]
    landed = [day for path in event_parquet(workspace) for day in days_of(path)]
    assert by_day == Counter(day for day in landed if first <= day < last)


def test_refused_lines_stand_under_the_day_on_which_they_landed(tmp_path: Path) -> None:
    workspace, period = billed("ai-saas/small", tmp_path / "workspace")
    month = parse_period(period)
    refused: Counter[tuple[object, object]] = Counter()
    for row in workspace.rejected():
        landed_at = row["landed_at"]
        assert isinstance(landed_at, datetime)
        if month.starting_at <= landed_at < month.ending_before:
            refused[landed_at.date(), row["verdict"]] += 1
    rows = [row for row in buckets(workspace, period).to_pylist() if row["bucket"] in REFUSED]
    assert {(row["day"], row["bucket"]): row["events"] for row in rows} == refused
    assert all(row["customer_id"] is None and row["billable_metric_id"] is None for row in rows)


def test_buckets_say_what_each_event_shows(tmp_path: Path) -> None:
    """All events of a few customers' days, each looked at alone by other code; every count must be the same."""
    workspace, period = billed("ai-saas/small", tmp_path / "workspace")
    sent = transactions_by_day(workspace, period)
    chosen = sorted(sent)[::EVERY]
    shown: Counter[tuple[date, object, str | None, str]] = Counter()
    for day, sender in chosen:
        for transaction_id in sent[day, sender]:
            (accepted,) = workspace.event(transaction_id).accepted
            for metric, bucket in shown_buckets(accepted, period):
                shown[day, sender, metric, bucket] += 1
    asked = {(day, customer) for day, customer, _, _ in shown}
    found: Counter[tuple[date, object, str | None, str]] = Counter()
    for row in buckets(workspace, period).to_pylist():
        if (row["day"], row["customer_id"]) in asked and row["bucket"] not in REFUSED:
            bucket = ON_LINE if row["bucket"] in ("billed", "rated_zero") else row["bucket"]
            found[row["day"], row["customer_id"], row["billable_metric_id"], bucket] += row["events"]
    assert found == shown
    assert len({bucket for _, _, _, bucket in shown}) > 2, "too little is compared"


def test_a_period_that_is_not_published_has_none(tmp_path: Path) -> None:
    workspace, _ = billed("sdk-guide", tmp_path / "workspace")
    with pytest.raises(UserError, match="2020-01 has not been published; run it first"):
        buckets(workspace, "2020-01")


def demo_month(period: str) -> tuple[date, date]:
    month = parse_period(period)
    return month.starting_at.date(), month.ending_before.date()


def event_parquet(workspace: Workspace) -> Sequence[Path]:
    return sorted((workspace.lake / "events").rglob("date=*/*.parquet"))


def days_of(path: Path) -> list[date]:
    return [each.date() for each in pq.ParquetFile(path).read(columns=["timestamp"])["timestamp"].to_pylist()]


def transactions_by_day(workspace: Workspace, period: str) -> dict[tuple[date, str], list[str]]:
    """The ids of a period's events by day and customer, an id that nobody has standing for itself."""
    month = parse_period(period)
    owners = {alias: each.id for each in workspace.catalog.customers for alias in (each.id, *each.ingest_aliases)}
    found: dict[tuple[date, str], list[str]] = {}
    for path in event_parquet(workspace):
        for row in pq.ParquetFile(path).read(columns=["transaction_id", "customer_id", "timestamp"]).to_pylist():
            if month.starting_at <= row["timestamp"] < month.ending_before:
                sender = owners.get(row["customer_id"], row["customer_id"])
                found.setdefault((row["timestamp"].date(), sender), []).append(row["transaction_id"])
    return found


def shown_buckets(accepted: AcceptedEvent, period: str) -> Iterator[tuple[str | None, str]]:
    """The buckets that `events show` speaks of: of the whole event, under None, and of each metric."""
    matched = {each.metric.id: each.outcome for each in accepted.matches if each.outcome != "not_matched"}
    periods = {each.billing_period for each in accepted.contracts} - {None}
    if accepted.attribution.customer is None or period not in periods:
        nobody = "unknown_customer" if accepted.attribution.customer is None else "no_contract"
        alone = "other_period" if periods else nobody
        yield from ((metric, alone) for metric in (None, *matched))
        return
    by_metric: dict[str, set[str]] = {metric: set() for metric in matched}
    for line in accepted.billing:
        metric = line.product.version_at(accepted.event.timestamp).billable_metric_id
        if metric in by_metric and line.contract.billing_period == period:
            by_metric[metric].add(OUTCOMES[line.outcome])
    best = {
        metric: "invalid_value"
        if matched[metric] == "invalid_value"
        else next((each for each in OUTCOMES.values() if each in found), "not_on_rate_card")
        for metric, found in by_metric.items()
    }
    order = [*OUTCOMES.values(), "invalid_value", "not_on_rate_card"]
    yield None, min(best.values(), key=order.index, default="unmatched_metric")
    yield from best.items()
