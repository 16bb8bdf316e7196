"""The files of a reconciliation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from engine.reports.output_folder import FolderKind, write_tables
from engine.reports.reconcile.controls import Evidence
from engine.reports.reconcile.model import ReconciliationModel

CONTROLS = "controls.parquet"
EVIDENCE = "evidence"

RECONCILIATION = FolderKind("a reconciliation", CONTROLS)

#: Writes one more file from what was found.
Render = Callable[[ReconciliationModel, Path], None]


def write_folder(
    target: Path, model: ReconciliationModel, evidence: Evidence, renderings: Sequence[tuple[str, Render]]
) -> None:
    """Writes controls, one file for each table of details and of evidence, and the renderings, by name.

    Raises UserError, and leaves the folder as it is, when something else is in it.
    """
    tables = {CONTROLS: model.controls}
    tables |= {f"{name}.parquet": table for name, table in model.details.items()}
    tables |= {f"{EVIDENCE}/{name}.parquet": table for name, table in evidence.tables.items()}
    write_tables(target, tables, RECONCILIATION, {name: partial(render, model) for name, render in renderings})
