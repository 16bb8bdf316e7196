"""`duckbill import` and `duckbill shadow`: another system's export as a workspace, and held against what it bills."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import LogFormatOption, NowOption, SummaryOption
from engine.commands.signals import SIGNALS
from engine.formats import LogFormat, SummaryFormat

ExportArgument = Annotated[Path, typer.Argument(metavar="EXPORT", help="A folder of Metronome's Data Export.")]

_CAUSES = ("cause", "hint", "currency", "differences", "customers", "difference")
_DIFFERENCES = ("customer_name", "billing_period", "name", "their_total", "our_total", "difference", "explanation")

#: How many differences people are shown; `--out` writes all.
SHOWN_DIFFERENCES = 20


def import_workspace(
    export: ExportArgument,
    workspace: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="A new or empty folder.")],
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Make a workspace of another system's export: its customers, prices and contracts, and its events, landed."""
    from engine.log import watched
    from engine.output import note, print_table, write_summary
    from engine.shadowing import import_export

    SIGNALS.listen()
    with watched(log_format) as progress:
        imported = import_export(export, workspace, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(imported.summary())
    else:
        rows = [[str(value) for value in row.values()] for row in imported.objects]
        print_table(imported.objects.columns, rows, "Imported")
        landed = imported.landing.summary()
        note(f"{landed['accepted']} of {landed['read']} events were accepted: {landed['rejected']} rejected")
        for told in imported.notes:
            note(told)
        note(f"{workspace} is a workspace; bill it with: duckbill run -w {workspace} --period YYYY-MM")


def shadow(
    export: ExportArgument,
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="A month, or 2026-01..2026-12; every month that has invoices if left out."),
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Keep the workspace that is billed, in a new folder.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for the tables, new or of this command.")] = None,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Bill the events and contracts of an export again, and compare with its invoices; exit 1 when one differs."""
    from engine.log import watched
    from engine.output import counted, note, print_table, write_summary
    from engine.result import shown
    from engine.shadowing import shadow as shadow_billed

    SIGNALS.listen()
    with watched(log_format) as progress:
        found = shadow_billed(export, period, workspace=workspace, out=out, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(found.summary())
    else:
        if not found.is_equal:
            causes = [[shown(row[name]) for name in _CAUSES] for row in found.causes]
            print_table(_CAUSES, causes, "Causes of differences")
            rows = [[shown(row[name]) for name in _DIFFERENCES] for row in found.largest(SHOWN_DIFFERENCES)]
            print_table(_DIFFERENCES, rows, "Largest differences, ours less theirs")
        for told in found.notes:
            note(told)
        equal = found.invoices.arrow()["verdict"].to_pylist().count("equal")
        note(f"equal to the last digit: {equal} of {counted(len(found.invoices), 'invoice')}")
        if found.folder is not None:
            note(f"every difference, invoice and cause is in {found.folder}")
    if not found.is_equal:
        raise typer.Exit(1)
