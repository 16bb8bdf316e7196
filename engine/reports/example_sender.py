"""Who could send an event that a metric bills, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.metric import BillableMetric
from engine.catalog.product import ProductType
from engine.reports.customer_contracts import usage_filter
from engine.reports.streaming_filters import StreamingFilter

#: Whose an example is while the catalog has no customer.
NOBODY = "customer-1"

_GroupValues: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sender:
    """The id that the events carry, and the best instant for one inside the time in which all else holds.

    `usage_filter` is what the contract asks of events during that time; `priced` are the group values of one price, by
    property. Without a contract the time has no bounds.
    """

    customer_id: str
    moment: datetime
    starting_at: datetime | None = None
    ending_before: datetime | None = None
    usage_filter: StreamingFilter | None = None
    priced: _GroupValues = ()


@dataclass(frozen=True, slots=True)
class _Time:
    """A stretch of time, without start or end where they are None."""

    starting_at: datetime | None
    ending_before: datetime | None

    def within(self, other: _Time) -> _Time:
        starts = [each for each in (self.starting_at, other.starting_at) if each is not None]
        ends = [each for each in (self.ending_before, other.ending_before) if each is not None]
        return _Time(max(starts, default=None), min(ends, default=None))

    @property
    def holds_anything(self) -> bool:
        return self.starting_at is None or self.ending_before is None or self.starting_at < self.ending_before


def sender_of(catalog: Catalog, metric: BillableMetric, now: datetime) -> Sender:
    """A customer whose contract prices a product with the metric, as near to `now` as can be; else any customer."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    priced = list(_priced(catalog, metric, hour))
    if priced:
        return min(priced, key=lambda sender: abs(sender.moment - hour))
    if catalog.customers:
        return Sender(_carried_id(catalog, catalog.customers[0].id), hour)
    return Sender(NOBODY, hour)


def _priced(catalog: Catalog, metric: BillableMetric, now: datetime) -> Iterator[Sender]:
    """A sender for each contract and each time in which its rate card prices the metric."""
    cards = _priced_times(catalog, metric)
    for contract in catalog.contracts:
        whole = _Time(contract.starting_at, contract.ending_before)
        for time, group_values in cards.get(contract.rate_card_id, {}).items():
            both = time.within(whole)
            if both.holds_anything:
                customer_id = _carried_id(catalog, contract.customer_id)
                sender = Sender(customer_id, now, both.starting_at, both.ending_before, priced=group_values)
                yield _filtered(_inside(sender), contract)


def _priced_times(catalog: Catalog, metric: BillableMetric) -> dict[str, dict[_Time, _GroupValues]]:
    """When each rate card prices the metric, with the group values of the first price of that time."""
    cards: dict[str, dict[_Time, _GroupValues]] = {}
    for rate in catalog.rates:
        product = catalog.product(rate.product_id)
        if product.type is ProductType.USAGE:
            for metric_id, *time in product.metrics_over_time():
                if metric_id == metric.id:
                    cards.setdefault(rate.rate_card_id, {}).setdefault(_Time(*time), rate.pricing_group_values)
    return cards


def _inside(sender: Sender) -> Sender:
    """The sender at the instant inside its time that is nearest to its moment."""
    moment = sender.moment
    if sender.ending_before is not None and moment >= sender.ending_before:
        moment = sender.ending_before - timedelta(seconds=1)
    if sender.starting_at is not None:
        moment = max(moment, sender.starting_at)
    return replace(sender, moment=moment)


def _filtered(sender: Sender, contract: Contract) -> Sender:
    """The sender with the usage filter in force at its moment, its time cut to that of the filter."""
    changes = [each.starting_at for each in contract.usage_filter if each.starting_at is not None]
    starts = [start for start in (sender.starting_at, *changes) if start is not None and start <= sender.moment]
    ends = [end for end in (sender.ending_before, *changes) if end is not None and end > sender.moment]
    return replace(
        sender,
        starting_at=max(starts),
        ending_before=min(ends, default=None),
        usage_filter=usage_filter(contract, sender.moment),
    )


def _carried_id(catalog: Catalog, customer_id: str) -> str:
    """The id that a customer's events carry: an ingest alias if there is one."""
    return next(iter(catalog.customer(customer_id).ingest_aliases), customer_id)
