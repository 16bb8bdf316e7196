"""Contract edits and transitions: what is left is one contract, as if it had been written so (spec/rating.md §9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.oracle.balance_edits import edit_balances
from tests.oracle.written import Item, when

#: What ends with its contract unless it says when, and is not longer when the contract is made longer.
_RECURRING = ("subscriptions", "recurring_commits", "recurring_credits")

#: The id of a contract by id or name, of a customer when one is given.
FindContract = Callable[[str, str | None], str]


def apply_edit(body: Item, edit: Mapping[str, Any], contract_id: str = "") -> Item:
    """The body of a contract after one edit; its end is moved first, so that what is added knows the new one."""
    body = dict(body)
    if "update_contract_end_date" in edit:
        _move_end(body, when(edit, "update_contract_end_date"))
    if "update_contract_name" in edit:
        body["name"] = edit["update_contract_name"]
    if "update_net_payment_terms_days" in edit:
        body["net_payment_terms_days"] = edit["update_net_payment_terms_days"]
    removed = _ids(edit, "remove_overrides")
    kept = [each for each in body.get("overrides") or [] if each.get("id") not in removed]
    body["overrides"] = [*kept, *(edit.get("add_overrides") or [])]
    archived = _ids(edit, "archive_scheduled_charges")
    charges = [*(body.get("scheduled_charges") or []), *(edit.get("add_scheduled_charges") or [])]
    updates = edit.get("update_scheduled_charges") or []
    body["scheduled_charges"] = [
        _updated(each, updates, "scheduled_charge_id", _update_charge)
        for each in charges
        if each.get("id") not in archived
    ]
    body["discounts"] = [*(body.get("discounts") or []), *(edit.get("add_discounts") or [])]
    subscriptions = [*(body.get("subscriptions") or []), *(edit.get("add_subscriptions") or [])]
    updates = edit.get("update_subscriptions") or []
    body["subscriptions"] = [_updated(each, updates, "subscription_id", _update_subscription) for each in subscriptions]
    return edit_balances(body, edit, contract_id)


def _ids(edit: Mapping[str, Any], key: str) -> set[str]:
    return {each["id"] for each in edit.get(key) or []}


def _updated(item: Item, updates: list[Item], key: str, update_one: Callable[[Item, Item], Item]) -> Item:
    for update in updates:
        if update[key] == item.get("id"):
            item = update_one(item, update)
    return item


def _move_end(body: Item, end: datetime | None) -> None:
    """Earlier: all terms end with the contract. Later: only the contract is longer."""
    old = when(body, "ending_before")
    if end is not None and (old is None or end < old):
        body["ending_before"] = end
        _end_terms(body, end)
    elif old is not None and (end is None or end > old):
        for kind in _RECURRING:
            terms = body.get(kind) or []
            body[kind] = [{**each, "ending_before": when(each, "ending_before") or old} for each in terms]
        body["ending_before"] = end


def _end_terms(body: Item, end: datetime) -> None:
    """From this instant on no scheduled charge or discount falls due any more, whatever ends the contract later."""
    body["terms_end_at"] = min(end, body.get("terms_end_at") or end)


def _update_charge(charge: Item, update: Item) -> Item:
    schedule, changed = dict(charge["schedule"]), update.get("invoice_schedule") or {}
    removed = _ids(changed, "remove_schedule_items")
    items = [each for each in schedule.get("schedule_items") or [] if each.get("id") not in removed]
    for change in changed.get("update_schedule_items") or []:
        items = [_update_item(each, change) if each.get("id") == change["id"] else each for each in items]
    schedule["schedule_items"] = [*items, *(changed.get("add_schedule_items") or [])]
    return {**charge, "schedule": schedule}


def _update_item(item: Item, change: Item) -> Item:
    said = {key: value for key, value in change.items() if value is not None}
    if "amount" in said:
        return {**{key: item[key] for key in item if key not in ("unit_price", "quantity")}, **said}
    if ("unit_price" in said or "quantity" in said) and item.get("amount") is not None:
        priced = {"unit_price": item["amount"], "quantity": "1"}
        return {**{key: item[key] for key in item if key != "amount"}, **priced, **said}
    return {**item, **said}


def _update_subscription(subscription: Item, update: Item) -> Item:
    subscription = dict(subscription)
    for key in ("ending_before", "name"):
        if key in update:
            subscription[key] = update[key]
    if update.get("proration_rounding"):
        rounding = update["proration_rounding"]
        subscription["proration"] = {**(subscription.get("proration") or {}), "rounding": rounding}
    more = update.get("quantity_updates") or []
    subscription["quantity_updates"] = [*(subscription.get("quantity_updates") or []), *more]
    seats = dict(subscription.get("seat_updates") or {})
    for kind, entries in (update.get("seat_updates") or {}).items():
        seats[kind] = [*(seats.get(kind) or []), *(entries or [])]
    subscription["seat_updates"] = seats
    return subscription


def apply_transition(bodies: dict[str, Item], new: Mapping[str, Any], find: FindContract, customer: str) -> None:
    """A contract that replaces another ends it, and all that would have fallen due later, where it starts itself."""
    transition = new.get("transition")
    if not transition:
        return
    old = find(transition.get("from_contract_id") or transition["from_contract"], customer)
    start, body = when(new, "starting_at"), dict(bodies[old])
    body["ending_before"] = min(start, when(body, "ending_before") or start)
    _end_terms(body, start)
    behavior = (transition.get("future_invoice_behavior") or {}).get("trueup") or "AS_IS"
    if behavior.upper() == "REMOVE":
        body["trueups_removed_from"] = body["ending_before"]
    bodies[old] = body
