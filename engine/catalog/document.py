"""A catalog file once read: its sections as plain values, and where each value stands in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.catalog.fields import Path
from engine.catalog.place import Place
from engine.errors import Problem

#: The sections of a catalog, in the order in which later ones refer to earlier ones.
SECTIONS = (
    "pricing_units",
    "billable_metrics",
    "products",
    "rate_cards",
    "rates",
    "customers",
    "packages",
    "contracts",
    "contract_edits",
    "commits",
    "credits",
    "manual_balance_entries",
    "alerts",
)

#: What one thing of a section is called in a message.
NOUN = {
    "pricing_units": "pricing unit",
    "billable_metrics": "billable metric",
    "products": "product",
    "rate_cards": "rate card",
    "rates": "rate",
    "customers": "customer",
    "packages": "package",
    "contracts": "contract",
    "contract_edits": "contract edit",
    "commits": "commit",
    "credits": "credit",
    "manual_balance_entries": "manual balance entry",
    "alerts": "alert",
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


#: Where something was written: the document, and the path in it.
Origin = tuple[Document, Path]


@dataclass(frozen=True, slots=True)
class Grafted:
    """A document as it would be if it held the item `value` at `path`, parts of which were written elsewhere.

    `grafts` maps paths in this document, which need not lead anywhere in the file, to where the part was written.
    """

    document: Document
    path: Path
    value: Mapping[str, object]
    grafts: Mapping[Path, Origin]

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def content(self) -> object:
        """The item at its path, and nothing else."""
        content: object = self.value
        for step in reversed(self.path):
            content = {step: content} if isinstance(step, str) else [*[None] * step, content]
        return content

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column as the file itself has them, without the grafts."""
        return self.document.locate(path, key=key)

    def written_at(self, path: Path) -> Origin:
        """Where what stands at `path`, or else the innermost part around it, was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.grafts:
                document, root = self.grafts[path[:length]]
                return document, root + path[length:]
        return self.document, path


def place(document: Document, path: Path, *, key: bool = False) -> Place:
    """`document.locate` as a Place, in the file where the part at `path` was written."""
    while isinstance(document, Grafted):
        document, path = document.written_at(path)
    line, column = document.locate(_as_written(document, path), key=key)
    return Place(document.file, line, column)


def problem(document: Document, path: Path, what: str, remedy: str = "", *, key: bool = False) -> Problem:
    """A Problem at `path` of `document`, in the file where that part was written."""
    at = place(document, path, key=key)
    return Problem(at.file, at.line, at.column, what, remedy)


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
