"""Each metric for all customers: duckbill's compiled query beside three ways of writing it by hand.

All read the same Parquet files, and all must return the same totals, row by row and to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa

from benchmarks import generate
from benchmarks.generate import METRICS, Metric
from benchmarks.rivals import ClickHouse, HandWrittenDuckDB, Polars, Rival
from benchmarks.subject import Duckbill, Metering
from benchmarks.timing import alternate

Totals = dict[tuple[str, ...], Decimal]


def measure(
    directory: Path, *, events: int, customers: int, threads: int, rivals_only: bool
) -> list[dict[str, object]]:
    """One row a metric: seconds of each candidate, and duckbill's ratio to the other three."""
    generate.write_aliases(directory / "aliases.parquet", customers=customers)
    subject = None
    if rivals_only:
        files = generate.write_parquet(directory / "events", events=events, customers=customers)
    else:
        subject = _landed(directory, events=events, customers=customers, threads=threads)
        files = subject.files
    rivals: dict[str, Rival] = {
        "duckdb": HandWrittenDuckDB(files, directory / "aliases.parquet", threads),
        "polars": Polars(files, directory / "aliases.parquet"),
        "clickhouse": ClickHouse(files, directory / "aliases.parquet", threads),
    }
    rows: list[dict[str, object]] = []
    for metric in METRICS:
        candidates: dict[str, Callable[[], pa.Table]] = {
            name: partial(rival.run, metric.name) for name, rival in rivals.items()
        }
        answers = {name: run() for name, run in candidates.items()}
        if subject is not None:
            # Compiling takes milliseconds and happens once a run; what is timed is the query.
            candidates["duckbill"] = partial(subject.run, subject.compiled(metric))
            answers["duckbill"] = subject.by_customer(candidates["duckbill"]())
        _require_equal(metric, {name: _totals(metric, answer) for name, answer in answers.items()})
        rows.append({"metric": metric.name, "kind": metric.kind, **_ratios(alternate(candidates))})
    if subject is not None:
        subject.close()
    return rows


def _landed(directory: Path, *, events: int, customers: int, threads: int) -> Metering:
    generate.write_workspace(directory / "workspace", customers=customers, threads=threads)
    subject = Duckbill(directory / "workspace")
    for file in generate.daily_ndjson(directory / "ndjson", events=events, customers=customers):
        subject.land(file)
    return Metering(subject)


def _totals(metric: Metric, table: pa.Table) -> Totals:
    """Quantity by customer and group values; zeros are left out, as not every candidate has a row for them."""
    quantity = next(name for name in ("quantity", "value") if name in table.column_names)
    keys = [map(_text, table.column(name).to_pylist()) for name in ("customer_id", *metric.keys)]
    amounts = [Decimal(amount or 0) for amount in table.column(quantity).to_pylist()]
    totals: Totals = {}
    for *key, amount in zip(*keys, amounts, strict=True):
        if amount:
            totals[tuple(key)] = totals.get(tuple(key), Decimal(0)) + amount
    return totals


def _text(value: str | bytes) -> str:
    # ClickHouse hands its strings over as bytes.
    return value.decode() if isinstance(value, bytes) else value


def _require_equal(metric: Metric, totals: Mapping[str, Totals]) -> None:
    expected = totals["duckdb"]
    if not expected:
        raise AssertionError(f"{metric.name}: no usage at all")
    for name, found in totals.items():
        if found != expected:
            differing = [key for key in expected | found if expected.get(key) != found.get(key)]
            raise AssertionError(
                f"{metric.name}: {name} differs from duckdb in {len(differing)} rows, such as {differing[0]}"
            )


def _ratios(seconds: Mapping[str, float]) -> dict[str, float]:
    row = dict(seconds)
    if "duckbill" in seconds:
        row |= {f"vs {name}": seconds["duckbill"] / taken for name, taken in seconds.items() if name != "duckbill"}
    return row
