"""The order in which balances are drawn, as columns to sort by (spec/rating.md §7.1, §17 Q11, Q13, Q14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from engine.rating.balance_terms import BalanceTerm
from engine.values.numbers import MAX_DIGITS

#: The type of a balance comes before its priority.
POSTPAID_ROLLOVER, ROLLOVER, PREPAID_OR_CREDIT, POSTPAID = 1, 2, 3, 4

PRIORITY_PLACES = 18


def order_class(term: BalanceTerm) -> int:
    """Which of the four types of balance this is: the smaller comes first."""
    if term.kind == "POSTPAID":
        return POSTPAID_ROLLOVER if term.is_rollover else POSTPAID
    return ROLLOVER if term.is_rollover else PREPAID_OR_CREDIT


def usage_applicability(term: BalanceTerm) -> int | None:
    """How many specifiers name group values alone; it does not tell postpaid commits apart."""
    return 0 if term.kind == "POSTPAID" and not term.is_rollover else term.reach.usage_applicability


def order_columns(terms: Sequence[BalanceTerm]) -> dict[str, tuple[pa.DataType, Sequence[Any]]]:
    """The keys in their order; each ascends, False before True, and NULL comes last.

    `is_paid` does not count among what has rolled over. After `contract_count` the number of the balance decides; the
    times of segments come before it.
    """
    return {
        "order_class": (pa.int32(), [order_class(each) for each in terms]),
        "priority": (pa.decimal128(MAX_DIGITS, PRIORITY_PLACES), [each.priority for each in terms]),
        "is_paid": (pa.bool_(), [each.is_paid for each in terms]),
        "product_applicability": (pa.int32(), [each.reach.product_applicability for each in terms]),
        "usage_applicability": (pa.int32(), [usage_applicability(each) for each in terms]),
        "contract_count": (pa.int32(), [each.contract_count for each in terms]),
    }
