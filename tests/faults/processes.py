"""Processes that cost a twentieth of a second instead of two: forked from one that has imported everything."""

from __future__ import annotations

import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

from engine.cli import console
from engine.commands.signals import SIGNALS

_PRELOADED = ["duckdb", "deltalake", "polars", "pyarrow.parquet", "sqlglot", "engine.cli", "engine.workspace"]


def forkserver() -> ForkServerContext:
    """How to start processes; what they are forked from has no thread, no connection and no open file."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_PRELOADED, "engine.output", "engine.describe", "tests.faults.shop"])
    return context


def told(work: Callable[[], None], error: Path) -> None:
    """Does the work of a process under the signals of the command line; an error is written to a file as well."""
    SIGNALS.first = None
    SIGNALS.listen()
    try:
        work()
    except BaseException:
        # A query that is interrupted by a signal ends in an error of the database's own, as in `engine.cli.main`.
        if SIGNALS.first is not None:
            sys.exit(128 + SIGNALS.first)
        error.write_text(traceback.format_exc(), encoding="utf-8")
        raise


def run_command(arguments: Sequence[str], output: Path) -> int:
    """The exit code of a `duckbill` command in a process of its own; what it prints is in the file `output`."""
    process = forkserver().Process(target=_command, args=(list(arguments), output))
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def _command(arguments: list[str], output: Path) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["duckbill", *arguments]
    console()
