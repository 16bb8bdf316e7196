"""The bucket of each event by plain loops over events, contracts, metrics and products, from the oracle's own bill.

Which bucket comes before which, and what decides, is written down here a second time, from the rules alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle.invalid_values import unread
from tests.oracle.metering import Event, passes
from tests.oracle.numbers import to_number
from tests.oracle.properties import text_of
from tests.oracle.rating import Bill
from tests.oracle.senders import counts_for
from tests.oracle.sql_metric import SqlMetric
from tests.oracle.sql_metrics import ALL as SQL_METRICS
from tests.oracle.times import is_generated, month, statement_around
from tests.oracle.versions import version_at

#: (day, customer, metric or None, bucket)
Counted = Counter[tuple[date, str, str | None, str]]

_BEST_FIRST = (
    "billed",
    "rated_zero",
    "unrated",
    "not_entitled",
    "parked",
    "void",
    "not_published",
    "invalid_value",
    "arrived_later",
    "late",
    "not_on_rate_card",
)


@dataclass(frozen=True)
class Loops:
    """All that decides. `unseen` says whether the bill was made without an event; `final` are contracts whose invoices
    are finalized, `void` those whose invoices are void.
    """

    catalog: Mapping[str, Any]
    bill: Bill
    period: str
    parked: Collection[object] = ()
    unseen: Callable[[Event], bool] = lambda event: False
    final: Collection[str] = ()
    void: Collection[str] = ()
    sql: Mapping[str, SqlMetric] = field(default_factory=lambda: {metric.name: metric for metric in SQL_METRICS})

    def counted(self, events: Sequence[Event]) -> Counted:
        """The events of the month in their buckets, as a whole and by metric."""
        found: Counted = Counter()
        start, end = month(self.period)
        for event in events:
            if start <= event["timestamp"] < end:
                for metric, bucket in self.buckets_of(event):
                    found[event["timestamp"].date(), self._customer(event) or event["customer_id"], metric, bucket] += 1
        return found

    def buckets_of(self, event: Event) -> Iterator[tuple[str | None, str]]:
        """Of the event as a whole, under None, and for each metric that it matches."""
        matched = [metric for metric in self.catalog["metrics"] if self._matches(metric, event)]
        undecided, contracts = self._contracts(event)
        if undecided is not None:
            yield None, undecided
            yield from ((metric, undecided) for metric in matched)
            return
        outcomes = {metric: self._best(event, metric, contracts) for metric in matched}
        yield None, min(outcomes.values(), key=_BEST_FIRST.index, default="unmatched_metric")
        yield from outcomes.items()

    def _customer(self, event: Event) -> str | None:
        for customer_id, customer in self.catalog["customers"].items():
            if event["customer_id"] in (customer_id, *customer["aliases"]):
                return str(customer_id)
        return None

    def _contracts(self, event: Event) -> tuple[str | None, list[str]]:
        """Why no contract is offered the event, or the contracts that are."""
        customer = self._customer(event)
        if customer is None:
            return "unknown_customer", []
        start, end = month(self.period)
        elsewhere, here = False, []
        for contract_id, contract in self.catalog["contracts"].items():
            span = statement_around(contract, event["timestamp"])
            if contract["customer"] == customer and span is not None and is_generated(contract, span[1]):
                if start < span[1] <= end:
                    here.append(contract_id)
                else:
                    elsewhere = True
        if not here:
            return "other_period" if elsewhere else "no_contract", []
        passing = [each for each in here if counts_for(self.catalog["contracts"][each], event)]
        return (None, passing) if passing else ("outside_usage_filters", [])

    def _matches(self, metric_id: str, event: Event) -> bool:
        metric = self.catalog["metrics"][metric_id]
        if metric["sql"] is not None:
            return self.sql[metric["name"]].matches(event)
        needed = metric["key"] if metric["aggregation"] != "COUNT" else None
        return passes(event, metric) and (needed is None or text_of(event["properties"], needed) is not None)

    def _is_invalid(self, metric_id: str, event: Event) -> bool:
        metric = self.catalog["metrics"][metric_id]
        if metric["sql"] is not None:
            return bool(unread(metric, event))
        read = metric["key"] if metric["aggregation"] in ("SUM", "MAX", "LATEST") else None
        text = None if read is None else text_of(event["properties"], read)
        return text is not None and to_number(text) is None

    def _best(self, event: Event, metric: str, contracts: Sequence[str]) -> str:
        outcomes = {
            self._outcome(event, metric, *sold) for each in contracts for sold in self._sold(each, metric, event)
        }
        return min(outcomes, key=_BEST_FIRST.index, default="not_on_rate_card")

    def _sold(self, contract_id: str, metric: str, event: Event) -> Iterator[tuple[str, str]]:
        card = self.catalog["contracts"][contract_id]["card"]
        for rate_card, product_id in self.catalog["rates_of"]:
            product = self.catalog["products"][product_id]
            version = version_at(product, event["timestamp"])
            if rate_card == card and product["type"] == "USAGE" and version["metric"] == metric:
                yield contract_id, product_id

    def _outcome(self, event: Event, metric: str, contract: str, product: str) -> str:
        if contract in self.void:
            return "void"
        if self.unseen(event):
            return "late" if contract in self.final else "arrived_later"
        if self._is_invalid(metric, event):
            return "invalid_value"
        if contract in self.parked:
            return "parked"
        groups = None if self.catalog["metrics"][metric]["sql"] is not None else self._groups(event, product)
        standing: dict[str, Sequence[Mapping[str, Any]]] = {
            "billed": [line for line in self._lines() if line["total"] != 0],
            "rated_zero": [line for line in self._lines() if line["total"] == 0],
            "unrated": self.bill.unrated,
            "not_entitled": self.bill.not_entitled,
        }
        for bucket, rows in standing.items():
            for row in rows:
                if (row["contract"], row["product"]) == (contract, product) and (
                    row["starting_at"] <= event["timestamp"] < row["ending_before"]
                    and groups in (None, (row["pricing"], row["presentation"]))
                ):
                    return bucket
        return "rated_zero"

    def _lines(self) -> list[Mapping[str, Any]]:
        return [line for line in self.bill.lines if line["type"] == "usage" and not line.get("origin_contract")]

    def _groups(self, event: Event, product: str) -> tuple[tuple[str | None, ...], ...]:
        version = version_at(self.catalog["products"][product], event["timestamp"])
        keys = version["pricing_key"], version["presentation_key"]
        return tuple(tuple(text_of(event["properties"], key) for key in of) for of in keys)
