"""`duckbill explain`: how a line came to its amount."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import HERE, RowsOption, WorkspaceOption, opened_workspace
from engine.formats import Format


def explain(
    line_item: Annotated[str, typer.Argument(help="The id of a published line, or the first 8 characters or more.")],
    events: Annotated[bool, typer.Option("--events", help="List the events behind the line instead.")] = False,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """Explain a line step by step: events, metric, conversion, rounding, rate, override, tier, balance, total."""
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        if events:
            write_rows(opened.explain_events(line_item), output)
            return
        explained = opened.explain(line_item)
        if output is Format.table:
            print(explained.text())
        else:
            write_rows(explained.steps, output)
