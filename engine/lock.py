"""One writer at a time: an exclusive lock on a workspace, held by the operating system and so never left behind."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from engine.errors import WorkspaceBusyError
from engine.events.files import make_folder
from engine.storage_faults import storage_faults_told

#: How long whoever waits for the lock sleeps between two attempts, in seconds.
_PAUSE = 0.02

#: The lock, and the turnstile before it: whoever has passed is next, and nobody who comes later overtakes them.
LOCK, TURNSTILE = ".lock", ".lock.next"


@contextmanager
def exclusive(lake: Path, wait: float = 0, doing: str = "") -> Iterator[None]:
    """Holds the workspace for writing; raises WorkspaceBusyError when another process has it for `wait` seconds more.

    Who holds it, and what for, stands in the file while it is held; what a killed process has left there means nothing.
    What the file system refuses meanwhile is raised as StorageError.
    """
    until = time.monotonic() + wait
    with storage_faults_told(lake.parent), ExitStack() as stack:
        make_folder(lake)
        file = stack.enter_context((lake / LOCK).open("a+"))
        with (lake / TURNSTILE).open("a") as turnstile:
            _acquire(turnstile, file, until, lake.parent)
            _acquire(file, file, until, lake.parent)
        _write(file, f"process {os.getpid()}{doing and f' ({doing})'}")
        try:
            yield
        finally:
            _write(file, "")


def _acquire(file: TextIO, lock: TextIO, until: float, workspace: Path) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < until:
                time.sleep(_PAUSE)
                continue
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise WorkspaceBusyError(
                f"{workspace}: {holder} is writing to this workspace; try again later, or wait for it: --wait SECONDS"
            ) from error
        return


def _write(file: TextIO, text: str) -> None:
    """Says who holds the lock; that it cannot be said, on a full disk, changes nothing."""
    with suppress(OSError):
        file.truncate(0)
        file.write(text)
        file.flush()
