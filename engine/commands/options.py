"""What several commands share: their options, and the workspace that they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.commands.signals import SIGNALS
from engine.errors import CatalogError
from engine.formats import Format, LogFormat, SummaryFormat
from engine.storage_faults import storage_faults_told

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
SelectOption = Annotated[
    str | None,
    typer.Option("--select", "-s", help="customer:NAME, contract:NAME or tag:KEY=VALUE, several between commas."),
]
LogFormatOption = Annotated[
    LogFormat, typer.Option("--log-format", help="What goes to stderr: a progress bar on a terminal, or JSON lines.")
]
SkipCodeOption = Annotated[
    bool, typer.Option("--skip-code", help="Exit with 99 when there was nothing to do, for Airflow.")
]
WaitOption = Annotated[
    float,
    typer.Option(
        "--wait", envvar="DUCKBILL_WAIT", min=0, help="How many seconds to wait for another process that writes."
    ),
]
RowsOption = Annotated[Format, typer.Option("--output", "-o", help="How to write the rows.")]
SummaryOption = Annotated[SummaryFormat, typer.Option("--output", "-o", help="For people, or one line of JSON.")]
HERE = Path()

#: What Airflow's BashOperator takes for "skipped", by its default `skip_on_exit_code`.
NOTHING_TO_DO = 99


def listed(names: str) -> list[str]:
    """The names in an option that takes several, between commas."""
    return [name for each in names.split(",") if (name := each.strip())]


@contextmanager
def opened_workspace(root: Path, wait: float = 0) -> Iterator[Workspace]:
    """The workspace in a folder; problems met while it is used are shown with their lines of SQL.

    What writes waits up to `wait` seconds for another process that does.
    """
    from engine.describe import describe_problems, sql_in
    from engine.workspace import open_workspace

    SIGNALS.listen()
    try:
        with storage_faults_told(root):
            yield open_workspace(root, wait=wait)
    except CatalogError as error:
        describe_problems(error.problems, sql_in(root))
        raise typer.Exit(error.exit_code) from error
