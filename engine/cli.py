"""The command line: arguments, printing and exit codes; the work is done by `Workspace`."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from engine.commands.balances import alerts, balances, ledger
from engine.commands.buckets import buckets
from engine.commands.diff import diff
from engine.commands.doctor import doctor, migrate
from engine.commands.events import events_app
from engine.commands.explain import explain
from engine.commands.export import export_app
from engine.commands.functions import functions
from engine.commands.invoice_life import finalize, regenerate, void
from engine.commands.invoices import invoices_app
from engine.commands.late_usage import late_usage
from engine.commands.maintenance import compact, vacuum
from engine.commands.metrics import compile_metric, preview, usage
from engine.commands.nights import nightly, reproduce
from engine.commands.options import (
    HERE,
    NowOption,
    SummaryOption,
    WaitOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.commands.reconcile import reconcile
from engine.commands.retry import retry
from engine.commands.runs import run
from engine.commands.shadow import import_workspace, shadow
from engine.commands.signals import SIGNALS
from engine.commands.simulate import simulate
from engine.commands.validate import validate
from engine.errors import DuckbillError, UserError
from engine.formats import SummaryFormat
from engine.storage_faults import storage_fault
from engine.values.masked import masked_traceback
from engine.version import SCHEMA_VERSION, VERSION

app = typer.Typer(
    name="duckbill",
    help="Usage-based billing: events in, invoices out, exact to the last digit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(invoices_app, name="invoices")
app.add_typer(events_app, name="events")
app.add_typer(export_app, name="export")


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

    SIGNALS.listen()
    run_demo(folder, scenario, output)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Make a small workspace that runs, to be edited into your own."""
    from engine.demo import init_workspace

    init_workspace(folder)


app.command()(validate)


@app.command()
def land(
    files: Annotated[list[str], typer.Argument(help="NDJSON, JSON array or Parquet files; - reads standard input.")],
    workspace: WorkspaceOption = HERE,
    wait: WaitOption = 0,
    now: NowOption = None,
    output: SummaryOption = SummaryFormat.table,
) -> None:
    """Land usage events: validated, deduplicated, written once."""
    from engine.describe import describe_landing
    from engine.output import progress_bar, write_summary

    with opened_workspace(workspace, wait) as opened, progress_bar() as progress:
        landed = opened.land_files(files, now=now, progress=progress)
    if output is SummaryFormat.json:
        write_summary(landed.summary())
    else:
        describe_landing(landed)


app.command()(run)
app.command(name="compile")(compile_metric)
app.command()(functions)
app.command()(preview)
app.command()(usage)
app.command()(balances)
app.command()(ledger)
app.command()(alerts)
app.command()(retry)
app.command()(finalize)
app.command()(void)
app.command()(regenerate)
app.command(name="late-usage")(late_usage)
app.command()(reconcile)
app.command()(buckets)
app.command()(explain)
app.command()(nightly)
app.command()(reproduce)
app.command()(diff)
app.command()(simulate)
app.command(name="import")(import_workspace)
app.command()(shadow)
app.command()(compact)
app.command()(vacuum)
app.command()(doctor)
app.command()(migrate)


@app.command()
def verify(workspace: WorkspaceOption = HERE, output: SummaryOption = SummaryFormat.table) -> None:
    """Hash every committed event file again and report what is missing, changed or foreign."""
    from engine.output import counted, note, write_summary

    with opened_workspace(workspace) as opened:
        findings = opened.verify()
    if output is SummaryFormat.json:
        write_summary(
            {"schema_version": SCHEMA_VERSION, "command": "verify", "findings": [str(each) for each in findings]}
        )
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


def _leave_closed_pipe() -> NoReturn:
    """Whoever read our output has seen enough, as `| head` does; what is still unwritten goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def main() -> NoReturn:
    """Runs the command line and ends the process with the documented exit code (README, exit codes)."""
    SIGNALS.first = None
    SIGNALS.listen()
    try:
        try:
            app()
        finally:
            if SIGNALS.first is not None:
                sys.exit(128 + SIGNALS.first)
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
    except Exception as error:
        refused = storage_fault(error)
        if refused is not None:
            print(f"duckbill: {refused}", file=sys.stderr)
            sys.exit(refused.exit_code)
        print(masked_traceback(error), end="", file=sys.stderr)
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
    # What cannot be written even now has been told by `main`, which writes everything out before it ends.
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)
