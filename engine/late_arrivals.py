"""Billing closed periods once more: what usage arrived too late for them, and what of it is left to correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import bill, property_store, usage_filter_keys
from engine.catalog.selection import billed_together
from engine.events.seen import SeenEvents
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.executors.connection import scratch_connection
from engine.executors.duckdb import DuckDBExecutor
from engine.invoices.earlier import earlier_runs
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import NO_TRANSITION
from engine.metrics.scope import Scope
from engine.rating.closed import NOTHING_CLOSED
from engine.rating.corrections import CORRECTIONS, NO_CORRECTIONS
from engine.rating.schedule import schedule_inputs
from engine.reports.late_usage import (
    LATE_USAGE,
    PUBLISHED,
    Closing,
    corrections_billed,
    corrections_to_bill,
    count_events,
    late_usage,
)
from engine.run_folder import recorded_events
from engine.runs import RunInputs
from engine.values.period import ALWAYS, Period, parse_period, period_of

_LINES = (
    *("invoice_id", "contract_id", "product_id", "product_name", "type", "starting_at", "ending_before"),
    *("total", "credit_type_id", "currency", "origin_line_item_id"),
)


@dataclass(frozen=True)
class LateArrivals:
    """What arrived late for the finalized invoices of a workspace.

    `now` is what they would be billed by: the catalog, the events and the settings of a run, whichever its period is.
    """

    now: RunInputs

    def late_usage(self, labels: Sequence[str], *, unasked: bool) -> pa.Table:
        """The rows of `reports/late_usage.sql` of these published billing periods, period by period.

        `unasked` leaves out the customers into whose finalized statements nothing landed that their runs had not seen,
        unless some of it was corrected.
        """
        return self._late_usage(labels, self._correction_lines(), unasked=unasked)

    def corrections(self) -> pa.Table:
        """What the run of `now` has to correct of statements that are finalized, as `rating/corrections.py` has it.

        What published runs of earlier periods correct is done, and what finalized invoices of any other do. Only late
        events make a correction; what a changed catalog alone would alter is left as it was billed.
        """
        month = self.now.period.label
        if not self._outputs.billing_periods():
            return NO_CORRECTIONS
        lines = self._correction_lines()
        others = pc.and_(pc.not_equal(lines["status"], "FINALIZED"), pc.greater_equal(lines["billing_period"], month))
        gone = pc.is_in(lines["invoice_id"], pa.array(self.now.transition.voided, pa.string()))
        done = lines.filter(pc.invert(pc.or_(others, gone)))
        labels = [label for label in self._outputs.billing_periods() if label <= month]
        late = self._late_usage(labels, done, unasked=True)
        late = late.filter(pc.invert(pc.is_in(late["invoice_id"], pa.array(self.now.transition.voided, pa.string()))))
        if self.now.customers is not None:
            late = late.filter(pc.is_in(late["customer_id"], pa.array(sorted(self.now.customers), pa.string())))
        if not late.num_rows:
            return NO_CORRECTIONS
        with self._executor() as executor:
            return corrections_to_bill(late, executor).cast(CORRECTIONS)

    @property
    def _outputs(self) -> Outputs:
        return Outputs(self.now.root / "lake")

    @contextmanager
    def _executor(self) -> Iterator[DuckDBExecutor]:
        """Tables of their own: each bill needs its names."""
        with scratch_connection(self.now.config.engine.settings(), self.now.root) as connection:
            yield DuckDBExecutor(connection, self.now.isolation())

    def _correction_lines(self) -> pa.Table:
        """Every published correction line of an invoice that is not void, with its billing period and the status."""
        found = []
        for label in self._outputs.billing_periods():
            lines = self._outputs.published("line_items", label, _LINES)
            own = pc.and_(pc.equal(lines["type"], "correction"), pc.is_null(lines["origin_line_item_id"]))
            invoices = self._outputs.published(INVOICES, label, ("id", "status"))
            standing = invoices.filter(pc.not_equal(invoices["status"], "VOID")).rename_columns(
                ["invoice_id", "status"]
            )
            kept = lines.filter(own).join(standing, "invoice_id", join_type="inner", use_threads=False)
            found.append(kept.append_column("billing_period", pa.array([label] * kept.num_rows, pa.string())))
        return pa.concat_tables(found, promote_options="permissive")

    def _late_usage(self, labels: Sequence[str], correction_lines: pa.Table, *, unasked: bool) -> pa.Table:
        found = [LATE_USAGE.empty_table()]
        if not labels:
            return found[0]
        corrected_in: dict[str, set[str]] = {}
        for line in correction_lines.to_pylist():
            corrected_in.setdefault(_billing_period(line), set()).add(line["contract_id"])
        with self._executor() as executor:
            corrected = corrections_billed(correction_lines, executor)
        for label in labels:
            statements = _Statements(self.now, label, self._outputs.published(INVOICES, label, PUBLISHED_INVOICES))
            contracts = corrected_in.get(label, set()) if unasked else None
            if statements.finalized.num_rows and (contracts != set() or statements.may_have_late_events()):
                found.append(self._of(statements, corrected, contracts))
        return pa.concat_tables(found)

    def _of(self, statements: _Statements, corrected: pa.Table, contracts: set[str] | None) -> pa.Table:
        """One billing period's rows: billed now, with nothing closed and nothing corrected, and compared.

        Of everybody, or of the customers of these contracts and of those that late events are of.
        """
        label, catalog = statements.label, self.now.catalog
        month = parse_period(label)
        published = {name: self._outputs.published(name, label, columns) for name, columns in PUBLISHED.items()}
        with self._executor() as executor:
            for name, table in schedule_inputs(catalog, month).items():
                executor.load(name, table)
            late_events = statements.late_events(executor)
            if contracts is not None:
                customers = statements.customers_of(contracts, late_events)
                if not customers:
                    return LATE_USAGE.empty_table()
                invoices = published[INVOICES]
                published[INVOICES] = invoices.filter(pc.is_in(invoices["customer_id"], pa.array(sorted(customers))))
                catalog = catalog.with_customers(billed_together(catalog, customers))
            inputs = replace(
                self.now,
                period=month,
                closed=NOTHING_CLOSED,
                transition=NO_TRANSITION,
                corrections=NO_CORRECTIONS,
                earlier_runs=earlier_runs(self._outputs, self.now.catalog, month),
            )
            bill(catalog, inputs.snapshot, month, executor, inputs.terms(), lambda step, done, total: None)
            return late_usage(Closing(label, published, corrected, late_events, self._open_until), executor)

    @cached_property
    def _open_until(self) -> dict[str, datetime]:
        """Where the last usage statement of each contract ends whose invoice is, or will be, a draft."""
        drafts: dict[str, datetime] = {}
        billed: dict[str, datetime] = {}
        for label in self._outputs.billing_periods():
            invoices = self._outputs.published(INVOICES, label, ("contract_id", "type", "status", "ending_before"))
            for row in invoices.filter(pc.equal(invoices["type"], "USAGE")).to_pylist():
                contract_id, end = row["contract_id"], row["ending_before"]
                billed[contract_id] = max(end, billed.get(contract_id, end))
                if row["status"] == "DRAFT":
                    drafts[contract_id] = max(end, drafts.get(contract_id, end))
        for contract in self.now.catalog.contracts:
            ends = contract.ending_before or ALWAYS.ending_before
            if ends > billed.get(contract.id, contract.starting_at):
                drafts[contract.id] = ends
        return drafts


#: What is read of a period's invoices to tell which events their runs had not seen.
PUBLISHED_INVOICES = (
    *("id", "customer_id", "contract_id", "type", "status", "starting_at", "ending_before", "computed_by"),
)


class _Statements:
    """The finalized invoices of a billing period, and which events had landed when they were computed."""

    def __init__(self, now: RunInputs, label: str, invoices: pa.Table) -> None:
        self.label = label
        self.finalized = invoices.filter(pc.equal(invoices["status"], "FINALIZED"))
        self._now = now
        self._usage = self.finalized.filter(pc.equal(self.finalized["type"], "USAGE"))

    def may_have_late_events(self) -> bool:
        """Whether any file holds events of these days that a run had not seen, or may not have."""
        return any(
            seen is None or any(now.files or gone.files for now, gone in (self._unseen(seen, statements),))
            for seen, statements in self._by_seen()
        )

    def late_events(self, executor: DuckDBExecutor) -> dict[str, int]:
        """How many events of each finalized invoice its run had not seen, by invoice id; missing where that is unknown.

        Those of a usage invoice are in its statement; a true-up has those of its customer's statements, whose usage
        decides it; nothing else is made from events. Contracts, aliases and usage filters must stand on the executor,
        whose events are replaced.
        """
        late: dict[str, int] = {}
        for seen, statements in self._by_seen():
            if seen is None:
                continue
            late |= dict.fromkeys(statements["id"].to_pylist(), 0)
            added, gone = self._unseen(seen, statements)
            for snapshot, as_of, sign in ((added, self._now.as_of, 1), (gone, seen.as_of, -1)):
                for invoice_id, events in self._count(snapshot, as_of, statements, executor).items():
                    late[invoice_id] += sign * events
        return late | self._of_the_rest(late)

    def customers_of(self, contracts: set[str], late_events: Mapping[str, int]) -> frozenset[str]:
        """The customers of these contracts, and those of whom events are late, or may be."""
        return frozenset(
            row["customer_id"]
            for row in self.finalized.to_pylist()
            if row["contract_id"] in contracts or late_events.get(row["id"]) != 0
        )

    def _of_the_rest(self, late: Mapping[str, int]) -> dict[str, int]:
        of_customers: dict[str, int | None] = {}
        for row in self._usage.to_pylist():
            so_far, own = of_customers.get(row["customer_id"], 0), late.get(row["id"])
            of_customers[row["customer_id"]] = None if so_far is None or own is None else so_far + own
        rest: dict[str, int] = {}
        for row in self.finalized.to_pylist():
            if row["type"] != "USAGE":
                events = of_customers.get(row["customer_id"], 0) if row["type"] == "TRUEUP" else 0
                rest |= {} if events is None else {row["id"]: events}
        return rest

    def _by_seen(self) -> Iterator[tuple[SeenEvents | None, pa.Table]]:
        """The finalized usage invoices by what their runs had seen; None for runs whose record is gone."""
        for run_id in pc.unique(self._usage["computed_by"]).to_pylist():
            of_run = self._usage.filter(pc.equal(self._usage["computed_by"], run_id))
            seen = None if run_id is None else recorded_events(self._now.root / "runs" / run_id)
            yield seen, self._usage.filter(pc.is_null(self._usage["computed_by"])) if run_id is None else of_run

    def _unseen(self, seen: SeenEvents, statements: pa.Table) -> tuple[EventSnapshot, EventSnapshot]:
        """Files with the events that there are now and files with those that a run had, without those in both.

        With a cut-off on either side no file can be left out.
        """
        bounds = Period(pc.min(statements["starting_at"]).as_py(), pc.max(statements["ending_before"]).as_py())
        now = self._now.snapshot.between(bounds.starting_at, bounds.ending_before)
        landed = EventTable(self._now.root / "lake").snapshot(seen.version) or NOTHING_LANDED
        then = landed.between(bounds.starting_at, bounds.ending_before)
        if seen.as_of is not None or self._now.as_of is not None:
            return now, then
        both = {file.sha256 for file in now.files} & {file.sha256 for file in then.files}
        return _without(now, both), _without(then, both)

    def _count(
        self, snapshot: EventSnapshot, as_of: datetime | None, statements: pa.Table, executor: DuckDBExecutor
    ) -> dict[str, int]:
        if not snapshot.files:
            return {}
        store = property_store(snapshot, self._now.config.optimisations.switches())
        executor.view_events([file.path for file in snapshot.files], snapshot.any_file)
        executor.view_filterable_events(Scope(store, usage_filter_keys(self._now.catalog)))
        asked = statements.select(["id", "contract_id", "starting_at", "ending_before"])
        return count_events(asked.rename_columns(["invoice_id", *asked.column_names[1:]]), as_of, executor)


def _without(snapshot: EventSnapshot, hashes: set[str]) -> EventSnapshot:
    return replace(snapshot, files=tuple(file for file in snapshot.files if file.sha256 not in hashes))


def _billing_period(line: Mapping[str, object]) -> str:
    """The billing period of the statement, or of the instant, that a correction line is about."""
    start, end = line["starting_at"], line["ending_before"]
    assert isinstance(start, datetime)
    if end is None:
        return period_of(start).label
    assert isinstance(end, datetime)
    return period_of(end - timedelta(microseconds=1)).label


def corrections_for(inputs: RunInputs) -> pa.Table:
    """What a run has to correct of statements that are finalized; see `LateArrivals.corrections`."""
    return LateArrivals(inputs).corrections()
