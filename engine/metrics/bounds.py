"""How far a metric may go: its size, its lists, what it repeats, and the time that its intervals span."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

MAX_LIST = 1_000
MAX_NODES = 4_000
MAX_TREE_DEPTH = 150

#: How many of `_REPEATING` may stand inside one another: each may double what is inside it.
MAX_REPEATS = 8
_REPEATING = (exp.Least, exp.Greatest, exp.Nullif, exp.Between, exp.Cast, exp.AggFunc)

#: All intervals of a metric together. No instant of an event can then leave what a timestamp holds.
MAX_INTERVAL_YEARS = 10_000
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3_600, "DAY": 86_400, "WEEK": 604_800}
_DAYS = {"MONTH": 31, "QUARTER": 92, "YEAR": 366}
INTERVAL_UNITS = frozenset(_SECONDS.keys() | _DAYS.keys())
_LONGEST = MAX_INTERVAL_YEARS * _DAYS["YEAR"] * _SECONDS["DAY"]


def too_large(count: int, node: exp.Expr) -> bool:
    """Whether a metric is too long or too deep to be looked at any further."""
    return count > MAX_NODES or node.depth > MAX_TREE_DEPTH


def beyond_bounds(node: exp.Expr) -> Iterator[tuple[str, str]]:
    """What one node has too much of, with a remedy."""
    if isinstance(node, exp.In) and len(node.expressions) > MAX_LIST:
        what = f"this list has {len(node.expressions):,} values; at most {MAX_LIST:,} are allowed"
        yield what, "send the class of the value as an event property"
    if isinstance(node, _REPEATING) and _repeats(node) == MAX_REPEATS + 1:
        what = f"casts, aggregates, LEAST, GREATEST, NULLIF and BETWEEN are nested deeper than {MAX_REPEATS}"
        yield what, "name the steps with WITH … AS (…)"


def overlong_intervals(tree: exp.Expr) -> Iterator[tuple[exp.Interval, str, str]]:
    """The first interval with which those of a metric, added up, span too long a time."""
    total = 0
    for node in tree.find_all(exp.Interval):
        total += _seconds(node)
        if total > _LONGEST:
            years = f"{MAX_INTERVAL_YEARS:,} years"
            yield node, f"the intervals of a metric span at most {years} together", "write a shorter INTERVAL"
            return


def interval_unit(node: exp.Interval) -> str:
    """The unit of an interval in capitals, without a plural s."""
    unit = node.args.get("unit")
    return (unit.name.upper() if unit is not None else "").removesuffix("S")


def _seconds(node: exp.Interval) -> int:
    """The longest time that an interval can span; 0 for one that is refused for another reason."""
    digits, unit = node.name.lstrip("-"), interval_unit(node)
    if unit not in INTERVAL_UNITS or not digits.isdecimal():
        return 0
    # So many digits are too long in any unit, and Python need not read them.
    amount = int(digits) if len(digits) <= 18 else 10**18
    return amount * (_SECONDS[unit] if unit in _SECONDS else _DAYS[unit] * _SECONDS["DAY"])


def _repeats(node: exp.Expr) -> int:
    count, above = 1, node.parent
    while above is not None:
        count += isinstance(above, _REPEATING)
        above = above.parent
    return count
