"""`duckbill retry`: those who were set aside, once what stood in their way is mended."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    AsOfOption,
    IsolateOption,
    NowOption,
    SummaryOption,
    WaitOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import SummaryFormat
from engine.version import SCHEMA_VERSION


def retry(
    period: Annotated[
        str | None, typer.Option("--period", "-p", help="A calendar month; the latest with parked contracts.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    now: NowOption = None,
    as_of: AsOfOption = None,
    isolate: IsolateOption = False,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Run a billing period again for the customers whose contracts were parked; all others stay as published."""
    from engine.describe import describe_run
    from engine.output import note, progress_bar, write_summary

    with opened_workspace(workspace, wait) as opened, progress_bar() as progress:
        finished = opened.retry(period, now=now, as_of=as_of, isolate=isolate, progress=progress)
    if finished is None:
        if output is SummaryFormat.json:
            nothing = {"schema_version": SCHEMA_VERSION, "command": "retry", "period": period}
            write_summary({**nothing, "status": "nothing_parked"})
        note(f"nothing is parked{f' in {period}' if period else ''}")
        return
    if output is SummaryFormat.json:
        write_summary({**finished.summary, "command": "retry"})
    else:
        describe_run(finished)
    if len(finished.parked):
        raise typer.Exit(1)
