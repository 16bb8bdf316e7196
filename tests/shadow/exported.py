"""A bundled scenario, billed, exported, and billed again from its export."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import engine
from engine.exporting import Exporting
from engine.metronome.read import read_export
from engine.reports.shadow.compare import Compared
from engine.shadowing import ShadowWorkspace
from engine.workspace import Workspace
from tests.fixtures.scenario import FIXTURES

#: The months that are billed of a scenario, where that is not what its demo bills: fourteen take too long.
MONTHS = {"widgets-express": ("2024-11", "2024-12"), "starter": ("2026-10", "2026-10")}

NOW = "2026-11-01T06:00:00Z"


@dataclass(frozen=True)
class Exported:
    """A workspace, its export as a folder, and the tables that are in it."""

    workspace: Workspace
    folder: Path
    tables: Mapping[str, pa.Table]

    def compared(self, theirs: Mapping[str, pa.Table]) -> Compared:
        """What the workspace has billed, held against other tables than those that it exports."""
        opened = ShadowWorkspace(self.workspace.root)
        return opened.compared(opened.billed(opened.outputs.billing_periods()), theirs)


def exported_scenario(name: str, folder: Path) -> Exported:
    """A scenario of `fixtures/` landed, billed and exported in a folder."""
    root = folder / "workspace"
    shutil.copytree(FIXTURES / name, root, ignore=shutil.ignore_patterns("lake", "runs", "expected"))
    opened = engine.open(root)
    demo = opened.config.demo
    now = NOW if demo is None else demo.now
    opened.land_files([str(path) for path in sorted((root / "events").iterdir())], now=now)
    first, last = MONTHS.get(name) or (demo.period, demo.through or demo.period) if demo else MONTHS[name]
    opened.run_through(first, last, now=now)
    return export_of(opened, folder / "export", now)


def export_of(opened: Workspace, folder: Path, now: str) -> Exported:
    """Everything that a workspace has published, exported."""
    labels = opened.outputs.billing_periods()
    Exporting(opened.root).export_metronome(f"{labels[0]}..{labels[-1]}", out=folder, now=now, breakdowns=False)
    return Exported(opened, folder, read_export(folder))
