"""`duckbill reconcile`: the controls of a billing period, for people and as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import HERE, PeriodOption, SummaryOption, WorkspaceOption, opened_workspace
from engine.formats import SummaryFormat

_COLUMNS = ("check_id", "name", "scope", "left", "right", "diff", "status", "detail")


def reconcile(
    period: PeriodOption,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for the files, new or of this command.")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="A CSV file of another system to tie invoices out with.")
    ] = None,
    id_map: Annotated[
        Path | None, typer.Option("--id-map", help="A CSV file with the columns duckbill and theirs.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id-column", help="The column with their ids.")] = None,
    amount_column: Annotated[str | None, typer.Option("--amount-column", help="The column with their amounts.")] = None,
    currency_column: Annotated[
        str | None, typer.Option("--currency-column", help="The column with their currencies.")
    ] = None,
    minor_units: Annotated[
        bool, typer.Option("--minor-units", help="Their amounts are in cents, as in Stripe's API.")
    ] = False,
    breakdowns: Annotated[
        bool, typer.Option("--breakdowns", help="Also bill the drafts day by day, and add the days up.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Hold events, metered usage and invoices of a published period against one another; exit 1 when they differ."""
    from engine.output import note, print_table, write_summary

    with opened_workspace(workspace) as opened:
        found = opened.reconcile(
            period,
            out=out,
            against=against,
            id_map=id_map,
            id_column=id_column,
            amount_column=amount_column,
            currency_column=currency_column,
            minor_units=minor_units,
            breakdowns=breakdowns,
        )
    if output is SummaryFormat.json:
        write_summary(found.summary())
    else:
        rows = [[str(row[name] or "") for name in _COLUMNS] for row in found.controls]
        print_table(_COLUMNS, rows, f"Controls of {found.period}")
        note(f"controls, what is behind them and the queries that show them are in {found.folder}")
        if not found.is_rendered:
            note("for the page and the workbook install what they need: pip install 'duckbill[reports]'")
    if found.failed:
        raise typer.Exit(1)
