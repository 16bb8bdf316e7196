"""A catalog file once read: its sections as plain values, and where each value stands in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.catalog.fields import Path
from engine.catalog.place import Place
from engine.errors import Problem

#: The sections of a catalog, in the order in which later ones refer to earlier ones.
SECTIONS = ("billable_metrics", "products", "rate_cards", "rates", "customers", "contracts")

#: What one thing of a section is called in a message.
NOUN = {
    "billable_metrics": "billable metric",
    "products": "product",
    "rate_cards": "rate card",
    "rates": "rate",
    "customers": "customer",
    "contracts": "contract",
}


class Document(Protocol):
    """One file. `content` maps section names to lists of items, as far as the file is well formed.

    Numbers are int or Decimal, times are text, and no key stands twice in one mapping.
    """

    @property
    def file(self) -> str: ...

    @property
    def content(self) -> object: ...

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at `path`, or of its key; of the nearest value around it if absent."""
        ...


def place(document: Document, path: Path, *, key: bool = False) -> Place:
    """`document.locate` as a Place."""
    line, column = document.locate(_as_written(document, path), key=key)
    return Place(document.file, line, column)


def problem(document: Document, path: Path, what: str, remedy: str = "", *, key: bool = False) -> Problem:
    """A Problem at `path` of `document`."""
    line, column = document.locate(_as_written(document, path), key=key)
    return Problem(document.file, line, column, what, remedy)


def _as_written(document: Document, path: Path) -> Path:
    """The path as the file has it, where what may be a list was given as the one mapping that it holds."""
    value, written = document.content, []
    for step in path:
        if step == 0 and isinstance(value, Mapping):
            continue
        written.append(step)
        try:
            value = child(value, step)
        except KeyError:
            value = None
    return tuple(written)


def child(value: object, step: str | int) -> object:
    """What `step` leads to inside plain values; KeyError when it leads nowhere."""
    if isinstance(value, Mapping) and isinstance(step, str):
        return value[step]
    if isinstance(value, Sequence) and not isinstance(value, str) and isinstance(step, int) and step < len(value):
        return value[step]
    raise KeyError(step)
