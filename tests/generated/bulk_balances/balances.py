"""Random commits and credits that are written out: prepaid, postpaid, credits, with their segments and invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.products import Product
from tests.generated.bulk.scene import HOUR, Item
from tests.generated.bulk.scheduled import amount, instant_of_charge
from tests.generated.bulk_balances.applicability import applicability, denomination
from tests.generated.bulk_balances.scene import Months, full_hour, instant, text
from tests.generated.writing import Literal, to_instant

AMOUNTS = ("5", "10", "20", "20", "50", "50", "100", "33.33", "0.01", "250", "1000", "7.7777", "0")
ROLLOVERS = ("0.5", "1", "0.25", "0.333", "0")
_PRIORITIES = (None, None, None, "1", "1", "2", "10", "0.5", "0")
_QUANTITIES = ("1", "2", "4", "2.5")


@dataclass(frozen=True)
class BalanceMaker:
    """Makes the balances of a contract; `until` is where it ends at the latest, also by what renews it."""

    scene: Months
    agreement: Agreement
    fixed: list[Product]
    until: datetime | None

    @property
    def _is_renewed(self) -> bool:
        return self.until is not None and self.until != self.agreement.ending_before

    def credit(self, identity: str) -> Item:
        return {**self._shared(identity, "CREDIT"), **self._rollover()}

    def prepaid(self, identity: str) -> Item:
        """A prepaid commit, paid for in any way or not at all."""
        dice = self.scene.dice
        item: Item = {
            "type": dice.pick(("PREPAID", "prepaid")),
            **self._shared(identity, "PREPAID"),
            **self._rollover(),
        }
        if dice.chance(0.6, "purchase of a prepaid commit"):
            item["invoice_schedule"] = self._purchase(identity)
        return item

    def postpaid(self, identity: str) -> Item:
        """A postpaid commit: one segment, one date of the true-up, the same amount."""
        dice = self.scene.dice
        item: Item = {"type": "POSTPAID", **self._shared(identity, "POSTPAID"), **self._rollover()}
        (segment,) = item["access_schedule"]["schedule_items"]
        price = Literal(dice.pick(("10", "33.33", "50", "200", "0")))
        due: Item = {"id": f"{identity}-due", "timestamp": to_instant(self._due(segment))}
        if dice.chance(0.5):
            quantity = Literal(dice.pick(("2", "4", "1")))
            due |= {"unit_price": price, "quantity": quantity}
            hundredths = int(price.replace(".", "")) * (1 if "." in price else 100) * int(quantity)
            segment["amount"] = Literal(f"{hundredths // 100}.{hundredths % 100:02}")
        else:
            due["amount"] = segment["amount"] = price
        item["invoice_schedule"] = {"schedule_items": [due]}
        if dice.chance(0.1, "true-up that is not invoiced"):
            item["invoice_schedule"]["do_not_invoice"] = True
        return item

    def _shared(self, identity: str, kind: str) -> Item:
        """What all kinds of balances have in common."""
        dice = self.scene.dice
        dice.note(f"balance {kind}")
        item: Item = {"id": identity, "product_id": dice.pick(self.fixed).id, **labels(self.scene, identity)}
        paid_in = denomination(self.scene, self.agreement.card, fiat=kind == "POSTPAID")
        item |= applicability(self.scene, self.agreement.card, paid_in)
        item |= order(self.scene)
        items = self._segments(identity, 1 if kind == "POSTPAID" else dice.pick((1, 1, 2, 3)))
        said = paid_in.said(self.scene, self.agreement.card, needed=False)
        return {**item, "access_schedule": {**said, "schedule_items": items}}

    def _segments(self, identity: str, most: int) -> list[Item]:
        """Segments one after the other, adjoining or with gaps, each with a part in the contract's term."""
        dice, scene = self.scene.dice, self.scene
        start, end = full_hour(self.agreement.starting_at), self.until
        if dice.chance(0.6 if self._is_renewed else 0.35, "segment of the whole term"):
            spans = [(start, (end or scene.month[1]) + timedelta(days=dice.pick((0, 0, 90))))]
        else:
            moments = sorted({scene.anywhere("segment edge") for _ in range(2 * most)})
            pairs = list(pairwise(moments))
            if not dice.chance(0.5, "adjoining segments"):
                pairs = pairs[::2]
            spans = [(a, b) for a, b in pairs if b > start and (end is None or a < end)][:most]
        if not spans or spans[0][0] >= spans[0][1]:
            spans = [(start, start + timedelta(days=dice.pick((10, 30, 45))))]
        if len(spans) > 1:
            dice.note("several segments")
        return [
            {
                "id": f"{identity}-segment-{index}",
                "amount": Literal(dice.pick(AMOUNTS)),
                "starting_at": text(a),
                "ending_before": text(b),
            }
            for index, (a, b) in enumerate(spans)
        ]

    def _purchase(self, identity: str) -> Item:
        """When a prepaid commit is paid for: at some instants, regularly, or never though it has a price."""
        dice = self.scene.dice
        made: Item = {}
        if dice.chance(0.15, "purchase that is not invoiced"):
            made["do_not_invoice"] = True
        if dice.chance(0.2, "purchase by instalments"):
            start = instant_of_charge(self.scene, *self.agreement.term)
            made["recurring_schedule"] = {
                "starting_at": to_instant(start),
                "ending_before": to_instant(start + timedelta(days=dice.pick((20, 60, 100)))),
                "frequency": "MONTHLY",
                "amount_distribution": dice.pick(("EACH", "DIVIDED", "DIVIDED_ROUNDED")),
                **amount(self.scene),
            }
            return made
        made["schedule_items"] = [
            {
                "id": f"{identity}-purchase-{index}",
                "timestamp": to_instant(instant_of_charge(self.scene, *self.agreement.term)),
                **amount(self.scene),
            }
            for index in range(dice.pick((1, 1, 2)))
        ]
        return made

    def _due(self, segment: Item) -> datetime:
        """When a true-up is due: where the segment ends, after it, before it, but while the contract runs."""
        dice, scene = self.scene.dice, self.scene
        start, end = full_hour(self.agreement.starting_at), self.agreement.ending_before
        over = instant(segment["ending_before"])
        choice = dice.number(0, 5)
        if choice <= 1:
            dice.note("true-up where the segment ends")
            moment = over
        elif choice == 2:
            moment = over + timedelta(days=dice.number(1, 20))
        elif choice == 3:
            dice.note("true-up at the turn of the months")
            moment = scene.turn
        else:
            moment = scene.anywhere("true-up")
        return scene.keep(min(max(moment, start), end or moment if end is None or end >= start else start))

    def _rollover(self) -> Item:
        if not self.scene.dice.chance(0.8 if self._is_renewed else 0.3, "rollover fraction"):
            return {}
        return {"rollover_fraction": Literal(self.scene.dice.pick(ROLLOVERS))}


def labels(scene: Months, identity: str) -> Item:
    dice = scene.dice
    item: Item = {}
    if dice.chance(0.7, "name of a balance"):
        item["name"] = f"Balance {identity}"
    if dice.chance(0.2):
        item["description"] = "As agreed"
    if dice.chance(0.2, "custom fields of a balance"):
        item["custom_fields"] = {"order": "A-7", "ü": 'b"c'}
    return item


def order(scene: Months) -> Item:
    """Priority, and whether its own rate holds for what a balance pays."""
    dice = scene.dice
    item: Item = {}
    priority = dice.pick(_PRIORITIES)
    dice.note("priority left out" if priority is None else "priority")
    if priority is not None:
        item["priority"] = Literal(priority)
    if dice.chance(0.45):
        item["rate_type"] = dice.pick_noted("rate type", ("COMMIT_RATE", "COMMIT_RATE", "LIST_RATE"))
    return item


def manual_entries(scene: Months, item: Item, customer: str, contract: str | None) -> list[Item]:
    """Corrections of a balance that is written out, up or down, by segment, by date or of the only segment."""
    dice = scene.dice
    made = []
    segments = item["access_schedule"]["schedule_items"]
    for _ in range(dice.pick((1, 1, 2))):
        segment = dice.pick(segments)
        first, last = (
            datetime.fromisoformat(str(segment[key]).rstrip("Z")) for key in ("starting_at", "ending_before")
        )
        entry: Item = {"id": item["id"], "customer_id": customer}
        if "name" in item and dice.chance(0.3, "manual entry by name"):
            entry["id"] = item["name"]
        if contract is not None:
            entry["contract_id"] = contract
        posted = first
        if dice.chance(0.6, "manual entry with a date"):
            posted = min(max(scene.anywhere("manual entry"), first), last - HOUR)
            entry["timestamp"] = to_instant(posted)
        # What the first month has drawn must not be taken away by an entry of the second; its last invoices may bill
        # subscriptions that begin at the turn.
        downwards = first > scene.turn or posted < scene.turn
        amounts = ("-5", "-20", "-1000", "5", "12.5", "0.01") if downwards else ("5", "12.5", "0.01")
        entry["amount"] = Literal(dice.pick(amounts))
        dice.note("manual entry down" if entry["amount"].startswith("-") else "manual entry up")
        entry["reason"] = "as agreed"
        if (len(segments) > 1 and "timestamp" not in entry) or dice.chance(0.4):
            dice.note("manual entry by segment")
            entry["segment_id"] = segment["id"]
        made.append(entry)
    return made
