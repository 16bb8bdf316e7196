"""`duckbill nightly` and `duckbill reproduce`: the unattended night, and proving a past run."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    NOTHING_TO_DO,
    LogFormatOption,
    NowOption,
    SkipCodeOption,
    SummaryOption,
    WaitOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format, LogFormat, SummaryFormat

_STEP_COLUMNS = (
    "period",
    "step",
    "status",
    "invoices",
    "finalized",
    "held",
    "parked",
    "late_usage",
    "failed_controls",
    "reason",
)


def nightly(
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
    log_format: LogFormatOption = LogFormat.text,
    skip_code: SkipCodeOption = False,
) -> None:
    """Run, finalize and reconcile whatever is due, month after month; for cron and other schedulers."""
    from engine.log import watched
    from engine.output import note, print_table, write_summary

    with opened_workspace(workspace, wait) as opened, watched(log_format) as progress:
        if output is SummaryFormat.json:
            night = opened.nightly(now=now, progress=progress, told=lambda step: write_summary(step.summary()))
        else:
            night = opened.nightly(now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(night.summary)
    else:
        rows = [{**each.summary(), "failed_controls": " ".join(each.failed_controls)} for each in night.done]
        print_table(_STEP_COLUMNS, ([str(row[name]) for name in _STEP_COLUMNS] for row in rows), "Night")
    if log_format is LogFormat.text:
        for text in night.concerns():
            note(text)
    if night.exit_code:
        raise typer.Exit(night.exit_code)
    if skip_code and night.unchanged:
        raise typer.Exit(NOTHING_TO_DO)


def reproduce(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The id of a run, as its folder in runs/ is called.")],
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Compute a past run again from what it recorded, and compare every output byte for byte."""
    from engine.log import watched
    from engine.output import note, write_rows, write_summary

    with opened_workspace(workspace) as opened, watched(log_format) as progress:
        found = opened.reproduce(run_id, progress=progress)
    if output is SummaryFormat.json:
        write_summary(found.summary)
    else:
        write_rows(found.outputs, Format.table)
        identical = "every output is identical" if not found.differing else f"{', '.join(found.differing)} differ"
        note(f"run {run_id} of {found.period}, made by duckbill {found.engine}: {identical}")
    if found.differing:
        raise typer.Exit(1)
