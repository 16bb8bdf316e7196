"""Thresholds at which balances are topped up and spend is charged, as a table for rating (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.duration import DurationUnit
from engine.catalog.exact import EXACT
from engine.catalog.threshold import PrepaidBalanceThreshold, SpendThreshold
from engine.rating.arrow_tables import arrow_table
from engine.rating.earlier import ThresholdKind
from engine.values.numbers import MAX_DIGITS
from engine.values.period import Period

#: Decimal places of thresholds, priorities and prices.
PLACES = 18

_MONTHS = {DurationUnit.MONTHS: 1, DurationUnit.YEARS: 12}
_DAYS = {DurationUnit.DAYS: 1, DurationUnit.WEEKS: 7}


@dataclass(frozen=True, slots=True)
class _Row:
    """A threshold of a contract, in the credit type it counts, and what one of what it grants costs in money."""

    contract: Contract
    kind: ThresholdKind
    threshold: PrepaidBalanceThreshold | SpendThreshold
    credit_type_id: str
    unit_price: Decimal


def threshold_inputs(catalog: Catalog, period: Period) -> dict[str, pa.Table]:
    """The table `thresholds` (grain: contract_id, kind) of those that are enabled.

    Columns: contract_id, kind (PREPAID_BALANCE or SPEND), product_id and commit_name of what is granted, priority,
    credit_type_id, rate_type, rollover_fraction, threshold_amount and recharge_to_amount in the credit type,
    unit_price in the rate card's currency, duration_months and duration_days. A product's name is the one at the end of
    the billing period. A price has at most 14 decimal places, and what is granted 12: an amount holds them.
    """
    rows = [row for contract in catalog.contracts for row in _rows(catalog, contract)]
    commits = [row.threshold.commit for row in rows]
    prepaid = [each.threshold if isinstance(each.threshold, PrepaidBalanceThreshold) else None for each in rows]
    last = period.ending_before - timedelta(microseconds=1)
    names = {each.product_id: catalog.product(each.product_id).version_at(last).name for each in commits}
    exact = pa.decimal128(MAX_DIGITS, PLACES)
    return {
        "thresholds": arrow_table(
            contract_id=(pa.string(), [row.contract.id for row in rows]),
            kind=(pa.string(), [row.kind.value for row in rows]),
            product_id=(pa.string(), [each.product_id for each in commits]),
            commit_name=(pa.string(), [each.name or names[each.product_id] for each in commits]),
            priority=(exact, [each.priority for each in commits]),
            credit_type_id=(pa.string(), [row.credit_type_id for row in rows]),
            rate_type=(pa.string(), ["LIST_RATE" if each is None else each.commit.rate_type.value for each in prepaid]),
            rollover_fraction=(exact, [each and each.commit.rollover_fraction for each in prepaid]),
            threshold_amount=(exact, [row.threshold.threshold_amount for row in rows]),
            recharge_to_amount=(exact, [each and each.recharge_to_amount for each in prepaid]),
            unit_price=(exact, [row.unit_price for row in rows]),
            duration_months=(pa.int32(), [0 if each is None else _lasting(each, _MONTHS) for each in prepaid]),
            duration_days=(pa.int32(), [0 if each is None else _lasting(each, _DAYS) for each in prepaid]),
        )
    }


def _lasting(threshold: PrepaidBalanceThreshold, lengths: dict[DurationUnit, int]) -> int:
    duration = threshold.commit.duration
    return duration.value * lengths.get(duration.unit, 0)


def _rows(catalog: Catalog, contract: Contract) -> Iterator[_Row]:
    card = catalog.rate_card(contract.rate_card_id)
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    if prepaid is not None and prepaid.is_enabled:
        unit = prepaid.custom_credit_type_id or card.fiat_credit_type_id
        worth = {each.custom_credit_type_id: each.fiat_per_custom_credit for each in card.credit_type_conversions}
        price = EXACT.multiply(prepaid.payment_fraction, worth.get(unit, Decimal(1)))
        yield _Row(contract, ThresholdKind.PREPAID_BALANCE, prepaid, unit, price)
    if spend is not None and spend.is_enabled:
        yield _Row(contract, ThresholdKind.SPEND, spend, card.fiat_credit_type_id, spend.payment_fraction)
