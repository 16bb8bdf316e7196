"""Random edits of contracts, renewals, and parents with children."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.generated.bulk.contracts import Agreement, Frame, frame
from tests.generated.bulk.overrides import OverrideMaker
from tests.generated.bulk.products import Product
from tests.generated.bulk.scene import Item, Scene
from tests.generated.bulk.scheduled import amount, charge, instant_of_charge
from tests.generated.bulk.subscriptions import subscription
from tests.generated.writing import Literal, to_instant


class Editor:
    """Edits of one contract, each in accordance with what the contract is by then."""

    def __init__(self, scene: Scene, agreement: Agreement, fixed: list[Product]) -> None:
        self.scene, self.agreement, self.fixed = scene, agreement, fixed
        item = agreement.item
        self.overrides: list[Item] = list(item.get("overrides", []))
        self.charges: list[Item] = list(item.get("scheduled_charges", []))
        self.subscriptions: list[Item] = list(item.get("subscriptions", []))
        self.starts = [str(each["starting_at"]) for each in self.subscriptions if "starting_at" in each]
        self.ended = False
        self.made = 0

    def edit(self) -> Item:
        """One edit body with one to three changes; it refers only to what was there before it."""
        dice = self.scene.dice
        body: Item = {"contract_id": self.agreement.id}
        if dice.chance(0.5):
            body["customer_id"] = self.agreement.customer
        changes: dict[str, Callable[[], object]] = {
            "update_contract_name": lambda: "Order form 8",
            "update_net_payment_terms_days": lambda: Literal("45"),
        }
        if not self.ended and dice.chance(0.3):
            changes["update_contract_end_date"] = self._end_date
        elif not self.ended:
            changes |= self._changes_of_terms()
        for name in dice.some(tuple(changes), 2, 5):
            made = changes[name]()
            if made:
                dice.note(f"edit {name}")
                body[name] = made
        self.ended = self.ended or "update_contract_end_date" in body
        self.overrides += body.get("add_overrides", [])
        self.charges += body.get("add_scheduled_charges", [])
        self.starts += [str(each["starting_at"]) for each in body.get("add_subscriptions", []) if "starting_at" in each]
        return body

    def _changes_of_terms(self) -> dict[str, Callable[[], object]]:
        return {
            "remove_overrides": self._remove_overrides,
            "archive_scheduled_charges": self._archive_charges,
            "update_scheduled_charges": self._update_charges,
            "update_subscriptions": self._update_subscriptions,
            "add_overrides": self._add_overrides,
            "add_scheduled_charges": lambda: [self._charge("charge")],
            "add_discounts": lambda: [self._charge("discount")],
            "add_subscriptions": self._add_subscriptions,
        }

    def _id(self, what: str) -> str:
        self.made += 1
        return f"{self.agreement.id}-added-{what}-{self.made}"

    def _add_overrides(self) -> list[Item]:
        explicit = self.agreement.item.get("multiplier_override_prioritization", "").upper() == "EXPLICIT"
        if not self.agreement.card.priced:
            return []
        maker = OverrideMaker(self.scene, self.agreement.card, explicit, lambda: self.scene.window("override"))
        return [maker.made(self._id("override"))]

    def _remove_overrides(self) -> list[Item]:
        if not self.overrides:
            return []
        removed = self.scene.dice.pick(self.overrides)
        self.overrides.remove(removed)
        return [{"id": removed["id"]}]

    def _charge(self, what: str) -> Item:
        return charge(self.scene, self._id(what), self.agreement.card, self.fixed, self.agreement.term)

    def _archive_charges(self) -> list[Item]:
        if not self.charges:
            return []
        archived = self.scene.dice.pick(self.charges)
        self.charges.remove(archived)
        return [{"id": archived["id"]}]

    def _update_charges(self) -> list[Item]:
        """Changes of the items of one charge; one item at least stays as it was."""
        dice = self.scene.dice
        candidates = [each for each in self.charges if "schedule_items" in each["schedule"]]
        if not candidates:
            return []
        chosen = dice.pick(candidates)
        self.charges.remove(chosen)
        _, *others = chosen["schedule"]["schedule_items"]
        schedule: Item = {}
        if dice.chance(0.5, "schedule item added"):
            when = to_instant(instant_of_charge(self.scene, *self.agreement.term))
            schedule["add_schedule_items"] = [{"id": self._id("item"), "timestamp": when, **amount(self.scene)}]
        if others and dice.chance(0.7, "schedule item removed"):
            schedule["remove_schedule_items"] = [{"id": others.pop()["id"]}]
        if others or not schedule:
            item = others.pop() if others else chosen["schedule"]["schedule_items"][0]
            dice.note("schedule item changed")
            schedule["update_schedule_items"] = [self._changed(item)]
        return [{"scheduled_charge_id": chosen["id"], "invoice_schedule": schedule}]

    def _changed(self, item: Item) -> Item:
        changed: Item = {"id": item["id"]}
        if self.scene.dice.chance(0.5):
            changed["timestamp"] = to_instant(instant_of_charge(self.scene, *self.agreement.term))
        field = "amount" if "amount" in item else "unit_price"
        if len(changed) == 1 or self.scene.dice.chance(0.5):
            changed[field] = Literal("77.7")
        return changed

    def _add_subscriptions(self) -> list[Item]:
        agreement = self.agreement
        if not agreement.card.of("SUBSCRIPTION"):
            return []
        return [subscription(self.scene, self._id("subscription"), agreement.card, agreement.bounds)]

    def _update_subscriptions(self) -> list[Item]:
        """Only what cannot bring a quantity below zero: more of it, or fewer of one that has no other changes."""
        dice = self.scene.dice
        if not self.subscriptions:
            return []
        chosen = dice.pick(self.subscriptions)
        self.subscriptions.remove(chosen)
        body: Item = {"subscription_id": chosen["id"]}
        when = {"starting_at": to_instant(self.scene.anywhere("edited quantity changes"))}
        if "seat_config" in chosen:
            updates: Item = {"add_unassigned_seats": [{"quantity": Literal("2"), **when}]}
            if "remove_unassigned_seats" not in chosen.get("seat_updates", {}):
                updates = {"add_seat_ids": [{"seat_ids": ["fay", "gus"], **when}]}
            body["seat_updates"] = updates
            dice.note("edit of seats")
        elif "quantity_updates" in chosen or dice.chance(0.5):
            body["quantity_updates"] = [{"quantity_delta": Literal("2"), **when}]
            dice.note("edit that raises a quantity")
        else:
            body["quantity_updates"] = [{"quantity": Literal(dice.pick(("0", "1", "9"))), **when}]
            dice.note("edit that sets a quantity")
        if "starting_at" not in chosen and dice.chance(0.4):
            end = self.scene.anywhere("edited subscription ends")
            if end > self.agreement.starting_at:
                body["ending_before"] = to_instant(end)
        return [body]

    def _end_date(self) -> str | None:
        agreement, dice = self.agreement, self.scene.dice
        end = self.scene.anywhere("edited contract ends")
        if end <= agreement.starting_at or any(to_instant(end) <= start for start in self.starts):
            return None
        earlier = agreement.ending_before is None or end < agreement.ending_before
        dice.note("end date moved earlier" if earlier else "end date moved later")
        return to_instant(end)


def renewal_frame(scene: Scene, renewed: Agreement) -> Frame:
    """A contract that begins while the renewed one runs, or where it ends."""
    start = scene.inside()
    if renewed.ending_before is not None and scene.dice.chance(0.3, "renewal where the old contract ends"):
        start = renewed.ending_before
    return Frame(frame(scene).schedule, max(start, renewed.starting_at + timedelta(days=1)), None)


def transition(scene: Scene, renewed: Agreement) -> Item:
    kind = scene.dice.pick_noted("transition", ("RENEWAL", "SUPERSEDE"))
    return {"transition": {"type": kind, "from_contract_id": renewed.id}}


def make_family(scene: Scene, parent: Agreement, children: list[Agreement]) -> None:
    """Say in each contract what it is to the others."""
    dice = scene.dice
    consolidation = "NONE" if dice.chance(0.2, "parent without consolidation") else "CONCATENATE"
    parent.item["hierarchy_configuration"] = {"parent_behavior": {"invoice_consolidation_type": consolidation}}
    for child in children:
        configuration: Item = {"parent": {"contract_id": parent.id, "customer_id": parent.customer}}
        if consolidation == "CONCATENATE" and dice.chance(0.75, "child that consolidates"):
            configuration |= {"payer": "PARENT", "usage_statement_behavior": "CONSOLIDATE"}
        else:
            payer = dice.pick_noted("payer", ("SELF", "PARENT"))
            configuration |= {"payer": payer} | dice.pick(({}, {"usage_statement_behavior": "SEPARATE"}))
        child.item["hierarchy_configuration"] = configuration


def child_frame(scene: Scene, parent: Agreement) -> Frame:
    """Statement periods like the parent's, mostly; a child may begin later than the parent."""
    dice = scene.dice
    if dice.chance(0.2, "child with periods of its own"):
        return frame(scene)
    start = parent.starting_at
    if dice.chance(0.3, "child that begins inside the month"):
        start = max(scene.inside(), start)
    end = parent.ending_before
    return Frame(parent.item.get("usage_statement_schedule", {}), start, end if end is None or end > start else None)
