"""Finalizing a billing period: what is published is frozen, and nothing is computed (DESIGN §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import OUTPUTS
from engine.catalog.catalog import Catalog
from engine.errors import UserError
from engine.events.verify import check_files
from engine.invoices.eligible import EARLIER_COLUMNS, LOOKED_AT, NOTHING_EARLIER, Asked, Found, decide
from engine.invoices.families import kin
from engine.invoices.finalize import finalized_invoices, held_back
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import NO_TRANSITION
from engine.result import Rows
from engine.run_folder import CATALOG, LOG, RunFolder, read_manifest, recorded_files, recorded_text, run_id_of
from engine.runs import identity_after
from engine.values.period import format_instant
from engine.verifying import told_foreign_files
from engine.version import SCHEMA_VERSION

_CONSOLIDATING = pa.schema([("contract_id", pa.string()), ("parent_contract_id", pa.string())])


@dataclass(frozen=True)
class Finalization:
    """What became final in a billing period, and what was held back.

    `finalized` has the columns of `rating/stages/invoices.sql`. `held`: invoice_id, customer_name, type, total,
    currency, reason (jump, vanished, family_parked, earlier_draft, usage_open, family_open), detail. When controls of
    the reconciliation failed, nothing became final. `run_id` is what the period is published as afterwards.
    """

    run_id: str
    period: str
    finalized: Rows
    held: Rows
    failed_controls: tuple[str, ...]
    #: Files in `lake` and `runs` that duckbill did not write.
    foreign_files: int = 0

    @property
    def status(self) -> str:
        """`finalized`, when anything was; else `blocked` by controls, `held` back, or `unchanged`."""
        if len(self.finalized):
            return "finalized"
        if self.failed_controls:
            return "blocked"
        return "held" if len(self.held) else "unchanged"

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to look: something was held back, or blocked."""
        return bool(len(self.held) or self.failed_controls)

    @property
    def summary(self) -> dict[str, object]:
        """The same as one line of JSON says it: counts, those held back by reason."""
        reasons = [str(row["reason"]) for row in self.held.select("reason")]
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "finalize",
            "run_id": self.run_id,
            "period": self.period,
            "status": self.status,
            "finalized": len(self.finalized),
            "held": len(self.held),
            "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
            "failed_controls": list(self.failed_controls),
            **({"foreign_files": self.foreign_files} if self.foreign_files else {}),
        }

    def _repr_html_(self) -> str:
        return self.finalized._repr_html_() + self.held._repr_html_()


def finalize_period(
    root: Path,
    label: str,
    asked: Asked,
    connection: duckdb.DuckDBPyConnection,
    controls: Callable[[], Sequence[str]],
) -> Finalization:
    """Makes what is asked for, and not held back, final in the published billing period `label`, in one commit.

    `controls` gives the names of failed controls of the period and is only asked when something would become final; one
    of them, and nothing does. Doing it twice changes nothing. Raises UserError when the period was published by a
    version of duckbill that knew of no finalizing, CorruptFileError when a published file has changed.
    """
    outputs = Outputs(root / "lake")
    run_id = outputs.published_run(label)
    assert run_id is not None, "the caller has asked whether the period is published"
    published = {name: outputs.published(name, label) for name in LOOKED_AT}
    invoices = published[INVOICES]
    if "finalizes_at" not in invoices.column_names:
        raise UserError(f"{label} was published by an earlier version of duckbill; run it again before you finalize it")
    consolidating = (
        _consolidating(root / "runs" / run_id) if published["parked"].num_rows else _CONSOLIDATING.empty_table()
    )
    found = Found(label, published, kin(connection, published), _earlier(outputs, label), consolidating)
    decision = decide(connection, found, asked)
    held = Rows(held_back(connection, invoices, decision.held))
    foreign = told_foreign_files(root)
    if len(decision.final):
        # The controls count refused lines, and what they count is to be what was landed.
        check_files(root / "lake" / "rejected_events")
    failed = tuple(controls()) if len(decision.final) else ()
    if failed or not len(decision.final):
        return Finalization(run_id, label, Rows(invoices.slice(0, 0)), held, failed, foreign)
    after = finalized_invoices(connection, invoices, published["line_items"], decision.final, asked.now, run_id)
    new_id = _publish(root, label, run_id, after, decision.final, connection, asked.now)
    return Finalization(new_id, label, Rows(after.filter(pc.is_in(after["id"], decision.final))), held, (), foreign)


def _publish(
    root: Path,
    label: str,
    run_id: str,
    invoices: pa.Table,
    final: pa.Array,
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
) -> str:
    """Publishes these invoices with everything else that the run `run_id` had published; the id that has it then.

    It is the id of the same run with these invoices closed: running the period again with nothing changed does nothing.
    """
    runs, outputs = root / "runs", Outputs(root / "lake")
    for name in OUTPUTS:
        # What does not change is published again without being read for it; so that it is sound is seen to here.
        outputs.published(name, label, ())
    recorded = _recorded(runs / run_id, label)
    identity = identity_after(recorded["inputs"], invoices)
    new_id = run_id_of(identity)
    record = RunFolder(runs, new_id)
    try:
        # What the run recorded besides its log stays true of its invoices when some of them become final.
        for name in recorded_files(runs / run_id):
            text = None if name == LOG else recorded_text(runs / run_id, name)
            if text is not None:
                record.write(name, text)
        sealed = outputs.republish(connection, OUTPUTS, label, (run_id, new_id), {INVOICES: invoices})
        record.manifest(
            {
                **recorded,
                "run_id": new_id,
                "kind": "finalize",
                "inputs": identity,
                "based_on": run_id,
                "transition": NO_TRANSITION.recorded(),
                "finalized": sorted(final.to_pylist()),
                "now": format_instant(now),
                "outputs": {name: path.stem for name, path in sealed.items()},
                "summary": {**recorded["summary"], "run_id": new_id},
            }
        )
        record.log("published")
        record.settle()
        outputs.commit(sealed, label, new_id)
        return new_id
    except BaseException:
        record.discard()
        raise


def _recorded(folder: Path, label: str) -> dict[str, Any]:
    manifest = read_manifest(folder)
    if manifest is None:
        raise UserError(f"{folder}: the record of this run is gone; run {label} again before you finalize it")
    return manifest


def _earlier(outputs: Outputs, label: str) -> pa.Table:
    """The invoices of the published billing periods before this one: `EARLIER_COLUMNS` and billing_period."""
    tables = []
    for period in (each for each in outputs.billing_periods() if each < label):
        invoices = outputs.published(INVOICES, period, EARLIER_COLUMNS)
        tables.append(invoices.append_column("billing_period", pa.repeat(period, invoices.num_rows)))
    return pa.concat_tables(tables, promote_options="permissive") if tables else NOTHING_EARLIER


def _consolidating(folder: Path) -> pa.Table:
    """The contracts whose statements are put together with a parent's, in the catalog that a run was made from."""
    text = recorded_text(folder, CATALOG)
    if text is None:
        raise UserError(f"{folder}: the record of this run is gone; run the period again before you finalize it")
    catalog = Catalog.from_json(text)
    parents: Mapping[str, str] = {
        contract.id: family.parent.contract_id
        for contract in catalog.contracts
        if (family := contract.hierarchy_configuration) is not None
        and family.parent is not None
        and family.consolidates
    }
    return pa.table([pa.array(parents.keys(), pa.string()), pa.array(parents.values(), pa.string())], _CONSOLIDATING)
