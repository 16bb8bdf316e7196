"""What became of an event: accepted or not, whose it is, which metrics it matched, and which invoices it is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.reports.accepted_event import AcceptedEvent, accepted_event
from engine.reports.event_billing import EventOnInvoice, PublishedPeriods
from engine.reports.event_text import (
    accepted_lines,
    accepted_summary,
    match_summary,
    refused_line,
    refused_summary,
)
from engine.reports.landed_event import LandedEvent, RefusedLine, find_event, not_found, refused_lines
from engine.result import Rows
from engine.version import SCHEMA_VERSION

#: How a connection is had; each event needs one to itself, because each has tables of its own.
Connect = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]

_INSTANT = pa.timestamp("us")
_METRICS = pa.schema(
    [
        ("ingested_at", _INSTANT),
        ("name", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("billable_metric_id", pa.string()),
    ]
)
_BILLING = pa.schema(
    [
        ("ingested_at", _INSTANT),
        ("contract_id", pa.string()),
        ("period_starting_at", _INSTANT),
        ("period_ending_before", _INSTANT),
        ("billing_period", pa.string()),
        ("product_name", pa.string()),
        ("outcome", pa.string()),
        ("invoice_id", pa.string()),
        ("product_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class EventReport:
    """Everything under one transaction id: accepted events, oldest first, and lines that were not accepted.

    An id can be accepted again 34 days after it was (spec/metering.md §2.1), so there may be several of either.
    """

    transaction_id: str
    accepted: tuple[AcceptedEvent, ...]
    refused: tuple[RefusedLine, ...]

    @property
    def metrics(self) -> Rows:
        """Every metric's verdict: ingested_at, name, outcome, reason, file, line, billable_metric_id.

        Grain: ingested_at, billable_metric_id. Outcomes and reasons are those of `MetricMatch`; file and line say
        where the condition stands in a SQL metric.
        """
        rows = [
            {"ingested_at": each.event.ingested_at, **match_summary(match)}
            for each in self.accepted
            for match in each.matches
        ]
        return Rows(pa.Table.from_pylist(rows, schema=_METRICS))

    @property
    def billing(self) -> Rows:
        """What invoices made of it: ingested_at, contract_id, period_starting_at, period_ending_before, billing_period,
        product_name, outcome, invoice_id, product_id.

        Grain: ingested_at, contract_id, product_id. Outcomes are those of `EventOnInvoice`.
        """
        rows = [
            {"ingested_at": each.event.ingested_at, **_billing_row(line)}
            for each in self.accepted
            for line in each.billing
        ]
        return Rows(pa.Table.from_pylist(rows, schema=_BILLING))

    def text(self) -> str:
        """The report as text for people."""
        return "\n".join(self._lines())

    def summary(self) -> dict[str, object]:
        """The report as one JSON object: instants are RFC 3339, and what is not known is null."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "events show",
            "transaction_id": self.transaction_id,
            "accepted": [accepted_summary(each) for each in self.accepted],
            "refused": [refused_summary(line, self._first(line)) for line in self.refused],
        }

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"

    def _lines(self) -> Iterator[str]:
        for each in self.accepted:
            yield from accepted_lines(each)
        for line in self.refused:
            yield refused_line(self.transaction_id, line, self._first(line))

    def _first(self, line: RefusedLine) -> LandedEvent | None:
        """The accepted event that a duplicate lost to: the latest that had arrived when the line did."""
        before = [each.event for each in self.accepted if each.event.ingested_at <= line.landed_at]
        return before[-1] if before and line.verdict == "duplicate" else None


def report_event(
    connect: Connect, lake: Path, catalog: Catalog, transaction_id: str, published: PublishedPeriods
) -> EventReport:
    """Everything known under a transaction id.

    Reads the ids in all event files and then single rows. Raises UserError, with near ids, when nothing has the id.
    """
    accepted = []
    with connect() as connection:
        places = find_event(connection, lake, transaction_id)
        refused = refused_lines(connection, lake, transaction_id)
        if not places and not refused:
            raise not_found(connection, lake, transaction_id)
        for place in places[:1]:
            accepted.append(accepted_event(connection, lake, catalog, place, published))
    for place in places[1:]:
        with connect() as connection:
            accepted.append(accepted_event(connection, lake, catalog, place, published))
    accepted.sort(key=lambda each: (each.event.ingested_at, each.event.timestamp))
    return EventReport(transaction_id, tuple(accepted), tuple(refused))


def _billing_row(line: EventOnInvoice) -> dict[str, object]:
    period = line.contract.statement_period
    assert period is not None
    return {
        "contract_id": line.contract.contract.id,
        "period_starting_at": period.starting_at,
        "period_ending_before": period.ending_before,
        "billing_period": line.contract.billing_period,
        "product_name": line.product.name,
        "outcome": line.outcome,
        "invoice_id": line.invoice_id,
        "product_id": line.product.id,
    }
