"""Vacuum: what nothing refers to is removed once nobody has had a use for it for a while."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from engine.billing import Progress
from engine.errors import UserError
from engine.leftovers import Kind, Leftover, leftovers, parts_of
from engine.version import SCHEMA_VERSION

#: How long what is left over stays when nothing else is said: nobody reads an old version for as long as that.
OLDER_THAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Removed:
    """A file or folder that is gone, or would be; `path` is relative to the workspace, `bytes` is what that frees."""

    path: Path
    kind: Kind
    bytes: int


@dataclass(frozen=True, slots=True)
class Vacuum:
    """What was removed, by path; with `dry_run` what would be."""

    removed: tuple[Removed, ...]
    dry_run: bool

    @property
    def bytes_freed(self) -> int:
        """Bytes of disk; a file that another name stands for as well frees none."""
        return sum(each.bytes for each in self.removed)

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; `kinds` counts files and folders."""
        counts = Counter(each.kind.value for each in self.removed)
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "vacuum",
            "status": "dry_run" if self.dry_run else "vacuumed" if self.removed else "unchanged",
            "removed": len(self.removed),
            "kinds": dict(sorted(counts.items())),
            "bytes_freed": self.bytes_freed,
        }


def vacuum(root: Path, now: datetime, older_than: timedelta, progress: Progress, *, dry_run: bool) -> Vacuum:
    """Removes what is left over and was needed by nobody since `now - older_than`; the caller holds the lock.

    Raises UserError when `older_than` is below zero or longer than the calendar, CorruptFileError when damage does not
    let anybody say what is in use; nothing is removed then.
    """
    if older_than < timedelta(0):
        raise UserError("vacuum removes what is older than some time, and there is no time below zero")
    try:
        before = now - older_than
    except OverflowError as error:
        raise UserError("vacuum removes what is older than some time, and there is no time so long ago") from error
    old = [each for each in leftovers(root) if each.needed_until <= before]
    removed = _freed(root, old)
    if not dry_run:
        for done, each in enumerate(old):
            progress("removing", done, len(old))
            _remove(each.path)
        _remove_empty_partitions(root, old)
    return Vacuum(removed, dry_run)


def _freed(root: Path, old: Sequence[Leftover]) -> tuple[Removed, ...]:
    """What removing these in their order frees: a file, when the last of its names goes."""
    names: Counter[tuple[int, int]] = Counter()
    removed = []
    for each in old:
        freed = 0
        for path in parts_of(each.path):
            with suppress(FileNotFoundError):
                told = path.lstat()
                names[told.st_dev, told.st_ino] += 1
                freed += told.st_size if names[told.st_dev, told.st_ino] == told.st_nlink else 0
        removed.append(Removed(each.path.relative_to(root), each.kind, freed))
    return tuple(removed)


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError):
        shutil.rmtree(path)


def _remove_empty_partitions(root: Path, old: Iterable[Leftover]) -> None:
    """Removes the folders of partitions that these files were the last of."""
    for each in old:
        for folder in each.path.relative_to(root).parents:
            if "=" not in folder.name:
                break
            # It is not empty, or it went with another file.
            with suppress(OSError):
                (root / folder).rmdir()
