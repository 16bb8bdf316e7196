"""The commands that read one metric: compile and preview."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    PeriodOption,
    RowsOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.errors import CatalogError, UserError
from engine.formats import Format


def compile_metric(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id; - reads a SQL metric from stdin.")],
    workspace: WorkspaceOption = HERE,
    period: Annotated[str | None, typer.Option("--period", "-p", help="Compile for the events of this month.")] = None,
) -> None:
    """Print the SQL that runs for a metric, over all customers at once."""
    if metric == "-":
        _compile_stdin()
    else:
        with opened_workspace(workspace) as opened:
            print(opened.compile(metric, period=period), end="")


def preview(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id.")],
    period: PeriodOption,
    customer: Annotated[str | None, typer.Option(help="One customer, by name, id or ingest alias.")] = None,
    group_by: Annotated[str, typer.Option(help="Properties to group a streaming metric by: model,region.")] = "",
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """Run one metric over a month and write nothing."""
    from engine.output import write_rows

    keys = [key for each in group_by.split(",") if (key := each.strip())]
    with opened_workspace(workspace) as opened:
        write_rows(opened.preview(metric, period=period, customer=customer, group_by=keys), output)


def _compile_stdin() -> None:
    from engine.describe import describe_problems
    from engine.workspace import compile_sql_text

    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"<stdin>: not UTF-8 at byte {error.start}; save the metric as UTF-8") from error
    try:
        print(compile_sql_text(text, file="<stdin>"), end="")
    except CatalogError as error:
        describe_problems(error.problems, lambda file: text)
        raise typer.Exit(error.exit_code) from error
