"""Schedules of charges; scheduled charges and discounts: as an export writes them, and as request bodies do.

An export knows no discounts: they are scheduled charges whose amounts are negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.catalog.exact import EXACT
from engine.catalog.scheduled_charge import ChargeSchedule, RecurringSchedule, ScheduledCharge
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import Body, Row, custom_fields, instant, lower, number, present, upper

#: The key beside those of a request body that says which list of the contract it is for: amounts of 0 have no sign.
LIST = "list"


def schedule_json(schedule: ChargeSchedule, sign: int = 1) -> Body:
    """Items and recurrence of a schedule, of which one is there; every item has one amount."""
    items = [
        {"id": each.id, "date": instant(each.timestamp), "amount": _signed(EXACT.multiply(*each.factors()), sign)}
        for each in schedule.schedule_items or ()
    ]
    recurring = schedule.recurring_schedule
    return {
        "schedule_items": items,
        "recurring_schedule": None if recurring is None else _recurring_json(recurring, sign),
    }


def _recurring_json(recurring: RecurringSchedule, sign: int) -> Body:
    price = {} if recurring.unit_price is None else {"unit_price": _signed(recurring.unit_price, sign)}
    return {
        "start_date": instant(recurring.starting_at),
        "end_date": instant(recurring.ending_before),
        "amount": _signed(EXACT.multiply(*recurring.factors()), sign),
        "amount_distribution": lower(recurring.amount_distribution),
        "frequency": lower(recurring.frequency),
        **present(quantity=recurring.quantity),
        **price,
    }


def _signed(amount: Decimal, sign: int) -> Decimal:
    return amount if sign > 0 else EXACT.minus(amount)


def schedule_body(value: Mapping[str, Any] | None) -> Body | None:
    """A schedule as a request body; amounts lose their signs."""
    if value is None:
        return None
    recurring = value.get("recurring_schedule")
    if recurring:
        return {"recurring_schedule": _recurring_body(recurring)}
    items = [
        present(id=each.get("id"), timestamp=instant(each.get("date")), amount=_size(each.get("amount")))
        for each in value.get("schedule_items") or ()
    ]
    return {"schedule_items": items}


def _recurring_body(value: Mapping[str, Any]) -> Body:
    by_price = value.get("unit_price") is not None
    return present(
        starting_at=instant(value.get("start_date")),
        ending_before=instant(value.get("end_date")),
        frequency=upper(value.get("frequency")),
        amount_distribution=upper(value.get("amount_distribution")),
        amount=None if by_price else _size(value.get("amount")),
        unit_price=_size(value.get("unit_price")),
        quantity=number(value.get("quantity")) if by_price else None,
    )


def _size(value: object) -> Decimal | None:
    amount = number(value)
    return None if amount is None else abs(amount)


def charge_row(
    charge: ScheduledCharge, contract_id: str, currency: str, names: Mapping[str, str], *, is_discount: bool
) -> Body:
    """A row of `contracts_scheduled_charges`; `currency` is the rate card's, `names` are those of credit types."""
    credit_type_id = charge.schedule.credit_type_id or currency
    return {
        "id": charge.id,
        "contract_id": contract_id,
        "name": charge.name,
        "product_id": charge.product_id,
        "credit_type_id": credit_type_id,
        "credit_type_name": names.get(credit_type_id),
        "schedule": json_text(schedule_json(charge.schedule, -1 if is_discount else 1)),
        "metadata": json_text({"custom_fields": dict(charge.custom_fields)}),
    }


def charge_body(row: Row, currency: str | None) -> Body:
    """A scheduled charge or a discount as a request body, and LIST, the list of the contract that it stands in.

    `currency` is the rate card's.
    """
    schedule = schedule_body(json_value(row["schedule"])) or {}
    if row["credit_type_id"] not in (None, currency):
        schedule["credit_type_id"] = row["credit_type_id"]
    return present(
        id=row["id"],
        name=row["name"],
        product_id=row["product_id"],
        schedule=schedule,
        custom_fields=custom_fields(row["metadata"]),
        **{LIST: list_of(is_discount=_is_deducted(row))},
    )


def list_of(*, is_discount: bool) -> str:
    """Where charges, or discounts, stand in a contract."""
    return "discounts" if is_discount else "scheduled_charges"


def _is_deducted(row: Row) -> bool:
    """Whether amounts of a row are negative."""
    value = json_value(row["schedule"]) or {}
    amounts = [each.get("amount") or 0 for each in value.get("schedule_items") or ()]
    recurring = value.get("recurring_schedule") or {}
    amounts += [recurring.get(key) or 0 for key in ("amount", "unit_price")]
    return min(amounts, default=0) < 0
