"""A place in a catalog file, for errors about things that were read from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """`file` is relative to the workspace; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
