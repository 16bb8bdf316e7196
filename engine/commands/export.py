"""`duckbill export`: published billing periods in the tables of other systems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.options import HERE, NowOption, SummaryOption, WorkspaceOption, opened_workspace
from engine.formats import SummaryFormat

if TYPE_CHECKING:
    from engine.exporting import Export
    from engine.workspace import Workspace

export_app = typer.Typer(help="Write what was published as tables of other systems, in Parquet.", no_args_is_help=True)

_MonthsOption = Annotated[
    str, typer.Option("--period", "-p", help="A calendar month, 2026-10, or several, 2026-01..2026-12.")
]
_OutOption = Annotated[Path, typer.Option("--out", help="A folder for the files, new, empty or of this command.")]


@export_app.command()
def metronome(
    period: _MonthsOption,
    out: _OutOption,
    now: NowOption = None,
    no_breakdowns: Annotated[
        bool, typer.Option("--no-breakdowns", help="Leave out what each day added to each invoice.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """The tables of Metronome's Data Export; a folder that has some gets another transfer."""
    _export(
        workspace,
        output,
        lambda opened: opened.export_metronome(period, out=out, now=now, breakdowns=not no_breakdowns),
    )


@export_app.command()
def focus(
    period: _MonthsOption,
    out: _OutOption,
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="Who sends the invoices; the workspace's name when left out.")
    ] = None,
    sub_account: Annotated[
        str | None, typer.Option("--sub-account", help="A group key whose values are sub accounts.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Cost and usage by FOCUS 1.2, with its rules as checks; exit 1 when one is broken."""
    _export(
        workspace,
        output,
        lambda opened: opened.export_focus(period, out=out, issuer=issuer, sub_account=sub_account),
    )


@export_app.command()
def revenue(
    period: _MonthsOption,
    out: _OutOption,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Revenue by product and category, expirations, true-ups, and lists of customers, contracts, balances, invoices."""
    _export(workspace, output, lambda opened: opened.export_revenue(period, out=out))


@export_app.command()
def journal(
    period: Annotated[str | None, typer.Option("--period", "-p", help="A calendar month, or several.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for the file, new or of this command.")] = None,
    accounts: Annotated[
        Path | None,
        typer.Option("--accounts", help="A CSV file of category, product, debit, credit; accounts.csv by default."),
    ] = None,
    accounts_template: Annotated[
        Path | None, typer.Option("--accounts-template", help="Write a file of accounts to begin with, and stop.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Debits and credits of the accounts that a file maps revenue to."""
    from engine.output import note

    if accounts_template is not None:
        from engine.exporting import write_accounts_template

        write_accounts_template(accounts_template)
        note(f"{accounts_template} maps every category; put your own accounts in")
        return
    if period is None or out is None:
        raise typer.BadParameter("name the months with --period and a folder with --out")
    _export(workspace, output, lambda opened: opened.export_journal(period, accounts=accounts, out=out))


def _export(workspace: Path, output: SummaryFormat, export: Callable[[Workspace], Export]) -> None:
    from engine.output import counted, note, print_table, write_summary

    with opened_workspace(workspace) as opened:
        exported = export(opened)
    if output is SummaryFormat.json:
        write_summary(exported.summary())
    else:
        rows = [[name, str(len(table))] for name, table in exported.tables.items()]
        print_table(("table", "rows"), rows, f"Export of {', '.join(exported.periods)}")
        note(f"{counted(len(rows), 'table')} written to {exported.folder}")
        for rule in exported.failed:
            note(f"rule {rule} is broken; see its query in focus_checks.parquet")
    if exported.failed:
        raise typer.Exit(1)
