"""The command line: arguments, printing and exit codes; the work is done by `Workspace`."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from engine.errors import CatalogError, DuckbillError, UserError
from engine.formats import Format, SummaryFormat
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.workspace import Workspace

app = typer.Typer(
    name="duckbill",
    help="Usage-based billing: events in, invoices out, exact to the last digit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
invoices_app = typer.Typer(help="Look at published invoices.", no_args_is_help=True)
events_app = typer.Typer(help="Look at landed and refused events.", no_args_is_help=True)
app.add_typer(invoices_app, name="invoices")
app.add_typer(events_app, name="events")

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
RowsOption = Annotated[Format, typer.Option("--output", "-o", help="How to write the rows.")]
SummaryOption = Annotated[SummaryFormat, typer.Option("--output", "-o", help="For people, or one line of JSON.")]
HERE = Path()

#: What Airflow's BashOperator takes for "skipped", by its default `skip_on_exit_code`.
NOTHING_TO_DO = 99


class _Signals:
    """Remembers the first signal that asked the process to end.

    A handler's exit alone is not enough: a query that is interrupted ends in an error of the database's own.
    """

    def __init__(self) -> None:
        self.first: int | None = None

    def listen(self) -> None:
        """Takes the signals; again after Polars has been imported, which keeps interrupts for itself."""
        signal.signal(signal.SIGINT, self._received)
        signal.signal(signal.SIGTERM, self._received)

    def _received(self, number: int, frame: FrameType | None) -> NoReturn:
        self.first = self.first or number
        sys.exit(128 + number)


_signals = _Signals()


@contextmanager
def _opened(root: Path) -> Iterator[Workspace]:
    """The workspace in a folder; problems met while it is used are shown with their lines of SQL."""
    from engine.describe import describe_problems, sql_in
    from engine.workspace import open_workspace

    _signals.listen()
    try:
        yield open_workspace(root)
    except CatalogError as error:
        describe_problems(error.problems, sql_in(root))
        raise typer.Exit(error.exit_code) from error


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Usage-based billing: events in, invoices out, exact to the last digit."""
    if version:
        print(VERSION)
        raise typer.Exit


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put the demo workspace.")] = Path("duckbill-demo"),
    scenario: Annotated[str, typer.Option(help="Which bundled scenario to run.")] = "ai-saas",
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Copy a bundled scenario, land its events, run its billing period and show the invoices."""
    from engine.demo import run_demo

    _signals.listen()
    run_demo(folder, scenario, output)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Make a small workspace that runs, to be edited into your own."""
    from engine.demo import init_workspace

    init_workspace(folder)


@app.command()
def validate(workspace: WorkspaceOption = HERE, output: SummaryOption = SummaryFormat.table) -> None:
    """Check the catalog and every SQL metric, offline, and report all problems at once."""
    from engine.describe import sql_in, with_source
    from engine.output import counted, note, write_summary

    with _opened(workspace) as opened:
        problems = opened.validate()
    if output is SummaryFormat.json:
        found = [
            {"file": each.file, "line": each.line, "column": each.column, "what": each.what, "remedy": each.remedy}
            for each in problems
        ]
        write_summary({"schema_version": 1, "command": "validate", "problems": found})
    else:
        for problem in problems:
            print(with_source(problem, sql_in(workspace)))
    note(counted(len(problems), "problem") if problems else "no problems")
    if problems:
        raise typer.Exit(CatalogError.exit_code)


@app.command()
def land(
    files: Annotated[list[str], typer.Argument(help="NDJSON, JSON array or Parquet files; - reads standard input.")],
    workspace: WorkspaceOption = HERE,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Land usage events: validated, deduplicated, written once."""
    from engine.describe import describe_landing
    from engine.output import progress_bar, write_summary

    with _opened(workspace) as opened, progress_bar() as progress:
        landed = opened.land_files(files, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(landed.summary())
    else:
        describe_landing(landed)


@app.command(name="compile")
def compile_metric(
    metric: Annotated[str, typer.Argument(help="A billable metric by name or id; - reads a SQL metric from stdin.")],
    workspace: WorkspaceOption = HERE,
    period: Annotated[str | None, typer.Option("--period", "-p", help="Compile for the events of this month.")] = None,
) -> None:
    """Print the SQL that runs for a metric, over all customers at once."""
    if metric == "-":
        _compile_stdin()
    else:
        with _opened(workspace) as opened:
            print(opened.compile(metric, period=period), end="")


@app.command()
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
    with _opened(workspace) as opened:
        write_rows(opened.preview(metric, period=period, customer=customer, group_by=keys), output)


@app.command()
def run(
    period: PeriodOption,
    workspace: WorkspaceOption = HERE,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
    skip_code: Annotated[
        bool, typer.Option("--skip-code", help="Exit with 99 when there was nothing to do, for Airflow.")
    ] = False,
) -> None:
    """Compute and publish DRAFT invoices for every customer; running again with nothing changed does nothing."""
    from engine.describe import describe_run
    from engine.output import progress_bar, write_summary

    with _opened(workspace) as opened, progress_bar() as progress:
        finished = opened.run(period, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(finished.summary)
    else:
        describe_run(finished)
    if len(finished.parked):
        raise typer.Exit(1)
    if finished.unchanged and skip_code:
        raise typer.Exit(NOTHING_TO_DO)


@app.command()
def verify(workspace: WorkspaceOption = HERE, output: SummaryOption = SummaryFormat.table) -> None:
    """Hash every committed event file again and report what is missing, changed or foreign."""
    from engine.output import counted, note, write_summary

    with _opened(workspace) as opened:
        findings = opened.verify()
    if output is SummaryFormat.json:
        write_summary({"schema_version": 1, "command": "verify", "findings": [str(each) for each in findings]})
    else:
        for finding in findings:
            print(finding)
    note(counted(len(findings), "finding") if findings else "every committed file is what was committed")
    if any(finding.kind != "orphan" for finding in findings):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of catalog files, for editors."""
    from engine.catalog.schema import catalog_schema

    print(json.dumps(catalog_schema(), indent=2))


@invoices_app.command("list")
def list_invoices(
    period: LatestPeriodOption = None, workspace: WorkspaceOption = HERE, output: RowsOption = Format.table
) -> None:
    """The published invoices of a billing period; every format but the table has all columns."""
    from engine.describe import INVOICE_COLUMNS
    from engine.output import write_rows

    with _opened(workspace) as opened:
        rows = opened.invoices(period)
        write_rows(rows.select("id", *INVOICE_COLUMNS) if output is Format.table else rows, output)


@invoices_app.command("show")
def show_invoice(
    invoice: Annotated[str, typer.Argument(help="An invoice id, or a customer by name, id or ingest alias.")],
    period: LatestPeriodOption = None,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """The line items of one invoice, or of all of a customer's; every format but the table has all columns."""
    from engine.describe import LINE_COLUMNS
    from engine.output import write_rows

    with _opened(workspace) as opened:
        rows = opened.invoice_lines(invoice, period)
        write_rows(rows.select(*LINE_COLUMNS) if output is Format.table else rows, output)


@events_app.command("rejected")
def list_rejected(workspace: WorkspaceOption = HERE, output: RowsOption = Format.table) -> None:
    """Every refused line and every duplicate, with its reason."""
    from engine.output import write_rows

    with _opened(workspace) as opened:
        write_rows(opened.rejected(), output)


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


def _leave_closed_pipe() -> NoReturn:
    """Whoever read our output has seen enough, as `| head` does; what is still unwritten goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def main() -> NoReturn:
    """Runs the command line and ends the process with the documented exit code (README, exit codes)."""
    _signals.first = None
    _signals.listen()
    try:
        try:
            app()
        finally:
            if _signals.first is not None:
                sys.exit(128 + _signals.first)
            sys.stdout.flush()
    except SystemExit as finished:
        # Typer turns a closed pipe into an exit of its own.
        if isinstance(finished.__context__, BrokenPipeError):
            _leave_closed_pipe()
        raise
    except UserError as error:
        print(f"duckbill: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except DuckbillError as error:
        print(f"duckbill: internal error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _leave_closed_pipe()
    except Exception:
        traceback.print_exc()
        print("duckbill: internal error; this is a bug in duckbill", file=sys.stderr)
        sys.exit(DuckbillError.exit_code)
    sys.exit(0)


def console() -> NoReturn:
    """`main` as the installed command. It leaves without unloading the libraries, whose threads now and then abort
    the process at that moment, after everything is written and synced; a scheduler would take that for a failure.
    """
    code: object = DuckbillError.exit_code
    try:
        main()
    except SystemExit as finished:
        code = finished.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)
