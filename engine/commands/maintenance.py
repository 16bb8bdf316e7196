"""`duckbill compact` and `duckbill vacuum`: fewer files for the same events, and none that nobody needs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

from engine.commands.options import HERE, NowOption, SummaryOption, WaitOption, WorkspaceOption, opened_workspace
from engine.errors import UserError
from engine.formats import SummaryFormat

_AGE = re.compile(r"(?P<count>[0-9]{1,6})(?P<unit>[dh])", re.ASCII)


def compact(
    workspace: WorkspaceOption = HERE,
    period: Annotated[
        str | None, typer.Option("--period", "-p", help="Only the days of a calendar month, such as 2026-10.")
    ] = None,
    date: Annotated[str | None, typer.Option("--date", help="Only this day, such as 2026-10-05.")] = None,
    min_files: Annotated[int, typer.Option("--min-files", min=2, help="Leave days alone that have fewer files.")] = 8,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Rewrite the many small files of a day as one; no event, no invoice and no run changes."""
    from engine.output import counted, note, print_table, progress_bar, write_summary

    with opened_workspace(workspace, wait) as opened, progress_bar() as progress:
        done = opened.compact(period=period, day=date, min_files=min_files, progress=progress)
    if output is SummaryFormat.json:
        write_summary(done.summary())
        return
    rows = [
        (str(day.date), str(day.files), str(day.events), str(day.bytes_before), str(day.bytes_after))
        for day in done.days
    ]
    if rows:
        print_table(("date", "files", "events", "bytes_before", "bytes_after"), rows, "Compacted")
    if done.days:
        files = f"{counted(done.files_before, 'file')} became {done.files_after}"
        note(f"{files}; the old ones are removed by `duckbill vacuum` after a week")
    else:
        note(f"no day has {min_files} files or more")


def vacuum(
    workspace: WorkspaceOption = HERE,
    older_than: Annotated[
        str, typer.Option("--older-than", help="Only what nobody needed for so long: 7d, 24h.")
    ] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be removed, and remove nothing.")] = False,
    now: NowOption = None,
    wait: WaitOption = 0,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Remove files that nothing refers to: replaced event files, and what killed processes left.

    What duckbill did not write is never removed; `duckbill verify` tells of it.
    """
    from engine.output import counted, note, print_table, progress_bar, write_summary

    with opened_workspace(workspace, wait) as opened, progress_bar() as progress:
        done = opened.vacuum(_age(older_than), dry_run=dry_run, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(done.summary())
        return
    if done.removed:
        rows = [(str(each.path), each.kind.value, str(each.bytes)) for each in done.removed]
        print_table(("path", "kind", "bytes"), rows, "Removed")
    told = "would be removed" if dry_run else "removed"
    note(f"{counted(len(done.removed), 'leftover')} {told}, {done.bytes_freed} bytes freed")


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise UserError(f"{text!r} is no age such as 7d or 24h")
    count = int(found["count"])
    return timedelta(days=count) if found["unit"] == "d" else timedelta(hours=count)
