"""`duckbill doctor` and `duckbill migrate`: whether a workspace is well, and making old ones new."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import HERE, NowOption, SummaryOption, WaitOption, WorkspaceOption, opened_workspace
from engine.commands.signals import SIGNALS
from engine.formats import Format, SummaryFormat


def doctor(
    workspace: WorkspaceOption = HERE,
    full: Annotated[bool, typer.Option("--full", help="Read every committed byte, as verify does.")] = False,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Examine a workspace and the machine under it, and say what to do; exit 1 when something is broken."""
    from engine.doctoring import doctor as examined
    from engine.output import counted, note, print_table, write_summary
    from engine.result import shown

    SIGNALS.listen()
    found = examined(workspace, full=full, now=now)
    if output is SummaryFormat.json:
        write_summary(found.summary)
    else:
        rows = [[shown(value) for value in row.values()] for row in found]
        print_table(found.checks.columns, rows, f"Examination of {workspace}")
        note(f"{counted(len(found.failed), 'check')} failed" if found.failed else "nothing is broken")
    if found.failed:
        raise typer.Exit(1)


def migrate(
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Bring what an older duckbill has written to the present shape, sealed; the published numbers stay."""
    from engine.output import counted, note, write_rows, write_summary

    with opened_workspace(workspace, wait) as opened:
        done = opened.migrate()
    if output is SummaryFormat.json:
        write_summary(done.summary)
        return
    if len(done.migrated):
        write_rows(done.migrated, Format.table, title="Migrated")
    note(
        f"{counted(len(done.migrated), 'table or file')} migrated"
        if len(done.migrated)
        else "nothing is of an older duckbill"
    )
