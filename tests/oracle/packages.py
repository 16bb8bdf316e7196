"""The contract that a package means for a customer from a day on: offsets and durations become instants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.times import months_after
from tests.oracle.written import Item, when

#: What a contract takes over from its package as it stands.
_TAKEN_OVER = (
    "rate_card_id",
    "rate_card",
    "rate_card_alias",
    "usage_statement_schedule",
    "multiplier_override_prioritization",
    "net_payment_terms_days",
    "scheduled_charges_on_usage_invoices",
)


def later(moment: datetime, length: Mapping[str, Any]) -> datetime:
    """An instant some DAYS, WEEKS, MONTHS or YEARS later; months and years clamp the day to the month's end."""
    unit, value = length["unit"].upper().removesuffix("S"), int(length["value"])
    if unit in ("DAY", "WEEK"):
        return moment + timedelta(days=value * (7 if unit == "WEEK" else 1))
    return months_after(moment, value * {"MONTH": 1, "YEAR": 12}[unit])


def expand(item: Item, package: Item) -> Item:
    """A contract of a package as if all of it had been written in the contract."""
    start = when(item, "starting_at")
    end = later(start, package["duration"]) if package.get("duration") else None
    body = {key: package[key] for key in _TAKEN_OVER if key in package}
    if package.get("billing_anchor_date"):
        schedule = body.get("usage_statement_schedule") or {}
        body["usage_statement_schedule"] = {"billing_anchor_date": package["billing_anchor_date"], **schedule}
    body |= item
    body["name"] = item.get("name") or package.get("contract_name")
    body["ending_before"] = end
    body["overrides"] = [_dated(term, start) for term in package.get("overrides") or []]
    body["subscriptions"] = [_dated(term, start) for term in package.get("subscriptions") or []]
    for kind in ("scheduled_charges", "discounts"):
        body[kind] = [{**term, "schedule": _schedule(term["schedule"], start, end)} for term in package.get(kind) or []]
    for kind in ("commits", "credits"):
        body[kind] = [_balance(term, start, end) for term in package.get(kind) or []]
    for kind in ("recurring_commits", "recurring_credits"):
        body[kind] = [_dated(term, start) for term in package.get(kind) or []]
    return body


def _dated(term: Item, start: datetime) -> Item:
    """A term with its own start and, when it has a duration, its own end."""
    begins = when(term, "starting_at")
    if term.get("starting_at_offset"):
        begins = later(start, term["starting_at_offset"])
    begins = begins or start
    ends = later(begins, term["duration"]) if term.get("duration") else when(term, "ending_before")
    return {**term, "starting_at": begins, "ending_before": ends}


def _balance(term: Item, start: datetime, end: datetime | None) -> Item:
    access = term["access_schedule"]
    items = [_dated(each, start) for each in access["schedule_items"]]
    term = {**term, "access_schedule": {**access, "schedule_items": items}}
    if term.get("invoice_schedule"):
        term["invoice_schedule"] = _schedule(term["invoice_schedule"], start, end)
    return term


def _schedule(written: Item, start: datetime, end: datetime | None) -> Item:
    schedule: Item = dict(written)
    if schedule.get("schedule_items"):
        schedule["schedule_items"] = [_item(each, start) for each in schedule["schedule_items"]]
    if schedule.get("recurring_schedule"):
        recurring = _dated(schedule["recurring_schedule"], start)
        schedule["recurring_schedule"] = {**recurring, "ending_before": recurring["ending_before"] or end}
    return schedule


def _item(item: Item, start: datetime) -> Item:
    if item.get("starting_at_offset"):
        return {**item, "timestamp": later(start, item["starting_at_offset"])}
    return {**item, "timestamp": when(item, "timestamp") or start}
