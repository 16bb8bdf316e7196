"""The command line called from tests: in this process for speed, or as a process of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from engine.cli import main

REPOSITORY = Path(__file__).parents[2]

#: What time the commands of these tests take it to be.
NOW = "2026-11-01T06:00:00Z"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8")

    def json(self) -> dict[str, object]:
        """The one line of JSON on stdout."""
        (line,) = self.text.splitlines()
        found: dict[str, object] = json.loads(line)
        return found


def duckbill(*arguments: object, stdin: bytes = b"") -> Outcome:
    """Runs the command line in this process, standard streams being pipes as a scheduler gives them."""
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    code: object = None
    try:
        with (
            redirect_stdout(stdout),
            redirect_stderr(stderr),
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
            patch.object(sys, "argv", ["duckbill", *map(str, arguments)]),
        ):
            main()
    except SystemExit as finished:
        code = finished.code
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert isinstance(code, int)
    for stream in (stdout, stderr):
        stream.flush()
    written = [stream.buffer.getvalue() for stream in (stdout, stderr) if isinstance(stream.buffer, io.BytesIO)]
    return Outcome(code, written[0], written[1].decode("utf-8"))


def arguments_of_process(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "engine", *map(str, arguments)]


def environment(**variables: str) -> dict[str, str]:
    """This process's variables with what the command needs to be found, and `variables`."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **variables}


def duckbill_process(
    *arguments: object, stdin: bytes = b"", variables: Mapping[str, str] | None = None, folder: Path | None = None
) -> Outcome:
    """Runs the command line as a process of its own."""
    finished = subprocess.run(
        arguments_of_process(*arguments),
        input=stdin,
        capture_output=True,
        env=environment(**(variables or {})),
        cwd=folder,
        timeout=120,
        check=False,
    )
    return Outcome(finished.returncode, finished.stdout, finished.stderr.decode("utf-8"))
