"""`duckbill simulate`: what another catalog would have billed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    LogFormatOption,
    SelectOption,
    SummaryOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import LogFormat, SummaryFormat

_COLUMNS = ("month", "currency", "before", "after", "difference", "percent")
_CUSTOMERS = ("customer_name", "currency", "before", "after", "difference", "percent")

#: How many customers are shown at either end.
_MOST = 5


def simulate(
    catalog: Annotated[
        Path,
        typer.Option("--catalog", "-c", help="A workspace, or a folder that holds catalog/, with the other catalog."),
    ],
    period: Annotated[
        str, typer.Option("--period", "-p", help="A calendar month in UTC, or several: 2026-01..2026-12.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for the page and the tables, new or of this command.")
    ] = None,
    select: SelectOption = None,
    workspace: WorkspaceOption = HERE,
    log_format: LogFormatOption = LogFormat.text,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Bill months by the present catalog and by another, aside, and show who would have paid more or less."""
    from engine.log import watched
    from engine.output import counted, note, print_table, write_summary
    from engine.result import shown

    with opened_workspace(workspace) as opened, watched(log_format) as progress:
        found = opened.simulate(catalog, period, select=select, out=out, progress=progress)
    if output is SummaryFormat.json:
        write_summary(found.summary())
        return
    print_table(_COLUMNS, [[shown(row[name]) for name in _COLUMNS] for row in found.months], "By month")
    changed = [row for row in found.customers if row["difference"]]
    ends = changed if len(changed) <= 2 * _MOST else [*changed[:_MOST], *changed[-_MOST:]]
    if ends:
        print()
        rows = [[shown(row[name]) for name in _CUSTOMERS] for row in ends]
        print_table(_CUSTOMERS, rows, "Who pays the most more, and the most less")
    note(f"{counted(found.billed, 'customer')} billed, {found.untouched} whom the change cannot touch")
    if len(found.parked):
        note(f"{counted(len(found.parked), 'contract')} of a month could not be billed by a catalog and are left out")
    if len(found.unbilled):
        note("some usage is billed by one catalog alone: see unbilled")
    if found.folder is not None:
        note(f"the page and the tables are in {found.folder}")
