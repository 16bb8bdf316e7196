"""Commits and credits: amounts that usage may draw down, in stretches of time (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar

from engine.catalog.exact import EXACT, decimal_places
from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Hour,
    Name,
    Number,
    Path,
    TextMap,
    interval_findings,
)
from engine.catalog.scheduled_charge import AMOUNT_PLACES, ChargeSchedule
from engine.values.period import format_instant

#: The amounts of balances are smaller: with AMOUNT_PLACES places, sums of many of them fit 38 digits.
AMOUNT_LIMIT = Decimal(500_000_000_000)


class AccessType(StrEnum):
    SPEND = "SPEND"
    QUANTITY = "QUANTITY"


class BalanceRateType(StrEnum):
    LIST_RATE = "LIST_RATE"
    COMMIT_RATE = "COMMIT_RATE"


class CommitType(StrEnum):
    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"


class ChildAccessType(StrEnum):
    ALL = "ALL"
    NONE = "NONE"
    CONTRACT_IDS = "CONTRACT_IDS"


def amount_findings(path: Path, amount: Decimal | None) -> Iterator[Finding]:
    """An amount of a balance that is negative, or too large to be counted exactly."""
    if amount is not None and amount < 0:
        yield Finding(path, f"{path[-1]} {amount} is negative", "a balance grants 0 or more")
    elif amount is not None and amount >= AMOUNT_LIMIT:
        yield Finding(path, f"{path[-1]} {amount} is too large", f"a balance is below {AMOUNT_LIMIT:,}")


def rollover_findings(fraction: Decimal | None) -> Iterator[Finding]:
    """A share that is none."""
    if fraction is not None and not 0 <= fraction <= 1:
        remedy = "a fraction is from 0 to 1: 0.5 is a half"
        yield Finding(("rollover_fraction",), f"rollover_fraction {fraction} is not a fraction", remedy)


class BalanceSpecifier(CatalogObject):
    """Matches what satisfies all of its fields; `product_tags` asks for a product that has every tag.

    With group values it matches usage alone.
    """

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}

    product_id: Name | None = None
    product_tags: tuple[Name, ...] = ()
    pricing_group_values: TextMap = ()
    presentation_group_values: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        if not (self.product_id or self.product_tags or self.pricing_group_values or self.presentation_group_values):
            yield Finding((), "a specifier is empty", "say what it applies to")


class Applicable(CatalogObject):
    """What a balance may be drawn by: one of the products, a product with one of the tags, or one of the specifiers.

    Without any of them (an empty list is none), by everything.
    """

    reference_lists: ClassVar[Mapping[str, str]] = {"applicable_product_ids": "products"}

    applicable_product_ids: tuple[Name, ...] = ()
    applicable_product_tags: tuple[Name, ...] = ()
    specifiers: tuple[BalanceSpecifier, ...] = ()

    @property
    def is_restricted(self) -> bool:
        """Whether some products or tags are named at all."""
        return bool(self.applicable_product_ids or self.applicable_product_tags or self.specifiers)

    def findings(self) -> Iterator[Finding]:
        for field in ("applicable_product_ids", "applicable_product_tags"):
            if self.specifiers and getattr(self, field):
                yield Finding((field,), f"{field} and specifiers exclude each other", "make it one of the specifiers")


class ChildAccess(CatalogObject):
    """Which children of the contract may draw as well."""

    reference_lists: ClassVar[Mapping[str, str]] = {"contract_ids": "contracts"}

    type: Annotated[ChildAccessType, AnyCase()]
    contract_ids: tuple[Name, ...] = ()

    def findings(self) -> Iterator[Finding]:
        named = self.type is ChildAccessType.CONTRACT_IDS
        if named and not self.contract_ids:
            yield Finding((), "child_access CONTRACT_IDS needs contract_ids", "name the children, or use ALL or NONE")
        elif not named and self.contract_ids:
            what = f"contract_ids are for child_access CONTRACT_IDS, and this one is {self.type}"
            yield Finding(("contract_ids",), what, "set type: CONTRACT_IDS, or remove them")


class BalanceHierarchy(CatalogObject):
    """Whether the children of a parent contract share the balance."""

    child_access: ChildAccess


class AccessSegment(CatalogObject):
    """`amount` may be drawn for `starting_at <= t < ending_before`; each segment is drawn by itself."""

    id: Name
    amount: Number
    starting_at: Hour
    ending_before: Hour

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from amount_findings(("amount",), self.amount)


class AccessSchedule(CatalogObject):
    """The segments of a balance, none of which overlap.

    SPEND deducts cost in `credit_type_id`, which is the rate card's currency unless said; QUANTITY deducts units and
    has no credit type.
    """

    references: ClassVar[Mapping[str, str]] = {"credit_type_id": "pricing_units"}

    access_type: Annotated[AccessType, AnyCase()] = AccessType.SPEND
    credit_type_id: Name | None = None
    schedule_items: tuple[AccessSegment, ...]

    @property
    def total(self) -> Decimal:
        """What all segments grant together."""
        total = Decimal(0)
        for segment in self.schedule_items:
            total = EXACT.add(total, segment.amount)
        return total

    def findings(self) -> Iterator[Finding]:
        if self.access_type is AccessType.QUANTITY and self.credit_type_id is not None:
            yield Finding(
                ("credit_type_id",), "QUANTITY counts units, and has no credit type", "remove it, or use SPEND"
            )
        if not self.schedule_items:
            yield Finding(("schedule_items",), "schedule_items is empty, so nothing is granted", "give a segment")
        seen: set[str] = set()
        for position, segment in enumerate(self.schedule_items):
            if segment.id in seen:
                what = f"segment id {segment.id!r} is already taken"
                yield Finding(("schedule_items", position, "id"), what, "give it another id")
            seen.add(segment.id)
        in_order = sorted(enumerate(self.schedule_items), key=lambda each: (each[1].starting_at, each[0]))
        for (_, earlier), (position, later) in pairwise(in_order):
            if later.starting_at < earlier.ending_before:
                what = f"the segment overlaps the one that ends at {format_instant(earlier.ending_before)}"
                remedy = "let it start there, or make a balance of its own of it"
                yield Finding(("schedule_items", position, "starting_at"), what, remedy)


class Balance(Applicable):
    """What commits and credits have in common. `temporary_id` is a name for the contract's other terms to use."""

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    accepted = RESPONSE_KEYS | {
        "netsuite_sales_order_id",
        "salesforce_opportunity_id",
        "uniqueness_key",
    }
    later = frozenset({"archived_at", "spend_tracker_attributes"})

    id: Name
    name: Name | None = None
    description: str | None = None
    temporary_id: Name | None = None
    product_id: Name
    access_schedule: AccessSchedule
    priority: Number | None = None
    rate_type: Annotated[BalanceRateType, AnyCase()] = BalanceRateType.LIST_RATE
    rollover_fraction: Number | None = None
    hierarchy_configuration: BalanceHierarchy | None = None
    custom_fields: TextMap = ()

    @property
    def kind(self) -> str:
        """PREPAID, POSTPAID or CREDIT."""
        raise NotImplementedError

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        yield from rollover_findings(self.rollover_fraction)
        places = max((decimal_places(each.amount) for each in self.access_schedule.schedule_items), default=0)
        if self.rollover_fraction is not None:
            places += decimal_places(self.rollover_fraction)
        if places > AMOUNT_PLACES:
            what = f"amount x rollover_fraction has {places} decimal places"
            yield Finding(("rollover_fraction",), what, f"at most {AMOUNT_PLACES}")


class Credit(Balance):
    """Given away: it is never invoiced."""

    @property
    def kind(self) -> str:
        return "CREDIT"


class Commit(Balance):
    """PREPAID: paid by its invoice schedule, or given away without one. POSTPAID: what is not used is charged later."""

    accepted = Balance.accepted | {"payment_gate_config"}

    type: Annotated[CommitType, AnyCase()]
    invoice_schedule: ChargeSchedule | None = None

    @property
    def kind(self) -> str:
        return str(self.type)

    @property
    def invoiced(self) -> Decimal:
        """What the invoice schedule comes to, whether or not it is invoiced here."""
        return Decimal(0) if self.invoice_schedule is None else self.invoice_schedule.total

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.type is CommitType.POSTPAID:
            yield from self._postpaid_findings()

    def _postpaid_findings(self) -> Iterator[Finding]:
        """A postpaid commit has one segment and one invoice, of the same amount."""
        if self.access_schedule.access_type is AccessType.QUANTITY:
            what = "a POSTPAID commit is of money, and QUANTITY counts units"
            yield Finding(("access_schedule", "access_type"), what, "use SPEND")
        single = len(self.access_schedule.schedule_items) <= 1
        if not single:
            what = f"a POSTPAID commit has one segment, and this one has {len(self.access_schedule.schedule_items)}"
            yield Finding(("access_schedule", "schedule_items", 1), what, "make a commit of each")
        schedule = self.invoice_schedule
        if schedule is None:
            yield Finding((), "a POSTPAID commit needs an invoice_schedule", "say when what is left is charged")
        elif schedule.recurring_schedule is not None:
            what = "a POSTPAID commit is invoiced once"
            yield Finding(("invoice_schedule", "recurring_schedule"), what, "give schedule_items with one item")
        elif len(schedule.schedule_items or ()) != 1:
            what = f"a POSTPAID commit has one invoice, and this one has {len(schedule.schedule_items or ())}"
            position: Path = (1,) if schedule.schedule_items else ()
            yield Finding(("invoice_schedule", "schedule_items", *position), what, "give one schedule item")
        elif single and self.invoiced != self.access_schedule.total:
            what = f"the invoice is of {self.invoiced:f}, and the segment of {self.access_schedule.total:f}"
            path: Path = ("invoice_schedule", "schedule_items", 0)
            yield Finding(path, what, "a POSTPAID commit charges what it grants: make them equal")
