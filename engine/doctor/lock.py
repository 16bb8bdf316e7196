"""Who is writing to the workspace, if anybody."""

from __future__ import annotations

import fcntl
import re
from datetime import UTC, datetime
from pathlib import Path

from engine.doctor.diagnosis import Diagnosis, well, worth_a_look
from engine.doctor.patient import Patient
from engine.lock import LOCK
from engine.values.period import format_instant

_PROCESS = re.compile(r"process (?P<number>[0-9]+)")


def lock(patient: Patient) -> Diagnosis:
    """Whether the lock is held, by which process and command, since when.

    What a killed process has left in the file holds nothing: the system has taken its lock back.
    """
    said = _holder(patient.lake)
    if not said:
        return well("nobody is writing")
    path = _file(patient.lake)
    if not is_held(path):
        return well(f"nobody is writing; {said} has ended without saying so, which does no harm")
    since = format_instant(datetime.fromtimestamp(int(path.stat().st_mtime), UTC).replace(tzinfo=None))
    process = _PROCESS.search(said)
    what = "" if process is None else command_of(int(process["number"]))
    return worth_a_look(
        f"{said}{f', which is {what},' if what else ''} has been writing since {since}",
        "wait for it, --wait SECONDS does; what is found here may change meanwhile",
    )


def is_written_to(lake: Path) -> bool:
    """Whether a process is writing to a lake now.

    Only a lock in which somebody has written who holds it is tried, so that nobody who begins finds it held by this.
    """
    return bool(_holder(lake)) and is_held(_file(lake))


def is_held(path: Path) -> bool:
    """Whether a process holds this lock now."""
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def command_of(process: int) -> str:
    """The command that a process runs; empty when it has ended, or is another machine's."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode("utf-8", "replace").strip()


def _file(lake: Path) -> Path:
    return lake / LOCK


def _holder(lake: Path) -> str:
    """What the last who took the lock has written there and not taken back."""
    try:
        return _file(lake).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
