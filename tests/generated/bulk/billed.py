"""A bulk workspace billed by the oracle and by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import engine
from engine.runs import Run
from tests.generated.bulk.compare import Row, difference, of_engine, of_oracle, orders, without
from tests.generated.bulk.workspace import Bulk
from tests.oracle.landing import land
from tests.oracle.metering import Event
from tests.oracle.rating import Bill, bill

#: From here on no exact decimal holds an amount, and its contract is set aside. Generated amounts are far from it.
_TOO_LARGE = 10**12


@dataclass(frozen=True)
class Expected:
    """What the oracle says of all markets: rows by table, and the contracts that cannot be billed."""

    tables: dict[str, list[Row]]
    parked: set[str]


def events_of(made: Bulk) -> dict[str, list[Event]]:
    """The accepted events of each market."""
    landed = land(made.events.read_bytes().split(b"\n")[:-1], made.clock, 450, 24, {})
    assert landed.count("accepted") == len(landed.verdicts), landed.reasons
    found: dict[str, list[Event]] = {each.name: [] for each in made.markets}
    for event in landed.events:
        found.get(str(event["transaction_id"]).partition("-")[0], []).append(event)
    return found


def bills(made: Bulk) -> dict[str, Bill]:
    """The oracle's bill of each market by itself, which is all there is to it: no market knows of another."""
    events = events_of(made)
    return {each.name: bill(made.slice(each.name), events[each.name], made.period) for each in made.markets}


def expected(made: Bulk, billed: dict[str, Bill]) -> Expected:
    tables: dict[str, list[Row]] = {"line_items": [], "invoices": [], "unrated": [], "not_entitled": []}
    for each in billed.values():
        for table, rows in (
            ("line_items", each.lines),
            ("invoices", each.invoices),
            ("unrated", each.unrated),
            ("not_entitled", each.not_entitled),
        ):
            tables[table] += of_oracle(rows, table, made.nameless)
    parked = {row["contract_id"] for row in tables["line_items"] if abs(row["total"]) >= _TOO_LARGE}
    assert parked <= made.parked, f"by accident too large: {parked - made.parked}"
    parked |= {row["contract_id"] for row in tables["line_items"] if _too_fine(row)}
    return Expected(without(tables, parked), parked)


def _too_fine(line: Row) -> bool:
    """Whether a line needs more places than are published: what a minimum lacks can."""
    places = ("quantity", 18), ("unit_price", 18), ("total", 26)
    return any((Fraction(line[column]) * 10**most).denominator != 1 for column, most in places)


def run(made: Bulk) -> Run:
    """The engine's run of the month, after landing the events once."""
    workspace = engine.open(made.folder)
    landed = workspace.land(made.events, now=made.clock)
    assert landed.accepted == landed.read, landed.reasons
    return workspace.run(made.period, now=made.clock)


def check(made: Bulk, wanted: Expected, finished: Run) -> None:
    """AssertionError with every difference by contract, and how to see it again."""
    parked = {str(row["contract_id"]) for row in finished.parked.dicts()}
    frames: dict[str, Any] = {
        "line_items": finished.line_items.pl(),
        "invoices": finished.invoices.pl(),
        "unrated": finished.unrated.pl(),
        "not_entitled": finished.not_entitled.pl(),
    }
    found = of_engine(frames, made.nameless)
    again = f"seed {made.seed}, period {made.period}; again with DUCKBILL_BULK={made.seed}:{made.seed + 1}"
    text = difference(found, wanted.tables)
    assert not text, f"{again}\n{text}"
    assert parked == wanted.parked, f"{again}\nset aside {sorted(parked)}, expected {sorted(wanted.parked)}"
    assert orders(found["line_items"]) == orders(wanted.tables["line_items"]), f"{again}\nlines stand in another order"
