"""Balances that published invoices have used: what is used cannot be taken away under them (spec/rating.md §6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.catalog.exact import EXACT
from engine.errors import UserError
from engine.invoices.earlier import DEDUCTION
from engine.invoices.publish import Outputs
from engine.values.period import Period

#: How many balances, and invoices of each, a message names.
_NAMED = 20

_ACCOUNT = (
    *("segment_id", "customer_id", "balance_name", "currency", "ending_before"),
    *("opening", "granted", "manual", "drawn"),
)


@dataclass(slots=True)
class _Account:
    """A segment as the last run that told of it had it; `granted` is all it was given until then, by hand, too."""

    customer_id: str
    balance_name: str
    currency: str
    ending_before: datetime
    granted: Decimal
    drawn: Decimal


def check_used_balances(
    outputs: Outputs,
    runs: Mapping[str, str],
    catalog: Catalog,
    period: Period,
    drawn: Mapping[str, Decimal],
    inputs: Mapping[str, pa.Table],
    customers: frozenset[str] | None = None,
) -> None:
    """Raises UserError for each balance that is now less than earlier periods used of it, or gone.

    `runs` has run ids by billing period, `drawn` what they used by segment, `inputs` the tables `balance_segments` and
    `manual_entries` that the catalog gives for `period`, for `customers` alone when only some are billed. What was
    taken out by hand later can leave less than was used: a cut is only what makes less of the amounts that the last of
    these runs knew. A segment that is gone and had ended before the billing period is no longer asked for.
    """
    now = _amounts_now(period, inputs, drawn)
    known = set(inputs["balance_segments"]["segment_id"].to_pylist())
    suspects = {each for each, used in drawn.items() if each not in known or now.get(each, used) < used}
    if not suspects:
        return
    accounts = _accounts(outputs, runs, suspects)
    found = [
        (segment_id, account)
        for segment_id, account in accounts.items()
        if (customers is None or account.customer_id in customers)
        and (now[segment_id] < account.granted if segment_id in known else period.starting_at < account.ending_before)
    ]
    if found:
        raise UserError("\n".join(_messages(outputs, runs, catalog, drawn, now, found)))


def _amounts_now(period: Period, inputs: Mapping[str, pa.Table], drawn: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What the catalog now grants of each segment that was drawn, with the corrections before the period."""
    segments, entries = inputs["balance_segments"], inputs["manual_entries"]
    is_used = pc.is_in(segments["segment_id"], pa.array([each for each, used in drawn.items() if used], pa.string()))
    used = segments.filter(pc.and_(is_used, pc.is_valid(segments["amount"])))
    now: dict[str, Decimal] = dict(zip(used["segment_id"].to_pylist(), used["amount"].to_pylist(), strict=True))
    ids = dict(zip(used["segment_no"].to_pylist(), used["segment_id"].to_pylist(), strict=True))
    for entry in entries.to_pylist():
        if entry["segment_no"] in ids and entry["entry_at"] < period.starting_at:
            segment_id = ids[entry["segment_no"]]
            now[segment_id] = EXACT.add(now[segment_id], entry["amount"])
    return now


def _accounts(outputs: Outputs, runs: Mapping[str, str], segment_ids: set[str]) -> dict[str, _Account]:
    """The published accounts of these segments, from the first period on."""
    wanted = pa.array(sorted(segment_ids), pa.string())
    accounts: dict[str, _Account] = {}
    for label, run_id in runs.items():
        table = outputs.read("segment_balances", label, run_id, _ACCOUNT)
        if table is None:
            raise UserError(f"run {run_id} of {label} is no longer published; a later run has replaced it: try again")
        for row in table.filter(pc.is_in(table["segment_id"], wanted)).to_pylist():
            before = accounts.get(row["segment_id"])
            used = Decimal(0) if before is None else before.drawn
            given = EXACT.add(EXACT.add(row["opening"], row["granted"]), row["manual"])
            accounts[row["segment_id"]] = _Account(
                customer_id=row["customer_id"],
                balance_name=row["balance_name"],
                currency=row["currency"] or "units",
                ending_before=row["ending_before"],
                granted=EXACT.add(given, used),
                drawn=EXACT.add(used, row["drawn"]),
            )
    return accounts


def _messages(
    outputs: Outputs,
    runs: Mapping[str, str],
    catalog: Catalog,
    drawn: Mapping[str, Decimal],
    now: Mapping[str, Decimal],
    found: list[tuple[str, _Account]],
) -> Iterator[str]:
    customers = {each.id: each.name for each in catalog.customers}
    invoices = _invoices(outputs, runs, {segment_id for segment_id, _ in found[:_NAMED]})
    for segment_id, account in found[:_NAMED]:
        customer = customers.get(account.customer_id, account.customer_id)
        used = _plain(drawn[segment_id])
        first = min(label for label, _ in invoices[segment_id])
        named = ", ".join(f"{invoice} of {label}" for label, invoice in invoices[segment_id][:_NAMED])
        unnamed = len(invoices[segment_id]) - _NAMED
        more = f" and {unnamed} more" if unnamed > 0 else ""
        if segment_id in now:
            what = f"is cut to {_plain(now[segment_id])} {account.currency}"
            remedy = f"raise it by {_plain(EXACT.subtract(drawn[segment_id], now[segment_id]))} or more"
        else:
            what = "is no longer in the catalog"
            remedy = "put it back"
        yield (
            f"balance {account.balance_name!r} of customer {customer!r} (segment {segment_id}) {what}, but published "
            f"invoices used {used} {account.currency} of it: {named}{more}; {remedy}, or bill those months again "
            f"first, from {first} on"
        )
    if len(found) > _NAMED:
        yield f"and {len(found) - _NAMED} more balances"


def _invoices(outputs: Outputs, runs: Mapping[str, str], segment_ids: set[str]) -> dict[str, list[tuple[str, str]]]:
    """(billing period, invoice id) of the deductions from each segment, in their order."""
    wanted = pa.array(sorted(segment_ids), pa.string())
    found: dict[str, list[tuple[str, str]]] = {each: [] for each in segment_ids}
    for label, run_id in runs.items():
        ledger = outputs.read("ledger", label, run_id, ("segment_id", "type", "invoice_id"))
        assert ledger is not None, "the balances of the same run have just been read"
        own = ledger.filter(pc.and_(pc.is_in(ledger["segment_id"], wanted), pc.ends_with(ledger["type"], DEDUCTION)))
        for row in own.to_pylist():
            found[row["segment_id"]].append((label, row["invoice_id"]))
    return found


def _plain(number: Decimal) -> str:
    return format(number.normalize(EXACT), "f")
