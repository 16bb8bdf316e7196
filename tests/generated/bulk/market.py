"""A market: products, rate cards and packages, and the dozen customers who buy by them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.generated.bulk.contracts import Agreement, Frame, contract, contract_of_package, frame
from tests.generated.bulk.edits import Editor, child_frame, make_family, renewal_frame, transition
from tests.generated.bulk.packages import Package, package
from tests.generated.bulk.products import Product, other_product, usage_product, usage_tags
from tests.generated.bulk.rate_cards import Card, rate_card
from tests.generated.bulk.scene import Item, Month, Scene
from tests.generated.bulk.usage import event_lines
from tests.generated.dice import Dice
from tests.generated.writing import Literal, to_instant

CONTRACTS = 12


@dataclass(frozen=True)
class Market:
    """A part of a workspace that refers to no other part; `parked` contracts have an amount that is too large."""

    name: str
    document: dict[str, list[Item]]
    lines: tuple[str, ...]
    contracts: tuple[str, ...]
    parked: frozenset[str]
    of_packages: frozenset[str]
    features: Counter[str]


def market(seed: int, number: int, month: Month) -> Market:
    """The market of this number; the same whatever other markets stand beside it."""
    dice = Dice(seed * 1000 + number)
    scene = Scene(dice, f"m{number:02}", month)
    units = [
        {"id": scene.id("unit", index), "name": f"Unit {index} of {scene.name}"} for index in range(dice.number(0, 2))
    ]
    filtered = dice.chance(0.3)
    sold, fixed = products(scene, units, filtered)
    made = [rate_card(scene, index, sold, units) for index in range(dice.number(1, 2))]
    cards = [card for card, _ in made]
    packages = [package(scene, index, dice.pick(cards), fixed) for index in range(dice.number(0, 2))]
    shared = list(scene.cuts)
    buyers = _Buyers(scene, cards, fixed, packages, filtered)
    buyers.buy()
    document: dict[str, list[Item]] = {
        "pricing_units": units,
        "products": [product.item for product in (*sold, *fixed)],
        "rate_cards": [card.item for card in cards],
        "rates": [rate for _, rates in made for rate in rates],
        "packages": [each.item for each in packages],
        "customers": buyers.customers,
        "contracts": [agreement.item for agreement in buyers.agreements],
        "contract_edits": buyers.edits,
    }
    lines = []
    for customer in buyers.customers:
        cuts = [*shared, *(cut for each in buyers.agreements if each.customer == customer["id"] for cut in each.cuts)]
        sender = dice.pick([customer["id"], *customer.get("ingest_aliases", [])])
        lines += event_lines(scene, customer["id"], sender, cuts)
    return Market(
        scene.name,
        {section: items for section, items in document.items() if items},
        tuple(lines),
        tuple(agreement.id for agreement in buyers.agreements),
        frozenset(buyers.parked),
        frozenset(each.id for each in buyers.agreements if _of_package(each)),
        dice.features,
    )


def products(scene: Scene, units: list[Item], filtered: bool) -> tuple[list[Product], list[Product]]:
    """What rate cards price, in random order, and the FIXED products."""
    dice = scene.dice
    usage = [
        usage_product(scene, index, dice.pick((None, None, *(str(unit["id"]) for unit in units))), filtered)
        for index in range(dice.number(2, 4))
    ]
    subscriptions = [other_product(scene, "SUBSCRIPTION", index) for index in range(dice.number(1, 2))]
    composites = [_composite(scene, index, usage) for index in range(dice.pick((0, 1, 1, 2)))]
    fixed = [other_product(scene, "FIXED", index) for index in range(dice.number(1, 2))]
    sold = [*usage, *subscriptions, *composites]
    dice.random.shuffle(sold)
    return sold, fixed


def _composite(scene: Scene, number: int, usage: list[Product]) -> Product:
    """A COMPOSITE product of members that are all priced in the same currency or unit."""
    dice = scene.dice
    unit = dice.pick(usage).unit
    members = [product for product in usage if product.unit == unit]
    made = other_product(scene, "COMPOSITE", number, **_members(scene, members, unit))
    if dice.chance(0.4):
        said = _members(scene, members, unit)
        update = {"starting_at": to_instant(scene.anywhere("update")), **said}
        taken = {each["starting_at"] for each in made.item.get("updates", [])}
        if update["starting_at"] not in taken and any(made.item[field] != said[field] for field in said):
            dice.note("update of a composite's members")
            updates = [*made.item.get("updates", []), update]
            made.item["updates"] = sorted(updates, key=lambda each: str(each["starting_at"]))
    return made


def _members(scene: Scene, members: list[Product], unit: str | None) -> Item:
    dice = scene.dice
    known = [tag for tag in usage_tags(unit) if any(tag in product.item["tags"] for product in members)]
    way = dice.pick_noted("members by", ("ids", "tags", "ids and tags") if known else ("ids",))
    ids = [product.id for product in dice.some(members, 1, len(members))] if "ids" in way else []
    tags = dice.some(known, 1, 2) if "tags" in way else []
    return {"composite_product_ids": ids, "composite_tags": tags}


def _of_package(agreement: Agreement) -> bool:
    return any(field.startswith("package") for field in agreement.item)


class _Buyers:
    """Customers, their contracts and the edits of those."""

    def __init__(
        self, scene: Scene, cards: list[Card], fixed: list[Product], packages: list[Package], filtered: bool
    ) -> None:
        self.scene, self.cards, self.fixed, self.packages, self.filtered = scene, cards, fixed, packages, filtered
        self.customers: list[Item] = []
        self.agreements: list[Agreement] = []
        self.edits: list[Item] = []
        self.parked: list[str] = []

    def buy(self) -> None:
        dice = self.scene.dice
        if dice.chance(0.5, "parent with children"):
            self._family()
        while len(self.agreements) < CONTRACTS:
            if self.packages and dice.chance(0.2, "contract of a package"):
                self._of_package()
                continue
            agreement = self._contract(dice.pick(self.cards), self._customer())
            if dice.chance(0.1, "renewed contract"):
                self._renew(agreement)
            elif dice.chance(0.3, "edited contract"):
                editor = Editor(self.scene, agreement, self.fixed)
                self.edits += [editor.edit() for _ in range(dice.pick((1, 1, 2, 3)))]
        if dice.chance(0.3, "parked contract"):
            self._too_large()

    def _customer(self) -> str:
        dice = self.scene.dice
        if self.customers and dice.chance(0.08, "several contracts of one customer"):
            return str(dice.pick(self.customers)["id"])
        identity = self.scene.id("customer", len(self.customers))
        customer: Item = {"id": identity, "name": f"{identity} Ltd"}
        if dice.chance(0.3, "ingest alias"):
            customer["ingest_aliases"] = [f"{identity}@alias"]
        if dice.chance(0.3, "custom fields of a customer"):
            customer["custom_fields"] = {"account": 'x"y', "region": "nörd"}
        self.customers.append(customer)
        return identity

    def _contract(self, card: Card, customer: str) -> Agreement:
        return self._framed(card, customer, frame(self.scene))

    def _framed(self, card: Card, customer: str, given: Frame) -> Agreement:
        made = contract(self.scene, len(self.agreements), customer, card, self.fixed, self.filtered, given)
        self.agreements.append(made)
        return made

    def _of_package(self) -> None:
        chosen = self.scene.dice.pick(self.packages)
        made = contract_of_package(self.scene, len(self.agreements), self._customer(), chosen)
        self.agreements.append(made)

    def _renew(self, renewed: Agreement) -> None:
        card = self.scene.dice.pick(self.cards)
        made = self._framed(card, renewed.customer, renewal_frame(self.scene, renewed))
        made.item |= transition(self.scene, renewed)

    def _family(self) -> None:
        card = self.scene.dice.pick(self.cards)
        parent = self._contract(card, self._customer())
        children = []
        for _ in range(self.scene.dice.number(1, 3)):
            customer = self._customer()
            if customer != parent.customer:
                children.append(self._framed(card, customer, child_frame(self.scene, parent)))
        if children:
            make_family(self.scene, parent, children)

    def _too_large(self) -> None:
        """Give the last contract an amount of more than twelve whole digits, if it can have one."""
        agreement = self.agreements[-1]
        takes_charges = not _of_package(agreement) and "hierarchy_configuration" not in agreement.item
        if not takes_charges or any(each["contract_id"] == agreement.id for each in self.edits):
            return
        moment = max(self.scene.month[0], agreement.starting_at.replace(minute=0, second=0))
        if moment >= self.scene.month[1] or (agreement.ending_before and moment >= agreement.ending_before):
            return
        item: Item = {"id": f"{agreement.id}-huge", "product_id": self.fixed[0].id}
        once = {"id": f"{agreement.id}-huge-item", "timestamp": to_instant(moment), "amount": Literal("50000000000000")}
        item["schedule"] = {"schedule_items": [once]}
        agreement.item["scheduled_charges"] = [*agreement.item.get("scheduled_charges", []), item]
        self.parked.append(agreement.id)
