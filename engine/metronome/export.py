"""Everything that a workspace exports for some billing periods, as Metronome's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.events.table import EventSnapshot
from engine.metronome.catalog_tables import catalog_tables
from engine.metronome.contracts_tables import contracts_tables
from engine.metronome.event_rows import event_rows, statement_bounds
from engine.metronome.executors import Executors
from engine.metronome.incomplete import incomplete_invoices
from engine.metronome.invoice_tables import invoice_tables
from engine.metronome.published import Published
from engine.metronome.tables import ALL_TABLES

#: The lines of what is published of a billing period, given by its label, cut into days: the columns of
#: `reports/breakdown.sql`, without invoices that are void.
Breakdown = Callable[[str], pa.Table]


@dataclass(frozen=True)
class ExportSource:
    """What an export is made from. Without `breakdown` the tables of breakdowns stay empty."""

    catalog: Catalog
    published: Published
    events: EventSnapshot
    executors: Executors
    breakdown: Breakdown | None = None


def export_tables(source: ExportSource, now: datetime) -> Mapping[str, pa.Table]:
    """Every table of `ALL_TABLES`, in its schema, for the billing periods that `source.published` was asked for.

    Invoices, lines, breakdowns, alerts and the events that statements of the periods can have read are of those
    periods; everything else is the whole catalog of now. No clock is read but `now`. Raises UserError when a period is
    not published, CorruptFileError when a breakdown does not add up to its invoice.
    """
    published = source.published
    incomplete = incomplete_invoices(source.catalog, published.of_periods("parked"), source.executors)
    bounds = statement_bounds(published.periods, [published.of_periods("invoices"), incomplete])
    tables = {
        **catalog_tables(source.catalog, now),
        **contracts_tables(source.catalog, published, now),
        **event_rows(source.events, bounds, source.executors),
        **invoice_tables(source.catalog, published, incomplete, source.breakdown, source.executors, now),
    }
    return {name: tables[name].select(table.schema.names).cast(table.schema) for name, table in ALL_TABLES.items()}
