"""A workspace that an example lands in and runs step by step, with what goes in and what comes out as tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import engine
from engine.workspace import Workspace
from tests.generated.compare import decimal_text
from tests.spec.tables import draw_table, read_table

SETTINGS = '[workspace]\nname = "example"\n\n[landing]\npast_days = 4000\n'
#: When events arrive that do not say.
ARRIVED = "2026-11-01 06:00"


def workspace(root: Path, catalog: str) -> Workspace:
    """A new workspace with one catalog file."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "catalog" / "catalog.yml").write_text(catalog, encoding="utf-8")
    return engine.open(root)


def land(into: Workspace, events: str) -> None:
    """Land a table of events, those that `arrived` first in a landing of their own; all must be accepted.

    Columns: time, type, customer, arrived if need be, and properties. An empty cell is a property not sent, `{...}`
    and `[...]` are sent as JSON, a cell after `'` is text, and so is every other cell.
    """
    arrivals: dict[str, list[str]] = {}
    for position, row in enumerate(read_table(events)):
        arrived = row.pop("arrived", ARRIVED)
        arrivals.setdefault(arrived, []).append(_line(f"event-{position}-{arrived}", row))
    for arrived, lines in sorted(arrivals.items()):
        path = into.root / f"arrived {arrived.replace(':', '')}.ndjson"
        path.write_text("".join(lines), encoding="utf-8")
        landed = into.land(path, now=instant(arrived))
        assert landed.accepted == len(lines), landed


def _line(transaction_id: str, row: dict[str, str]) -> str:
    event = {
        "transaction_id": transaction_id,
        "customer_id": row.pop("customer"),
        "timestamp": instant(row.pop("time")),
        "event_type": row.pop("type"),
    }
    members = ",".join(f"{json.dumps(name)}: {_json(cell)}" for name, cell in row.items() if cell)
    return json.dumps(event)[:-1] + f', "properties": {{{members}}}}}\n'


def _json(cell: str) -> str:
    return cell if cell[0] in "{[" else json.dumps(cell.removeprefix("'"))


def instant(text: str) -> str:
    """`2026-10-01` or `2026-10-01 06:00` (or with seconds) as RFC 3339."""
    day, _, clock = text.partition(" ")
    return f"{day}T{clock or '00:00'}" + (":00Z" if clock.count(":") < 2 else "Z")


def check(expected: str, found: Iterable[Mapping[str, Any]]) -> None:
    """AssertionError with both tables unless the rows are the expected ones, in any order.

    A column is one of the engine's with spaces for underscores; `null` stands for a value that is missing.
    """
    wanted = read_table(expected)
    rows = list(found)
    if not wanted and not rows:
        return
    columns = list(wanted[0]) if wanted else [name.replace("_", " ") for name in rows[0]]
    shown = [{name: _cell(row[name.replace(" ", "_")]) for name in columns} for row in rows]
    if Counter(map(_key, wanted)) != Counter(map(_key, shown)):
        message = f"expected\n{draw_table(columns, wanted)}\nfound\n{draw_table(columns, shown)}"
        raise AssertionError(message)


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row.values())


def _cell(value: object) -> str:
    assert not isinstance(value, float)
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00").removesuffix(" 00:00")
    if isinstance(value, date) or not _is_number(value):
        return str(value)
    return decimal_text(Fraction(str(value)))


def _is_number(value: object) -> bool:
    try:
        Fraction(str(value))
    except ValueError:
        return False
    return True
