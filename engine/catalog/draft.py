"""A mapping put together from parts that were written in several places."""

from __future__ import annotations

from typing import Any

from engine.catalog.document import Grafted, Origin
from engine.catalog.fields import Path
from engine.catalog.items import Item


class Draft:
    """The value of an item, or of a part of one, while it is being changed; every part knows where it was written.

    Nothing in the documents changes. A key that was put here keeps the place it came from, and so do the mappings
    inside `part` and `parts`, which may be changed in turn, moved, added and removed.
    """

    def __init__(self, value: dict[str, Any], origin: Origin) -> None:
        self.value = dict(value)
        self.origin = origin
        self._written: dict[str, Origin] = {}
        self._parts: dict[str, Draft] = {}
        self._lists: dict[str, list[Draft]] = {}

    @classmethod
    def of(cls, item: Item) -> Draft:
        """A draft of a whole item."""
        return cls(item.value, (item.document, item.path))

    def at(self, *steps: str | int) -> Origin:
        """Where the part under these keys was written."""
        if steps and steps[0] in self._written:
            document, path = self._written[str(steps[0])]
            return document, path + steps[1:]
        document, path = self.origin
        return document, path + steps

    def put(self, key: str, value: object, origin: Origin) -> None:
        """Sets a key to what was written at `origin`, whatever stood there before."""
        self.drop(key)
        self.value[key] = value
        self._written[key] = origin

    def drop(self, *keys: str) -> None:
        """Takes keys away."""
        for key in keys:
            for held in (self.value, self._written, self._parts, self._lists):
                held.pop(key, None)

    def part(self, key: str, origin: Origin | None = None) -> Draft | None:
        """The mapping at `key`; an empty one written at `origin`, if there is none; None if it is no mapping."""
        if key not in self._parts:
            value = self.value.get(key)
            if value is None and origin is not None:
                self._parts[key] = Draft({}, origin)
            elif isinstance(value, dict):
                self._parts[key] = Draft(value, self.at(key))
        return self._parts.get(key)

    def parts(self, key: str) -> list[Draft] | None:
        """The list of mappings at `key`, to be changed in place; None if it is not one."""
        if key not in self._lists:
            value = self.value.get(key)
            if value is None:
                self._lists[key] = []
            elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
                self._lists[key] = [Draft(each, self.at(key, position)) for position, each in enumerate(value)]
        return self._lists.get(key)

    def item(self) -> Item:
        """The item as it now is, in the document of the draft."""
        value, grafts = self._finished()
        document, path = self.origin
        absolute = {path + inner: origin for inner, origin in grafts.items()}
        return Item(Grafted(document, path, value, absolute), path, value)

    def _finished(self) -> tuple[dict[str, Any], dict[Path, Origin]]:
        value = dict(self.value)
        grafts: dict[Path, Origin] = {(key,): origin for key, origin in self._written.items()}
        for key, part in self._parts.items():
            value[key] = part._add_to(grafts, (key,))
        for key, parts in self._lists.items():
            if parts or key in value:
                value[key] = [part._add_to(grafts, (key, position)) for position, part in enumerate(parts)]
        return value, grafts

    def _add_to(self, grafts: dict[Path, Origin], path: Path) -> dict[str, Any]:
        value, inner = self._finished()
        grafts[path] = self.origin
        grafts.update({path + step: origin for step, origin in inner.items()})
        return value
