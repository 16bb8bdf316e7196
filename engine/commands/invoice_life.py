"""`duckbill finalize`, `duckbill void` and `duckbill regenerate`: the life of invoices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.options import (
    HERE,
    NowOption,
    PeriodOption,
    SelectOption,
    SummaryOption,
    WaitOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format, SummaryFormat

if TYPE_CHECKING:
    from engine.finalization import Finalization

_InvoicesArgument = Annotated[list[str] | None, typer.Argument(help="Invoice ids, of one billing period.")]
_WherePeriodOption = Annotated[
    str | None,
    typer.Option("--period", "-p", help="The billing period of the invoices; without ids, every one of it is meant."),
]

#: What people are shown of invoices that have become final, and of those held back.
_FINALIZED_COLUMNS = ("id", "customer_name", "type", "finalized_at", "currency", "total")
_HELD_COLUMNS = ("invoice_id", "customer_name", "type", "total", "reason", "detail")


def finalize(
    period: PeriodOption,
    select: SelectOption = None,
    early: Annotated[bool, typer.Option("--early", help="Also those whose grace is not over.")] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Also those held back for review: jumps, and customers that vanished.")
    ] = False,
    now: NowOption = None,
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Make published drafts final; a final invoice never changes. Nothing is computed."""
    with opened_workspace(workspace, wait) as opened:
        final = opened.finalize(period, select=select, now=now, early=early, approve=approve)
    show_finalization(final, output)
    if final.needs_attention:
        raise typer.Exit(1)


def show_finalization(final: Finalization, output: SummaryFormat) -> None:
    """What became final, what was held back, and which controls were in the way."""
    from engine.output import counted, note, write_rows, write_summary

    if output is SummaryFormat.json:
        write_summary(final.summary)
    elif len(final.finalized):
        write_rows(final.finalized.select(*_FINALIZED_COLUMNS), Format.table, title=f"Finalized of {final.period}")
    elif final.failed_controls:
        note(f"nothing became final, because these controls fail: {', '.join(final.failed_controls)}")
        note(f"see: duckbill reconcile --period {final.period}")
    else:
        note(f"no draft of {final.period} became final")
    if len(final.held):
        if output is SummaryFormat.table:
            write_rows(final.held.select(*_HELD_COLUMNS), Format.table, title="Held back")
        note(f"{counted(len(final.held), 'invoice')} held back; --approve takes those that wait for a review")


def void(
    reason: Annotated[str, typer.Option("--reason", help="Why; the void invoice keeps it.")],
    invoices: _InvoicesArgument = None,
    period: _WherePeriodOption = None,
    select: SelectOption = None,
    now: NowOption = None,
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Make final invoices void, with those that stand and fall with them, and give back what they drew of balances."""
    _close("void", invoices or [], period, select, reason, now, workspace, wait, output)


def regenerate(
    invoices: _InvoicesArgument = None,
    period: _WherePeriodOption = None,
    select: SelectOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why what is final becomes void.")] = "",
    now: NowOption = None,
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Bill final and void invoices anew, as drafts under new ids; what is final becomes void first."""
    _close("regenerate", invoices or [], period, select, reason, now, workspace, wait, output)


def _close(
    command: str,
    invoices: list[str],
    period: str | None,
    select: str | None,
    reason: str,
    now: str | None,
    workspace: Path,
    wait: float,
    output: SummaryFormat,
) -> None:
    from engine.describe import describe_run
    from engine.output import progress_bar, write_summary

    if invoices and select is not None:
        raise typer.BadParameter("name invoices, or select customers of a period, not both", param_hint="--select")
    with opened_workspace(workspace, wait) as opened, progress_bar() as progress:
        anew = command == "regenerate"
        if invoices:
            by_id = opened.regenerate if anew else opened.void
            run = by_id(invoices, reason=reason, now=now, period=period, progress=progress)
        elif period is not None:
            selected = opened.regenerate_selected if anew else opened.void_selected
            run = selected(period, reason=reason, select=select, now=now, progress=progress)
        else:
            raise typer.BadParameter("name invoices, or the --period whose invoices are meant", param_hint="INVOICES")
    if output is SummaryFormat.json:
        write_summary({**run.summary, "command": command})
    else:
        describe_run(run)
    if len(run.parked):
        raise typer.Exit(1)
