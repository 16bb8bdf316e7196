"""What published invoices made of an event: the line it is on, or why it is on none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.catalog.product import Product, ProductType, ProductVersion
from engine.metrics.meter import metric_query
from engine.reports.customer_contracts import ContractOfEvent
from engine.reports.event_probe import EventProbe
from engine.reports.landed_event import LandedEvent
from engine.reports.metric_matches import MetricMatch

#: The outputs that list usage by product and group values, and what being in one means.
_LISTED = {"line_items": "invoiced", "unrated": "unrated", "not_entitled": "not_entitled"}


@dataclass(frozen=True)
class PublishedPeriods:
    """How to look at what runs published, by the label of a billing period.

    `read` gives an output's rows, None when the period is not published. `saw` tells whether the published run read
    an event that was committed with a version of the event table and arrived at a time; None when that is not known.
    """

    read: Callable[[str, str], pa.Table | None]
    saw: Callable[[str, int, datetime], bool | None]


@dataclass(frozen=True)
class EventOnInvoice:
    """What became of an event for one product of one contract.

    `outcome` is `invoiced`, `unrated`, `not_entitled`, `parked`, `not_published`, `arrived_after_run`,
    `outside_usage_filter`, `not_entirely_known` when other events decide its group values, or `on_no_line`.
    """

    contract: ContractOfEvent
    product: Product
    outcome: str
    invoice_id: str | None = None


def billed(
    catalog: Catalog,
    event: LandedEvent,
    matches: Iterable[MetricMatch],
    contracts: Iterable[ContractOfEvent],
    probe: EventProbe,
    published: PublishedPeriods,
) -> Iterator[EventOnInvoice]:
    """For each contract that holds the event and each product metered by a metric it matched: what became of it."""
    matched = {match.metric.id: match for match in matches if match.matched}
    for contract in contracts:
        if contract.billing_period is None:
            continue
        lookup = _Lookup(published, contract, contract.billing_period, event)
        for product in _products(catalog, contract.contract.rate_card_id):
            version = product.version_at(event.timestamp)
            match = matched.get(version.billable_metric_id or "")
            if match is not None:
                values = _group_values(match, version, probe) if lookup.needs_groups else []
                yield EventOnInvoice(contract, product, *lookup.outcome(product.id, version, values))


def _products(catalog: Catalog, rate_card_id: str) -> Iterator[Product]:
    priced = {rate.product_id for rate in catalog.rates if rate.rate_card_id == rate_card_id}
    return (each for each in catalog.products if each.type is ProductType.USAGE and each.id in priced)


class _Lookup:
    """One contract's part of one published period, read once for all products."""

    def __init__(
        self, published: PublishedPeriods, contract: ContractOfEvent, billing_period: str, event: LandedEvent
    ) -> None:
        self.contract, self.event = contract, event
        self.rows: dict[str, list[dict[str, object]]] = {}
        self.settled = self._settled(published, billing_period)
        if self.settled is None:
            self.rows = {name: self._own(published.read(name, billing_period)) for name in _LISTED}

    @property
    def needs_groups(self) -> bool:
        return self.settled is None

    def outcome(
        self, product_id: str, version: ProductVersion, values: list[Mapping[str, str | None]]
    ) -> tuple[str, str | None]:
        """The outcome for a product whose group values the event has, and the invoice when it is on one."""
        if self.settled is not None:
            return self.settled, None
        if not values:
            return "not_entirely_known", None
        for name, outcome in _LISTED.items():
            for row in self.rows[name]:
                if row["product_id"] == product_id and any(_is_group(row, version, each) for each in values):
                    invoice = row.get("invoice_id")
                    return outcome, None if invoice is None else str(invoice)
        return "on_no_line", None

    def _settled(self, published: PublishedPeriods, billing_period: str) -> str | None:
        """What holds for every product alike; None when the lines must be looked at."""
        if self.contract.outside:
            return "outside_usage_filter"
        parked = published.read("parked", billing_period)
        if parked is None:
            return "not_published"
        if self.contract.contract.id in parked.column("contract_id").to_pylist():
            return "parked"
        version = self.event.table_version
        seen = None if version is None else published.saw(billing_period, version, self.event.ingested_at)
        return "arrived_after_run" if seen is False else None

    def _own(self, table: pa.Table | None) -> list[dict[str, object]]:
        """The rows of this contract whose time holds the event."""
        assert table is not None
        moment = pa.scalar(self.event.timestamp, pa.timestamp("us"))
        mine = pc.and_(
            pc.equal(table.column("contract_id"), self.contract.contract.id),
            pc.and_(
                pc.less_equal(table.column("starting_at").cast(pa.timestamp("us")), moment),
                pc.greater(table.column("ending_before").cast(pa.timestamp("us")), moment),
            ),
        )
        # A consolidated invoice only repeats the lines of others.
        return [row for row in table.filter(mine).to_pylist() if row.get("origin_line_item_id") is None]


def _group_values(match: MetricMatch, version: ProductVersion, probe: EventProbe) -> list[Mapping[str, str | None]]:
    """The product's group values as the metric gives them for this event alone; none when it gives no row for it."""
    query = metric_query(match.metric, version.grouped_by)
    spelt = {column.lower(): position for position, column in enumerate(query.columns)}
    exact = {column: position for position, column in enumerate(query.columns)}
    found: list[Mapping[str, str | None]] = []
    for row in probe.rows(query):
        values = {key: row[exact.get(key, spelt[key.lower()])] for key in version.grouped_by}
        found.append({key: None if value is None else str(value) for key, value in values.items()})
    return found


def _is_group(row: Mapping[str, object], version: ProductVersion, values: Mapping[str, str | None]) -> bool:
    """Whether a published row is of these group values."""
    pricing = json.loads(str(row["pricing_group_values"]))
    presentation = json.loads(str(row["presentation_group_values"]))
    return bool(
        pricing == {key: values[key] for key in version.pricing_group_key}
        and presentation == {key: values[key] for key in version.presentation_group_key}
    )
