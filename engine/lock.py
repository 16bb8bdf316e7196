"""One writer at a time: an exclusive lock on a workspace, held by the operating system and so never left behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import WorkspaceBusyError


@contextmanager
def exclusive(lake: Path) -> Iterator[None]:
    """Holds the workspace for writing; raises WorkspaceBusyError at once when another process has it."""
    lake.mkdir(parents=True, exist_ok=True)
    with (lake / ".lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise WorkspaceBusyError(
                f"{lake.parent}: {holder} is writing to this workspace; try again later"
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
