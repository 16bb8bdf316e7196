"""Ids of a contract's commits and credits, and what edits make of them (spec/rating.md §9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.balances import LISTS
from tests.oracle.derived import derived
from tests.oracle.written import Item

#: What an update replaces as it stands.
_REPLACED = (
    "name",
    "description",
    "priority",
    "rate_type",
    "hierarchy_configuration",
    "ending_before",
    "applicable_product_ids",
    "applicable_product_tags",
    "specifiers",
)
_THRESHOLDS = ("prepaid_balance_threshold_configuration", "spend_threshold_configuration")


def with_ids(item: Item, kind: str, *parts: str) -> Item:
    """A commit or credit with an id for itself and for the items of its access schedule."""
    item = {**item, "id": item.get("id") or derived(kind, *parts)}
    schedule = item.get("access_schedule")
    if schedule is None:
        return item
    items = schedule.get("schedule_items") or []
    return {**item, "access_schedule": {**schedule, "schedule_items": _numbered(items, item["id"], 0)}}


def _numbered(items: Iterable[Item], balance_id: str, first: int) -> list[Item]:
    return [
        {**each, "id": each.get("id") or derived("segment", balance_id, str(position))}
        for position, each in enumerate(items, start=first)
    ]


def named_balances(body: Item, contract_id: str) -> Item:
    """The body of a contract with ids for all its balances, so that each keeps its own when others go."""
    return {
        **body,
        **{
            section: [
                with_ids(each, kind, contract_id, str(position))
                for position, each in enumerate(body.get(section) or [])
            ]
            for section, kind in LISTS.items()
        },
    }


def edit_balances(body: Item, edit: Mapping[str, Any], contract_id: str) -> Item:
    """The body after what one edit says of commits, credits and thresholds."""
    body = dict(body)
    for section, kind in LISTS.items():
        items = list(body.get(section) or [])
        first = max(len(items), body.get("_balances", {}).get(section, 0))
        added = edit.get(f"add_{section}") or []
        items += [with_ids(each, kind, contract_id, str(first + number)) for number, each in enumerate(added)]
        body["_balances"] = {**body.get("_balances", {}), section: first + len(added)}
        for update in edit.get(f"update_{section}") or []:
            wanted = update.get(f"{kind}_id") or update.get("id") or update.get(kind)
            items = [_updated(each, update) if wanted in (each["id"], each.get("name")) else each for each in items]
        archived = {each["id"] for each in edit.get(f"archive_{section}") or []}
        body[section] = [each for each in items if not {each["id"], each.get("name")} & archived]
    for section in _THRESHOLDS:
        for verb in ("add", "update"):
            if edit.get(f"{verb}_{section}"):
                body[section] = {**(body.get(section) or {}), **edit[f"{verb}_{section}"]}
    return body


def _updated(item: Item, update: Mapping[str, Any]) -> Item:
    item = {**item, **{key: update[key] for key in _REPLACED if key in update}}
    targets = ("applicable_product_ids", "applicable_product_tags", "specifiers")
    if update.get("specifiers"):
        item = {key: value for key, value in item.items() if key not in targets[:2]}
    elif update.get("applicable_product_ids") or update.get("applicable_product_tags"):
        item = {key: value for key, value in item.items() if key != "specifiers"}
    for amount in ("access_amount", "invoice_amount"):
        if update.get(amount):
            item[amount] = {**item[amount], **update[amount]}
    for schedule in ("access_schedule", "invoice_schedule"):
        if update.get(schedule):
            item[schedule] = _changed(item.get(schedule) or {}, update[schedule], item["id"])
    return item


def _changed(schedule: Item, change: Mapping[str, Any], balance_id: str) -> Item:
    removed = {each["id"] for each in change.get("remove_schedule_items") or []}
    items = list(schedule.get("schedule_items") or [])
    first = len(items)
    items = [each for each in items if each.get("id") not in removed]
    for update in change.get("update_schedule_items") or []:
        items = [{**each, **update} if each.get("id") == update["id"] else each for each in items]
    return {
        **schedule,
        "schedule_items": [*items, *_numbered(change.get("add_schedule_items") or [], balance_id, first)],
    }
