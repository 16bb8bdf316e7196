"""`duckbill diff`: which invoices two runs, or two catalogs, bill differently, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import HERE, SummaryOption, WorkspaceOption, opened_workspace
from engine.formats import Format, SummaryFormat

#: What people are shown of causes and of changes, and of how many changes.
_CAUSES = ("cause", "difference", "currency", "lines", "invoices", "customers", "explanation")
_CHANGES = (
    *("customer_name", "invoice_type", "line_name", "line_type", "pricing_group_values", "cause"),
    *("amount_before", "amount_after", "difference", "currency"),
)
_SHOWN_CHANGES = 20


def diff(
    before: Annotated[str, typer.Argument(help="A run by the beginning of its id, or a folder with a catalog.")],
    after: Annotated[str, typer.Argument(help="What it is compared with: another run, or another folder.")],
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="Compare what the catalogs of two folders bill in this calendar month."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for the tables, new or of this command.")] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when any amount differs.")] = False,
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Which invoices and lines differ between two runs of a period, or two catalogs, and by which cause each cent does.

    Amounts are in the currency of the invoice, US dollars in cents. Nothing is published.
    """
    from engine.output import counted, note, progress_bar, write_rows, write_summary

    with opened_workspace(workspace) as opened, progress_bar() as progress:
        found = opened.diff(before, after, period=period, out=out, progress=progress)
    if output is SummaryFormat.json:
        write_summary(found.summary())
    else:
        if found.is_different:
            write_rows(found.causes.select(*_CAUSES), Format.table, title=f"Why {found.period} differs")
            print()
            largest = found.largest_changes(_SHOWN_CHANGES)
            write_rows(largest.select(*_CHANGES), Format.table, title="Largest changes")
            if len(found.changes) > len(largest):
                note(f"{counted(len(found.changes) - len(largest), 'smaller change')} not shown; --out writes all")
        note(f"{found.period}: {_told(len(found.invoices), found.is_different)}")
        if out is not None:
            note(f"invoices, changes and causes are in {out}")
    if exit_code and found.is_different:
        raise typer.Exit(1)


def _told(invoices: int, is_different: bool) -> str:
    if is_different:
        return f"{invoices} {'invoice differs' if invoices == 1 else 'invoices differ'}"
    return "every invoice owes the same" + (f"; {invoices} in another status" if invoices else "")
