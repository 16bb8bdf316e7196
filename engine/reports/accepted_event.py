"""One accepted event with everything that is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.catalog.catalog import Catalog
from engine.metrics.scope import PropertyStore
from engine.reports.customer_contracts import Attribution, ContractOfEvent, attributed, contracts_of
from engine.reports.event_billing import EventOnInvoice, PublishedPeriods, billed
from engine.reports.event_probe import EventProbe
from engine.reports.landed_event import EventPlace, LandedEvent, read_event
from engine.reports.metric_matches import MetricMatch, match_metric


@dataclass(frozen=True)
class AcceptedEvent:
    """An event, whose it is, every contract of that customer, every metric's verdict, and what invoices made of it."""

    event: LandedEvent
    attribution: Attribution
    contracts: tuple[ContractOfEvent, ...]
    matches: tuple[MetricMatch, ...]
    billing: tuple[EventOnInvoice, ...]


def accepted_event(
    connection: duckdb.DuckDBPyConnection, lake: Path, catalog: Catalog, place: EventPlace, published: PublishedPeriods
) -> AcceptedEvent:
    """Everything known of the event at a place; the connection is used for no other event."""
    event = read_event(connection, lake, place)
    probe = EventProbe(connection, PropertyStore(place.file.profile))
    attribution = attributed(catalog, event.customer_id)
    matches = tuple(match_metric(metric, probe) for metric in catalog.billable_metrics)
    contracts: list[ContractOfEvent] = []
    if attribution.customer is not None:
        contracts = contracts_of(connection, catalog, attribution.customer, event, probe)
    lines = tuple(billed(catalog, event, matches, contracts, probe, published))
    return AcceptedEvent(event, attribution, tuple(contracts), matches, lines)
