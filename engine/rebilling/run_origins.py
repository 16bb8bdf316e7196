"""Which run computed what another one publishes, and from what: read from the records of a workspace's runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from engine.config import Config
from engine.errors import UserError
from engine.invoices.closed import read_closed
from engine.invoices.earlier import read_earlier
from engine.rating.earlier import EMPTY
from engine.rebilling.attribution import Origin
from engine.rebilling.ingredients import Ingredients
from engine.rebilling.recorded_run import RecordedOutputs, RecordedRun
from engine.reports.diff.comparison import READ, Billed, Slot, billed
from engine.values.period import parse_period


@dataclass(frozen=True)
class RunOrigins:
    """The recorded runs of the workspace at `root`; `config` says what the machine may use."""

    root: Path
    config: Config
    _recorded: dict[str, RecordedRun] = field(default_factory=dict)
    _origins: dict[str, Origin] = field(default_factory=dict)

    def recorded(self, run_id: str) -> RecordedRun:
        """The record of a run; raises UserError when it is gone."""
        if run_id not in self._recorded:
            self._recorded[run_id] = RecordedRun.read(self.root, run_id)
        return self._recorded[run_id]

    def published(self, run: RecordedRun, connection: duckdb.DuckDBPyConnection) -> Billed:
        """What a run published; raises CorruptFileError when that is gone."""
        outputs = RecordedOutputs({run.label: run}, self.root / "lake")
        tables = {}
        for name, columns in READ.items():
            missing = sorted(set(columns) - set(pq.read_schema(run.output_path(name)).names))
            if missing:
                what = f"the {name} of run {run.run_id} have no {', '.join(missing)}"
                raise UserError(f"{what}: an earlier version of duckbill published them; run {run.label} again")
            tables[name] = outputs.published(name, run.label, columns)
        return billed(connection, tables)

    def of_slot(self, run: RecordedRun, slot: Slot | None, customer_id: str) -> RecordedRun | None:
        """The run that computed a slot of what `run` published, or that there is none; see `of_customer`."""
        if slot is None or slot.computed_by is None:
            return self.of_customer(run, customer_id)
        return self.of_customer(self.recorded(slot.computed_by), slot.customer_id)

    def of_customer(self, run: RecordedRun, customer_id: str) -> RecordedRun | None:
        """The run that computed the drafts of a customer that `run` published; None when none has billed the customer.

        Finalizing computes nothing, and a run of some customers carries those of all others over.
        """
        found: RecordedRun | None = run
        while found is not None:
            if found.manifest["kind"] == "finalize":
                before = found.based_on
            elif found.customers is None or customer_id in found.customers:
                return found
            else:
                before = found.inputs.get("carried_from")
            found = None if before is None else self.recorded(before)
        return None

    def origin(self, run: RecordedRun) -> Origin:
        """What a run computed its invoices from; raises CorruptFileError when something of it is gone."""
        if run.run_id not in self._origins:
            self._origins[run.run_id] = Origin(self._ingredients(run), run.engine)
        return self._origins[run.run_id]

    def _ingredients(self, run: RecordedRun) -> Ingredients:
        stood = {label: self.recorded(run_id) for label, run_id in run.rests_on().items()}
        outputs = RecordedOutputs(stood, self.root / "lake")
        earlier: dict[str, str] = run.inputs.get("earlier_runs") or {}
        settings = run.settings(self.config)
        return Ingredients(
            catalog=run.catalog,
            snapshot=run.snapshot(),
            period=parse_period(run.label),
            as_of=run.as_of,
            corrections=run.corrections,
            earlier=read_earlier(outputs, earlier) if earlier else EMPTY,
            closed=read_closed(outputs, run.label, run.transition),
            sql_granularity=settings.metering.sql_breakdown_granularity,
            grace=settings.invoices.grace,
            optimisations=self.config.optimisations.switches(),
            isolation=self.config.isolation.limits(False),
        )
