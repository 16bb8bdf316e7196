"""Random edits of balances: archived, other segments, other amounts, another place in the order."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.scene import Item
from tests.generated.bulk_balances.balances import AMOUNTS
from tests.generated.bulk_balances.scene import Months, full_hour, instant, text
from tests.generated.writing import Literal

#: By section of a contract: the edit that changes one of its items, and the field by which that names it.
_UPDATES = {
    "commits": ("update_commits", "commit_id"),
    "credits": ("update_credits", "credit_id"),
    "recurring_commits": ("update_recurring_commits", "recurring_commit_id"),
    "recurring_credits": ("update_recurring_credits", "recurring_credit_id"),
}


def archive(scene: Months, agreement: Agreement, section: str, item: Item) -> Item:
    """An edit after which the balance has never been."""
    scene.dice.note(f"edit archive_{section}")
    return {"contract_id": agreement.id, "customer_id": agreement.customer, f"archive_{section}": [{"id": item["id"]}]}


def update(scene: Months, agreement: Agreement, until: datetime | None, section: str, item: Item) -> Item:
    """An edit of one balance of a contract, which ends at `until` at the latest."""
    dice = scene.dice
    name, field = _UPDATES[section]
    dice.note(f"edit {name}")
    change: Item = {field: item["id"]}
    if section.startswith("recurring"):
        change |= _of_recurring(scene, item)
    else:
        if item.get("type") != "POSTPAID" and dice.chance(0.7):
            change["access_schedule"] = _of_segments(scene, item, agreement.starting_at, until)
        if len(change) == 1 or dice.chance(0.3):
            change["priority"] = Literal(dice.pick(("1", "3", "20")))
    if dice.chance(0.2, "edit of a rate type"):
        change["rate_type"] = dice.pick(("LIST_RATE", "COMMIT_RATE"))
    return {"contract_id": agreement.id, "customer_id": agreement.customer, name: [change]}


def _of_recurring(scene: Months, item: Item) -> Item:
    """Another end, another amount, or both."""
    dice, start = scene.dice, instant(item["starting_at"])
    change: Item = {}
    if dice.chance(0.5, "edit of an amount"):
        change["access_amount"] = {"unit_price": Literal(dice.pick(("12", "3", "45.5")))}
    # One of every day stays as short as it is.
    if item.get("recurrence_frequency") != "DAILY" and (not change or dice.chance(0.5)):
        end = full_hour(scene.within("edited recurring balance ends", start, None))
        if end > start:
            change["ending_before"] = text(end)
    return change or {"access_amount": {"unit_price": Literal("9")}}


def _of_segments(scene: Months, item: Item, start: datetime, until: datetime | None) -> Item:
    """A segment more, a segment less, or one of another amount or end; one at least stays as it was or is changed."""
    dice = scene.dice
    segments = list(item["access_schedule"]["schedule_items"])
    last = segments[-1]
    made: Item = {}
    begin = instant(last["ending_before"]) + timedelta(days=dice.pick((0, 0, 2)))
    if (until is None or begin < until) and dice.chance(0.4, "segment added"):
        added: Item = {"id": f"{last['id']}-added", "amount": Literal(dice.pick(AMOUNTS)), "starting_at": text(begin)}
        made["add_schedule_items"] = [{**added, "ending_before": text(begin + timedelta(days=dice.pick((5, 30))))}]
    if len(segments) > 1 and dice.chance(0.4, "segment removed"):
        made["remove_schedule_items"] = [{"id": segments.pop(0)["id"]}]
    if not made or dice.chance(0.5):
        dice.note("segment changed")
        changed = dice.pick(segments)
        made["update_schedule_items"] = [{"id": changed["id"], "amount": Literal(dice.pick(AMOUNTS))}]
        first, end = instant(changed["starting_at"]), instant(changed["ending_before"]) - timedelta(days=1)
        if end > max(first, start) and dice.chance(0.4, "segment shortened"):
            made["update_schedule_items"][0]["ending_before"] = text(end)
    return made
