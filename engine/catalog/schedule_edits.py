"""Edits of the items of a schedule: some change, some go, some come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.catalog.draft import Draft
from engine.catalog.fields import Path, describe
from engine.catalog.items import Item
from engine.errors import Problem, did_you_mean


def edit_items(
    items: list[Draft], written: Draft, item: Item, path: Path, noun: str, change: Callable[[Draft, Draft], None]
) -> Iterator[Problem]:
    """Makes an edit of `items`, those of the schedule of a `noun`, except for what it adds.

    The edit stands at `path` of `item`; `change` gives one item of the schedule the new values of one entry.
    """
    by_id = {each.value["id"]: each for each in items if isinstance(each.value.get("id"), str)}
    for key in ("update_schedule_items", "remove_schedule_items"):
        for position, entry in enumerate(written.parts(key) or ()):
            given = entry.value["id"]
            if given not in by_id:
                what = f"the {noun} has no schedule item {given!r}"
                yield item.problem((*path, key, position, "id"), what, did_you_mean(given, by_id))
            elif key == "remove_schedule_items":
                items.remove(by_id.pop(given))
            else:
                change(by_id[given], entry)


def added_items(written: Draft, item: Item, path: Path, problems: list[Problem]) -> list[Draft]:
    """What an edit adds to a schedule."""
    added = written.parts("add_schedule_items")
    if added is None:
        found = describe(written.value["add_schedule_items"])
        what = f"add_schedule_items: expected a list of mappings, found {found}"
        problems.append(item.problem((*path, "add_schedule_items"), what, "start each item with a dash"))
    return added or []


def edit_charges(schedule: Draft, written: Draft, item: Item, path: Path, term: str, noun: str) -> Iterator[Problem]:
    """Makes an edit of the charges of a `term`, which stand in the schedule of a `noun`; recurring ones cannot be."""
    if schedule.value.get("recurring_schedule") is not None:
        what = f"the {term} has a recurring_schedule, and no schedule_items to change"
        yield item.problem(path, what, f"archive it and add another {term}")
        return
    items = schedule.parts("schedule_items")
    if items is not None:
        problems = list(edit_items(items, written, item, path, noun, _change_charge_item))
        items.extend(added_items(written, item, path, problems))
        yield from problems


def _change_charge_item(known: Draft, written: Draft) -> None:
    """A new amount takes the place of unit price and quantity, and the other way round."""
    if written.value.get("amount") is not None:
        known.drop("unit_price", "quantity")
    elif any(written.value.get(key) is not None for key in ("unit_price", "quantity")):
        known.drop("amount")
    replace_given(known, written, ("timestamp", "amount", "unit_price", "quantity"))


def replace_given(known: Draft, written: Draft, keys: Iterable[str]) -> None:
    """Gives a part the new values of some keys; null is none."""
    for key in keys:
        if written.value.get(key) is not None:
            known.put(key, written.value[key], written.at(key))
