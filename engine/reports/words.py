"""How values of events are put into words."""

from __future__ import annotations

from collections.abc import Sequence

#: How many values of a list are shown.
SHOWN = 8


def quoted(value: str) -> str:
    """A value as metrics write it: in single quotes, a quote inside doubled.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def listed(values: Sequence[str]) -> str:
    """Some values, the first few of a long list."""
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(map(quoted, values[:SHOWN])) + more


def is_not_in(subject: str, value: object, wanted: Sequence[str]) -> str:
    """What is wrong with a value that should be one of some."""
    if value is None:
        return f"{subject} is absent"
    return f"{subject} is {quoted(str(value))}, which is not {'one of ' if len(wanted) > 1 else ''}{listed(wanted)}"


def is_excluded(subject: str, value: object, excluded: Sequence[str]) -> str:
    """What is wrong with a value that should be none of some."""
    among = "" if len(excluded) == 1 else f": none of {listed(excluded)} counts"
    return f"{subject} is {quoted(str(value))}, which is excluded{among}"
