"""The same bulk workspace written in another order, wherever order has no meaning."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from tests.generated.bulk.workspace import Bulk
from tests.generated.writing import write_json

#: Edits are made in the order in which they are written.
_ORDERED = frozenset({"contract_edits"})
#: Lists in which the last one wins, or that take effect one after the other.
_ORDERED_FIELDS = frozenset(
    {
        *("overrides", "add_overrides", "tiers", "updates", "usage_filter", "product_order"),
        *("quantity_updates", "add_seat_ids", "remove_seat_ids", "add_unassigned_seats", "remove_unassigned_seats"),
        *("pricing_group_key", "presentation_group_key", "subscriptions", "scheduled_charges", "discounts"),
        # The line of an item is known by the item's place.
        "schedule_items",
    }
)


def shuffle(made: Bulk, seed: int) -> None:
    """Write every market's items anew in another order and in other files, and the event lines too."""
    random = Random(seed)
    catalog = made.folder / "catalog"
    for each in made.markets:
        for path in catalog.glob(f"{each.name}.*"):
            path.unlink()
        for section, items in each.document.items():
            changed = [_shuffled(item, random) for item in items]
            if section not in _ORDERED:
                random.shuffle(changed)
            folder = catalog / random.choice(("a", "b", "c"))
            write_json(folder / f"{random.randrange(10**6):06}-{each.name}-{section}.json", {section: changed})
    _shuffle_lines(made.events, random)


def _shuffled(value: Any, random: Random) -> Any:
    """Keys of objects and items of unordered lists in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: _inside(key, value[key], random) for key in keys}
    return value


def _inside(key: str, value: Any, random: Random) -> Any:
    if isinstance(value, list):
        items = [_shuffled(item, random) for item in value]
        if key not in _ORDERED_FIELDS:
            random.shuffle(items)
        return items
    return _shuffled(value, random)


def _shuffle_lines(path: Path, random: Random) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    random.shuffle(lines)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
