"""JSON files that carry the hash of themselves: no byte of one can change, or be cut off, unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import CorruptFileError
from engine.events.files import sync_folders, write_synced
from engine.values.schema_versions import FILE_KEY, LAKE_FILES, stated_version
from engine.values.seal import BrokenSealError, read_sealed, sealed_text

_INDENT = 2


def sealed_bytes(content: Mapping[str, object]) -> bytes:
    """What a sealed file of this content holds."""
    return f"{sealed_text(content, indent=_INDENT)}\n".encode()


def unsealed(raw: bytes) -> dict[str, Any]:
    """The content of a sealed file; raises ValueError when a byte of it is not what was written."""
    content = read_sealed(raw.decode("utf-8"))
    # The seal is the hash of what stands before it; the few characters after it are compared.
    if sealed_bytes(content) != raw:
        raise BrokenSealError("the text does not end as it was written")
    return content


@dataclass(frozen=True, slots=True)
class SealedEntries:
    """A sealed file in the lake: `entries` under the name `member`, each of which has these `fields`.

    Such files had no seal before version 2 of `LAKE_FILES`, and no member: the entries stood alone. One of those is
    read as it is until it is written again. It is known by its shape, which no damage gives to a sealed file; so what
    has neither the shape nor a seal is damaged.
    """

    path: Path
    member: str
    fields: frozenset[str]
    #: What can be done about a damaged file.
    remedy: str

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The entries, None when there is no file.

        Raises CorruptFileError for a file that is not what was written, UserError for one of a newer duckbill.
        """
        raw = self._bytes()
        if raw is None:
            return None
        try:
            content = unsealed(raw)
        except ValueError as error:
            first = self._first_version(raw)
            if first is None:
                raise self._corrupt() from error
            return first
        LAKE_FILES.check(stated_version(content.get(FILE_KEY), str(self.path)), str(self.path))
        entries = content.get(self.member)
        if not isinstance(entries, dict):
            raise self._corrupt()
        return entries

    def is_sealed(self) -> bool:
        """Whether there is a file, and its seal is whole."""
        try:
            return bool(unsealed(self._bytes() or b""))
        except ValueError:
            return False

    def write(self, entries: Mapping[str, Mapping[str, object]]) -> None:
        """Puts these entries in the place of what was there, durable and as a whole."""
        in_order = {name: dict(sorted(entry.items())) for name, entry in sorted(entries.items())}
        staged = self.path.with_name(f".staged-{self.path.name}")
        write_synced(staged, sealed_bytes({FILE_KEY: LAKE_FILES.current, self.member: in_order}))
        staged.replace(self.path)
        sync_folders([self.path.parent])

    def _bytes(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _first_version(self, raw: bytes) -> dict[str, dict[str, Any]] | None:
        """The entries of a file from before there were seals; None when it is none."""
        try:
            content = json.loads(raw)
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        has_shape = all(isinstance(entry, dict) and entry.keys() == self.fields for entry in content.values())
        return content if has_shape else None

    def _corrupt(self) -> CorruptFileError:
        return CorruptFileError(f"{self.path}: is not what was written; {self.remedy}")
