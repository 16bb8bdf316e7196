"""Billed scenarios for tests of controls, and damage to what they published."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

import engine
from engine.events.delta_check import open_checked
from engine.events.delta_log import add, remove, write_commit
from engine.invoices.content_hash import content_hash_query
from engine.reports.reconcile.all_controls import CONTROLS
from engine.reports.reconcile.controls import ControlRow, Evidence, run_controls
from engine.reports.reconcile.published_files import published_files
from engine.reports.reconcile.relations import relations
from engine.values.period import parse_period
from engine.workspace import Workspace
from tests.fixtures.scenario import FIXTURES, event_files

#: Where each scenario lies, the months that are billed of it and the time it is then.
SCENARIOS = {
    "starter": ("starter", "2026-10", "2026-10", "2026-11-01T06:00:00Z"),
    "ai-saas": ("ai-saas/small", "2026-10", "2026-10", "2026-11-01T06:00:00Z"),
    "agreements": ("agreements", "2026-10", "2026-10", "2026-11-01T06:00:00Z"),
    "widgets-express": ("widgets-express", "2024-11", "2024-12", "2026-01-01T06:00:00Z"),
}

#: Gives a billed scenario that the test may write to, and its last month.
Billed = Callable[[str], tuple[Workspace, str]]


def bill(name: str, folder: Path) -> Path:
    """A copy of a scenario, landed and run."""
    source, first, last, now = SCENARIOS[name]
    shutil.copytree(FIXTURES / source, folder, ignore=shutil.ignore_patterns("lake", "runs", "expected"))
    workspace = engine.open(folder)
    workspace.land_files([str(file) for file in event_files(folder)], now=now)
    workspace.run_through(first, last, now=now)
    return folder


def published(workspace: Workspace, label: str, output: str) -> Path:
    """The one file of an output of a published run."""
    (file,) = published_files(workspace.lake).of(output, label)
    return workspace.root / file.path


def rewrite(path: Path, select: str) -> None:
    """Puts what a SELECT makes of a Parquet file's `rows` in its place, under its name."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(path), hive_partitioning=False).create("rows")
        before = connection.sql("FROM rows").fetchall()
        connection.execute("CREATE TABLE changed AS " + select)
        assert connection.sql("FROM changed").fetchall() != before, "the damage changes nothing"
        path.unlink()
        connection.sql("FROM changed").write_parquet(str(path))


def recommit(workspace: Workspace, label: str, output: str) -> None:
    """Calls a changed file by its new content, as if it had been published so."""
    path, table = published(workspace, label, output), workspace.lake / output
    renamed = path.rename(path.with_stem(sha256(path.read_bytes()).hexdigest()))
    partition = dict(part.split("=", 1) for part in path.parent.relative_to(table).parts)
    size, told = renamed.stat().st_size, {"numRecords": pq.read_metadata(renamed).num_rows}
    names = [each.relative_to(table).as_posix() for each in (path, renamed)]
    delta = open_checked(table)
    assert delta is not None
    actions = [remove(names[0], size, partition), add(names[1], size, partition, told)]
    write_commit(table, delta.version() + 1, actions, {})


def asked(workspace: Workspace, label: str, *check_ids: str) -> dict[str, ControlRow]:
    """The rows of controls that need no evidence, by check id and scope."""
    found = relations(workspace.root, workspace.lake, parse_period(label), content_hash_query)
    assert found is not None
    controls = [control for control in CONTROLS if control.check_id in check_ids]
    with duckdb.connect() as connection:
        rows = run_controls(connection, workspace.root, found, Evidence(""), controls)
    return {f"{row.check_id} {row.scope}": row for row in rows}


def failing(rows: dict[str, ControlRow]) -> list[str]:
    """The controls that do not pass, as `C07 invoices FAIL`."""
    return [f"{name} {row.status}" for name, row in rows.items() if row.status in ("FAIL", "WARN")]
