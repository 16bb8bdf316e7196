"""Random recurring commits and credits: every frequency, duration, proration and rounding, and those of seats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.products import Product
from tests.generated.bulk.scene import Item
from tests.generated.bulk_balances.applicability import Denomination, applicability, denomination
from tests.generated.bulk_balances.balances import ROLLOVERS, labels, order
from tests.generated.bulk_balances.scene import Months, full_hour, text
from tests.generated.writing import Literal

_FREQUENCIES = ("MONTHLY", "MONTHLY", "QUARTERLY", "ANNUAL", "WEEKLY", "DAILY")
_UNIT_PRICES = ("10", "20", "30", "5", "33.33", "100", "7")
_QUANTITIES = ("1", "2", "3", "0.5")
#: How long ago a recurring balance begins at most, so that it has few grants.
_BACK = {"DAILY": timedelta(days=3), "WEEKLY": timedelta(days=30)}


@dataclass(frozen=True)
class RecurringMaker:
    """Makes the recurring balances of a contract; `until` is where it ends at the latest."""

    scene: Months
    agreement: Agreement
    fixed: list[Product]
    until: datetime | None

    def credit(self, identity: str) -> Item:
        self.scene.dice.note("balance RECURRING CREDIT")
        return self._recurring(identity)

    def commit(self, identity: str) -> Item:
        """A recurring commit, most of them paid for period by period."""
        dice = self.scene.dice
        dice.note("balance RECURRING COMMIT")
        item = self._recurring(identity)
        if dice.chance(0.6, "recurring commit that is invoiced"):
            amount: Item = {"unit_price": Literal(dice.pick(_UNIT_PRICES))}
            if "subscription_config" not in item and dice.chance(0.7):
                amount["quantity"] = Literal(dice.pick(_QUANTITIES))
            item["invoice_amount"] = amount
            rounding = item.get("proration_rounding")
            if rounding is not None or dice.chance(0.3, "rounding of a recurring invoice"):
                item["proration_rounding"] = {**(rounding or {}), "invoice": self._rounding()}
        return item

    def _recurring(self, identity: str) -> Item:
        dice, scene = self.scene.dice, self.scene
        card = self.agreement.card
        item: Item = {"id": identity, "product_id": dice.pick(self.fixed).id, **labels(scene, identity)}
        term = self._term()
        seats = {} if term.get("recurrence_frequency") == "DAILY" else self._seats()
        if seats.get("allocation") == "INDIVIDUAL":
            paid_in, applied = self._of_seats(seats["subscription_id"])
        else:
            paid_in = denomination(scene, card, fiat=False)
            applied = applicability(scene, card, paid_in)
        item |= {**applied, **order(scene)}
        item["access_amount"] = {
            "unit_price": Literal(dice.pick(_UNIT_PRICES)),
            **paid_in.said(scene, card, needed=False),
        }
        if seats:
            item["subscription_config"] = seats
        else:
            item["access_amount"]["quantity"] = Literal(dice.pick(_QUANTITIES))
        item |= term
        value = dice.pick(("1", "1", "1", "2", "3"))
        dice.note("grant of one period" if value == "1" else "grant of several periods")
        item["commit_duration"] = {"value": Literal(value)}
        if dice.chance(0.5):
            item["commit_duration"]["unit"] = "PERIODS"
        if dice.chance(0.75):
            item["proration"] = dice.pick_noted("recurring proration", ("NONE", "FIRST", "LAST", "FIRST_AND_LAST"))
        if dice.chance(0.4):
            item["proration_rounding"] = {"access": self._rounding()}
        if dice.chance(0.5, "rollover fraction of a recurring balance"):
            item["rollover_fraction"] = Literal(dice.pick(ROLLOVERS))
        return item

    def _term(self) -> Item:
        """Frequency, start and end."""
        dice, scene = self.scene.dice, self.scene
        start = full_hour(self.agreement.starting_at)
        item: Item = {}
        frequency = None
        if dice.chance(0.7):
            frequency = item["recurrence_frequency"] = dice.pick_noted("recurrence", _FREQUENCIES)
        else:
            dice.note("recurrence of the statements")
        if frequency in _BACK:
            start = max(start, scene.month[0] - _BACK[frequency])
        begin = start
        if dice.chance(0.5):
            begin = scene.within("recurring balance starts", start, self.until)
        if dice.chance(0.15, "recurring balance from a month end"):
            month_end = scene.month[0] - timedelta(days=1)
            begin = max(begin, month_end) if month_end >= start else begin
        item["starting_at"] = text(begin)
        if frequency == "DAILY" or dice.chance(0.4):
            end = scene.within("recurring balance ends", begin, None)
            if frequency == "DAILY":
                end = min(end, begin + timedelta(days=12, hours=dice.pick((0, 7))))
            if end > begin:
                item["ending_before"] = text(end)
        if frequency == "DAILY" and "ending_before" not in item:
            item["ending_before"] = text(begin + timedelta(days=5))
        return item

    def _seats(self) -> Item:
        """The link to a subscription of the contract, when it has one and the dice say so."""
        dice = self.scene.dice
        subscriptions = self.agreement.item.get("subscriptions", [])
        if not subscriptions or not dice.chance(0.6):
            return {}
        chosen = dice.pick(subscriptions)
        seated = [each for each in subscriptions if "seat_config" in each]
        if seated and dice.chance(0.7):
            chosen = dice.pick(seated)
        made: Item = {"subscription_id": chosen["id"]}
        individual = "seat_config" in chosen and bool(self._grouped_by_seats(chosen)) and dice.chance(0.75)
        dice.note("allocation INDIVIDUAL" if individual else "allocation POOLED")
        if individual or dice.chance(0.5):
            made["allocation"] = "INDIVIDUAL" if individual else "POOLED"
        prorated = dice.chance(0.5, "seat increase prorated")
        return {**made, "apply_seat_increase_config": {"is_prorated": prorated}}

    def _grouped_by_seats(self, subscription: Item) -> list[Product]:
        """The usage products of the card that are grouped, at some time, by what tells the seats apart."""
        key = subscription["seat_config"]["seat_group_key"]
        fields = ("pricing_group_key", "presentation_group_key")
        return [
            product
            for product in self.agreement.card.of("USAGE")
            if any(key in keys for field in fields for keys in product.key_sets(field))
        ]

    def _of_seats(self, identity: str) -> tuple[Denomination, Item]:
        """What a grant to single seats is in, and what it applies to: usage that is grouped by them is among it."""
        dice = self.scene.dice
        (subscription,) = (each for each in self.agreement.item["subscriptions"] if each["id"] == identity)
        product = dice.pick(self._grouped_by_seats(subscription))
        if dice.chance(0.2, "QUANTITY of seats"):
            return Denomination("QUANTITY", product.unit), {"applicable_product_ids": [product.id]}
        paid_in = Denomination("SPEND", product.unit)
        return paid_in, {} if dice.chance(0.5) else {"applicable_product_ids": [product.id]}

    def _rounding(self) -> Item:
        dice = self.scene.dice
        method = dice.pick_noted("recurring rounding", ("HALF_UP", "FLOOR", "CEILING"))
        return {"rounding_method": method, "decimal_places": Literal(dice.pick(("0", "2", "-1", "1")))}
