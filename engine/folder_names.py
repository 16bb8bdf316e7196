"""Which folders a workspace may be in and consist of: no name in it is read as that of a place elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

from engine.errors import UserError

#: `*`, `?` and `[` make a pattern that could match the files of another folder; a backslash, a control character and
#: a per cent sign before two hexadecimal digits are not taken for themselves where Delta tables are opened.
_TAKEN_FOR_ANOTHER = re.compile(r"[*?\[\\\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")

#: Folders inside one another in a lake: table, partition, partition.
_LEVELS = 3


def check_folder_name(folder: Path) -> None:
    """Raises UserError when files in this folder could be taken for files in another."""
    if str(folder).startswith("~"):
        raise UserError(f"{str(folder)!r} would be taken for a home folder; write ./ before it")
    found = _TAKEN_FOR_ANOTHER.search(str(folder.absolute()))
    if found is not None:
        raise UserError(
            f"{str(folder)!r}: {found[0]!r} in the name of a folder would be taken for a pattern or an escape; "
            "use a folder without *, ?, [, a backslash, a per cent escape or a control character in its path"
        )


def check_links(lake: Path) -> None:
    """Raises UserError for a symbolic link in a lake: what is written or taken away there may be somebody else's.

    The lake itself may be one. A lake that does not exist has none.
    """
    folders = [lake] if lake.is_dir() else []
    for _ in range(_LEVELS):
        inner: list[Path] = []
        for folder in folders:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        raise UserError(
                            f"{entry.path}: is a symbolic link; only the lake as a whole may be one: move what it "
                            "points to into the lake, or take the link away"
                        )
                    if entry.is_dir():
                        inner.append(Path(entry.path))
        folders = inner
