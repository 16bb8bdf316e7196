"""What prepaid commits cost, and when (spec/rating.md §6, §10.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from engine.catalog.balance import Commit, CommitType
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.fields import TextMap
from engine.catalog.recurring_balance import RecurringCommit
from engine.rating.prorated import prorated
from engine.rating.recurring_grants import grants
from engine.values.period import Period


class Purchase(NamedTuple):
    """One charge for a balance; `number` tells those of one balance and instant apart. `name` is the balance's own."""

    balance_id: str
    contract_id: str
    product_id: str
    name: str | None
    charged_at: datetime
    number: int
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    custom_fields: TextMap


def commit_purchases(catalog: Catalog, period: Period) -> Iterator[Purchase]:
    """What is charged for commits from the period's start to its end, both included.

    A contract's own commits, and recurring ones, are no longer charged once its terms have ended.
    """
    for contract in catalog.contracts:
        for commit in contract.commits:
            for each in _by_schedule(commit, contract.id, period):
                if contract.terms_end_at is None or each.charged_at < contract.terms_end_at:
                    yield each
        for recurring in contract.recurring_commits:
            yield from _by_period(contract, recurring, period)
    for shared in catalog.commits:
        if shared.invoice_contract_id is not None:
            yield from _by_schedule(shared, shared.invoice_contract_id, period)


def _by_schedule(commit: Commit, contract_id: str, period: Period) -> Iterator[Purchase]:
    schedule = commit.invoice_schedule
    if commit.type is not CommitType.PREPAID or schedule is None or schedule.do_not_invoice:
        return
    at_instant: dict[datetime, int] = {}
    for each in schedule.occurrences(period.starting_at, period.ending_before):
        number = at_instant[each.charged_at] = at_instant.get(each.charged_at, 0) + 1
        yield Purchase(
            commit.id,
            contract_id,
            commit.product_id,
            commit.name,
            each.charged_at,
            number,
            each.quantity,
            each.unit_price,
            each.amount,
            commit.custom_fields,
        )


def _by_period(contract: Contract, recurring: RecurringCommit, period: Period) -> Iterator[Purchase]:
    """A grant costs the same part of the invoice amount as it has of the access amount, when it begins."""
    invoice, roundings = recurring.invoice_amount, recurring.proration_rounding
    if invoice is None:
        return
    for grant in grants(contract, recurring, period.starting_at, period.ending_before):
        quantity, charged_at, span = grant.invoiced_quantity, grant.period.within.starting_at, grant.period
        if quantity is None or not period.starting_at <= charged_at <= period.ending_before:
            continue
        rounding = None if roundings is None else roundings.invoice
        amount = prorated(invoice.unit_price, quantity, span.part, span.whole, rounding)
        factors = (quantity, invoice.unit_price) if span.part == span.whole else (Decimal(1), amount)
        yield Purchase(
            grant.balance_id,
            contract.id,
            recurring.product_id,
            recurring.name,
            charged_at,
            1,
            *factors,
            amount,
            recurring.custom_fields,
        )
