"""Workspaces that come with duckbill: the scenarios of `duckbill demo` and the one that `duckbill init` makes."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.config import CONFIG_FILE
from engine.describe import describe_balances, describe_landing, describe_ledger, describe_lines, describe_run
from engine.errors import UserError, did_you_mean
from engine.folder_names import check_folder_name
from engine.formats import SummaryFormat
from engine.output import note, progress_bar, write_summary
from engine.workspace import Workspace

#: Scenarios by name, and where each lies among the fixtures.
SCENARIOS = {
    "ai-saas": "ai-saas/small",
    "agreements": "agreements",
    "api-quickstart": "api-quickstart",
    "sdk-guide": "sdk-guide",
    "widgets-express": "widgets-express",
}

#: What `duckbill init` starts from.
STARTER = "starter"

#: How many invoices a demo shows line by line.
SHOWN_INVOICES = 2


def fixtures() -> Path:
    """The bundled workspaces: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def run_demo(folder: Path, scenario: str, output: SummaryFormat) -> None:
    """Copies a scenario to a folder, lands its events, runs its months and shows what came out of the last one.

    Of a scenario of several months also what happened to its balances in all of them, and what they hold in the end.

    A folder that already holds this demo is used again: landing and running twice change nothing.
    """
    if scenario not in SCENARIOS:
        raise UserError(f"unknown scenario {scenario!r}; {did_you_mean(scenario, SCENARIOS)}")
    if not (folder / CONFIG_FILE).exists():
        _copy(fixtures() / SCENARIOS[scenario], folder)
    workspace = Workspace(folder)
    planned = workspace.config.demo
    if planned is None:
        raise UserError(f"{folder} holds another workspace; name a new folder: duckbill demo DIR")
    with progress_bar() as progress:
        events = sorted(str(path) for path in (folder / "events").iterdir())
        landed = workspace.land_files(events, now=planned.now, progress=progress)
        last = planned.through or planned.period
        runs = workspace.run_through(planned.period, last, now=planned.now, progress=progress)
    if output is SummaryFormat.json:
        for run in runs:
            write_summary(run.summary)
        return
    run = runs[-1]
    describe_landing(landed)
    print()
    describe_run(run)
    print()
    describe_lines(run.line_items, run.invoices.dicts()[:SHOWN_INVOICES])
    if planned.through is not None:
        print()
        describe_ledger(workspace.ledger())
        print()
        describe_balances(workspace.balances(at=planned.now))
    note(f"published invoices are Parquet in {workspace.lake / 'invoices'}")
    note(f"compiled SQL of every metric is in {run.folder / 'sql'}")


def init_workspace(folder: Path) -> None:
    """Makes a small workspace that runs, in a new or empty folder."""
    _copy(fixtures() / STARTER, folder)
    note(f"made {folder}; try it with:")
    note(f"  duckbill land -w {folder} {folder}/events/events.ndjson --now 2026-11-01T06:00:00Z")
    note(f"  duckbill run -w {folder} --period 2026-10")


def _copy(template: Path, folder: Path) -> None:
    check_folder_name(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty; name a new or empty folder")
    shutil.copytree(template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "expected"))
