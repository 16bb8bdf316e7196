"""Random customers, contracts and overrides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.generated.catalogs import Item, hour_inside, multiplier, prices
from tests.generated.dice import Dice
from tests.generated.vocabulary import DIMENSIONS
from tests.generated.writing import Literal, to_instant
from tests.oracle.times import months_after

_FREQUENCIES = ("MONTHLY", "QUARTERLY", "ANNUAL", "WEEKLY")
_DAYS = ("FIRST_OF_MONTH", "CONTRACT_START", "CUSTOM_DATE")

Month = tuple[datetime, datetime]


def customers(dice: Dice) -> list[Item]:
    made = []
    for number in range(dice.pick((1, 1, 2, 2, 3, 4))):
        customer: Item = {"id": f"customer-{number}", "name": f"Customer {number}"}
        if dice.chance(0.6, "ingest aliases"):
            customer["ingest_aliases"] = [f"alias-{number}-{index}" for index in range(dice.number(1, 2))]
        made.append(customer)
    return made


def contracts(
    dice: Dice,
    month: Month,
    owners: list[Item],
    cards: dict[str, list[Item]],
    cuts: list[datetime],
) -> list[Item]:
    """`cards` is the products that have a rate on each rate card, by the name of the card."""
    made: list[Item] = []
    for number in range(dice.number(1, 6)):
        owner, card = dice.pick(owners), dice.pick(list(cards))
        contract: Item = {"id": f"contract-{number}"}
        if dice.chance(0.5):
            contract["customer"] = owner["name"]
        else:
            contract["customer_id"] = dice.pick((owner["id"], owner["name"]))
        contract[dice.pick(("rate_card", "rate_card_id"))] = card
        schedule = statement_schedule(dice, month)
        start = contract_start(dice, month, schedule.get("frequency", "MONTHLY"))
        contract["starting_at"] = to_instant(start)
        end = contract_end(dice, month, start)
        if end is not None:
            contract["ending_before"] = to_instant(end)
        cuts.extend(moment for moment in (start, end) if moment is not None)
        if schedule:
            contract["usage_statement_schedule"] = schedule
        explicit = dice.chance(0.35, "EXPLICIT")
        if explicit:
            contract["multiplier_override_prioritization"] = dice.pick(("EXPLICIT", "explicit"))
        elif dice.chance(0.2):
            contract["multiplier_override_prioritization"] = "LOWEST_MULTIPLIER"
        count = dice.pick((0, 1, 2, 3, 4, 5))
        if count and cards[card]:
            contract["overrides"] = [_override(dice, month, cards[card], explicit, cuts) for _ in range(count)]
        if any(_owner(contract) == _owner(other) for other in made):
            dice.note("several contracts of one customer")
        made.append(contract)
    return made


def contracts_of(owner: Item, made: list[Item]) -> int:
    """How many of the contracts are this customer's."""
    return sum(_owner(contract) == owner["id"] for contract in made)


def _owner(contract: Item) -> str:
    return str(contract.get("customer") or contract["customer_id"]).lower().replace(" ", "-")


def statement_schedule(dice: Dice, month: Month) -> Item:
    if dice.chance(0.35, "no schedule"):
        return {}
    frequency, day = dice.pick_noted("frequency", _FREQUENCIES), dice.pick_noted("day", _DAYS)
    schedule = {"frequency": dice.pick((frequency, frequency.lower())), "day": day}
    if day == "CUSTOM_DATE":
        anchor = months_after(month[0].replace(day=1), dice.number(-14, 3))
        if dice.chance(0.4, "month-end anchor date"):
            anchor = months_after(anchor.replace(day=1), 1) - timedelta(days=1)
        else:
            anchor += timedelta(days=dice.number(0, 27), hours=dice.pick((0, 0, 7)))
        schedule["billing_anchor_date"] = to_instant(anchor)
    return schedule


def contract_start(dice: Dice, month: Month, frequency: str) -> datetime:
    """When a contract starts: so that most schedules have a boundary in the month."""
    back = {"QUARTERLY": (3, 6, 1), "ANNUAL": (12, 24, 5)}.get(frequency.upper(), (1, 2, 7))
    first = months_after(month[0], -dice.pick(back))
    kind = dice.number(0, 9)
    if kind <= 2:
        return first
    if kind <= 4:
        dice.note("contract starts at a month end")
        return months_after(first, 1) - timedelta(days=1)
    if kind == 5:
        dice.note("contract starts inside the month")
        return hour_inside(dice, month)
    if kind == 6:
        dice.note("contract starts off the hour")
        return first + timedelta(days=dice.number(0, 27), hours=13, minutes=37, seconds=11)
    if kind == 7 and dice.chance(0.4, "contract starts after the month"):
        return month[1] + timedelta(days=dice.number(0, 20))
    return first + timedelta(days=dice.number(0, 27), hours=dice.pick((0, 0, 5)))


def contract_end(dice: Dice, month: Month, start: datetime) -> datetime | None:
    choice = dice.number(0, 9)
    if choice <= 5:
        return None
    if choice <= 7:
        end = hour_inside(dice, month)
        note = "contract ends inside the month"
    elif choice == 8:
        end, note = month[1], "contract ends with the month"
    else:
        end, note = month[0], "contract ends before the month"
    if end <= start:
        return None
    dice.note(note)
    return end


def _override(dice: Dice, month: Month, on_card: list[Item], explicit: bool, cuts: list[datetime]) -> Item:
    start = month[0] - timedelta(days=dice.pick((0, 100, 500)))
    if dice.chance(0.45, "override starts inside the month"):
        start = hour_inside(dice, month)
    override: Item = {"starting_at": to_instant(start)}
    cuts.append(start)
    if dice.chance(0.35):
        end = hour_inside(dice, month)
        if end > start:
            dice.note("override ends inside the month")
            override["ending_before"] = to_instant(end)
            cuts.append(end)
    kind = dice.pick(("MULTIPLIER", "MULTIPLIER", "MULTIPLIER", "MULTIPLIER", "OVERWRITE", None))
    if kind is None:
        dice.note("override of entitlement alone")
        override["entitled"] = dice.chance(0.5)
    else:
        override["type"] = dice.pick((kind, kind.lower()))
        if dice.chance(0.15, "override of price and entitlement"):
            override["entitled"] = dice.chance(0.6)
    if kind == "MULTIPLIER":
        override["multiplier"] = multiplier(dice)
        if explicit:
            override["priority"] = Literal(str(dice.number(1, 3)))
    if kind == "OVERWRITE":
        override["overwrite_rate"] = prices(dice)
        dice.note(f"OVERWRITE {override['overwrite_rate']['rate_type'].upper()}")
    elif kind == "MULTIPLIER":
        dice.note("MULTIPLIER")
    _target(dice, override, on_card, kind == "OVERWRITE")
    return override


def _target(dice: Dice, override: Item, on_card: list[Item], overwrite: bool) -> None:
    product = dice.pick(on_card)
    choice = dice.number(0, 9)
    if choice <= 3:
        dice.note("override by product")
        override[dice.pick(("product", "product_id"))] = product["name"]
    elif choice <= 4 and (tags := _tags(on_card)):
        dice.note("override by tags")
        override["applicable_product_tags"] = dice.some(tags, 1, 2)
    elif choice <= 7:
        override["override_specifiers"] = [
            _specifier(dice, product if overwrite else dice.pick(on_card), _tags(on_card), overwrite)
            for _ in range(dice.number(1, 2))
        ]
    else:
        dice.note("override of every product")


def _tags(on_card: list[Item]) -> list[str]:
    return sorted({tag for product in on_card for tag in product["tags"]})


def _specifier(dice: Dice, product: Item, tags: list[str], overwrite: bool) -> Item:
    specifier: Item = {}
    if overwrite or dice.chance(0.5):
        dice.note("specifier by product")
        specifier["product_id"] = product["id"]
    elif tags and dice.chance(0.6, "specifier by tags"):
        specifier["product_tags"] = dice.some(tags, 1, 2)
    for kind in ("pricing", "presentation"):
        keys = product.get(f"{kind}_group_key", [])
        if not keys or not dice.chance(0.7):
            continue
        fewest = len(keys) if overwrite and kind == "pricing" else 1
        chosen = dice.some(keys, fewest, len(keys))
        dice.note(f"specifier by {kind} values")
        specifier[f"{kind}_group_values"] = {key: dice.pick(DIMENSIONS[key]) for key in chosen}
    if not specifier:
        specifier["product"] = product["name"]
    return specifier


def unknown_sender(number: int) -> str:
    """A customer_id that belongs to nobody; a customer's name is no identifier either."""
    return ("nobody", "Customer 0", "alias-9-9", "CUSTOMER-0")[number % 4]


def senders(owner: dict[str, Any]) -> list[str]:
    """Every customer_id that means this customer."""
    return [owner["id"], *owner.get("ingest_aliases", [])]
