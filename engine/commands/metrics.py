"""The commands that read one metric: compile, preview and usage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    AsOfOption,
    CustomerOption,
    IsolateOption,
    PeriodOption,
    RowsOption,
    WorkspaceOption,
    listed,
    opened_workspace,
)
from engine.errors import CatalogError, UserError
from engine.formats import Format
from engine.values.windows import UsageWindow

_SEVERAL = ": model,region, or --group-by for each; together they are one key."


def compile_metric(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id; - reads a SQL metric from stdin.")],
    workspace: WorkspaceOption = HERE,
    period: Annotated[str | None, typer.Option("--period", "-p", help="Compile for the events of this month.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="With -: refuse what Metronome does not document.")] = False,
) -> None:
    """Print the SQL that runs for a metric, over all customers at once, for the events that have landed."""
    if metric == "-":
        _compile_stdin(workspace, period, strict)
    else:
        with opened_workspace(workspace) as opened:
            print(opened.compile(metric, period=period), end="")


def preview(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id.")],
    period: PeriodOption,
    customer: CustomerOption = None,
    group_by: Annotated[
        list[str] | None, typer.Option(metavar="NAMES", help=f"Properties to group a streaming metric by{_SEVERAL}")
    ] = None,
    as_of: AsOfOption = None,
    isolate: IsolateOption = False,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """Run one metric over a month and write nothing."""
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.preview(
            metric, period=period, customer=customer, group_by=_keys(group_by), as_of=as_of, isolate=isolate
        )
        write_rows(rows, output)


def usage(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id.")],
    period: Annotated[str | None, typer.Option("--period", "-p", help="A calendar month in UTC.")] = None,
    starting_on: Annotated[str | None, typer.Option(help="The first day, in place of a period.")] = None,
    ending_before: Annotated[str | None, typer.Option(help="The day after the last.")] = None,
    window: Annotated[UsageWindow, typer.Option(help="How the time is cut, in UTC.")] = UsageWindow.NONE,
    customer: CustomerOption = None,
    group_by: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help=f"A whole group key of the metric, or columns of a SQL metric{_SEVERAL}"),
    ] = None,
    as_of: AsOfOption = None,
    isolate: IsolateOption = False,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """A metric's values by customer and hour, day or month: absolute values, not what each window added."""
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.usage(
            metric,
            period=period,
            starting_on=starting_on,
            ending_before=ending_before,
            window=window,
            customer=customer,
            group_by=_keys(group_by),
            as_of=as_of,
            isolate=isolate,
        )
        write_rows(rows, output)


def _keys(given: list[str] | None) -> list[str]:
    """The names of one key, whether between commas or in options of their own."""
    return [name for names in given or () for name in listed(names)]


def _compile_stdin(workspace: Path, period: str | None, strict: bool) -> None:
    """For the events of the workspace, when the folder is one."""
    from engine.workspace import compile_sql_text, is_workspace

    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"<stdin>: not UTF-8 at byte {error.start}; save the metric as UTF-8") from error
    if is_workspace(workspace):
        with opened_workspace(workspace) as opened, _problems_shown_in(text):
            print(opened.compile_sql(text, period=period, file="<stdin>", strict=strict), end="")
    else:
        with _problems_shown_in(text):
            print(compile_sql_text(text, file="<stdin>", strict=strict), end="")


@contextmanager
def _problems_shown_in(text: str) -> Iterator[None]:
    from engine.describe import describe_problems

    try:
        yield
    except CatalogError as error:
        describe_problems(error.problems, lambda file: text)
        raise typer.Exit(error.exit_code) from error
