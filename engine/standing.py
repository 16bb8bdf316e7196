"""How billing periods stand when a night comes to them, read from what is published, recorded and landed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.due_months import Standing
from engine.errors import CorruptFileError
from engine.events.table import EventSnapshot, EventTable
from engine.hindsight import bills_more, recorded_catalog
from engine.invoices.earlier import periods_to_run_again
from engine.invoices.publish import INVOICES, Outputs
from engine.late_marks import LateMarks
from engine.log import log
from engine.run_folder import CATALOG, recorded_inputs, recorded_text
from engine.values.period import Period, parse_instant, parse_period

_COLUMNS = ("type", "status", "starting_at", "ending_before", "computed_by")


class Standings:
    """Tells how each billing period of a workspace stands, against one catalog and one version of the events."""

    def __init__(self, root: Path, catalog: Catalog, landed: EventSnapshot, marks: LateMarks) -> None:
        self._root = root
        self._landed = landed
        self._catalog = catalog
        self._marks = marks
        self._outputs = Outputs(root / "lake")
        self._events = EventTable(root / "lake")
        self._days: dict[tuple[int, str | None], frozenset[date]] = {}
        self._terms: dict[str, dict[str, Any]] = {}
        self._told: set[str] = set()

    def of(self, period: Period) -> Standing:
        """How a billing period stands now; of one that has not been published, nothing is known."""
        label = period.label
        run_id = self._outputs.published_run(label)
        if run_id is None:
            return Standing(period, is_published=False)
        invoices = self._outputs.published(INVOICES, label, _COLUMNS)
        return Standing(
            period,
            drafts=int(pc.sum(pc.equal(invoices["status"], "DRAFT"), min_count=0).as_py()),
            has_parked=label in self._outputs.periods_with("parked"),
            has_late_events=self._has_late_events(label, run_id, invoices),
            has_new_terms=self._has_new_terms(period, run_id),
            is_stale=label in self._stale_periods(),
        )

    def _has_late_events(self, label: str, run_id: str, invoices: pa.Table) -> bool:
        """Whether events have landed on days of finalized statements since those were computed and last looked at."""
        final = pc.and_(pc.equal(invoices["type"], "USAGE"), pc.equal(invoices["status"], "FINALIZED"))
        if not pc.any(final, min_count=0).as_py():
            return False
        statements = invoices.filter(final).group_by(["computed_by", "starting_at", "ending_before"]).aggregate([])
        looked_at = self._marks.version(label)
        return any(
            each["starting_at"].date() <= day and _midnight(day) < each["ending_before"]
            for each in statements.to_pylist()
            for day in self._days_since(each["computed_by"] or run_id, looked_at)
        )

    def _days_since(self, run_id: str, looked_at: int | None) -> frozenset[date]:
        """The days of the event files that neither a run nor the last look at late usage has read."""
        inputs = self._inputs(run_id)
        if inputs is None and looked_at is None:
            return frozenset(file.date for file in self._landed.files)
        version, as_of = (-1, None) if inputs is None else (inputs["events_version"], inputs.get("as_of"))
        if looked_at is not None and looked_at >= version:
            version, as_of = looked_at, None
        if (version, as_of) not in self._days:
            known = self._events.snapshot(version)
            read = {file.sha256 for file in known.files} if known is not None else set()
            until = None if as_of is None else parse_instant(as_of)
            self._days[version, as_of] = frozenset(
                file.date
                for file in self._landed.files
                if file.sha256 not in read
                or (until is not None and (file.last_ingested_at is None or file.last_ingested_at > until))
            )
        return self._days[version, as_of]

    def _has_new_terms(self, period: Period, run_id: str) -> bool:
        whole, inputs = run_id, self._inputs(run_id)
        # A run of some customers carried the others over from a run that had billed them.
        while inputs is not None and inputs.get("carried_from") is not None:
            whole = inputs["carried_from"]
            inputs = self._inputs(whole)
        if inputs is None:
            return True
        recorded = inputs["catalog"]
        if recorded == self._content_hash:
            return False
        if recorded not in self._terms:
            try:
                text = recorded_text(self._root / "runs" / whole, CATALOG)
            except CorruptFileError as error:
                self._tell(error)
                return True
            assert text is not None, "the run has just been found recorded"
            self._terms[recorded] = recorded_catalog(text)
        return bills_more(self._terms[recorded], self._terms_now, period)

    def _stale_periods(self) -> list[str]:
        """Those that rest on other runs of earlier periods than stand now; the first rests on none."""
        published = self._outputs.published_runs()
        first = min(published)
        return periods_to_run_again(self._outputs, parse_period(first), published[first], self._inputs)

    def _inputs(self, run_id: str) -> Mapping[str, Any] | None:
        try:
            return recorded_inputs(self._root / "runs" / run_id)
        except CorruptFileError as error:
            self._tell(error)
            return None

    def _tell(self, error: CorruptFileError) -> None:
        """Logs that a record is damaged, once; of its month cannot be said that nothing has changed, so it is run."""
        if str(error) not in self._told:
            self._told.add(str(error))
            log(str(error), {}, level=logging.WARNING)

    @cached_property
    def _content_hash(self) -> str:
        return self._catalog.content_hash()

    @cached_property
    def _terms_now(self) -> dict[str, Any]:
        return recorded_catalog(self._catalog.to_json())


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
