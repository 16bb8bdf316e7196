"""What a run does with its metrics, beside one hand-written DuckDB query for the same answer.

Timed from the table of windows on: `values` through `metered`, the value of each metric in each window; `increments`
also through the stage `usage`, which makes a quantity for each segment of them, as the query beside `prefix_windows`
does. All benchmarks here share the events of requests.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa

from benchmarks import generate, requests
from benchmarks.rivals import HandWrittenDuckDB
from benchmarks.subject import Duckbill, RunMetering
from benchmarks.timing import alternate

#: Quantity by customer, metric and number of the segment.
Quantities = dict[tuple[str, str, int], Decimal]


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table: the metrics that a run meters together, and the file in sql/duckdb that does the same.

    The query gives one column a metric, named like it, or else one metric as `quantity`; and `segment_no` where a
    period is cut.
    """

    label: str
    metrics: tuple[str, ...]
    query: str
    increments: bool = False


def _repriced(kind: str, metric: str, query: str | None = None) -> Case:
    return Case(kind, (metric,), query or metric, increments=True)


CASES: Mapping[str, tuple[Case, ...]] = {
    "prefix_windows": (
        _repriced("SUM", "request_tokens_by_segment"),
        _repriced("MAX", "largest_answer_by_segment"),
        _repriced("LATEST", "request_seats_by_segment"),
        _repriced("UNIQUE", "active_users_by_segment"),
        _repriced("SQL, to six windows", "average_daily_peak", "average_daily_peak_by_segment"),
        _repriced("SQL, to cells of a day", "average_daily_peak", "average_daily_peak_from_cells"),
    ),
    "sql_three_levels": (Case("minute, day, average", ("worker_minutes",), "worker_minutes"),),
    "unique_10m": (
        Case("UNIQUE, to DISTINCT", ("active_users",), "active_users"),
        Case("UNIQUE, to count(DISTINCT)", ("active_users",), "active_users_count_distinct"),
    ),
    "fifty_metrics": (Case("50 metrics", tuple(metric.name for metric in requests.FIFTY), "fifty_metrics"),),
}


def measure(
    directory: Path, *, names: Iterable[str], users: int, customers: int, threads: int, off: Sequence[str]
) -> dict[str, list[dict[str, object]]]:
    """The tables of the benchmarks asked for, over one landing of events with so many distinct users.

    For each optimisation in `off` there is one candidate more: the run without it.
    """
    events = requests.events_of(users)
    requests.write_workspace(directory / "workspace", customers=customers, threads=threads)
    generate.write_aliases(directory / "aliases.parquet", customers=customers)
    subject = Duckbill(directory / "workspace")
    lines = generate.REQUEST_LINES
    for file in generate.daily_ndjson(directory / "ndjson", events=events, customers=customers, lines=lines):
        subject.land(file)
    aliases = directory / "aliases.parquet"
    return {name: [_row(subject, aliases, case, threads, off) for case in CASES[name]] for name in names}


def _row(subject: Duckbill, aliases: Path, case: Case, threads: int, off: Sequence[str]) -> dict[str, object]:
    with ExitStack() as open_runs:
        run = open_runs.enter_context(closing(RunMetering(subject, case.metrics)))
        by_hand = open_runs.enter_context(closing(HandWrittenDuckDB(run.files, aliases, threads)))
        timed: dict[str, Callable[[], object]] = {"duckdb": partial(by_hand.run, case.query), "values": run.meter}
        if case.increments:
            timed["increments"] = run.increments
        expected = _by_hand(case, by_hand.run(case.query))
        _require_equal(case, expected, run)
        for name in off:
            slower = open_runs.enter_context(closing(RunMetering(subject, case.metrics, [name])))
            _require_equal(case, expected, slower)
            timed[f"without {name}"] = slower.increments if case.increments else slower.meter
        seconds = alternate(timed)
    ratios = {f"{name} vs duckdb": taken / seconds["duckdb"] for name, taken in seconds.items() if name != "duckdb"}
    return {"case": case.label, **seconds, **ratios}


def _by_hand(case: Case, table: pa.Table) -> Quantities:
    columns = (
        {"quantity": case.metrics[0]} if "quantity" in table.column_names else {each: each for each in case.metrics}
    )
    segments = table.column("segment_no").to_pylist() if case.increments else [1] * len(table)
    customers = table.column("customer_id").to_pylist()
    return {
        (customer, metric, segment): Decimal(amount)
        for column, metric in columns.items()
        for customer, segment, amount in zip(customers, segments, table.column(column).to_pylist(), strict=True)
        if amount
    }


def _of_run(table: pa.Table) -> Quantities:
    columns = [table.column(name).to_pylist() for name in ("customer_id", "product_name", "segment_no", "quantity")]
    # A quantity of zero is left out: a query need not have a row for it.
    return {
        (customer, name, segment): amount for customer, name, segment, amount in zip(*columns, strict=True) if amount
    }


def _require_equal(case: Case, expected: Quantities, run: RunMetering) -> None:
    run.increments()
    found = _of_run(run.quantities())
    if not expected:
        raise AssertionError(f"{case.label}: no usage at all")
    if found != expected:
        differing = [key for key in expected | found if expected.get(key) != found.get(key)]
        key = differing[0]
        raise AssertionError(
            f"{case.label}: duckbill differs from duckdb in {len(differing)} of {len(expected)} quantities, such as"
            f" {key}: {found.get(key)} instead of {expected.get(key)}"
        )
