"""Every error a user can meet, and the exit code each one ends the program with.

A `UserError` is the user's to fix: it is shown as its message alone, without a traceback. Anything else that
escapes is a bug in duckbill and ends with 70. The exit codes are documented in README.md and tested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar


class DuckbillError(Exception):
    """Base of everything duckbill raises on purpose."""

    exit_code: ClassVar[int] = 70


class UserError(DuckbillError):
    """Something the user can fix: usage, configuration, catalog, input. Nothing was changed, unless a subclass says."""

    exit_code: ClassVar[int] = 2


class WorkspaceBusyError(UserError):
    """Another process is writing to this workspace; trying again later will work."""

    exit_code: ClassVar[int] = 75


class StorageError(UserError):
    """The file system refused: the disk is full, a permission is missing, a device fails.

    Nothing is half done. What had been committed by then stays, and the same command, given again, goes on from there.
    """

    exit_code: ClassVar[int] = 74


class CorruptFileError(UserError):
    """A committed file is missing, truncated or no longer has the content it was committed with."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong at one place in a file; `line` and `column` count from 1, and 0 means the whole file."""

    file: str
    line: int
    column: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.what}{f'; {self.remedy}' if self.remedy else ''}"


class CatalogError(UserError):
    """The catalog or a SQL metric is wrong; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """The nearest valid name as a phrase for a `Problem.remedy`, or the choices when none is near.

    >>> did_you_mean("tokns", ["tokens", "requests"])
    "did you mean 'tokens'?"
    >>> did_you_mean("zzz", ["tokens", "requests"])
    "known: 'requests', 'tokens'"
    """
    known = sorted(set(choices))
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return "none is defined"
    shown = ", ".join(map(repr, known[:8]))
    return f"known: {shown}{f' and {len(known) - 8} more' if len(known) > 8 else ''}"
