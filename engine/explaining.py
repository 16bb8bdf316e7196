"""Explaining line items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.catalog.product import SqlBreakdownGranularity
from engine.errors import UserError, did_you_mean
from engine.events.table import EventTable
from engine.invoices.publish import Outputs
from engine.opened import Opened
from engine.published import published_periods
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.explanation import Explanation
from engine.reports.explain.line import ConsolidatedCopy, explain_line
from engine.reports.explain.line_events import EventsAsRead, line_events, measured
from engine.reports.explain.measured import Measured
from engine.reports.explain.steps import Row
from engine.result import Rows
from engine.run_folder import CATALOG, recorded_inputs, recorded_text
from engine.values.period import parse_instant

#: The fewest characters of an id that stand for it.
SHORTEST_PREFIX = 8

#: How many ids are named where a beginning fits several.
_SHOWN = 5


class Explaining(Opened):
    """How a line came to its amount, and the events behind it."""

    def explain(self, line_item_id: str) -> Explanation:
        """How a published line came to its amount, step by step, and where it stands in its invoice.

        Takes an id, or its beginning of at least 8 characters when no other id begins so. Every step is computed again
        from the events as the run read them, the run's catalog and what is published; raises DuckbillError when one
        does not give what was published, so that an explanation is never wrong in silence. Raises UserError for an id
        that no line has. Writes nothing.
        """
        found = self._published_line(line_item_id)
        with self._damage_named():
            return explain_line(found.line, found.copy, partial(self._measured, found))

    def explain_events(self, line_item_id: str) -> Rows:
        """The events behind a published line of metered usage, in time order, as the run that computed it read them.

        Columns: transaction_id, timestamp, ingested_at, event_type, value, counted. Grain: transaction_id,
        ingested_at. They are the events of the line's metric, customer, usage filter, group values and time; where
        tiers or balances split usage into several lines, these have the same events.
        `value` is what a streaming metric aggregates, as plain decimal text, or the text that UNIQUE counts; NULL where
        it is no number, and for COUNT. `counted` says whether the event changed what the metric came to: for UNIQUE
        whether its value was first seen in the statement period, for MAX and LATEST whether its value is the one that
        the metric has at the end of the line's time. A SQL metric shows what its top-level filters let through,
        whatever the group values; both columns are NULL, because the query decides.
        Raises UserError for a line that is not metered, and when the events of that run are gone.
        """
        found = self._published_line(line_item_id)
        events = self._events_as_read(found)
        if events is None:
            raise UserError(f"the events are no longer there as run {found.run_id} read them")
        with self._damage_named(), self.connect() as connection:
            return Rows(line_events(found.line.charged, events, self._executor(connection, isolate=False)))

    def _published_line(self, line_item_id: str) -> _Published:
        label, full_id = _find(self.outputs, line_item_id)
        table = self.outputs.published("line_items", label)
        invoices = self.outputs.published("invoices", label)
        (asked,) = table.filter(pc.equal(table["id"], full_id)).to_pylist()
        own_id = asked["origin_line_item_id"] or full_id
        lines = _lines_of(table, asked["origin_invoice_id"] or asked["invoice_id"])
        invoice = _invoice(invoices, lines[0]["invoice_id"])
        copy = None
        if asked["origin_line_item_id"] is not None:
            invoice_id = asked["invoice_id"]
            copy = ConsolidatedCopy(asked, _lines_of(table, invoice_id), _invoice(invoices, invoice_id))
        run_id = invoice.get("computed_by") or self.outputs.published_run(label) or ""
        recorded = _Recorded(self.root / "runs" / run_id)
        line = BilledLine(
            row=next(each for each in lines if each["id"] == own_id),
            lines=lines,
            invoice=invoice,
            billing_period=label,
            catalog=recorded.catalog(),
            sql_granularity=recorded.sql_granularity(),
            read=partial(self.outputs.published, billing_period=label),
        )
        return _Published(line, copy, run_id, recorded)

    def _measured(self, found: _Published, line: BilledLine) -> Measured | None:
        events = self._events_as_read(found)
        if events is None:
            return None
        with self.connect() as connection:
            return measured(line, events, self._executor(connection, isolate=False))

    def _events_as_read(self, found: _Published) -> EventsAsRead | None:
        """The events that the run read; None when some of their files are gone."""
        inputs, row = found.recorded.inputs, found.line.charged.row
        try:
            snapshot = EventTable(self.lake).snapshot(inputs["events_version"])
        except UserError:
            return None
        if snapshot is None:
            return None
        if row["period_starting_at"] is not None:
            within = snapshot.between(row["period_starting_at"], row["period_ending_before"])
            if not all(file.path.exists() for file in within.files):
                return None
        as_of = inputs.get("as_of")
        return EventsAsRead(snapshot, None if as_of is None else parse_instant(as_of))


class _Recorded:
    """What a run left in its folder about what it was computed from. Raises UserError when it is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        inputs = recorded_inputs(folder)
        if inputs is None:
            raise UserError(f"the record of the run that computed this line is gone: {folder}; run the period again")
        self.inputs: dict[str, Any] = inputs

    def catalog(self) -> Catalog:
        text = recorded_text(self._folder, CATALOG)
        assert text is not None, "every run records its catalog"
        return Catalog.from_json(text)

    def sql_granularity(self) -> SqlBreakdownGranularity:
        return SqlBreakdownGranularity(self.inputs["sql_breakdown_granularity"])


@dataclass(frozen=True)
class _Published:
    """A line to explain, its copy when that is what was asked about, and the run that computed it."""

    line: BilledLine
    copy: ConsolidatedCopy | None
    run_id: str
    recorded: _Recorded


def _find(outputs: Outputs, asked: str) -> tuple[str, str]:
    """(billing period, id) of the one published line with an id or its beginning; UserError when there is none."""
    labels = published_periods(outputs, None)
    by_label: dict[str, pa.ChunkedArray] = {}
    found: list[tuple[str, str]] = []
    for label in reversed(labels):
        ids = by_label[label] = outputs.published("line_items", label, ["id"])["id"]
        here = ids.filter(pc.starts_with(ids, pattern=asked)).to_pylist()
        if asked in here:
            return label, asked
        found += [(label, line_id) for line_id in here]
    if len(asked) < SHORTEST_PREFIX:
        raise UserError(f"{asked!r} is too short for a line item id; give at least {SHORTEST_PREFIX} characters")
    if len(found) == 1:
        return found[0]
    if found:
        known = ", ".join(line_id for _, line_id in found[:_SHOWN])
        raise UserError(f"{len(found)} line items begin with {asked!r}; give more of one: {known}")
    raise UserError(f"no published line item {asked!r}; {_remedy(outputs, labels, by_label.values(), asked)}")


def _remedy(outputs: Outputs, labels: list[str], ids: Iterable[pa.ChunkedArray], asked: str) -> str:
    """What to say of an id that no line has: it is an invoice's, or near to another, or where ids are found."""
    for label in labels:
        if asked in outputs.published("invoices", label, ["id"])["id"].to_pylist():
            return f"it is an invoice; its lines: duckbill invoices show {asked} -p {label} -o json"
    near = [each for of in ids for each in of.filter(pc.starts_with(of, pattern=asked[:4])).to_pylist()]
    return did_you_mean(asked, near) if near else "see their ids with: duckbill invoices show CUSTOMER -o json"


def _lines_of(table: pa.Table, invoice_id: str) -> tuple[Row, ...]:
    return tuple(table.filter(pc.equal(table["invoice_id"], invoice_id)).to_pylist())


def _invoice(table: pa.Table, invoice_id: str) -> Row:
    (invoice,) = table.filter(pc.equal(table["id"], invoice_id)).to_pylist()
    found: Row = invoice
    return found
