"""What a balance covers of a line, and what it held before and after the invoice (spec/rating.md §6.4, §7.3)."""

from __future__ import annotations

from decimal import Decimal

from engine.reports.explain.billed_line import APPLIED, BilledLine
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import added, when
from engine.result import shown

_KINDS = {"PREPAID": "prepaid commit", "POSTPAID": "postpaid commit", "CREDIT": "credit"}


def balance_steps(line: BilledLine, steps: Steps) -> None:
    """The line that takes off what is covered, and the entry of the ledger that it is part of."""
    covered, applied = line.charged.row, line.applied
    kind = _KINDS[covered["applied_balance_type"]]
    name = applied["name"].removesuffix(" applied")
    what = (
        f"{kind} {name!r} covers this line and is taken off again"
        if covered is line.row
        else (f"{kind} {name!r} takes off what it covers of {covered['name']!r}")
    )
    steps.equal(
        "balance",
        what,
        "",
        covered["total"].copy_negate(),
        applied["total"],
        unit=applied["currency"],
        source=covered["commit_id"],
    )
    if covered["applied_balance_type"] == "POSTPAID":
        steps.say("balance", "a postpaid commit's use is shown and owed all the same", source=covered["commit_id"])
    _ledger_step(line, applied, kind, steps)


def _ledger_step(line: BilledLine, applied: Row, kind: str, steps: Steps) -> None:
    own = [
        each
        for each in line.read("ledger").to_pylist()
        if each["segment_id"] == applied["commit_segment_id"] and each["invoice_id"] == applied["invoice_id"]
    ]
    entry = next((each for each in own if each["type"].endswith("AUTOMATED_INVOICE_DEDUCTION")), None)
    steps.has(f"the ledger entry of the {kind}", entry)
    assert entry is not None
    by_units = applied["access_type"] == "QUANTITY"
    column = "quantity_consumed" if by_units else "total"
    lines = [
        each
        for each in line.lines
        if each["type"] == APPLIED and each["commit_segment_id"] == applied["commit_segment_id"]
    ]
    taken = total_of(each[column] if by_units else each[column].copy_negate() for each in lines)
    noun = "line" if len(lines) == 1 else "lines"
    unit = "units" if by_units else applied["currency"]
    own_part = applied[column] if by_units else applied[column].copy_negate()
    others = taken - own_part
    what = f"taken by this invoice on {len(lines)} {noun}, posted at {when(entry['timestamp'])}"
    by = added([own_part, others]) if len(lines) > 1 else ""
    steps.equal("ledger", what, by, taken, entry["amount"].copy_negate(), unit=unit, source=entry["id"])
    before = _balance_before(line, entry, steps)
    by = f"{shown(before)} - {shown(taken)}"
    what = "balance before and after that entry"
    steps.equal("ledger", what, by, before - taken, entry["balance_after"], unit=unit, source=entry["id"])
    for each in own:
        if each["type"].endswith("CANCELED"):
            what = "the invoice is void, so what it took was given back"
            steps.equal("ledger", what, "", each["amount"], taken, unit=unit, source=each["id"])


def _balance_before(line: BilledLine, entry: Row, steps: Steps) -> Decimal:
    """What the entry of the ledger before this one left, or what the balance began the billing period with."""
    entries = [each for each in line.read("ledger").to_pylist() if each["segment_id"] == entry["segment_id"]]
    position = next(number for number, each in enumerate(entries) if each["id"] == entry["id"])
    before: Decimal
    if position:
        before = entries[position - 1]["balance_after"]
        return before
    opened = (row for row in line.read("segment_balances").to_pylist() if row["segment_id"] == entry["segment_id"])
    segment = next(opened, None)
    steps.has("the account of the balance", segment)
    assert segment is not None
    before = segment["opening"]
    return before
