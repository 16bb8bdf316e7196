"""What is published and would be billed in the very same way now: it need not be billed again to be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.errors import UserError
from engine.events.table import EventSnapshot, EventTable
from engine.invoices.publish import Outputs
from engine.rebilling.recorded_run import RecordedRun
from engine.runs import RunInputs
from engine.values.period import Period


@dataclass(frozen=True)
class StandingBills:
    """The published runs of a workspace, held against what it would bill now; `now` are inputs of a run of any month.

    Billing is a function of its inputs, so that equal inputs, by their hashes, are an equal bill.
    """

    now: RunInputs

    def of(self, month: Period, earlier_runs: Mapping[str, str] | None) -> RecordedRun | None:
        """The run that stands for a month, if a bill of everybody as drafts gives what it did, whatever was finalized.

        `earlier_runs` are those that balances would go on from.
        """
        published = Outputs(self.now.root / "lake").published_run(month.label)
        first = None if published is None else self._computed_by(published)
        if published is None or first is None:
            return None
        made_from = dict(first.inputs)
        then = made_from.pop("earlier_runs", None)
        version = made_from.pop("events_version")
        is_same = (
            made_from == {**self._identity, "period": month.label}
            and self._without_finalizing(then) == self._without_finalizing(earlier_runs)
            and self._sees_the_same(version, month)
        )
        return RecordedRun.read(self.now.root, published) if is_same else None

    @cached_property
    def _identity(self) -> Mapping[str, object]:
        """What the runs of all months would be made from, besides the month, the events and what went before."""
        identity = self.now.identity()
        return {name: value for name, value in identity.items() if name not in ("events_version", "earlier_runs")}

    def _computed_by(self, run_id: str) -> RecordedRun | None:
        """The run that computed what another one finalized, or that one itself; None when its record is gone."""
        try:
            run = RecordedRun.read(self.now.root, run_id)
        except UserError:
            return None
        if run.manifest["kind"] != "finalize":
            return run
        return None if run.based_on is None else self._computed_by(run.based_on)

    def _without_finalizing(self, runs: Mapping[str, str] | None) -> dict[str, str] | None:
        if runs is None:
            return None
        computed = {label: self._computed_by(run_id) for label, run_id in runs.items()}
        return {label: runs[label] if run is None else run.run_id for label, run in computed.items()}

    def _sees_the_same(self, version: int, month: Period) -> bool:
        """Whether no event of a statement period that ends in the month has landed since."""
        then = EventTable(self.now.root / "lake").snapshot(version)
        return then is not None and _until(then, month) == _until(self.now.snapshot, month)


def _until(events: EventSnapshot, month: Period) -> set[str]:
    end = month.ending_before.date()
    return {file.sha256 for file in events.files if file.date < end}
