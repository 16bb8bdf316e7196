"""Overrides: a contract's deviations from the list in price and entitlement (spec/rating.md §5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.billing_frequency import BillingFrequency
from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Hour,
    Name,
    Number,
    TextMap,
    Whole,
    interval_findings,
)
from engine.catalog.rate_card import Price, only_last_is_open, size_findings


class OverrideType(StrEnum):
    MULTIPLIER = "MULTIPLIER"
    OVERWRITE = "OVERWRITE"
    TIERED = "TIERED"


_NEEDS = {
    OverrideType.MULTIPLIER: "a MULTIPLIER override needs a multiplier",
    OverrideType.OVERWRITE: "an OVERWRITE override needs an overwrite_rate",
    OverrideType.TIERED: "a TIERED override needs tiers",
}


class OverrideTarget(StrEnum):
    """Which price an override changes; the commit rate only for what a balance covers."""

    LIST_RATE = "LIST_RATE"
    COMMIT_RATE = "COMMIT_RATE"


#: The fields of a specifier that name balances; the last one names any kind of them.
BALANCE_FIELDS = ("commit_ids", "recurring_commit_ids", "recurring_credit_ids", "any_commit_or_credit_ids")


class OverwriteRate(Price):
    """The price that an OVERWRITE puts in place of the list price, whatever happens to the list.

    Without a `credit_type_id` it is in that of the list price.
    """


class OverrideTier(CatalogObject):
    """A factor on the list price for the next `size` units; without `size`, for all that follow."""

    size: Number | None = None
    multiplier: Number

    def findings(self) -> Iterator[Finding]:
        yield from size_findings(self.size)
        yield from multiplier_findings(self.multiplier)


def multiplier_findings(multiplier: Number | None) -> Iterator[Finding]:
    """A multiplier that would turn a price into a credit."""
    if multiplier is not None and multiplier < 0:
        yield Finding(("multiplier",), f"multiplier {multiplier} is negative", "a multiplier is 0 or more")


class OverrideSpecifier(CatalogObject):
    """Matches what satisfies all of its fields; `product_tags` asks for a product that has every tag.

    With group values it matches usage alone; with a `billing_frequency`, subscriptions of that frequency. One of a
    commit-specific override may name the balances it is for: ids, of which a file may give names instead.
    """

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    later = frozenset({"subscription_ids"})

    product_id: Name | None = None
    product_tags: tuple[Name, ...] = ()
    pricing_group_values: TextMap = ()
    presentation_group_values: TextMap = ()
    billing_frequency: Annotated[BillingFrequency, AnyCase()] | None = None
    commit_ids: tuple[Name, ...] = ()
    recurring_commit_ids: tuple[Name, ...] = ()
    recurring_credit_ids: tuple[Name, ...] = ()
    any_commit_or_credit_ids: tuple[Name, ...] = ()

    @property
    def balance_ids(self) -> tuple[str, ...]:
        """The balances that it is for, each once; none for all of them."""
        return tuple(dict.fromkeys(each for field in BALANCE_FIELDS for each in getattr(self, field)))

    def findings(self) -> Iterator[Finding]:
        values = [
            field for field in ("pricing_group_values", "presentation_group_values") if getattr(self, field) != ()
        ]
        if self.billing_frequency is not None:
            if self.product_id is None:
                what = "billing_frequency needs the product that is billed so often"
                yield Finding(("billing_frequency",), what, "add product or product_id")
            for field in values:
                what = f"{field} match usage alone, and billing_frequency subscriptions alone"
                yield Finding((field,), what, "keep one of them")
        elif not (self.product_id or self.product_tags or values or self.balance_ids):
            yield Finding((), "an override specifier is empty", "say what it applies to")
        several = [field for field in BALANCE_FIELDS[:-1] if getattr(self, field)]
        if self.any_commit_or_credit_ids and several:
            what = f"any_commit_or_credit_ids and {several[0]} are both given"
            yield Finding((several[0],), what, "any_commit_or_credit_ids may name all of them")


class Override(CatalogObject):
    """One term in force for `starting_at <= t < ending_before`; with no target it applies to every product.

    Later entries of a contract's list count as added later. An override without `type` changes entitlement
    only. A commit-specific one changes the price of the usage that a balance covers, while it is being covered.
    """

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    accepted = RESPONSE_KEYS

    id: Name
    starting_at: Hour
    ending_before: Hour | None = None
    type: Annotated[OverrideType, AnyCase()] | None = None
    multiplier: Number | None = None
    tiers: tuple[OverrideTier, ...] = ()
    overwrite_rate: OverwriteRate | None = None
    is_commit_specific: Flag = False
    target: Annotated[OverrideTarget, AnyCase()] = OverrideTarget.LIST_RATE
    entitled: Flag | None = None
    priority: Whole | None = None
    product_id: Name | None = None
    applicable_product_tags: tuple[Name, ...] | None = None
    override_specifiers: tuple[OverrideSpecifier, ...] | None = None

    @property
    def balance_ids(self) -> tuple[str, ...]:
        """The balances that its specifiers name, each once."""
        return tuple(dict.fromkeys(each for one in self.override_specifiers or () for each in one.balance_ids))

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from self._price_rules()
        yield from self._target_rules()
        yield from self._balance_rules() if self.is_commit_specific else self._no_balance_rules()
        if self.priority is not None and self.priority <= 0:
            yield Finding(("priority",), f"priority {self.priority} is not greater than 0")

    def _price_rules(self) -> Iterator[Finding]:
        yield from multiplier_findings(self.multiplier)
        yield from only_last_is_open(tuple(tier.size for tier in self.tiers))
        owners = {
            "multiplier": OverrideType.MULTIPLIER,
            "overwrite_rate": OverrideType.OVERWRITE,
            "tiers": OverrideType.TIERED,
        }
        given = [field for field in owners if getattr(self, field) not in (None, ())]
        for field, owner in owners.items():
            if self.type is owner and field not in given:
                yield Finding((), _NEEDS[owner])
        for field in given:
            if self.type is not owners[field]:
                verb = "belong" if field == "tiers" else "belongs"
                what = f"{field} {verb} to type {owners[field]}, and type is {self.type or 'not given'}"
                yield Finding((field,), what, f"set type: {owners[field]}, or remove {field}")
        if self.type is OverrideType.TIERED and self.priority is None:
            yield Finding((), "a TIERED override needs a priority", "the smallest priority wins")
        if self.type is None and self.entitled is None and not given:
            yield Finding((), "an override changes nothing", "give it a type, or entitled")

    def _target_rules(self) -> Iterator[Finding]:
        given = [
            field
            for field in ("product_id", "applicable_product_tags", "override_specifiers")
            if getattr(self, field) is not None
        ]
        if len(given) > 1:
            yield Finding((given[1],), f"{' and '.join(given)} exclude each other", "keep one of them")
        for field in given:
            if getattr(self, field) == ():
                yield Finding((field,), f"{field} is empty", "leave it out to apply to every product")

    def _balance_rules(self) -> Iterator[Finding]:
        """A commit-specific override is about the price of usage, and nothing else."""
        if self.entitled is not None:
            what = "a commit-specific override changes prices, and entitled does not depend on balances"
            yield Finding(("entitled",), what, "put it into an override of its own")
        for position, specifier in enumerate(self.override_specifiers or ()):
            if specifier.billing_frequency is not None:
                what = "a commit-specific override is of usage, and billing_frequency matches subscriptions alone"
                yield Finding(("override_specifiers", position, "billing_frequency"), what, "remove it")

    def _no_balance_rules(self) -> Iterator[Finding]:
        if self.target is OverrideTarget.COMMIT_RATE:
            what = "target COMMIT_RATE is for a commit-specific override"
            yield Finding(("target",), what, "set is_commit_specific: true, or target: LIST_RATE")
        for position, specifier in enumerate(self.override_specifiers or ()):
            for field in (field for field in BALANCE_FIELDS if getattr(specifier, field)):
                what = f"{field} are for a commit-specific override"
                path = ("override_specifiers", position, field)
                yield Finding(path, what, f"set is_commit_specific: true, or remove {field}")
