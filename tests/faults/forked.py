"""Processes that begin with everything imported: a server, started with the fault library, forks one for each task.

`Forked` is used as a context; `run` gives a function by name, and the arguments, to a child of its own and waits.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import typer.main

from tests.faults.shim import shim_library

#: What a child finds imported; none of them opens anything or starts a thread when it is imported.
PRELOADED = ("duckdb", "pyarrow.parquet", "pyarrow.compute", "polars", "deltalake", "engine.cli", "engine.workspace")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code, negative for the signal that killed it, what it wrote, its seconds of CPU."""

    code: int
    seconds: float
    stdout: str
    stderr: str


class Forked:
    """A server that forks; not for several threads at once."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="duckbill-forked-")
        root = Path(__file__).parents[2]
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "LD_PRELOAD": str(shim_library()), "PYTHONPATH": str(root)},
        )

    def run(self, function: str, *arguments: object, timeout: int = 120) -> Ended:
        """Calls `module:name` with JSON arguments in a new process; killed after `timeout` seconds."""
        assert self._server.stdin is not None and self._server.stdout is not None
        out, err = (Path(self._folder.name) / name for name in ("stdout", "stderr"))
        task = {"function": function, "arguments": arguments, "out": str(out), "err": str(err), "timeout": timeout}
        self._server.stdin.write(json.dumps(task) + "\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline()
        if not answer:
            raise RuntimeError(f"the server of forked processes has ended with {self._server.wait()}")
        code, seconds = answer.split()
        return Ended(
            int(code), float(seconds), *(path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
        )

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()
        self._folder.cleanup()


def _serve() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    # Typer builds the commands anew each time, which takes a third of a small landing.
    cli = importlib.import_module("engine.cli")
    cli.app = typer.main.get_command(cli.app)  # type: ignore[attr-defined]
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            _work(task["function"], task["arguments"], task["out"], task["err"], task["timeout"])
        _, status, used = os.wait4(child, 0)
        print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, flush=True)


def _work(function: str, arguments: Sequence[Any], out: str, err: str, timeout: int) -> NoReturn:
    """The whole life of a child; it leaves like `engine.cli.console`, without unloading the libraries."""
    import signal

    signal.alarm(timeout)
    code = 70
    try:
        for descriptor, path in ((1, out), (2, err)):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        module, _, name = function.partition(":")
        getattr(importlib.import_module(module), name)(*arguments)
        code = 0
    except SystemExit as finished:
        code = finished.code if isinstance(finished.code, int) else 0 if finished.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
