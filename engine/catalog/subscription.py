"""Subscriptions: a quantity billed at a recurring price, and how the quantity changes (spec/rating.md §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple

from pydantic import AfterValidator

from engine.catalog.billing_frequency import BillingFrequency
from engine.catalog.exact import EXACT, decimal_places
from engine.catalog.fields import (
    INTEGER_DIGITS,
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Hour,
    Name,
    Number,
    Path,
    TextMap,
    Whole,
    interval_findings,
    wrong,
)
from engine.values.numbers import QUOTIENT_PLACES
from engine.values.period import format_instant

#: The most decimal places of a subscription's quantity.
QUANTITY_PLACES = 8


def _short(quantity: Decimal) -> Decimal:
    if decimal_places(quantity) > QUANTITY_PLACES:
        raise wrong(f"{quantity} has more than {QUANTITY_PLACES} decimal places", "round it")
    return quantity


#: How many of a subscription there are: a Number of at most QUANTITY_PLACES decimal places.
Quantity = Annotated[Number, AfterValidator(_short)]


class CollectionSchedule(StrEnum):
    ADVANCE = "ADVANCE"
    ARREARS = "ARREARS"


class QuantityManagement(StrEnum):
    QUANTITY_ONLY = "QUANTITY_ONLY"
    SEAT_BASED = "SEAT_BASED"


class InvoiceBehavior(StrEnum):
    BILL_IMMEDIATELY = "BILL_IMMEDIATELY"
    BILL_ON_NEXT_COLLECTION_DATE = "BILL_ON_NEXT_COLLECTION_DATE"


class InvoicePlacement(StrEnum):
    ON_USAGE_INVOICE = "ON_USAGE_INVOICE"
    ON_SCHEDULED_INVOICE = "ON_SCHEDULED_INVOICE"


class ProrationRoundingMethod(StrEnum):
    HALF_UP = "HALF_UP"
    FLOOR = "FLOOR"
    CEILING = "CEILING"


class ProrationRounding(CatalogObject):
    """Rounds a prorated unit price; negative `decimal_places` round to tens, hundreds, ..."""

    rounding_method: Annotated[ProrationRoundingMethod, AnyCase()]
    decimal_places: Whole

    def findings(self) -> Iterator[Finding]:
        if not -INTEGER_DIGITS <= self.decimal_places <= QUOTIENT_PLACES:
            what = f"decimal_places must be from {-INTEGER_DIGITS} to {QUOTIENT_PLACES}"
            yield Finding(("decimal_places",), what)


class Proration(CatalogObject):
    """Whether a part of a period costs a part of the price, and when an increase inside a period is billed."""

    is_prorated: Flag = True
    invoice_behavior: Annotated[InvoiceBehavior, AnyCase()] | None = None
    rounding: ProrationRounding | None = None


class SubscriptionRate(CatalogObject):
    """Which rate of the card prices the subscription."""

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}

    product_id: Name
    billing_frequency: Annotated[BillingFrequency, AnyCase()]


class BillingCycleConfig(CatalogObject):
    """Where billing periods are counted from, and which invoice the lines go to."""

    anchor_date: Hour | None = None
    invoice_placement: Annotated[InvoicePlacement, AnyCase()] = InvoicePlacement.ON_USAGE_INVOICE


class SeatConfig(CatalogObject):
    """The seats that a SEAT_BASED subscription begins with."""

    initial_seat_ids: tuple[Name, ...] = ()
    seat_group_key: Name
    initial_unassigned_seats: Quantity = Decimal(0)

    def findings(self) -> Iterator[Finding]:
        for position, seat in enumerate(self.initial_seat_ids):
            if seat in self.initial_seat_ids[:position]:
                yield Finding(("initial_seat_ids", position), f"seat {seat!r} is given twice", "give it once")
        if self.initial_unassigned_seats < 0:
            what = f"initial_unassigned_seats {self.initial_unassigned_seats} is negative"
            yield Finding(("initial_unassigned_seats",), what, "a quantity is 0 or more")


class QuantityUpdate(CatalogObject):
    """From `starting_at` on, the quantity is `quantity`, or `quantity_delta` more than before."""

    starting_at: Hour
    quantity: Quantity | None = None
    quantity_delta: Quantity | None = None

    def findings(self) -> Iterator[Finding]:
        if self.quantity is None and self.quantity_delta is None:
            yield Finding((), "a quantity update needs a quantity or a quantity_delta")
        elif self.quantity is not None and self.quantity_delta is not None:
            yield Finding(("quantity_delta",), "quantity and quantity_delta are both given", "keep one of them")


class SeatIds(CatalogObject):
    """Seats that are assigned, or given up, at `starting_at`."""

    starting_at: Hour
    seat_ids: tuple[Name, ...]


class UnassignedSeats(CatalogObject):
    """How many seats without an id are added, or removed, at `starting_at`."""

    starting_at: Hour
    quantity: Quantity

    def findings(self) -> Iterator[Finding]:
        if self.quantity < 0:
            yield Finding(("quantity",), f"quantity {self.quantity} is negative", "use the list of the other direction")


class SeatUpdates(CatalogObject):
    """Seats that come and go; at one instant the lists take effect in the order of the fields."""

    add_seat_ids: tuple[SeatIds, ...] = ()
    remove_seat_ids: tuple[SeatIds, ...] = ()
    add_unassigned_seats: tuple[UnassignedSeats, ...] = ()
    remove_unassigned_seats: tuple[UnassignedSeats, ...] = ()


class _Level(NamedTuple):
    """The quantity that one change leads to; `least` is what may not fall below 0, `path` where the change stands."""

    starting_at: datetime
    quantity: Decimal
    least: Decimal
    path: Path


class Subscription(CatalogObject):
    """One product billed each billing period; without times of its own it lasts as long as the contract."""

    accepted = RESPONSE_KEYS | {"temporary_id"}

    id: Name
    name: str | None = None
    description: str | None = None
    subscription_rate: SubscriptionRate
    collection_schedule: Annotated[CollectionSchedule, AnyCase()]
    initial_quantity: Quantity = Decimal(1)
    starting_at: Hour | None = None
    ending_before: Hour | None = None
    quantity_management_mode: Annotated[QuantityManagement, AnyCase()] = QuantityManagement.QUANTITY_ONLY
    seat_config: SeatConfig | None = None
    proration: Proration = Proration()
    billing_cycle_config: BillingCycleConfig = BillingCycleConfig()
    quantity_updates: tuple[QuantityUpdate, ...] = ()
    seat_updates: SeatUpdates = SeatUpdates()
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from self._collection_findings()
        misplaced = tuple(self._mode_findings())
        yield from misplaced
        if not misplaced:
            yield from self._quantity_findings()

    @property
    def product_id(self) -> str:
        return self.subscription_rate.product_id

    @property
    def billing_frequency(self) -> BillingFrequency:
        return self.subscription_rate.billing_frequency

    @property
    def invoice_behavior(self) -> InvoiceBehavior:
        """When an increase inside a period is billed: as said, or at once for ADVANCE and at the end for ARREARS."""
        if self.proration.invoice_behavior is not None:
            return self.proration.invoice_behavior
        at_once = self.collection_schedule is CollectionSchedule.ADVANCE
        return InvoiceBehavior.BILL_IMMEDIATELY if at_once else InvoiceBehavior.BILL_ON_NEXT_COLLECTION_DATE

    def quantities(self, term_start: datetime) -> tuple[tuple[datetime, Decimal], ...]:
        """The requested quantity as steps (from when, how many), each unlike the one before.

        The first step is at `term_start`: what was asked for until then has taken effect. Updates at one instant take
        effect in the order written, seats in the order of the fields of SeatUpdates.
        """
        at = {term_start: self._initial()}
        for level in self._levels():
            at[max(level.starting_at, term_start)] = level.quantity
        steps: list[tuple[datetime, Decimal]] = []
        for step in at.items():
            if not steps or steps[-1][1] != step[1]:
                steps.append(step)
        return tuple(steps)

    def _collection_findings(self) -> Iterator[Finding]:
        if self.collection_schedule is CollectionSchedule.ADVANCE:
            return
        if self.proration.invoice_behavior is InvoiceBehavior.BILL_IMMEDIATELY:
            what = "invoice_behavior BILL_IMMEDIATELY needs collection_schedule ADVANCE"
            yield Finding(("proration", "invoice_behavior"), what, "use BILL_ON_NEXT_COLLECTION_DATE")
        if self.billing_cycle_config.anchor_date is not None:
            what = "anchor_date needs collection_schedule ADVANCE"
            yield Finding(("billing_cycle_config", "anchor_date"), what, "remove it")

    def _mode_findings(self) -> Iterator[Finding]:
        """Each way of managing the quantity has its own fields."""
        seats = self.quantity_management_mode is QuantityManagement.SEAT_BASED
        if seats and self.seat_config is None:
            yield Finding((), "a SEAT_BASED subscription needs a seat_config", "give its seat_group_key")
        superfluous = {
            "initial_quantity": seats and self.initial_quantity != 1,
            "quantity_updates": seats and bool(self.quantity_updates),
            "seat_config": not seats and self.seat_config is not None,
            "seat_updates": not seats and self.seat_updates != SeatUpdates(),
        }
        owner = QuantityManagement.QUANTITY_ONLY if seats else QuantityManagement.SEAT_BASED
        for field in (field for field, given in superfluous.items() if given):
            what = f"{field} is for a {owner} subscription, and this one is {self.quantity_management_mode}"
            yield Finding((field,), what, f"set quantity_management_mode: {owner}, or remove {field}")

    def _quantity_findings(self) -> Iterator[Finding]:
        if self.initial_quantity < 0:
            what = f"initial_quantity {self.initial_quantity} is negative"
            yield Finding(("initial_quantity",), what, "a quantity is 0 or more")
            return
        for level in {level.starting_at: level for level in self._levels()}.values():
            if level.least < 0:
                counted = "unassigned seats" if self.seat_config else "quantity"
                what = f"{counted} would be {level.least} from {format_instant(level.starting_at)} on"
                yield Finding(level.path, what, "a quantity is 0 or more")
                return

    def _initial(self) -> Decimal:
        seats = self.seat_config
        if seats is None:
            return self.initial_quantity
        return EXACT.add(Decimal(len(seats.initial_seat_ids)), seats.initial_unassigned_seats)

    def _levels(self) -> Iterator[_Level]:
        """Every change in the order in which they take effect."""
        if self.seat_config is not None:
            yield from self._seat_levels(self.seat_config)
            return
        quantity = self.initial_quantity
        updates = sorted(enumerate(self.quantity_updates), key=lambda update: update[1].starting_at)
        for position, update in updates:
            if update.quantity is not None:
                quantity = update.quantity
            elif update.quantity_delta is not None:
                quantity = EXACT.add(quantity, update.quantity_delta)
            yield _Level(update.starting_at, quantity, quantity, ("quantity_updates", position))

    def _seat_levels(self, config: SeatConfig) -> Iterator[_Level]:
        assigned = set(config.initial_seat_ids)
        unassigned = config.initial_unassigned_seats
        changes = [
            (change, field, position)
            for field in SeatUpdates.model_fields
            for position, change in enumerate(getattr(self.seat_updates, field))
        ]
        for change, field, position in sorted(changes, key=lambda each: each[0].starting_at):
            match field:
                case "add_seat_ids":
                    new = set(change.seat_ids) - assigned
                    assigned |= new
                    unassigned = max(Decimal(0), EXACT.subtract(unassigned, Decimal(len(new))))
                case "remove_seat_ids":
                    assigned -= set(change.seat_ids)
                case "add_unassigned_seats":
                    unassigned = EXACT.add(unassigned, change.quantity)
                case "remove_unassigned_seats":
                    unassigned = EXACT.subtract(unassigned, change.quantity)
            quantity = EXACT.add(unassigned, Decimal(len(assigned)))
            yield _Level(change.starting_at, quantity, unassigned, ("seat_updates", field, position))
