"""Every landed event in exactly one bucket, by day, customer and metric (spec/reliability.md §1.1, G1 and G13).

What was published decides: an event is looked up among the lines, by its contract's statement, its product, its group
values and its time, and never metered again. All events of a period are followed at once, some millions at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.errors import CatalogError, UserError
from engine.events.commit import batch_transaction
from engine.events.delta_check import live_files, open_checked
from engine.events.seen import SeenEvents
from engine.events.table import EventFile, EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query, fixed_sql
from engine.metrics.meter import metric_query
from engine.metrics.properties import path_of
from engine.metrics.scope import PropertyStore
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.pipeline import STATEMENTS
from engine.rating.schedule import schedule_inputs
from engine.reports.bucket_meters import BucketMeter, bucket_meters, group_key, group_lines, sold_products
from engine.reports.event_probe import EVENTS
from engine.reports.followed_metrics import bucket_events, followed_metric, on_columns
from engine.values.period import Period

#: How many events are followed at a time, more or less: a file of events is never split.
EVENTS_AT_A_TIME = 2_000_000

#: Of landing, not of the day on which an event happened.
REFUSED = ("duplicate", "rejected")

#: The columns of the answers.
COLUMNS = pa.schema(
    [
        ("day", pa.date32()),
        ("customer_id", pa.string()),
        ("customer_name", pa.string()),
        ("billable_metric_id", pa.string()),
        ("metric_name", pa.string()),
        ("bucket", pa.string()),
        ("events", pa.int64()),
    ]
)

#: What is read of each output, by name.
_READ: Mapping[str, tuple[str, ...]] = {
    "invoices": ("id", "contract_id", "customer_id", "type", "status", "starting_at", "ending_before", "computed_by"),
    "line_items": (
        "invoice_id",
        "contract_id",
        "product_id",
        "pricing_group_values",
        "presentation_group_values",
        "starting_at",
        "ending_before",
        "type",
        "total",
        "origin_line_item_id",
    ),
    **dict.fromkeys(
        ("unrated", "not_entitled"),
        (
            "contract_id",
            "product_id",
            "pricing_group_values",
            "presentation_group_values",
            "starting_at",
            "ending_before",
        ),
    ),
    "parked": ("contract_id",),
}

#: What a metric raises on an event of which its conditions cannot be computed.
_CANNOT_COMPUTE = (duckdb.InvalidInputException, duckdb.OutOfRangeException, duckdb.ConversionException)

#: Gives columns of an output of the published run of the period, None when the period is not published.
ReadOutput = Callable[[str, Sequence[str]], pa.Table | None]


@dataclass(frozen=True)
class Seen:
    """Who saw what. `by_run` gives what a run saw by its id, where None means the run that published the period; None
    when its record is gone, and then it is taken to have seen everything. `landed_with` gives the version of the event
    table that committed a batch.
    """

    by_run: Callable[[str | None], SeenEvents | None]
    landed_with: Callable[[str], int | None]


def event_buckets(
    catalog: Catalog,
    read: ReadOutput,
    snapshot: EventSnapshot,
    period: Period,
    executor: DuckDBExecutor,
    seen: Seen,
) -> pa.Table:
    """How many events of a published billing period are in each bucket, by day, customer and metric.

    Columns: day (UTC, of the event's timestamp), customer_id (as sent when nobody has it), customer_name,
    billable_metric_id and metric_name (NULL on the rows that count each event once), bucket, events. Grain: day,
    customer_id, billable_metric_id, bucket. The rows with a metric count each event once for each metric that it
    matches. Raises UserError when the period has not been published.
    """
    metrics = _followable(catalog)
    meters = bucket_meters(catalog, metrics)
    _prepare(catalog, read, snapshot, period, executor, seen)
    executor.load("bucket_metrics", _metric_names(metrics))
    executor.load("bucket_sold", sold_products(meters))
    for meter in meters:
        executor.connection.execute("INSERT INTO bucket_lines BY NAME " + group_lines(meter).sql("duckdb"))
    keys = tuple(sorted({key.group_key for contract in catalog.contracts for key in contract.usage_filter}))
    events = snapshot.between(period.starting_at, period.ending_before)
    for part in _parts(events):
        _count(part, period, executor, _Asked(metrics, meters, keys), seen)
    return executor.rows(fixed_query(__package__, "event_buckets_totals"))


def refused_buckets(lake: Path, period: Period, executor: DuckDBExecutor) -> pa.Table:
    """How many lines were refused or repeated, by the day on which they landed, in a period.

    Columns: those of `event_buckets`; nothing is known of customers and metrics. Grain: day, bucket.
    """
    rejected, events = open_checked(lake / "rejected_events"), open_checked(lake / "events")
    counts: dict[tuple[date, str], int] = {}
    if rejected is not None and events is not None:
        files = [str(path) for path in live_files(lake / "rejected_events", rejected)]
        asked: dict[str, object] = {"files": files}
        asked |= {"starting_at": period.starting_at, "ending_before": period.ending_before}
        found = executor.connection.execute(_sql("refused"), asked).fetchall() if files else []
        for day, batch_id, bucket, lines in found:
            # What a landing refused that never committed has landed again since.
            if events.transaction_version(batch_transaction(batch_id)) is not None:
                counts[day, bucket] = counts.get((day, bucket), 0) + lines
    rows = [{"day": day, "bucket": bucket, "events": lines} for (day, bucket), lines in sorted(counts.items())]
    return pa.Table.from_pylist(rows, schema=COLUMNS)


def bucket_problems(buckets: pa.Table, snapshot: EventSnapshot, period: Period) -> pa.Table:
    """The days on which the buckets of `event_buckets` do not add up to the events that landed: none, if all is well.

    What landed is what the event table recorded of its files when they were committed. Columns: day, in_buckets,
    landed. Grain: day.
    """
    landed: dict[date, int] = {}
    for file in snapshot.between(period.starting_at, period.ending_before).files:
        landed[file.date] = landed.get(file.date, 0) + file.rows
    whole = buckets.filter(
        pc.and_(
            pc.is_null(buckets["billable_metric_id"]),
            pc.invert(pc.is_in(buckets["bucket"], value_set=pa.array(REFUSED))),
        )
    )
    counted: dict[date, int] = {}
    for day, events in zip(whole["day"].to_pylist(), whole["events"].to_pylist(), strict=True):
        counted[day] = counted.get(day, 0) + events
    rows = [
        {"day": day, "in_buckets": counted.get(day, 0), "landed": landed.get(day, 0)}
        for day in sorted(landed.keys() | counted.keys())
        if counted.get(day, 0) != landed.get(day, 0)
    ]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([("day", pa.date32()), ("in_buckets", pa.int64()), ("landed", pa.int64())])
    )


@dataclass(frozen=True)
class _Asked:
    """What is asked of each event: by metrics, by their meters, and by the usage filters of contracts."""

    metrics: tuple[BillableMetric, ...]
    meters: tuple[BucketMeter, ...]
    usage_filter_keys: tuple[str, ...]

    @property
    def keys(self) -> set[str]:
        return {key for meter in self.meters for key in meter.keys} | set(self.usage_filter_keys)


def _followable(catalog: Catalog) -> tuple[BillableMetric, ...]:
    """Every metric but SQL metrics that are refused, which nothing is billed by."""
    found = []
    for metric in catalog.billable_metrics:
        try:
            metric_query(metric)
        except CatalogError:
            continue
        found.append(metric)
    return tuple(found)


def _prepare(
    catalog: Catalog,
    read: ReadOutput,
    snapshot: EventSnapshot,
    period: Period,
    executor: DuckDBExecutor,
    seen: Seen,
) -> None:
    """The statements, how they stand, and what was published of them, as tables on the executor's connection."""
    executor.connection.execute(_sql("types"))
    for name, columns in _READ.items():
        executor.load(f"published_{name}", _published(read, name, columns, period))
    for name, table in schedule_inputs(catalog, period).items():
        executor.load(name, table)
    executor.run_stage(next(stage for stage in STATEMENTS if stage.name == "statement_windows"))
    executor.load("bucket_runs", _runs(executor, seen))
    executor.create("bucket_statements", fixed_query(__package__, "event_buckets_statements"))
    windows = exp.select(
        "statement_no::BIGINT AS window_id", "customer_id", "usage_filter_no", "starting_at", "ending_before",
        dialect="duckdb",
    )  # fmt: skip
    executor.set_windows(windows.from_("bucket_statements"))
    executor.create("bucket_usage", fixed_query(__package__, "event_buckets_usage"))


def _published(read: ReadOutput, name: str, columns: Sequence[str], period: Period) -> pa.Table:
    table = read(name, columns)
    if table is None:
        raise UserError(f"{period.label} has not been published; run it first: duckbill run --period {period.label}")
    for column in columns:
        if column not in table.column_names:
            # Published before duckbill wrote this column.
            table = table.append_column(column, pa.nulls(table.num_rows, pa.string()))
    return table


def _runs(executor: DuckDBExecutor, seen: Seen) -> pa.Table:
    """What each run that made an invoice of the period saw. Grain: run_id, NULL for the one that published it."""
    asked = exp.select("computed_by").distinct().from_("published_invoices").where("computed_by IS NOT NULL")
    runs = [None, *sorted(executor.rows(asked)["computed_by"].to_pylist())]
    known = [seen.by_run(run_id) for run_id in runs]
    return arrow_table(
        run_id=(pa.string(), runs),
        events_version=(pa.int64(), [each and each.version for each in known]),
        as_of=(INSTANT, [each and each.as_of for each in known]),
    )


def _metric_names(metrics: Sequence[BillableMetric]) -> pa.Table:
    return arrow_table(
        metric_no=(pa.int32(), range(len(metrics))),
        billable_metric_id=(pa.string(), [each.id for each in metrics]),
        metric_name=(pa.string(), [each.name for each in metrics]),
    )


def _parts(events: EventSnapshot) -> Iterator[EventSnapshot]:
    """The files some at a time, so that what is kept of their events at once stays within bounds."""
    files: list[EventFile] = []
    for file in events.files:
        files.append(file)
        if sum(each.rows for each in files) >= EVENTS_AT_A_TIME:
            yield replace(events, files=tuple(files))
            files = []
    if files:
        yield replace(events, files=tuple(files))


def _count(part: EventSnapshot, period: Period, executor: DuckDBExecutor, asked: _Asked, seen: Seen) -> None:
    """Adds the events of some files to `bucket_counts`."""
    executor.view_events([file.path for file in part.files], part.any_file)
    store = PropertyStore(part.profiles(), part.partial_fields())
    followed = [followed_metric(metric, store) for metric in asked.metrics]
    conditions = [node for each in followed for node in (each.passes, each.is_invalid)]
    events, columns = bucket_events(conditions, asked.keys, store, period)
    executor.create("bucket_events", events)
    executor.load("bucket_batches", _batches(executor, seen))
    executor.create("passing_events", _passing(asked.usage_filter_keys, columns))
    executor.create("bucket_offers", fixed_query(__package__, "event_buckets_offers"))
    executor.connection.execute("TRUNCATE bucket_outcomes")
    for meter in asked.meters:
        metric = followed[meter.metric_no]
        try:
            executor.create("matched_events", _matched(metric.passes, metric.is_invalid, meter, columns))
        except _CANNOT_COMPUTE:
            executor.create("matched_events", _matched(metric.passes_by_type, exp.false(), meter, columns))
        numbers = {"meter_no": meter.meter_no, "metric_no": meter.metric_no}
        executor.connection.execute("INSERT INTO bucket_outcomes BY NAME\n" + _sql("outcomes"), numbers)
    executor.connection.execute("INSERT INTO bucket_counts BY NAME\n" + _sql("counts"))


def _batches(executor: DuckDBExecutor, seen: Seen) -> pa.Table:
    """The version that each landing of these events committed, where a run may not have seen it."""
    batches = executor.rows(exp.select("batch_id").distinct().from_("bucket_events").order_by("batch_id"))
    names = batches["batch_id"].to_pylist()
    return arrow_table(
        batch_id=(pa.string(), names), table_version=(pa.int64(), [seen.landed_with(name) for name in names])
    )


def _passing(usage_filter_keys: Sequence[str], columns: Mapping[tuple[str, ...], str]) -> exp.Select:
    """The events that each statement's customer sent in its time and its usage filter lets pass: event_no,
    statement_no, ingested_at, batch_id. Grain: event_no, statement_no.
    """
    timestamp = exp.column("timestamp", table=EVENTS, quoted=True)
    found = (
        exp.select(
            exp.alias_(exp.column("rowid", table=EVENTS), "event_no"),
            exp.alias_(exp.cast(exp.column("window_id", table="w"), exp.DType.INT.into_expr()), "statement_no"),
            exp.column("ingested_at", table=EVENTS),
            exp.column("batch_id", table=EVENTS),
        )
        .from_(exp.to_table("bucket_events", alias=EVENTS))
        .join(
            exp.to_table("alias_windows", alias="w"),
            on=exp.column("alias", table="w").eq(exp.column("customer_id", table=EVENTS)),
        )
        .where(
            exp.GTE(this=timestamp, expression=exp.column("starting_at", table="w")),
            exp.LT(this=timestamp.copy(), expression=exp.column("ending_before", table="w")),
        )
    )
    if not usage_filter_keys:
        return found
    value = exp.Case(
        this=exp.column("filter_key", table="w"),
        ifs=[
            exp.If(this=exp.Literal.string(key), true=exp.column(columns[path_of(key)], table=EVENTS))
            for key in usage_filter_keys
        ],
    )
    unfiltered = exp.column("filter_key", table="w").is_(exp.null())
    return found.where(exp.paren(exp.or_(unfiltered, exp.column("filter_value", table="w").eq(value))))


def _matched(
    passes: exp.Expr, is_invalid: exp.Expr, meter: BucketMeter, columns: Mapping[tuple[str, ...], str]
) -> exp.Select:
    """The events that match a metric, with the values of a meter's keys: event_no, timestamp, group_key, is_invalid."""
    values = [exp.column(columns[path_of(key)], table=EVENTS) for key in meter.keys]
    return (
        exp.select(
            exp.alias_(exp.column("rowid", table=EVENTS), "event_no"),
            exp.column("timestamp", table=EVENTS, quoted=True),
            exp.alias_(group_key(values), "group_key"),
            exp.alias_(exp.func("COALESCE", on_columns(is_invalid, columns), exp.false()), "is_invalid"),
        )
        .from_(exp.to_table("bucket_events", alias=EVENTS))
        .where(on_columns(passes, columns))
    )


def _sql(name: str) -> str:
    assert __package__ is not None
    return fixed_sql(__package__, f"event_buckets_{name}")
