"""What prepaid commits cost, and when (spec/rating.md §6, §10.7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from engine.catalog.balance import Commit, CommitType
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.recurring_balance import RecurringCommit
from engine.rating.due_charge import DueCharge, numbered
from engine.rating.prorated import prorated
from engine.rating.recurring_grants import grants
from engine.values.period import Period


def commit_purchases(catalog: Catalog, period: Period) -> Iterator[DueCharge]:
    """What is charged for commits from the period's start to its end, both included.

    A contract's own commits, and recurring ones, are no longer charged once its terms have ended.
    """
    for contract in catalog.contracts:
        for commit in contract.commits:
            yield from _by_schedule(commit, contract.id, contract.terms_end_at, period)
        for recurring in contract.recurring_commits:
            yield from _by_period(contract, recurring, period)
    for shared in catalog.commits:
        if shared.invoice_contract_id is not None:
            yield from _by_schedule(shared, shared.invoice_contract_id, None, period)


def _by_schedule(commit: Commit, contract_id: str, before: datetime | None, period: Period) -> Iterator[DueCharge]:
    schedule = commit.invoice_schedule
    if commit.type is not CommitType.PREPAID or schedule is None or schedule.do_not_invoice:
        return
    for number, each in numbered(schedule.occurrences(period.starting_at, period.ending_before), before):
        yield DueCharge(
            contract_id=contract_id,
            product_id=commit.product_id,
            name=commit.name,
            charged_at=each.charged_at,
            number=number,
            quantity=each.quantity,
            unit_price=each.unit_price,
            amount=each.amount,
            custom_fields=commit.custom_fields,
            balance_id=commit.id,
        )


def _by_period(contract: Contract, recurring: RecurringCommit, period: Period) -> Iterator[DueCharge]:
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
        is_whole = span.part == span.whole
        yield DueCharge(
            contract_id=contract.id,
            product_id=recurring.product_id,
            name=recurring.name,
            charged_at=charged_at,
            number=1,
            quantity=quantity if is_whole else Decimal(1),
            unit_price=invoice.unit_price if is_whole else amount,
            amount=amount,
            custom_fields=recurring.custom_fields,
            balance_id=grant.balance_id,
        )
