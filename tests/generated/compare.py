"""What the oracle expects of a scenario, what the engine gave, and the difference in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.generated.scenarios import Scenario
from tests.oracle.catalog import settings
from tests.oracle.invalid_values import invalid_values
from tests.oracle.landing import Landed, land
from tests.oracle.metering import Event
from tests.oracle.rating import Bill, bill

Rows = Mapping[str, list[dict[str, Any]]]

_LINE = (
    ("customer_id", "customer"),
    ("contract_id", "contract"),
    ("product_id", "product"),
    ("product_name", "product_name"),
    ("period_starting_at", "period_starting_at"),
    ("period_ending_before", "period_ending_before"),
    ("starting_at", "starting_at"),
    ("ending_before", "ending_before"),
    ("billable_metric_id", "metric"),
    ("metric_name", "metric_name"),
    ("pricing_group_values", "pricing"),
    ("presentation_group_values", "presentation"),
    ("tier_level", "tier"),
    ("quantity", "quantity"),
    ("unit_price", "unit_price"),
    ("total", "total"),
)
_REPORT = (
    "contract_id",
    "product_id",
    "pricing_group_values",
    "presentation_group_values",
    "starting_at",
    "ending_before",
    "quantity",
)
_INVOICE = ("customer_id", "contract_id", "starting_at", "ending_before", "total")

#: The columns that are compared, by table; names as the engine gives them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "line_items": tuple(name for name, _ in _LINE),
    "invoices": _INVOICE,
    "unrated": _REPORT,
    "not_entitled": _REPORT,
}
#: Of values that are no numbers, which belong to no contract.
INVALID = (
    "billable_metric_id",
    "metric_name",
    "customer_id",
    "date",
    "events",
    "sample_transaction_ids",
    "properties",
)
_ORACLE_NAMES = dict(_LINE)


@dataclass(frozen=True)
class Expected:
    """The oracle's verdicts and rows: `rows` by table with the column names of `COLUMNS`, `invalid` with `INVALID`."""

    landings: tuple[Landed, ...]
    bill: Bill
    rows: Rows
    invalid: list[dict[str, Any]]

    @property
    def events(self) -> list[Event]:
        """The accepted events of all landings."""
        return [event for landed in self.landings for event in landed.events]


def expected(scenario: Scenario) -> Expected:
    """Land the files and bill the month with the oracle alone."""
    landings = land_all(scenario)
    events = [event for landed in landings for event in landed.events]
    result = bill(scenario.workspace, events, scenario.period, as_of=scenario.as_of)
    invalid = invalid_values(scenario.workspace, events, scenario.period, scenario.as_of)
    return Expected(landings, result, rows_of(result), [named(row, INVALID) for row in invalid])


def land_all(scenario: Scenario) -> tuple[Landed, ...]:
    """The oracle's verdicts on every file, in the order in which they land."""
    limits = settings(scenario.workspace)
    landings: list[Landed] = []
    accepted: dict[str, datetime] = {}
    for path, clock in scenario.landings:
        lines = path.read_bytes().split(b"\n")[:-1]
        landed = land(lines, clock, limits["past_days"], limits["future_hours"], accepted)
        accepted.update({event["transaction_id"]: clock for event in landed.events})
        landings.append(landed)
    return tuple(landings)


def rows_of(result: Bill) -> Rows:
    """The oracle's rows by table, with the column names of `COLUMNS`."""
    tables = {
        "line_items": result.lines,
        "invoices": result.invoices,
        "unrated": result.unrated,
        "not_entitled": result.not_entitled,
    }
    return {table: [named(line, COLUMNS[table]) for line in lines] for table, lines in tables.items()}


def named(line: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """A row of the oracle under the engine's names."""
    return {name: line[_ORACLE_NAMES.get(name, name)] for name in columns}


def actual(frames: Mapping[str, Any]) -> Rows:
    """The engine's Polars frames, by table, as rows to compare: numbers as Fractions, group values as tuples."""
    return {table: [plain(row, COLUMNS[table]) for row in frame.to_dicts()] for table, frame in frames.items()}


def plain(row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Some columns of one of the engine's rows, with numbers as Fractions and group values as tuples."""
    return {name: _plain(name, row[name]) for name in columns}


def _plain(name: str, value: Any) -> Any:
    if name.endswith("_group_values"):
        return tuple(json.loads(value).values())
    if isinstance(value, list):
        return tuple(value)
    if name in ("quantity", "unit_price", "total", "value") and value is not None:
        assert not isinstance(value, float), f"{name} is a float"
        return Fraction(value)
    return value


def compare(found: Rows, wanted: Rows, tables: Mapping[str, tuple[str, ...]] = COLUMNS) -> str:
    """Every difference as text, one row a line: `-` expected and not there, `+` there and not expected.

    The empty text means that the tables hold the same rows, each the same number of times.
    """
    differences: list[str] = []
    for table, columns in tables.items():
        here, there = _counted(found[table], columns), _counted(wanted[table], columns)
        missing, surplus = there - here, here - there
        if not missing and not surplus:
            continue
        differences.append(f"{table}: {', '.join(columns)}")
        marked = [(row, "-") for row in missing.elements()] + [(row, "+") for row in surplus.elements()]
        differences.extend(f"  {sign} {_shown(row)}" for row, sign in sorted(marked, key=_by_text))
    return "\n".join(differences)


def _counted(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> Counter[tuple[Any, ...]]:
    names = tuple(columns)
    return Counter(tuple(row[name] for name in names) for row in rows)


def _by_text(marked: tuple[tuple[Any, ...], str]) -> tuple[str, str]:
    return _shown(marked[0]), marked[1]


def _shown(row: tuple[Any, ...]) -> str:
    return " | ".join(_cell(value) for value in row)


def _cell(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else decimal_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return "(" + ", ".join("null" if each is None else str(each) for each in value) + ")"
    return "null" if value is None else str(value)


def decimal_text(value: Fraction) -> str:
    """A fraction as exact decimal digits, or as `a/b` when it has none."""
    places = 0
    while value.denominator != 1 and (value * 10**places).denominator != 1:
        places += 1
        if places > 100:
            return str(value)
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}" if places else sign + digits
