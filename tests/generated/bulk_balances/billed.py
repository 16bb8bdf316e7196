"""A workspace with balances billed month by month, by the oracle and by the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import engine
from engine.runs import Run
from tests.generated.bulk.compare import Row, difference, orders
from tests.generated.bulk_balances.compare import COLUMNS, found_tables, wanted_tables, without
from tests.generated.bulk_balances.market import Group, Market
from tests.generated.bulk_balances.reproduce import report
from tests.generated.bulk_balances.workspace import Bulk
from tests.oracle.landing import land
from tests.oracle.metering import Event
from tests.oracle.rating import Bill, bill_months

#: Bills by market, month after month.
Bills = Mapping[str, Sequence[Bill]]

_PLACES = ("quantity", 18), ("unit_price", 18), ("total", 26)
_OUTPUTS = ("line_items", "invoices", "unrated", "not_entitled", "ledger", "balances")


@dataclass(frozen=True)
class Month:
    """What one side says of one month: rows by table, and the contracts that are set aside."""

    tables: dict[str, list[Row]]
    parked: frozenset[str]


def events_of(made: Bulk) -> dict[str, list[Event]]:
    """The accepted events of each market, of both landings."""
    found: dict[str, list[Event]] = {each.name: [] for each in made.markets}
    for billing in made.billings:
        landed = land(billing.events.read_bytes().split(b"\n")[:-1], billing.clock, 450, 24, {})
        assert landed.count("accepted") == len(landed.verdicts), landed.reasons
        for event in landed.events:
            found[str(event["transaction_id"]).partition("-")[0]].append(event)
    return found


def bills(made: Bulk) -> Bills:
    """The oracle's bills of each market by itself, which is all there is to it: no market knows of another."""
    events = events_of(made)
    return {each.name: bill_months(made.slice(each.name), events[each.name], made.periods) for each in made.markets}


def expected(made: Bulk, billed: Bills) -> list[Month]:
    """What the oracle says of each month."""
    months = []
    for number in range(len(made.periods)):
        of_month = [billed[each.name][number] for each in made.markets]
        tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        for bill in of_month:
            for table, rows in wanted_tables(bill).items():
                tables[table] += rows
        months.append(Month(tables, frozenset(contract for bill in of_month for contract in bill.parked)))
    return months


def too_fine(made: Bulk, billed: Bills) -> list[Group]:
    """The accounts of which a line needs more places than are published; the engine sets them aside."""
    lines = (line for months in billed.values() for bill in months for line in bill.lines)
    fine = {line["contract"] for line in lines if any(_exceeds(line[column], most) for column, most in _PLACES)}
    return [group for market in made.markets for group in market.groups if fine & set(group.contracts)]


def _exceeds(number: Fraction | None, places: int) -> bool:
    return number is not None and (number * 10**places).denominator != 1


def runs(made: Bulk) -> list[Run]:
    """The engine's runs, each after the landing of what came before it."""
    workspace = engine.open(made.folder)
    finished = []
    for billing in made.billings:
        landed = workspace.land(billing.events, now=billing.clock)
        assert landed.accepted == landed.read, landed.reasons
        finished.append(workspace.run(billing.period, now=billing.clock))
    return finished


def found(finished: Run) -> Month:
    """What the engine published of a month."""
    frames: dict[str, Any] = {name: getattr(finished, name).pl() for name in _OUTPUTS}
    parked = frozenset(str(row["contract_id"]) for row in finished.parked.dicts())
    return Month(found_tables(frames), parked)


def differences(made: Bulk, wanted: Sequence[Month], actual: Sequence[Month], left_out: Sequence[Group]) -> str:
    """Every difference, month by month; of a month after one with differences nothing is said. Empty when equal."""
    contracts = {contract for group in left_out for contract in group.contracts}
    customers = {customer for group in left_out for customer in group.customers}
    for period, here, there in zip(made.periods, actual, wanted, strict=True):
        ours, theirs = (without(each.tables, contracts, customers) for each in (here, there))
        text = difference(ours, theirs, COLUMNS)
        parked = [f"set aside: {contract}" for contract in sorted(here.parked - there.parked - contracts)]
        parked += [f"not set aside: {contract}" for contract in sorted(there.parked - here.parked - contracts)]
        text = "\n".join([text, *parked]).strip("\n")
        if not text and orders(ours["line_items"]) != orders(theirs["line_items"]):
            text = "lines stand in another order"
        if text:
            return f"{period}\n{text}"
    return ""


def check(made: Bulk) -> None:
    """AssertionError with every difference by contract, how to see it again, and the first account in full."""
    billed = bills(made)
    text = differences(made, expected(made, billed), [found(each) for each in runs(made)], too_fine(made, billed))
    if text:
        again = f"seed {made.seed}; again with DUCKBILL_BALANCES={made.seed}:{made.seed + 1}"
        raise AssertionError(f"{again}\n{text}\n{_first_account(made.markets, text)}")


def _first_account(markets: Sequence[Market], text: str) -> str:
    """The account that is named first in a difference, to be put into a workspace of its own."""
    named = [
        (text.find(name), market, group.contracts[0])
        for market in markets
        for group in market.groups
        for name in (*(f"{each}:" for each in group.contracts), *(f"customer {each}:" for each in group.customers))
        if name in text
    ]
    if not named:
        return ""
    _, market, contract = min(named, key=lambda each: each[0])
    return report(market, contract)
