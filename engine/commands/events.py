"""`duckbill events`: looking at landed and refused events."""

from __future__ import annotations

import typer

from engine.commands.options import (
    HERE,
    RowsOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format

events_app = typer.Typer(help="Look at landed and refused events.", no_args_is_help=True)


@events_app.command("rejected")
def list_rejected(workspace: WorkspaceOption = HERE, output: RowsOption = Format.table) -> None:
    """Every refused line and every duplicate, with its reason."""
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        write_rows(opened.rejected(), output)
