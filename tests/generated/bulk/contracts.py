"""Random contracts, each with terms of its own; a contract of a package has those of the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.generated.agreements import contract_end, contract_start, statement_schedule
from tests.generated.bulk.metrics import PLANS
from tests.generated.bulk.overrides import OverrideMaker
from tests.generated.bulk.packages import Package
from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item, Scene
from tests.generated.bulk.scheduled import charge
from tests.generated.bulk.subscriptions import subscription
from tests.generated.writing import Literal, to_instant
from tests.oracle.times import months_after, statement_periods


@dataclass
class Agreement:
    """A contract's item, when it starts and ends, its card, and the instants that its events should meet."""

    item: Item
    starting_at: datetime
    ending_before: datetime | None
    card: Card
    customer: str
    cuts: list[datetime] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.item["id"])

    @property
    def bounds(self) -> tuple[datetime, datetime | None]:
        return self.starting_at, self.ending_before

    @property
    def term(self) -> tuple[datetime, list[datetime]]:
        """The start, and the instants at which a charge may fall, the latest possible one last."""
        last = self.ending_before or max(self.cuts)
        return self.starting_at, [*(cut for cut in sorted(self.cuts) if self.starting_at <= cut < last), last]


@dataclass(frozen=True)
class Frame:
    """When a contract runs and how its usage is cut into statement periods."""

    schedule: Item
    starting_at: datetime
    ending_before: datetime | None

    def billed(self, period: str) -> bool:
        """Whether one of its statement periods is billed in a month."""
        contract = {
            "starting_at": self.starting_at,
            "ending_before": self.ending_before,
            "frequency": str(self.schedule.get("frequency", "MONTHLY")).upper(),
            "day": self.schedule.get("day", "FIRST_OF_MONTH"),
            "anchor": _instant(self.schedule["billing_anchor_date"])
            if "billing_anchor_date" in self.schedule
            else None,
        }
        return any(True for _ in statement_periods(contract, period))


def frame(scene: Scene) -> Frame:
    """Mostly one with a statement period that ends in the month; the dice fall until then, four times at most."""
    dice = scene.dice
    for _ in range(4):
        schedule = statement_schedule(dice, scene.month)
        start = contract_start(dice, scene.month, schedule.get("frequency", "MONTHLY"))
        found = Frame(schedule, start, contract_end(dice, scene.month, start))
        if found.billed(f"{scene.month[0]:%Y-%m}"):
            break
    return found


def contract(
    scene: Scene, number: int, customer: str, card: Card, fixed: list[Product], filtered: bool, given: Frame
) -> Agreement:
    """A contract that says everything itself; a `filtered` one may have a usage filter."""
    dice = scene.dice
    schedule, start, end = given.schedule, given.starting_at, given.ending_before
    plain = (start.minute, start.second) != (0, 0) or dice.chance(0.1)
    if plain:
        dice.note("contract of usage alone")
    item: Item = {"id": scene.id("contract", number), "starting_at": to_instant(start)}
    item |= dice.pick(({"customer_id": customer}, {"customer": f"{customer} Ltd"}))
    aliases = card.item.get("aliases")
    item |= {"rate_card_alias": aliases[0]["name"]} if aliases and dice.chance(0.4) else {"rate_card_id": card.id}
    if end is not None:
        item["ending_before"] = to_instant(end)
    if schedule:
        item["usage_statement_schedule"] = schedule
    item |= _labels(scene)
    first = len(scene.cuts)
    agreement = Agreement(item, start, end, card, customer)
    agreement.cuts += [*_statement_edges(schedule, start, end, scene), *scene.month]
    _overrides(scene, agreement)
    if filtered and dice.chance(0.4):
        item["usage_filter"] = _usage_filter(scene, start)
    if not plain:
        _charges(scene, agreement, fixed)
    agreement.cuts += scene.cuts[first:]
    return agreement


def contract_of_package(scene: Scene, number: int, customer: str, package: Package) -> Agreement:
    """A contract that takes everything but customer and start from a package."""
    dice = scene.dice
    start = months_after(scene.month[0], -dice.pick((0, 1, 1, 2, 3, 12)))
    if dice.chance(0.3, "contract of a package starts at a month end"):
        start = months_after(start, 1) - timedelta(days=1)
    elif dice.chance(0.5):
        start += timedelta(days=dice.number(0, 27), hours=dice.pick((0, 0, 9)))
    item: Item = {"id": scene.id("contract", number), "starting_at": to_instant(start)}
    item |= dice.pick(({"customer_id": customer}, {"customer": f"{customer} Ltd"})) | package.reference(scene)
    if dice.chance(0.2, "custom fields of a contract of a package"):
        item["custom_fields"] = {"deal": "42"}
    agreement = Agreement(item, start, None, package.card, customer, [scene.keep(start), *scene.month])
    for months in (1, 2, 3):
        agreement.cuts.append(months_after(start, months))
    return agreement


def _labels(scene: Scene) -> Item:
    dice = scene.dice
    made: Item = {}
    if dice.chance(0.3, "name of a contract"):
        made["name"] = "Order form 7"
    if dice.chance(0.3, "custom fields of a contract"):
        made["custom_fields"] = {"deal": "42", "ä": "ö"}
    if dice.chance(0.3, "net payment terms"):
        made["net_payment_terms_days"] = Literal(dice.pick(("0", "14", "60")))
    if dice.chance(0.4, "ALL charges on usage invoices"):
        made["scheduled_charges_on_usage_invoices"] = "ALL"
    return made


def _overrides(scene: Scene, agreement: Agreement) -> None:
    dice, item = scene.dice, agreement.item
    explicit = dice.chance(0.4, "EXPLICIT")
    if explicit:
        item["multiplier_override_prioritization"] = dice.pick(("EXPLICIT", "explicit"))
    elif dice.chance(0.2):
        item["multiplier_override_prioritization"] = "LOWEST_MULTIPLIER"
    count = dice.pick((0, 0, 1, 2, 3, 4))
    if count and agreement.card.priced:
        maker = OverrideMaker(scene, agreement.card, explicit, lambda: scene.window("override"))
        item["overrides"] = [maker.made(f"{agreement.id}-override-{index}") for index in range(count)]


def _charges(scene: Scene, agreement: Agreement, fixed: list[Product]) -> None:
    dice, item, card = scene.dice, agreement.item, agreement.card
    if card.of("SUBSCRIPTION") and dice.chance(0.6):
        item["subscriptions"] = [
            subscription(scene, f"{agreement.id}-subscription-{index}", card, agreement.bounds)
            for index in range(dice.pick((1, 1, 2)))
        ]
    if fixed and dice.chance(0.45):
        item["scheduled_charges"] = [
            charge(scene, f"{agreement.id}-charge-{index}", card, fixed, agreement.term)
            for index in range(dice.pick((1, 1, 2)))
        ]
    if fixed and dice.chance(0.15, "discount"):
        item["discounts"] = [charge(scene, f"{agreement.id}-discount-0", card, fixed, agreement.term)]


def _usage_filter(scene: Scene, start: datetime) -> list[Item]:
    """One filter or two; the second begins after the contract does, because the first has no date."""
    dice = scene.dice
    dice.note("usage filter")
    made: list[Item] = [{"group_key": "plan", "group_values": dice.some(PLANS, 1, 2)}]
    changes = scene.inside()
    if changes > start and dice.chance(0.5, "usage filter that changes"):
        made.append({"group_key": "plan", "group_values": ["gold"], "starting_at": to_instant(changes)})
    return made


def _statement_edges(schedule: Item, start: datetime, end: datetime | None, scene: Scene) -> list[datetime]:
    """Some boundaries of the contract's statement periods, and its own edges."""
    edges = [start] if end is None else [start, end]
    day = str(schedule.get("day", "FIRST_OF_MONTH"))
    if day == "FIRST_OF_MONTH":
        anchor = start.replace(day=1, hour=0, minute=0, second=0)
    else:
        anchor = start if day == "CONTRACT_START" else _instant(schedule["billing_anchor_date"])
    if str(schedule.get("frequency", "")).upper() == "WEEKLY":
        weeks = (scene.month[0] - anchor) // timedelta(days=7)
        return [*edges, *(anchor + timedelta(days=7 * (weeks + number)) for number in range(1, 5))]
    months = (scene.month[0].year - anchor.year) * 12 + scene.month[0].month - anchor.month
    return [*edges, *(months_after(anchor, months + number) for number in (-1, 0, 1))]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z"))
