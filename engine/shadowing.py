"""Shadow billing: another system's export as a workspace, billed here and held against its own invoices."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import Progress
from engine.clock import moment
from engine.config import CONFIG_FILE
from engine.errors import UserError
from engine.events.files import sync_folders
from engine.folder_names import check_folder_name
from engine.landing import Landing
from engine.metronome.import_catalog import import_catalog
from engine.metronome.json_text import json_text
from engine.metronome.published import Published
from engine.metronome.read import read_export
from engine.opened import no_progress
from engine.reports.output_folder import FolderKind, check_target, write_tables
from engine.reports.shadow.compare import Billed, Compared, compare
from engine.reports.shadow.evidence import evidence_tables
from engine.reports.shadow.line_events import LineEvents
from engine.reports.shadow.months import billed_months
from engine.result import Rows
from engine.values.period import parse_months
from engine.version import SCHEMA_VERSION
from engine.workspace import Workspace

SHADOW = FolderKind("a shadow bill", "differences.parquet")

#: Why a contract is parked whose balances were drawn on in months that have not been billed.
UNSETTLED = "balance_unsettled"

#: At more times of arrival than this, events are landed as if all had arrived at once.
MOST_ARRIVALS = 100

_CONFIG = """\
# Made by `duckbill import` from an export.

[workspace]
name = {name}

[landing]
past_days = 36525      # an export holds events of any age
future_hours = 876600
"""

_Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Imported:
    """A workspace that was made from an export: what came in, and what could only be taken approximately.

    `objects` has the columns section and objects, in the order of the catalog. Grain: section.
    """

    workspace: Path
    objects: Rows
    landing: Landing
    notes: tuple[str, ...]

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """The table `objects`."""
        return {"objects": self.objects.pl()}

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        landed = self.landing.summary()
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "import",
            "status": "imported",
            "workspace": str(self.workspace),
            "objects": {str(row["section"]): row["objects"] for row in self.objects},
            "events": {name: landed[name] for name in ("read", "accepted", "duplicate", "rejected", "reasons")},
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Shadow:
    """How the invoices of an export compare with those billed here from its own events and contracts.

    `differences` is described in `reports/shadow/differences.sql`, `invoices` in `invoices.sql`, `causes` in
    `summary.sql`. Every difference is ours less theirs; USD in cents, other currencies whole. `folder` is where they
    were written, if anywhere.
    """

    periods: tuple[str, ...]
    differences: Rows
    invoices: Rows
    causes: Rows
    notes: tuple[str, ...]
    folder: Path | None

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """The tables `differences`, `invoices` and `causes`."""
        return {"differences": self.differences.pl(), "invoices": self.invoices.pl(), "causes": self.causes.pl()}

    @property
    def is_equal(self) -> bool:
        """Whether every invoice is on both sides, with the same lines to the last digit."""
        return not len(self.differences)

    def largest(self, most: int) -> Rows:
        """The differences that come to most, at most so many; what consolidated invoices repeat is left out."""
        frame = self.differences.pl().filter(pl.col("invoice_type").ne_missing("USAGE_CONSOLIDATED"))
        order = frame["difference"].abs().arg_sort(descending=True)
        return Rows(frame[order].head(most).to_arrow())

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; `causes` counts differences."""
        verdicts = self.invoices.arrow()["verdict"].to_pylist()
        causes = self.differences.arrow()["cause"].to_pylist()
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "shadow",
            "status": "equal" if self.is_equal else "differs",
            "periods": list(self.periods),
            "invoices": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
            "differences": len(causes),
            "causes": {cause: causes.count(cause) for cause in sorted(set(causes))},
            "notes": list(self.notes),
            "folder": None if self.folder is None else str(self.folder),
        }


class ShadowWorkspace(Workspace):
    """A workspace whose invoices are held against those of another system."""

    def billed(self, months: Sequence[str]) -> Billed:
        """What is published of these months, as a comparison takes it."""
        published = Published(self.outputs, tuple(months), self.root)
        return Billed(
            months=months,
            invoices=published.of_periods("invoices"),
            line_items=published.of_periods("line_items"),
            parked=published.of_periods("parked").select(["contract_id", "reason"]),
        )

    def compared(self, ours: Billed, theirs: Mapping[str, pa.Table]) -> Compared:
        """What is billed here, held against the tables of an export; the catalog and the events are those of now."""
        catalog = self.catalog
        events = LineEvents(catalog, self._snapshot(needed=False))
        with self._damage_named(), self.connect() as connection:
            return compare(theirs, ours, evidence_tables(catalog), events, self._executor(connection, isolate=False))


def import_export(
    export: Path | str,
    workspace: Path | str,
    *,
    now: datetime | str | None = None,
    progress: Progress = no_progress,
) -> Imported:
    """Makes a workspace from a folder of Metronome's Data Export: its catalog, and its events, landed.

    The workspace is a new or empty folder, and stays so when anything fails. Events arrive at `now`, in the order and,
    for a catalog to which it matters, at the times at which the export says that they did. Raises UserError for a
    folder that is no export, or a workspace folder that is not empty, and CatalogError for contracts that cannot be.
    """
    folder = Path(workspace)
    _check_empty(folder)
    check_folder_name(Path(export))
    return _imported(read_export(Path(export)), folder, moment(now), progress)


def shadow(
    export: Path | str,
    period: str | None = None,
    *,
    workspace: Path | str | None = None,
    out: Path | str | None = None,
    now: datetime | str | None = None,
    progress: Progress = no_progress,
) -> Shadow:
    """Bills the events and contracts of an export again, and compares with the invoices in it, to the last digit.

    Bills the calendar months of `period`, `2026-10` or `2026-01..2026-12`, by default every month that the export has
    invoices of, one after another. They are compared with its final invoices, and with drafts that are not final yet.
    The workspace is kept in `workspace`, a new or empty folder, when one is named; the tables are written to `out`
    when that is. Raises what `import_export` and `Workspace.run` raise, and UserError for an export without invoices.
    """
    if out is not None:
        check_target(Path(out), SHADOW)
    if workspace is not None:
        _check_empty(Path(workspace))
    theirs = read_export(Path(export))
    months = billed_months(theirs) if period is None else [month.label for month in parse_months(period)]
    clock = moment(now)
    with _folder(workspace) as folder:
        imported = _imported(theirs, folder, clock, progress)
        opened = ShadowWorkspace(folder)
        opened.run_through(months[0], months[-1], now=clock, progress=progress)
        ours = opened.billed(months)
        found = opened.compared(ours, theirs)
    if out is not None:
        tables = {"differences": found.differences, "invoices": found.invoices, "causes": found.causes}
        write_tables(Path(out), {f"{name}.parquet": table for name, table in tables.items()}, SHADOW)
    return Shadow(
        periods=tuple(months),
        differences=Rows(found.differences),
        invoices=Rows(found.invoices),
        causes=Rows(found.causes),
        notes=(*imported.notes, *_unbilled(ours.parked)),
        folder=None if out is None else Path(out),
    )


def _unbilled(parked: pa.Table) -> Iterator[str]:
    """What to say of contracts that could not be billed, by reason."""
    for reason in sorted(set(parked["reason"].to_pylist())):
        contracts = pc.unique(parked.filter(pc.equal(parked["reason"], reason))["contract_id"])
        told = f"{len(contracts)} contracts could not be billed here: {reason}"
        # What a balance has left is only known once everything that drew on it has been billed.
        yield f"{told}; export them from the month in which they begin" if reason == UNSETTLED else told


def _check_empty(folder: Path) -> None:
    check_folder_name(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty; name a new or empty folder")


@contextmanager
def _folder(workspace: Path | str | None) -> Iterator[Path]:
    """The folder to import into: the one named, or one that is gone afterwards."""
    if workspace is not None:
        yield Path(workspace)
        return
    with tempfile.TemporaryDirectory(prefix="duckbill-shadow-") as folder:
        yield Path(folder, "workspace")


def _imported(tables: _Tables, folder: Path, now: datetime, progress: Progress) -> Imported:
    """Made beside the folder and moved there whole, so that what fails leaves no half of a workspace."""
    sections, notes = import_catalog(tables)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".importing-{folder.name}-", dir=folder.parent))
    try:
        _write_workspace(staging, folder.name, sections)
        opened = Workspace(staging)
        landing, told = _landed(opened, tables["events"], now, progress)
        if folder.exists():
            folder.rmdir()
        staging.replace(folder)
        sync_folders([folder.parent])
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    names = [name for name, items in sections.items() if items]
    objects = pa.table(
        {
            "section": pa.array(names, pa.string()),
            "objects": pa.array([len(sections[name]) for name in names], pa.int64()),
        }
    )
    return Imported(folder, Rows(objects), landing, (*notes, *told))


def _write_workspace(root: Path, name: str, sections: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
    (root / "catalog").mkdir()
    (root / CONFIG_FILE).write_text(_CONFIG.format(name=json.dumps(name)), encoding="utf-8")
    for section, items in sections.items():
        if items:
            text = "".join(f"{json_text(item)}\n" for item in items)
            (root / "catalog" / f"{section}.jsonl").write_text(text, encoding="utf-8")


def _landed(
    workspace: Workspace, events: pa.Table, now: datetime, progress: Progress
) -> tuple[Landing, tuple[str, ...]]:
    """Lands the events in the order in which they arrived, as far as that is told; and what is to be said of it."""
    lines = events.select(["transaction_id", "customer_id", "timestamp", "event_type", "properties"])
    arrivals = sorted(each for each in pc.unique(events["updated_at"]).to_pylist() if each is not None)
    told: list[str] = []
    batches: list[tuple[datetime, pa.Table]] = [(now, lines)]
    if len(arrivals) > MOST_ARRIVALS:
        if any(metric.effective_from is not None for metric in workspace.catalog.billable_metrics):
            told.append(f"events arrived at {len(arrivals)} times; what a metric's effective_from leaves out is billed")
    elif arrivals and not events["updated_at"].null_count:
        batches = [(arrived, lines.filter(pc.equal(events["updated_at"], arrived))) for arrived in arrivals]
    results = [
        workspace.land(batch, now=arrived, progress=partial(progress, "landing events"))
        for arrived, batch in batches
        if batch.num_rows
    ]
    landing = Landing(tuple(results))
    counts = landing.summary()
    for verdict in ("rejected", "duplicate"):
        if counts[verdict]:
            told.append(f"{counts[verdict]} of {counts['read']} events of the export are {verdict} here")
    return landing, tuple(told)
