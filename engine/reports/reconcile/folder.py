"""The folder of a reconciliation: written aside and moved into place whole; the same findings give the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import UserError
from engine.events.files import sync_file, sync_folders
from engine.reports.reconcile.controls import Evidence
from engine.reports.reconcile.model import ReconciliationModel

CONTROLS = "controls.parquet"
EVIDENCE = "evidence"

#: Writes one more file into a folder.
Write = Callable[[ReconciliationModel, Path], None]


def check_target(target: Path) -> None:
    """Raises UserError for a folder with something else in it, which nobody wants to lose."""
    if target.exists() and not (target.is_dir() and ((target / CONTROLS).is_file() or not any(target.iterdir()))):
        raise UserError(f"{target} holds something else than a reconciliation; name a new or empty folder")


def write_folder(
    target: Path, model: ReconciliationModel, evidence: Evidence, renderings: Sequence[tuple[str, Write]]
) -> None:
    """Writes controls, one file for each table of details and of evidence, and the renderings, by name.

    Raises UserError, and leaves the folder as it is, when something else is in it.
    """
    check_target(target)
    staging = target.with_name(f".staging-{target.name}")
    shutil.rmtree(staging, ignore_errors=True)
    (staging / EVIDENCE).mkdir(parents=True)
    _write(model.controls, staging / CONTROLS)
    for name, table in model.details.items():
        _write(table, staging / f"{name}.parquet")
    for name, table in evidence.tables.items():
        _write(table, staging / EVIDENCE / f"{name}.parquet")
    for name, write in renderings:
        write(model, staging / name)
    for path in staging.rglob("*"):
        if path.is_file():
            sync_file(path)
    sync_folders([staging, staging / EVIDENCE])
    replaced = target.with_name(f".replaced-{target.name}")
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.replace(replaced)
    staging.replace(target)
    sync_folders([target.parent])
    shutil.rmtree(replaced, ignore_errors=True)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
