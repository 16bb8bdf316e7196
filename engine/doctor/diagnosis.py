"""What one check came to: how it stands, what was found, and what to do about it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """How a check ended: nothing to do, worth a look, or something is broken."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a check found, in words, and a command or an act that mends it; nothing to do when all is well."""

    status: Status
    found: str
    remedy: str = ""


def well(found: str) -> Diagnosis:
    return Diagnosis(Status.OK, found)


def worth_a_look(found: str, remedy: str) -> Diagnosis:
    return Diagnosis(Status.WARN, found, remedy)


def broken(found: str, remedy: str) -> Diagnosis:
    return Diagnosis(Status.FAIL, found, remedy)


def command(name: str, root: Path, *options: str) -> str:
    """A command for this workspace, as it can be typed."""
    return shlex.join(["duckbill", name, "-w", str(root), *options])


def size_told(count: int) -> str:
    """A number of bytes in the unit that suits it, rounded down: `12 MiB`."""
    size, unit = count, "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size // 1024, larger
    return f"{size} {unit}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number of things in words: `1 file`, `2 files`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def some_of(names: list[str], most: int = 3) -> str:
    """The first few of several names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
