"""Values that matched a metric and are no numbers, by metric, customer and day (spec/metering.md §17.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.oracle.catalog import read_catalog
from tests.oracle.metering import Event, passes
from tests.oracle.numbers import to_number
from tests.oracle.properties import text_of
from tests.oracle.senders import by_sender, events_of
from tests.oracle.sql_metrics import ALL as SQL_METRICS
from tests.oracle.times import month, statement_periods

Row = dict[str, Any]

_SAMPLES = 3
_SQL_METRICS = {metric.name: metric for metric in SQL_METRICS}


def invalid_values(
    workspace: Path, accepted_events: Iterable[Event], period: str, as_of: datetime | None = None
) -> list[Row]:
    """What the metrics of products with a rate cannot read, on the days of the statements that the month bills.

    Rows: metric, metric_name, customer, date, events, sample_transaction_ids (the first three), properties. An event
    counts once for a metric. Absent values are none. Whose contract an event counts for does not matter, nor whether
    the customer has one.
    """
    catalog = read_catalog(workspace)
    sent = by_sender(event for event in accepted_events if as_of is None or event["ingested_at"] <= as_of)
    first, end = _days(catalog, period)
    rows: list[Row] = []
    for metric_id in sorted(_metered(catalog)):
        metric = catalog["metrics"][metric_id]
        for customer_id, customer in catalog["customers"].items():
            by_day: dict[Any, list[tuple[Event, list[str]]]] = {}
            for event in events_of(sent, customer_id, customer):
                names = unread(metric, event)
                if names and first.date() <= event["timestamp"].date() < end.date():
                    by_day.setdefault(event["timestamp"].date(), []).append((event, names))
            for date, found in by_day.items():
                rows.append(
                    {
                        "metric": metric_id,
                        "metric_name": metric["name"],
                        "customer": customer_id,
                        "date": date,
                        "events": len(found),
                        "sample_transaction_ids": _first_ids([event for event, _ in found]),
                        "properties": tuple(sorted({name for _, names in found for name in names})),
                    }
                )
    return rows


def _first_ids(events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(sorted({str(event["transaction_id"]) for event in events}, key=str.encode)[:_SAMPLES])


def _days(catalog: Mapping[str, Any], period: str) -> tuple[datetime, datetime]:
    """From the first statement that the month bills, or from the first of the month, to its end."""
    start, end = month(period)
    periods = [each for contract in catalog["contracts"].values() for each in statement_periods(contract, period)]
    return min([start, *(begin for begin, _ in periods)]), end


def _metered(catalog: Mapping[str, Any]) -> set[str]:
    """The metrics that usage products with a rate have at any time."""
    priced = {product_id for _, product_id in catalog["rates_of"]}
    sold = [product for product_id, product in catalog["products"].items() if product_id in priced]
    return {version["metric"] for product in sold if product["type"] == "USAGE" for version in product["versions"]}


def unread(metric: Mapping[str, Any], event: Event) -> list[str]:
    """The properties of an event in which a metric looks for a number and finds something else."""
    whole: Sequence[str] = ()
    if metric["sql"] is not None:
        known = _SQL_METRICS[metric["name"]]
        names, whole = known.numbers(event), known.whole_numbers(event)
    else:
        reads = metric["aggregation"] in ("SUM", "MAX", "LATEST") and passes(event, dict(metric))
        names = [metric["key"]] if reads else ()
    return [name for name in names if _is_no_number(event, name)] + [
        name for name in whole if _is_no_number(event, name, whole=True)
    ]


def _is_no_number(event: Event, name: str, *, whole: bool = False) -> bool:
    text = text_of(event["properties"], name)
    number = to_number(text)
    return text is not None and (number is None or (whole and number.denominator != 1))
