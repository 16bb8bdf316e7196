"""What the bills of a workspace have come to: how often each thing that balances can do has happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from tests.generated.bulk.compare import Row
from tests.oracle.rating import Bill

#: What tells the lines apart of which one has been split into covered and uncovered parts.
_LINE = (
    *("contract", "invoice_type", "period_starting_at", "issued_at", "product", "starting_at", "ending_before"),
    *("pricing", "presentation", "subscription_id", "credit_type_id", "override_id"),
)


def outcomes(months: Sequence[Bill]) -> Counter[str]:
    """Of the bills of one market."""
    seen: Counter[str] = Counter()
    for number, bill in enumerate(months):
        seen.update(_of_lines(bill.lines))
        for entry in bill.ledger:
            seen[entry["type"]] += 1
            seen[f"{entry['type']} in month {number + 1}"] += 1
        for balance in bill.balances:
            seen.update(_of_balance(balance, number))
        for invoice in bill.invoices:
            seen[f"{invoice['type']} invoice"] += 1
        seen["parked"] += len(bill.parked)
    seen.update(_sharing(months))
    return seen


def _of_lines(lines: Sequence[Row]) -> Iterator[str]:
    parts: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in lines:
        if line["invoice_type"] == "USAGE_CONSOLIDATED":
            if line["commit"]:
                yield "copy of a covered line"
            continue
        if line["type"] == "commit_purchase":
            yield f"purchase on a {line['invoice_type']} invoice"
        elif line["type"] == "applied_commit_or_credit":
            yield f"{line['applied_balance_type']} applied"
            yield "application outside the total" if not line["in_total"] else "application in the total"
        elif line["type"] != "scheduled":
            parts[tuple(line[name] for name in _LINE)].append(line)
    for of_one in parts.values():
        covered = [line for line in of_one if line["commit"]]
        rest = [line for line in of_one if not line["commit"]]
        yield from _of_parts(covered, rest)


def _of_parts(covered: Sequence[Row], rest: Sequence[Row]) -> Iterator[str]:
    """The parts of lines of one product, group and stretch of time."""
    if any(line["quantity"] < 0 for line in rest):
        yield "negative line beside a covered one" if covered else "negative line"
    if not covered:
        return
    yield "line covered in part" if any(line["total"] > 0 for line in rest) else "line covered in full"
    for line in covered:
        kind = "composite" if line["type"] == "usage" and line["metric"] is None else line["type"]
        yield f"covered {kind}"
        yield f"covered on a {line['invoice_type']} invoice"
        if line["quantity"] * line["unit_price"] != line["total"]:
            yield "split that does not terminate"
        if "unit" in line["credit_type_id"]:
            yield "covered in a pricing unit"
        if line["access_type"] == "QUANTITY":
            yield "covered by QUANTITY"
        if line["tier"]:
            yield "covered in a tier"
        if line["override_type"]:
            yield f"covered {line['override_type']}"
    yield from _of_many(covered, rest)


def _of_many(covered: Sequence[Row], rest: Sequence[Row]) -> Iterator[str]:
    balances = len({line["commit"] for line in covered})
    if balances > 1:
        yield f"line covered by {min(balances, 4)} balances"
    if len({line["unit_price"] for line in covered}) > 1:
        yield "several prices of one line"
    if rest and {line["unit_price"] for line in covered} - {line["unit_price"] for line in rest}:
        yield "another price under a balance"
    if len({line["commit_segment"] for line in covered}) > balances:
        yield "several segments of one balance"


def _of_balance(row: Row, number: int) -> Iterator[str]:
    if row["drawn"] > 0:
        yield "drawn and used up" if row["closing"] <= 0 and not row["expired"] else "drawn and not used up"
        if row["expired"] > 0:
            yield "drawn and expired"
        if row["trued_up"] > 0:
            yield "drawn and trued up"
        if number and row["opening"] < row["granted"] + row["opening"]:
            yield "granted and drawn in the second month"
        if number and not row["granted"]:
            yield "granted before and drawn in the second month"
        if row["contract"] is None:
            yield "drawn at customer level"
    if row["closing"] < 0:
        yield "balance below zero by hand"
    if row["ending_before"] is None:
        yield "segment without end"


def _sharing(months: Sequence[Bill]) -> Iterator[str]:
    """Balances drawn by several contracts, by children, in both months, and after a renewal."""
    users: dict[str, set[str]] = defaultdict(set)
    owners: dict[str, tuple[str, str | None]] = {}
    in_months: dict[str, set[int]] = defaultdict(set)
    rolled: set[str] = set()
    for number, bill in enumerate(months):
        for entry in bill.ledger:
            if entry["type"].endswith("DEDUCTION"):
                users[entry["balance"]].add(entry["invoice_contract"])
                in_months[entry["segment"]].add(number)
                owners[entry["balance"]] = entry["customer"], entry["contract"]
            elif entry["type"].endswith("ROLLOVER"):
                rolled.add(entry["new_balance"])
    customers = {invoice["contract"]: invoice["customer"] for bill in months for invoice in bill.invoices}
    for balance, contracts in users.items():
        if len(contracts) > 1:
            yield "drawn by several contracts"
        if any(customers[contract] != owners[balance][0] for contract in contracts):
            yield "drawn by a child"
        if balance in rolled:
            yield "rollover drawn"
    for numbers in in_months.values():
        if len(numbers) > 1:
            yield "segment drawn in both months"
