"""Names of sheets that a spreadsheet accepts: short, without its special characters, no two alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The longest name of a sheet.
NAME_CHARACTERS = 31

_SPECIAL = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = "history"


def sheet_names(names: Iterable[str]) -> dict[str, str]:
    """The name of the sheet of each name, as near to it as a spreadsheet allows.

    >>> sheet_names(["late/usage", "late_usage"])
    {'late/usage': 'late_usage', 'late_usage': 'late_usage 2'}
    """
    taken = {_RESERVED}
    given: dict[str, str] = {}
    for name in names:
        plain = _SPECIAL.sub("_", name).strip("'")[:NAME_CHARACTERS].rstrip("'") or "sheet"
        candidate, number = plain, 1
        while candidate.casefold() in taken:
            number += 1
            ending = f" {number}"
            candidate = plain[: NAME_CHARACTERS - len(ending)] + ending
        taken.add(candidate.casefold())
        given[name] = candidate
    return given
