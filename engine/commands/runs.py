"""`duckbill run`: computing and publishing the invoices of billing periods."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.invoice_life import show_finalization
from engine.commands.options import (
    HERE,
    NOTHING_TO_DO,
    AsOfOption,
    IsolateOption,
    LogFormatOption,
    NowOption,
    PeriodOption,
    SelectOption,
    SkipCodeOption,
    SummaryOption,
    WaitOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import LogFormat, SummaryFormat
from engine.values.period import periods_through


def run(
    period: PeriodOption,
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    now: NowOption = None,
    as_of: AsOfOption = None,
    select: SelectOption = None,
    isolate: IsolateOption = False,
    output: SummaryOption = SummaryFormat.table,
    skip_code: SkipCodeOption = False,
    through: Annotated[
        str | None, typer.Option("--through", help="Run every month until this one, a run each; stop at a failure.")
    ] = None,
    finalize: Annotated[bool, typer.Option("--finalize", help="Then finalize the drafts whose time has come.")] = False,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Compute and publish DRAFT invoices; running again with nothing changed does nothing."""
    from engine.describe import describe_run
    from engine.log import watched
    from engine.output import write_summary

    nothing_done, needs_attention = True, False
    for month in periods_through(period, through or period):
        # Each month is told of when it is done: what follows may fail.
        with opened_workspace(workspace, wait) as opened, watched(log_format) as progress:
            finished = opened.run(month.label, now=now, as_of=as_of, isolate=isolate, select=select, progress=progress)
        if output is SummaryFormat.json:
            write_summary(finished.summary)
        else:
            describe_run(finished)
        nothing_done = nothing_done and finished.unchanged
        needs_attention = needs_attention or len(finished.parked) > 0
        if finalize:
            with opened_workspace(workspace) as opened:
                final = opened.finalize(month.label, select=select, now=now)
            show_finalization(final, output)
            nothing_done = nothing_done and not len(final.finalized)
            needs_attention = needs_attention or final.needs_attention
    if needs_attention:
        raise typer.Exit(1)
    if nothing_done and skip_code:
        raise typer.Exit(NOTHING_TO_DO)
