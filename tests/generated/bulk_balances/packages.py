"""Random packages that bring commits and credits with them, counted from the start of each contract."""

from __future__ import annotations

from datetime import timedelta

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item
from tests.generated.bulk.spans import duration, offset
from tests.generated.bulk_balances.applicability import applicability, denomination
from tests.generated.bulk_balances.balances import AMOUNTS, order
from tests.generated.bulk_balances.scene import Months, text
from tests.generated.writing import Literal


def package(scene: Months, number: int, card: Card, fixed: list[Product]) -> Item:
    """A package of one to four balances and nothing else; what they are called is left to each contract."""
    dice = scene.dice
    item: Item = {"id": scene.id("package", number), "name": f"Package {number} of {scene.name}"}
    item["rate_card_id"] = card.id
    if dice.chance(0.6):
        day = dice.pick(("FIRST_OF_MONTH", "CONTRACT_START"))
        item["usage_statement_schedule"] = {"frequency": dice.pick(("MONTHLY", "WEEKLY")), "day": day}
    if dice.chance(0.4):
        item["scheduled_charges_on_usage_invoices"] = "ALL"
    for _ in range(dice.number(1, 4)):
        section = dice.pick_noted("package with", ("commits", "credits", "recurring_commits", "recurring_credits"))
        made = _recurring(scene, card) if section.startswith("recurring") else _written(scene, card, section)
        made = {"product_id": dice.pick(fixed).id, **made, **order(scene)}
        item[section] = [*item.get(section, []), made]
    return item


def contract_of(scene: Months, number: int, customer: str, chosen: Item, card: Card) -> Agreement:
    """A contract that begins shortly before the months or in them, so that all of its statements are billed."""
    dice = scene.dice
    start = scene.month[0] + timedelta(days=dice.number(-25, 40), hours=dice.pick((0, 0, 5)))
    item: Item = {
        "id": scene.id("contract", number),
        "customer_id": customer,
        "starting_at": text(scene.keep(start)),
        "package_id": chosen["id"],
    }
    return Agreement(item, start, None, card, customer, [start, scene.turn, *scene.month])


def _written(scene: Months, card: Card, section: str) -> Item:
    """A commit or credit of one segment, or of two that adjoin."""
    dice = scene.dice
    kind = dice.pick(("PREPAID", "POSTPAID")) if section == "commits" else "CREDIT"
    paid_in = denomination(scene, card, fiat=kind == "POSTPAID")
    first = {"amount": Literal(dice.pick(AMOUNTS)), "starting_at_offset": offset(scene)}
    items: list[Item] = [{**first, "duration": duration(scene, "segment for")}]
    if kind != "POSTPAID" and dice.chance(0.4, "adjoining segments of a package"):
        days = dice.pick(("10", "20"))
        items = [_days(dice.pick(AMOUNTS), "0", days), _days(dice.pick(AMOUNTS), days, "30")]
    item: Item = {} if kind == "CREDIT" else {"type": kind}
    item |= applicability(scene, card, paid_in)
    item["access_schedule"] = {**paid_in.said(scene, card, needed=False), "schedule_items": items}
    if kind == "POSTPAID" or (kind == "PREPAID" and dice.chance(0.5)):
        due = {"starting_at_offset": offset(scene), "amount": items[0]["amount"]}
        item["invoice_schedule"] = {"schedule_items": [due]}
    return item


def _days(amount: str, first: str, days: str) -> Item:
    return {
        "amount": Literal(amount),
        "starting_at_offset": {"unit": "DAYS", "value": Literal(first)},
        "duration": {"unit": "DAYS", "value": Literal(days)},
    }


def _recurring(scene: Months, card: Card) -> Item:
    dice = scene.dice
    paid_in = denomination(scene, card, fiat=False)
    access = {"unit_price": Literal(dice.pick(("10", "20", "7"))), "quantity": Literal(dice.pick(("1", "2", "1.5")))}
    item: Item = {**applicability(scene, card, paid_in), "commit_duration": {"value": Literal(dice.pick(("1", "2")))}}
    item["access_amount"] = {**access, **paid_in.said(scene, card, needed=False)}
    item["starting_at_offset"] = offset(scene)
    if dice.chance(0.4):
        item["duration"] = duration(scene, "recurring balance for")
    if dice.chance(0.5):
        item["recurrence_frequency"] = dice.pick(("MONTHLY", "QUARTERLY", "WEEKLY"))
    return item
