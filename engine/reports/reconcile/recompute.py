"""Metered usage counted again in another way (spec/ecosystem.md §5.3, C05): streaming metrics by Polars over the event
files, SQL metrics on the path that takes nothing for granted.

Only where a statement has one metric, one set of group keys and one conversion of a product from end to end can its
quantity be had from one value. What cannot be counted again is counted, with the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import polars as pl
import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract, UsageFilter
from engine.catalog.product import Product, ProductType, ProductVersion
from engine.errors import UserError
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.reports.reconcile.recompute_events import EventWindows, count_events, unreadable
from engine.reports.reconcile.recompute_quantity import published_number, quantity_of
from engine.reports.reconcile.recompute_sql import SqlQuestion, run_sql_metric
from engine.values.period import ALWAYS, Period

_NUMBER = pa.decimal128(38, 18)

#: What was metered and what counting again gives. Grain: as `metered_usage`.
RECOMPUTED = pa.schema(
    [
        *((name, pa.string()) for name in ("customer_id", "contract_id", "product_id", "billable_metric_id")),
        *((name, pa.string()) for name in ("metric_name", "pricing_group_values", "presentation_group_values")),
        ("period_starting_at", pa.timestamp("us")),
        *((name, _NUMBER) for name in ("metered_value", "recomputed_value")),
        *((name, _NUMBER) for name in ("metered_quantity", "recomputed_quantity")),
    ]
)

#: Groups that could not be counted again. Grain: metric_name, product_id, reason.
NOT_RECOMPUTED = pa.schema(
    [
        *((name, pa.string()) for name in ("metric_name", "product_id", "reason")),
        ("groups", pa.int64()),
    ]
)


@dataclass(frozen=True)
class RunRecord:
    """What a run was computed from."""

    catalog: Catalog
    events_version: int
    as_of: datetime | None


#: Gives the record of a run, or the reason why there is none.
Recorded = Callable[[str], RunRecord | str]


@dataclass(frozen=True, slots=True)
class _Statement:
    contract_id: str
    starting_at: datetime
    ending_before: datetime


@dataclass(frozen=True, slots=True)
class _Reading:
    """One metric by one set of keys, over the events that one run saw."""

    run_id: str
    metric_id: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    statement: _Statement
    contract: Contract
    product: Product
    version: ProductVersion


#: (customer, start, end, usage filters) of the events that one or several contracts look at.
_Window = tuple[str, datetime, datetime, tuple[UsageFilter, ...]]

#: (contract, product, start of the statement) of rows of `metered_usage`; without a product, every one of the contract.
_Place = tuple[str, str | None, datetime]


def recompute(
    metered: pa.Table, invoices: pa.Table, run_id: str, recorded: Recorded, events: EventTable, executor: DuckDBExecutor
) -> tuple[pa.Table, pa.Table]:
    """The tables RECOMPUTED and NOT_RECOMPUTED of a published run.

    `metered` and `invoices` are its outputs. Each statement is counted over the events, and by the catalog, of the run
    that computed its invoice.
    """
    rows: dict[_Place, list[dict[str, Any]]] = {}
    for row in metered.to_pylist():
        rows.setdefault((row["contract_id"], row["product_id"], row["period_starting_at"]), []).append(row)
    readings, reasons = _readings(_statements(invoices, run_id), recorded)
    found: list[dict[str, object]] = []
    for reading, asked in readings.items():
        record = recorded(reading.run_id)
        assert isinstance(record, RunRecord)
        counted = _counted(reading, asked, record, events, executor)
        for each in asked:
            place: _Place = (each.contract.id, each.product.id, each.statement.starting_at)
            if isinstance(counted, str):
                reasons[place] = counted
                continue
            values = counted.get(_window(each), {})
            found += _compared(reading, each, record.catalog, values, rows.get(place, []))
            reasons[place] = ""
    left_over: Counter[tuple[str, str, str]] = Counter()
    for (contract_id, product_id, starting_at), metered_rows in rows.items():
        of_all = reasons.get((contract_id, None, starting_at), "no invoice bills it")
        reason = reasons.get((contract_id, product_id, starting_at), of_all)
        if reason:
            left_over.update((str(row["metric_name"]), str(product_id), reason) for row in metered_rows)
    names = ("metric_name", "product_id", "reason")
    missing = [{**dict(zip(names, key, strict=True)), "groups": count} for key, count in sorted(left_over.items())]
    found.sort(key=lambda row: tuple(str(row[name]) for name in RECOMPUTED.names[:8]))
    return pa.Table.from_pylist(found, schema=RECOMPUTED), pa.Table.from_pylist(missing, schema=NOT_RECOMPUTED)


def _statements(invoices: pa.Table, run_id: str) -> dict[_Statement, str]:
    """The run that computed each statement with an invoice that stands."""
    return {
        _Statement(row["contract_id"], row["starting_at"], row["ending_before"]): row["computed_by"] or run_id
        for row in invoices.to_pylist()
        if row["type"] == "USAGE" and row["status"] != "VOID"
    }


def _readings(
    statements: Mapping[_Statement, str], recorded: Recorded
) -> tuple[dict[_Reading, list[_Asked]], dict[_Place, str]]:
    """What to count for whom, and why the rest cannot be."""
    readings: dict[_Reading, list[_Asked]] = {}
    reasons: dict[_Place, str] = {}
    sold: dict[str, Mapping[str, list[Product]]] = {}
    for statement, run_id in statements.items():
        record = recorded(run_id)
        if isinstance(record, str):
            reasons[statement.contract_id, None, statement.starting_at] = record
            continue
        if run_id not in sold:
            sold[run_id] = _products_by_card(record.catalog)
        contract = record.catalog.contract(statement.contract_id)
        for product in sold[run_id].get(contract.rate_card_id, []):
            version = product.version_at(statement.starting_at)
            place = (contract.id, product.id, statement.starting_at)
            if _changes_within(product, statement):
                reasons[place] = "the product changes within the statement period"
            else:
                assert version.billable_metric_id is not None
                reading = _Reading(run_id, version.billable_metric_id, tuple(sorted(version.grouped_by)))
                readings.setdefault(reading, []).append(_Asked(statement, contract, product, version))
    return readings, reasons


def _products_by_card(catalog: Catalog) -> dict[str, list[Product]]:
    """The usage products that each rate card has a rate for."""
    cards: dict[str, dict[str, Product]] = {}
    for rate in catalog.rates:
        product = catalog.product(rate.product_id)
        if product.type is ProductType.USAGE:
            cards.setdefault(rate.rate_card_id, {})[product.id] = product
    return {card_id: list(products.values()) for card_id, products in cards.items()}


def _changes_within(product: Product, statement: _Statement) -> bool:
    """Whether a product is metered, grouped, converted or rounded in two ways in a statement period."""
    ways = {
        (
            each.billable_metric_id,
            each.pricing_group_key,
            each.presentation_group_key,
            each.quantity_conversion,
            each.quantity_rounding,
        )
        for each in product.versions()
        if (each.starting_at is None or each.starting_at < statement.ending_before)
        and (each.ending_before is None or statement.starting_at < each.ending_before)
    }
    return len(ways) > 1


def _window(asked: _Asked) -> _Window:
    statement, contract = asked.statement, asked.contract
    return contract.customer_id, statement.starting_at, statement.ending_before, contract.usage_filter


def _counted(
    reading: _Reading, asked: Iterable[_Asked], record: RunRecord, events: EventTable, executor: DuckDBExecutor
) -> Mapping[_Window, Mapping[tuple[str | None, ...], Fraction]] | str:
    """The values of each group of each window, or why they cannot be had."""
    contracts: dict[_Window, str] = {}
    for each in asked:
        contracts.setdefault(_window(each), each.contract.id)
    windows = list(contracts)
    span = Period(min(window[1] for window in windows), max(window[2] for window in windows))
    snapshot = _snapshot(events, record).between(span.starting_at, span.ending_before)
    metric = record.catalog.metric(reading.metric_id)
    if metric.sql is None:
        streams = _event_windows(record.catalog, windows)
        reason = unreadable(metric, (*reading.keys, *streams.filter_keys), snapshot.files)
        if reason is not None:
            return reason
        found = count_events(metric, reading.keys, streams, snapshot.files, record.as_of)
    else:
        question = SqlQuestion(
            record.catalog, metric, reading.keys, _sql_windows(contracts), snapshot, span, record.as_of
        )
        try:
            found = run_sql_metric(question, executor)
        except UserError as error:
            return str(error)
    by_window: dict[_Window, dict[tuple[str | None, ...], Fraction]] = {}
    for (number, key), value in found.items():
        by_window.setdefault(windows[number], {})[key] = value
    return by_window


def _sql_windows(contracts: Mapping[_Window, str]) -> pa.Table:
    times = pa.timestamp("us")
    return pa.table(
        {
            "window_id": pa.array(range(len(contracts)), pa.int64()),
            "contract_id": pa.array(contracts.values(), pa.string()),
            "starting_at": pa.array([start for _, start, _, _ in contracts], times),
            "ending_before": pa.array([end for _, _, end, _ in contracts], times),
        }
    )


def _snapshot(events: EventTable, record: RunRecord) -> EventSnapshot:
    return events.snapshot(record.events_version) or NOTHING_LANDED


def _event_windows(catalog: Catalog, windows: Sequence[_Window]) -> EventWindows:
    rows = [
        (number, alias, max(start, since), min(end, until), key, value)
        for number, (customer_id, start, end, filters) in enumerate(windows)
        for alias in (customer_id, *catalog.customer(customer_id).ingest_aliases)
        for since, until, key, value in _passing(filters)
        if since < end and start < until
    ]
    times = pl.Datetime("us")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "window": pl.Int64,
        "alias": pl.String,
        "starting_at": times,
        "ending_before": times,
        "filter_key": pl.String,
        "filter_value": pl.String,
    }
    keys = sorted({each.group_key for _, _, _, filters in windows for each in filters})
    return EventWindows(pl.DataFrame(rows, schema=schema, orient="row"), tuple(keys))


def _passing(filters: Sequence[UsageFilter]) -> Iterator[tuple[datetime, datetime, str | None, str | None]]:
    """(from, until, key, value) of what passes; without a filter in force everything does."""
    starts = [each.starting_at or ALWAYS.starting_at for each in filters]
    first = starts[0] if starts else ALWAYS.ending_before
    if first > ALWAYS.starting_at:
        yield ALWAYS.starting_at, first, None, None
    for each, start, end in zip(filters, starts, (*starts[1:], ALWAYS.ending_before), strict=False):
        for value in each.group_values:
            yield start, end, each.group_key, value


def _compared(
    reading: _Reading,
    asked: _Asked,
    catalog: Catalog,
    counted: Mapping[tuple[str | None, ...], Fraction],
    metered: Iterable[Mapping[str, object]],
) -> list[dict[str, object]]:
    """A row for each group that was metered, or that has a value other than 0 now."""
    unmet = dict(counted)
    rows = []
    for row in metered:
        values = {**json.loads(str(row["pricing_group_values"])), **json.loads(str(row["presentation_group_values"]))}
        value = unmet.pop(tuple(values[key] for key in reading.keys), Fraction(0))
        rows.append(_row(asked, catalog, value, row))
    version = asked.version
    for key, value in unmet.items():
        if value != 0:
            values = dict(zip(reading.keys, key, strict=True))
            groups = {
                f"{kind}_group_values": json.dumps(
                    {name: values[name] for name in names}, separators=(",", ":"), ensure_ascii=False
                )
                for kind, names in (
                    ("pricing", version.pricing_group_key),
                    ("presentation", version.presentation_group_key),
                )
            }
            rows.append(_row(asked, catalog, value, groups))
    return rows


def _row(asked: _Asked, catalog: Catalog, value: Fraction, metered: Mapping[str, object]) -> dict[str, object]:
    metric_id = str(asked.version.billable_metric_id)
    return {
        "customer_id": asked.contract.customer_id,
        "contract_id": asked.contract.id,
        "product_id": asked.product.id,
        "billable_metric_id": metric_id,
        "metric_name": catalog.metric(metric_id).name,
        "pricing_group_values": metered["pricing_group_values"],
        "presentation_group_values": metered["presentation_group_values"],
        "period_starting_at": asked.statement.starting_at,
        "metered_value": metered.get("metric_value_after"),
        "recomputed_value": published_number(value),
        "metered_quantity": metered.get("quantity"),
        "recomputed_quantity": published_number(quantity_of(value, asked.version)),
    }
