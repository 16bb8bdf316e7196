"""The unattended night, and computing a past run again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import Progress
from engine.clock import moment
from engine.config import FinalizePolicy, LateUsagePolicy
from engine.due_months import periods_to_look_at, reason_to_run
from engine.errors import CatalogError, DuckbillError
from engine.invoice_life import InvoiceLife
from engine.late_marks import LateMarks
from engine.late_usage import LateUsage
from engine.log import log
from engine.metrics.check import check_metrics
from engine.night import Night, Step, StepKind
from engine.opened import no_progress
from engine.reconciling import Reconciling
from engine.reproduce import Reproduction, reproduce
from engine.standing import Standings
from engine.values.period import Period

#: Why an invoice was billed anew, on the void one.
_LATE = "usage arrived after it was finalized"


def _not_told(step: Step) -> None:
    """For callers that wait for the whole night."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """What a night is done by: its time, how months stand, what has landed by now, whom to tell of progress."""

    now: datetime
    standings: Standings
    marks: LateMarks
    events_version: int
    progress: Progress


class Nights(InvoiceLife, LateUsage, Reconciling):
    """Everything that is due, one billing period after another."""

    def nightly(
        self,
        *,
        now: datetime | str | None = None,
        progress: Progress = no_progress,
        told: Callable[[Step], None] = _not_told,
    ) -> Night:
        """Runs, finalizes and reconciles what is due, month after month; doing it twice in a night changes nothing.

        Looks at the months from the first published one to the one that holds `now`, and passes over those that are
        settled (`due_months.py`). In each: what arrived after invoices were finalized, the run, the invoices whose
        grace is over, the reconciliation, as `[invoices]` in the configuration says. `told` hears of each step when it
        is done. A month that fails ends the night, because balances go on from month to month; what was done stays, and
        the next night goes on from there. Raises CatalogError for a broken catalog, and what a command would raise when
        it fails before anything is done.
        """
        catalog = self.catalog
        problems = check_metrics(catalog, self.config.metering.strict)
        if problems:
            raise CatalogError(problems)
        with self._writing("nightly"):
            # Each step takes the lock for itself; one that another process holds now is told before anything is done.
            landed = self._snapshot(needed=False)
        marks = LateMarks(self.lake, self.config.invoices.late_usage)
        standings = Standings(self.root, catalog, landed, marks)
        watch = _Watch(moment(now), standings, marks, landed.version, progress)
        first_event_on = min((file.date for file in landed.files), default=None)
        done: list[Step] = []
        try:
            for period in periods_to_look_at(self.outputs.billing_periods(), first_event_on, watch.now):
                for step in self._steps(period, watch):
                    done.append(step)
                    log(f"{step.period}: {step.step} {step.status}", step.summary())
                    told(step)
        except DuckbillError as error:
            if not done:
                raise
            log(str(error), {"exit_code": error.exit_code}, level=logging.ERROR)
            return Night(watch.now, tuple(done), error)
        return Night(watch.now, tuple(done))

    def reproduce(self, run_id: str, *, progress: Progress = no_progress) -> Reproduction:
        """Computes a past run again from what it recorded, and compares every output with what it published.

        Writes nothing to the workspace. Raises UserError for a run that is not recorded, CorruptFileError when what it
        was computed from is gone or has changed.
        """
        with self._damage_named():
            return reproduce(self.root, self.config, run_id, progress)

    def _steps(self, period: Period, watch: _Watch) -> Iterator[Step]:
        """Does what is due in one month, a step at a time."""
        standing = watch.standings.of(period)
        label, now = period.label, watch.now
        if standing.has_late_events:
            yield from self._late_usage_steps(label, now)
            with self._writing("nightly"):
                watch.marks.set(label, watch.events_version)
            standing = watch.standings.of(period)
        reason = reason_to_run(standing, now)
        if reason is None:
            return
        run = self.run(label, now=now, progress=watch.progress)
        yield Step(
            label,
            StepKind.RUN,
            str(run.summary["status"]),
            run.run_id,
            invoices=len(run.invoices),
            parked=len(run.parked),
            reason=reason.value,
        )
        if self.config.invoices.finalize is FinalizePolicy.AFTER_GRACE and _are_due(run.invoices.arrow(), now):
            yield from self._finalize_steps(label, now)

    def _late_usage_steps(self, label: str, now: datetime) -> Iterator[Step]:
        found = self.late_usage(label)
        run_id = self.outputs.published_run(label) or ""
        yield Step(
            label,
            StepKind.LATE_USAGE,
            "found" if len(found) else "none",
            run_id,
            invoices=len({row["invoice_id"] for row in found}),
            late_usage=len(found),
        )
        invoices = _changed_by_late_events(found)
        if invoices and self.config.invoices.late_usage is LateUsagePolicy.REGENERATE:
            run = self.regenerate(invoices, reason=_LATE, now=now)
            yield Step(label, StepKind.REGENERATE, "regenerated", run.run_id, invoices=len(invoices))

    def _finalize_steps(self, label: str, now: datetime) -> Iterator[Step]:
        final = self.finalize(label, now=now)
        count, held, failed = len(final.finalized), len(final.held), tuple(final.failed_controls)
        yield Step(
            label,
            StepKind.FINALIZE,
            "blocked" if failed else "finalized" if count else "held",
            final.run_id,
            invoices=count + held,
            finalized=count,
            held=held,
            failed_controls=failed,
        )
        if count or failed:
            failed = tuple(self.reconcile(label).failed)
            yield Step(
                label, StepKind.RECONCILE, "failed" if failed else "passed", final.run_id, failed_controls=failed
            )


def _are_due(invoices: pa.Table, now: datetime) -> bool:
    """Whether the grace of some draft is over."""
    due = pc.and_(pc.equal(invoices["status"], "DRAFT"), pc.less_equal(invoices["finalizes_at"], pa.scalar(now)))
    return bool(pc.any(due, min_count=0).as_py())


def _changed_by_late_events(found: Iterable[Mapping[str, object]]) -> list[str]:
    """The invoices that would be others for events which arrived late, in the order of the report.

    One whose contract would be set aside is left: void it would be billed by nobody.
    """
    rows = list(found)
    parked = {row["invoice_id"] for row in rows if row["outcome"] == "parked"}
    changed = (
        str(row["invoice_id"])
        for row in rows
        if row["outcome"] == "billed" and row["late_events"] and (row["late_quantity"] or row["late_amount"])
    )
    return [each for each in dict.fromkeys(changed) if each not in parked]
