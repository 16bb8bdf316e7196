"""What several commands share: their options, and the workspace that they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.signals import SIGNALS
from engine.errors import CatalogError
from engine.formats import Format, SummaryFormat

if TYPE_CHECKING:
    from engine.workspace import Workspace

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", envvar="DUCKBILL_WORKSPACE", help="The workspace folder.")
]
NowOption = Annotated[
    str | None, typer.Option("--now", help="What time it is, RFC 3339; the wall clock when left out.")
]
PeriodOption = Annotated[str, typer.Option("--period", "-p", help="A calendar month in UTC, such as 2026-10.")]
LatestPeriodOption = Annotated[
    str | None, typer.Option("--period", "-p", help="A calendar month; the latest published one when left out.")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Only events that had arrived by then count; RFC 3339 or a day.")
]
CustomerOption = Annotated[str | None, typer.Option("--customer", help="One customer, by name, id or ingest alias.")]
IsolateOption = Annotated[
    bool, typer.Option("--isolate", help="Run SQL metrics in a process with limits: see isolation in duckbill.toml.")
]
RowsOption = Annotated[Format, typer.Option("--output", "-o", help="How to write the rows.")]
SummaryOption = Annotated[SummaryFormat, typer.Option("--output", "-o", help="For people, or one line of JSON.")]
HERE = Path()


def listed(names: str) -> list[str]:
    """The names in an option that takes several, between commas."""
    return [name for each in names.split(",") if (name := each.strip())]


@contextmanager
def opened_workspace(root: Path) -> Iterator[Workspace]:
    """The workspace in a folder; problems met while it is used are shown with their lines of SQL."""
    from engine.describe import describe_problems, sql_in
    from engine.workspace import open_workspace

    SIGNALS.listen()
    try:
        yield open_workspace(root)
    except CatalogError as error:
        describe_problems(error.problems, sql_in(root))
        raise typer.Exit(error.exit_code) from error
