"""Where in its work a process is, told by the files that it changes, and its own death before a chosen change.

Python tells an audit hook of every file that is opened, named, linked or removed. What DuckDB and other libraries
write themselves is not seen: a kill at a random moment finds them there.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, MutableSequence
from pathlib import Path

#: What a process may be doing, in the order of the numbers it is told by; `idle` between two commands.
PHASES = (
    "idle",
    "waiting for the lock",
    "working",
    "writing files",
    "placing files",
    "committing",
    "writing outputs",
    "publishing",
    "recording",
    "keeping readings",
)

#: Parts of paths, relative to the workspace, that tell a phase; the first that fits is it.
_TOLD_BY = (
    (("lake/.lock",), "waiting for the lock"),
    (("lake/events/_delta_log", "lake/rejected_events/_delta_log"), "committing"),
    (("/_delta_log",), "publishing"),
    (("lake/.staging", "lake/events/.", "lake/.compact"), "writing files"),
    (("lake/events", "lake/rejected_events"), "placing files"),
    (("lake/",), "writing outputs"),
    ((".spill-",), "working"),
    (("runs/",), "recording"),
    (("cache/",), "keeping readings"),
)

#: The phases in which a workspace is between what it was and what it is to be.
CRITICAL = frozenset({"placing files", "committing", "publishing", "recording"})

#: The phases of whoever has the workspace.
AT_WORK = frozenset(PHASES) - {"idle", "waiting for the lock"}

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def phase_of(path: str) -> str | None:
    """The phase that a change of this path, relative to the workspace, belongs to; None when it tells nothing."""
    for parts, phase in _TOLD_BY:
        if any(part in path for part in parts):
            return phase
    return None


def watch_changes(root: Path, phases: MutableSequence[int], deaths: MutableSequence[int], place: int) -> None:
    """Keeps `phases[place]` up to date in this process, which dies before the `deaths[place]`-th change from then on.

    0 stands for no death. Changes are those of the workspace `root`, with the syncing of its folders.
    """
    prefix = str(root) + os.sep

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        changed = _CHANGED.get(event)
        path = None if changed is None else changed(arguments)
        if path is None or not path.startswith(prefix):
            return
        phase = phase_of(path.removeprefix(prefix))
        if phase is not None:
            phases[place] = PHASES.index(phase)
        # Whoever only waits for the workspace has nothing that could be left half done.
        if deaths[place] and phase != PHASES[1]:
            deaths[place] -= 1
            if not deaths[place]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _opened(arguments: tuple[object, ...]) -> str | None:
    path, _, flags = arguments
    assert isinstance(flags, int)
    return _text(path) if flags & (_WRITES | os.O_DIRECTORY) else None


def _text(path: object) -> str | None:
    """A path as text; of what is named by its number, nothing."""
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None


_CHANGED: dict[str, Callable[[tuple[object, ...]], str | None]] = {
    "open": _opened,
    "os.rename": lambda arguments: _text(arguments[1]),
    "os.link": lambda arguments: _text(arguments[1]),
    "os.remove": lambda arguments: _text(arguments[0]),
    "os.rmdir": lambda arguments: _text(arguments[0]),
    "os.mkdir": lambda arguments: _text(arguments[0]),
    "os.truncate": lambda arguments: _text(arguments[0]),
}
