"""What a balance has that leaves it out: ids of its segments, and the currency in which it is counted."""

from __future__ import annotations

from typing import Any

from engine.catalog.balance import AccessType
from engine.catalog.term_ids import segment_id


def fill_balance(balance: object, currency: str | None) -> None:
    """A commit or credit with an id, as a file gives it, gets ids of segments and, for SPEND, the credit type."""
    schedule = balance.get("access_schedule") if isinstance(balance, dict) else None
    if not isinstance(balance, dict) or not isinstance(schedule, dict):
        return
    _fill_credit_type(schedule, currency)
    segments = schedule.get("schedule_items")
    for position, segment in enumerate(segments if isinstance(segments, list) else ()):
        if isinstance(segment, dict):
            segment.setdefault("id", segment_id(str(balance["id"]), position))


def fill_recurring_balance(balance: object, currency: str | None) -> None:
    """A recurring commit or credit, as a file gives it, gets the credit type of what it grants, for SPEND."""
    amount = balance.get("access_amount") if isinstance(balance, dict) else None
    if isinstance(amount, dict):
        _fill_credit_type(amount, currency)


def needs_credit_type(access: dict[str, Any]) -> bool:
    """Whether an access schedule or amount counts money and does not say in what."""
    counts_units = str(access.get("access_type") or "").upper() == AccessType.QUANTITY
    return access.get("credit_type_id") is None and not counts_units


def _fill_credit_type(access: dict[str, Any], currency: str | None) -> None:
    if currency is not None and needs_credit_type(access):
        access["credit_type_id"] = currency
