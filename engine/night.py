"""What an unattended night did, step by step, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyarrow as pa

from engine.errors import DuckbillError, WorkspaceBusyError
from engine.result import Rows
from engine.values.period import format_instant
from engine.version import SCHEMA_VERSION


class StepKind(StrEnum):
    """What can be done with a billing period in a night, in this order."""

    LATE_USAGE = "late_usage"
    REGENERATE = "regenerate"
    RUN = "run"
    FINALIZE = "finalize"
    RECONCILE = "reconcile"


#: The statuses of steps that changed nothing because nothing had changed.
UNCHANGED = frozenset({"unchanged", "none"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a billing period; `run_id` is the run that stood for it afterwards.

    `status` is, by kind: found, none; regenerated; published, unchanged; finalized, held, blocked; passed, failed.
    `invoices` counts those that it was about, `late_usage` the rows of that report, `reason` says why it was done.
    """

    period: str
    step: StepKind
    status: str
    run_id: str
    invoices: int = 0
    finalized: int = 0
    held: int = 0
    parked: int = 0
    late_usage: int = 0
    failed_controls: tuple[str, ...] = ()
    reason: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether something is set aside, held back or does not reconcile."""
        return bool(self.held or self.parked or self.failed_controls)

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "nightly",
            "period": self.period,
            "step": self.step.value,
            "status": self.status,
            "reason": self.reason,
            "run_id": self.run_id,
            "invoices": self.invoices,
            "finalized": self.finalized,
            "held": self.held,
            "parked": self.parked,
            "late_usage": self.late_usage,
            "failed_controls": list(self.failed_controls),
        }


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("period", "step", "status", "reason", "run_id")),
        *((name, pa.int64()) for name in ("invoices", "finalized", "held", "parked", "late_usage")),
        ("failed_controls", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class Night:
    """What one call of `nightly` did, and with `failure` what ended it before its last month."""

    now: datetime
    done: tuple[Step, ...]
    failure: DuckbillError | None = None

    @property
    def steps(self) -> Rows:
        """What was done, in order; see `Step`.

        Columns: period, step, status, reason, run_id, invoices, finalized, held, parked, late_usage, failed_controls.
        Grain: period, step.
        """
        names = set(_SCHEMA.names)
        rows = [{name: value for name, value in each.summary().items() if name in names} for each in self.done]
        return Rows(pa.Table.from_pylist(rows, _SCHEMA))

    @property
    def unchanged(self) -> bool:
        """Whether there was nothing to do."""
        return self.failure is None and all(each.status in UNCHANGED for each in self.done)

    @property
    def exit_code(self) -> int:
        """0; 1 when something needs attention or a month failed; 75 and 70 as for every command."""
        if self.failure is not None:
            known = isinstance(self.failure, WorkspaceBusyError) or self.failure.exit_code == DuckbillError.exit_code
            return self.failure.exit_code if known else 1
        return int(any(each.needs_attention for each in self.done))

    def concerns(self) -> Iterator[str]:
        """What somebody has to look at, in words; nothing when all is well."""
        for each in self.done:
            of = f"of {each.period}"
            if each.parked:
                yield f"{each.parked} parked {of}: they are on no invoice; see `parked` of run {each.run_id}"
            if each.held:
                yield f"{each.held} invoices {of} are held back; see: duckbill finalize --period {each.period}"
            if each.failed_controls:
                names = ", ".join(each.failed_controls)
                yield f"controls {of} failed: {names}; see: duckbill reconcile --period {each.period}"
        if self.failure is not None:
            yield str(self.failure)

    @property
    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; a contract that is set aside in two months counts twice."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "nightly",
            "now": format_instant(self.now),
            "status": "failed" if self.failure else "unchanged" if self.unchanged else "done",
            "periods": sorted({each.period for each in self.done}),
            "finalized": sum(each.finalized for each in self.done),
            "held": sum(each.held for each in self.done),
            "parked": sum(each.parked for each in self.done),
            "late_usage": sum(each.late_usage for each in self.done),
            "failed_controls": sorted({f"{each.period} {name}" for each in self.done for name in each.failed_controls}),
            "failure": None if self.failure is None else str(self.failure),
        }

    def _repr_html_(self) -> str:
        return self.steps._repr_html_()
