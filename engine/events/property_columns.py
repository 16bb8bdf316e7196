"""Which properties become struct fields, and the staging column of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class PropertyColumns:
    """The struct fields of the event table, growing as a landing meets new properties.

    A name becomes a field the first time it is met, most frequent first, until there are `cap` fields. It never
    does when it is empty (Parquet readers rename it) or differs only by case from a field (engines that fold
    case could not tell them apart); such values go to `other_properties`.
    """

    def __init__(self, existing: Iterable[str], cap: int) -> None:
        self._fields = {name: index for index, name in enumerate(existing)}
        self._folded = {name.casefold() for name in self._fields}
        self._cap = cap
        self._staged: set[str] = set()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field, those of the table first, then in the order they were met."""
        return tuple(self._fields)

    @property
    def staged(self) -> tuple[str, ...]:
        """The fields that have a column in the staging table."""
        return tuple(name for name in self._fields if name in self._staged)

    def column(self, name: str) -> str:
        """The staging column of a field; names of properties never become SQL names."""
        return f"p{self._fields[name]}"

    def is_field(self, name: str) -> bool:
        return name in self._fields

    def meet(self, counts: Mapping[str, int]) -> list[str]:
        """Takes note of names with how often each was met; returns the fields that now need a column."""
        for name in sorted(counts, key=lambda name: (-counts[name], name)):
            folded = name.casefold()
            if name and folded not in self._folded and len(self._fields) < self._cap:
                self._fields[name] = len(self._fields)
                self._folded.add(folded)
        added = [name for name in self._fields if name in counts and name not in self._staged]
        self._staged.update(added)
        return added
