"""`duckbill events`: looking at landed and refused events, and making one up."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    LatestPeriodOption,
    NowOption,
    RowsOption,
    SummaryOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format, SummaryFormat

events_app = typer.Typer(help="Look at landed and refused events.", no_args_is_help=True)


@events_app.command("rejected")
def list_rejected(workspace: WorkspaceOption = HERE, output: RowsOption = Format.table) -> None:
    """Every refused line and every duplicate, with its reason."""
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        write_rows(opened.rejected(), output)


@events_app.command("invalid")
def list_invalid(
    period: LatestPeriodOption = None, workspace: WorkspaceOption = HERE, output: RowsOption = Format.table
) -> None:
    """What metrics could not read as numbers when a period was billed, by metric, customer and day."""
    from engine.describe import INVALID_COLUMNS
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.invalid_values(period)
        write_rows(rows, output, in_table=INVALID_COLUMNS)


@events_app.command("show")
def show_event(
    transaction_id: Annotated[str, typer.Argument(help="The transaction id of an event, exactly.")],
    workspace: WorkspaceOption = HERE,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """What became of an event: where it landed, whose it is, which metrics it matched and why not the others."""
    from engine.output import write_summary

    with opened_workspace(workspace) as opened:
        found = opened.event(transaction_id)
        if output is SummaryFormat.json:
            write_summary(found.summary())
        else:
            print(found.text())


@events_app.command("example")
def example_event(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id.")],
    workspace: WorkspaceOption = HERE,
    now: NowOption = None,
) -> None:
    """Print an event that would match a metric, as one line to land; it has been landed aside and checked."""
    with opened_workspace(workspace) as opened:
        print(json.dumps(opened.example_event(metric, now=now), ensure_ascii=False))
