"""What a contract says of its thresholds (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.balances import read_balance
from tests.oracle.credit_types import CreditTypes
from tests.oracle.written import Item, Named, exact

_ONE = Fraction(1)
_A_YEAR = {"unit": "YEARS", "value": 1}


def read_threshold(
    written: Mapping[str, Any] | None, products: Named, credit_types: CreditTypes, card: Mapping[str, Any]
) -> Item | None:
    """What it releases ("terms", "price" of one, "duration"), its "amount" and "recharge_to"; None where it is off."""
    if not written or not written["is_enabled"]:
        return None
    unit = credit_types.named(written, "custom_credit_type") or card["fiat"]
    commit = written["commit"]
    priority = commit.get("priority")
    item = {**commit, "id": "", "type": "PREPAID", "priority": "100" if priority is None else priority}
    item["access_schedule"] = {"credit_type_id": unit}
    discount = written.get("discount_configuration") or {}
    fraction = discount.get("payment_fraction") or (written.get("discount_config") or {}).get("fraction") or "1"
    recharge_to = written.get("recharge_to_amount")
    return {
        "terms": {**read_balance(item, products, credit_types, card["fiat"], "commits"), "custom_fields": ()},
        "amount": exact(written["threshold_amount"]),
        "recharge_to": None if recharge_to is None else exact(recharge_to),
        "price": exact(fraction) * card["conversions"].get(unit, _ONE),
        "duration": commit.get("duration") or _A_YEAR,
    }
