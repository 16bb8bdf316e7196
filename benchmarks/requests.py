"""The catalog of the benchmarks on one event type: `request`, whose events `sql/generate_requests.sql` makes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import generate
from benchmarks.generate import MODELS, PRICED_SINCE, REGIONS, SQL

#: When the repriced products change their price: five cuts of every statement period, none of them at midnight.
REPRICED_AT = (
    "2026-10-06T03:00:00Z",
    "2026-10-11T07:00:00Z",
    "2026-10-16T12:00:00Z",
    "2026-10-21T17:00:00Z",
    "2026-10-26T22:00:00Z",
)


@dataclass(frozen=True, slots=True)
class BilledMetric:
    """A metric and the one product that bills it; `definition` is None for a SQL metric."""

    name: str
    definition: Mapping[str, object] | None
    repriced: bool = False


def events_of(users: int) -> int:
    """How many events bring so many distinct users, see `sql/generate_requests.sql`."""
    return users * 5 // 4


def _streaming(
    name: str, kind: str, value: str | None = None, *filters: Mapping[str, object], repriced: bool = False
) -> BilledMetric:
    definition: dict[str, object] = {
        "name": name,
        "aggregation_type": kind,
        "event_type_filter": {"in_values": ["request"]},
        "property_filters": [*([{"name": value, "exists": True}] if value else []), *filters],
    }
    if value:
        definition["aggregation_key"] = value
    return BilledMetric(name, definition, repriced)


def _of_region_and_model(region: str, model: str) -> Iterable[BilledMetric]:
    """Four metrics that read the requests of one region and model."""
    filters = ({"name": "region", "in_values": [region]}, {"name": "model", "in_values": [model]})
    name = f"{region}_{model}".replace("-", "_")
    yield _streaming(f"count_{name}", "COUNT", None, *filters)
    yield _streaming(f"input_{name}", "SUM", "input_tokens", *filters)
    yield _streaming(f"output_{name}", "SUM", "output_tokens", *filters)
    yield _streaming(f"memory_{name}", "MAX", "memory_gb", *filters)


REPRICED = (
    _streaming("request_tokens_by_segment", "SUM", "input_tokens", repriced=True),
    _streaming("largest_answer_by_segment", "MAX", "output_tokens", repriced=True),
    _streaming("request_seats_by_segment", "LATEST", "seats", repriced=True),
    _streaming("active_users_by_segment", "UNIQUE", "user_id", repriced=True),
    BilledMetric("average_daily_peak", None, repriced=True),
)

FIFTY = (
    *(metric for region in REGIONS for model in MODELS for metric in _of_region_and_model(region, model)),
    _streaming("count_paid", "COUNT", None, {"name": "plan", "not_in_values": ["free"]}),
    _streaming("output_us", "SUM", "output_tokens", {"name": "region", "in_values": ["us-east-1", "us-west-2"]}),
)

METRICS = (
    *REPRICED,
    *FIFTY,
    BilledMetric("worker_minutes", None),
    _streaming("active_users", "UNIQUE", "user_id"),
)


def write_workspace(directory: Path, *, customers: int, threads: int) -> None:
    """A workspace without events: M customers with a contract each, and METRICS with a product each."""
    generate.write_settings(directory, threads=threads)
    shutil.copytree(SQL / "request_metrics", directory / "metrics_sql", dirs_exist_ok=True)
    sections: dict[str, Iterable[Mapping[str, object]]] = {
        "billable_metrics": [metric.definition for metric in METRICS if metric.definition],
        "products": map(_product, METRICS),
        "rates": [rate for metric in METRICS for rate in _rates(metric)],
        **generate.billed_customers(customers),
    }
    generate.write_catalog(directory, sections)


def _product(metric: BilledMetric) -> dict[str, object]:
    product: dict[str, object] = {"name": metric.name, "type": "USAGE", "billable_metric": metric.name}
    if metric.definition is None:
        # A SQL metric is cut where prices change only if it is broken down by the hour.
        product["sql_breakdown_granularity"] = "HOUR" if metric.repriced else "SERVICE_PERIOD"
    return product


def _rates(metric: BilledMetric) -> Iterable[dict[str, object]]:
    starts = (PRICED_SINCE, *(REPRICED_AT if metric.repriced else ()))
    for price, (start, end) in enumerate(zip(starts, (*starts[1:], None), strict=True), start=1):
        rate: dict[str, object] = {
            "rate_card": "list",
            "product": metric.name,
            "starting_at": start,
            "entitled": True,
            "rate_type": "FLAT",
            "price": price,
        }
        yield rate if end is None else {**rate, "ending_before": end}
