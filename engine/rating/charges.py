"""What falls due by the calendar: subscriptions, scheduled charges, discounts, commits (spec/rating.md §10.7, §12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.fields import TextMap
from engine.catalog.subscription import InvoiceBehavior, InvoicePlacement, Subscription
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.commit_purchases import commit_purchases
from engine.rating.due_charge import DueCharge, numbered
from engine.values.numbers import MAX_DIGITS
from engine.values.period import ALWAYS, Period

#: Decimal places of subscription quantities, of published prices and quantities, and of amounts.
QUANTITY_PLACES = 8
PRICE_PLACES = 18
AMOUNT_PLACES = 26

#: Refuses what 38 digits do not hold, instead of rounding it.
_EXACT = Context(prec=MAX_DIGITS, traps=[Inexact, InvalidOperation])


def charge_inputs(catalog: Catalog, period: Period) -> dict[str, pa.Table]:
    """The tables `subscriptions`, `subscription_quantities` and `scheduled_charges`.

    `subscriptions` (grain: subscription_no) has those with a term, whatever the period: what a run bills of one can
    have begun long before. Its term is cut to the contract's and ends with `ALWAYS` when neither ends.
    `subscription_quantities` (grain: subscription_no, starting_at) is the quantity asked for, in steps.
    `scheduled_charges` (grain: scheduled_charge_id or discount_id or balance_id, charged_at, occurrence_no) has what is
    charged from the period's start to its end, both included; the amounts of discounts are negative, and what has a
    balance_id is paid for that balance. A number that the exact types cannot hold is NULL there.
    """
    terms = [
        term
        for contract in catalog.contracts
        for subscription in contract.subscriptions
        if (term := _term(contract, subscription)).starting_at < term.ending_before
    ]
    return {
        "subscriptions": _subscriptions(terms),
        "subscription_quantities": _subscription_quantities(terms),
        "scheduled_charges": _scheduled_charges(catalog, period),
    }


@dataclass(frozen=True, slots=True)
class _Term:
    """A subscription of a contract, from when until when, and from when its billing periods are counted."""

    contract: Contract
    subscription: Subscription
    starting_at: datetime
    ending_before: datetime
    anchor_at: datetime


def _term(contract: Contract, subscription: Subscription) -> _Term:
    ends = (contract.ending_before, subscription.ending_before, ALWAYS.ending_before)
    return _Term(
        contract=contract,
        subscription=subscription,
        starting_at=max(contract.starting_at, subscription.starting_at or contract.starting_at),
        ending_before=min(end for end in ends if end is not None),
        anchor_at=subscription.billing_cycle_config.anchor_date or contract.statement_anchor,
    )


def _subscriptions(terms: list[_Term]) -> pa.Table:
    subscriptions = [term.subscription for term in terms]
    roundings = [each.proration.rounding for each in subscriptions]
    return arrow_table(
        subscription_no=(pa.int32(), range(len(terms))),
        subscription_id=(pa.string(), [each.id for each in subscriptions]),
        contract_id=(pa.string(), [term.contract.id for term in terms]),
        subscription_name=(pa.string(), [each.name for each in subscriptions]),
        product_id=(pa.string(), [each.product_id for each in subscriptions]),
        billing_frequency=(pa.string(), [each.billing_frequency.value for each in subscriptions]),
        starting_at=(INSTANT, [term.starting_at for term in terms]),
        ending_before=(INSTANT, [term.ending_before for term in terms]),
        anchor_at=(INSTANT, [term.anchor_at for term in terms]),
        collection_schedule=(pa.string(), [each.collection_schedule.value for each in subscriptions]),
        is_prorated=(pa.bool_(), [each.proration.is_prorated for each in subscriptions]),
        bill_immediately=(
            pa.bool_(),
            [each.invoice_behavior is InvoiceBehavior.BILL_IMMEDIATELY for each in subscriptions],
        ),
        rounding_method=(pa.string(), [each and each.rounding_method.value for each in roundings]),
        rounding_places=(pa.int32(), [each and each.decimal_places for each in roundings]),
        on_usage_invoice=(
            pa.bool_(),
            [
                each.billing_cycle_config.invoice_placement is InvoicePlacement.ON_USAGE_INVOICE
                for each in subscriptions
            ],
        ),
        custom_fields=(pa.string(), [_json(each.custom_fields) for each in subscriptions]),
    )


def _subscription_quantities(terms: list[_Term]) -> pa.Table:
    steps = [
        (number, starting_at, quantity)
        for number, term in enumerate(terms)
        for starting_at, quantity in term.subscription.quantities(term.starting_at)
    ]
    return arrow_table(
        subscription_no=(pa.int32(), [number for number, _, _ in steps]),
        starting_at=(INSTANT, [starting_at for _, starting_at, _ in steps]),
        quantity=(pa.decimal128(MAX_DIGITS, QUANTITY_PLACES), [quantity for _, _, quantity in steps]),
    )


def _charges(contract: Contract, period: Period) -> Iterator[DueCharge]:
    """What a contract's scheduled charges and discounts charge; discounts are negative."""
    for charges, is_discount in ((contract.scheduled_charges, False), (contract.discounts, True)):
        for charge in charges:
            occurrences = charge.occurrences(period.starting_at, period.ending_before)
            for number, each in numbered(occurrences, contract.terms_end_at):
                yield DueCharge(
                    contract_id=contract.id,
                    product_id=charge.product_id,
                    name=charge.name,
                    charged_at=each.charged_at,
                    number=number,
                    quantity=each.quantity,
                    # Not by `-number`, which rounds to the precision of the context.
                    unit_price=each.unit_price.copy_negate() if is_discount else each.unit_price,
                    amount=each.amount.copy_negate() if is_discount else each.amount,
                    custom_fields=charge.custom_fields,
                    scheduled_charge_id=None if is_discount else charge.id,
                    discount_id=charge.id if is_discount else None,
                )


def _scheduled_charges(catalog: Catalog, period: Period) -> pa.Table:
    charges = [each for contract in catalog.contracts for each in _charges(contract, period)]
    charges += commit_purchases(catalog, period)
    price, amount = pa.decimal128(MAX_DIGITS, PRICE_PLACES), pa.decimal128(MAX_DIGITS, AMOUNT_PLACES)
    return arrow_table(
        scheduled_charge_id=(pa.string(), [each.scheduled_charge_id for each in charges]),
        discount_id=(pa.string(), [each.discount_id for each in charges]),
        balance_id=(pa.string(), [each.balance_id for each in charges]),
        contract_id=(pa.string(), [each.contract_id for each in charges]),
        product_id=(pa.string(), [each.product_id for each in charges]),
        charge_name=(pa.string(), [each.name for each in charges]),
        charged_at=(INSTANT, [each.charged_at for each in charges]),
        occurrence_no=(pa.int32(), [each.number for each in charges]),
        quantity=(price, [_exact(each.quantity, PRICE_PLACES) for each in charges]),
        unit_price=(price, [_exact(each.unit_price, PRICE_PLACES) for each in charges]),
        total=(amount, [_exact(each.amount, AMOUNT_PLACES) for each in charges]),
        custom_fields=(pa.string(), [_json(each.custom_fields) for each in charges]),
    )


def _exact(number: Decimal, places: int) -> Decimal | None:
    """The number with so many decimal places when a 38-digit decimal holds it exactly, else None."""
    try:
        return number.quantize(Decimal((0, (1,), -places)), context=_EXACT)
    except (Inexact, InvalidOperation):
        return None


def _json(fields: TextMap) -> str | None:
    """Custom fields as JSON text in key order; None without any."""
    return json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")) if fields else None
