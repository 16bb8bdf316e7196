"""Packages: the terms of many contracts, with times counted from each contract's start (spec/rating.md §18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from engine.catalog.duration import Duration
from engine.catalog.fields import (
    RESPONSE_KEYS,
    CatalogObject,
    Finding,
    Instant,
    Name,
    TextMap,
    interval_findings,
)
from engine.catalog.items import Item
from engine.catalog.references import instant_or_none
from engine.errors import Problem, did_you_mean
from engine.values.ids import derived_id

#: The lists of a package whose items have times counted from the contract's start.
TERMS = (
    *("overrides", "subscriptions", "scheduled_charges", "discounts"),
    *("commits", "credits", "recurring_commits", "recurring_credits"),
)

#: What a package says of its contracts besides, unchanged.
SETTINGS = (
    "rate_card_id",
    "rate_card",
    "rate_card_alias",
    "usage_statement_schedule",
    "multiplier_override_prioritization",
    "net_payment_terms_days",
    "scheduled_charges_on_usage_invoices",
    "prepaid_balance_threshold_configuration",
    "spend_threshold_configuration",
)


class PackageAlias(CatalogObject):
    """Another name of a package, in force for an interval; contracts resolve it as of their start."""

    name: Name
    starting_at: Instant | None = None
    ending_before: Instant | None = None

    def findings(self) -> Iterator[Finding]:
        return interval_findings(self.starting_at, self.ending_before)


class Package(CatalogObject):
    """A package as far as it is not a contract's: its terms and settings are judged in the contracts made of it."""

    accepted = RESPONSE_KEYS | {"billing_provider", "delivery_method", "uniqueness_key"}
    later = frozenset({"archived_at", "spend_trackers"})

    id: Name
    name: Name
    description: str | None = None
    aliases: tuple[PackageAlias, ...] = ()
    contract_name: Name | None = None
    duration: Duration | None = None
    rate_card_id: Any = None
    rate_card: Any = None
    rate_card_alias: Any = None
    usage_statement_schedule: Any = None
    multiplier_override_prioritization: Any = None
    net_payment_terms_days: Any = None
    scheduled_charges_on_usage_invoices: Any = None
    overrides: Any = None
    subscriptions: Any = None
    scheduled_charges: Any = None
    discounts: Any = None
    commits: Any = None
    credits: Any = None
    recurring_commits: Any = None
    recurring_credits: Any = None
    prepaid_balance_threshold_configuration: Any = None
    spend_threshold_configuration: Any = None
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        given = [key for key in ("rate_card_id", "rate_card", "rate_card_alias") if getattr(self, key) is not None]
        if not given:
            yield Finding((), "a package needs a rate card", "give rate_card or rate_card_alias")
        for key in given[1:]:
            yield Finding((key,), f"{given[0]} and {key} are both given", "keep one of them")
        if self.duration is not None and self.duration.value == 0:
            yield Finding(("duration", "value"), "a contract of no duration bills nothing", "give it some")


class PackageNames:
    """Which package a contract means: by id, by name, or by an alias as of the contract's start."""

    def __init__(self, packages: Sequence[Item], problems: list[Problem]) -> None:
        self._known: dict[str, Item] = {}
        self._aliases: list[tuple[str, datetime | None, datetime | None, Item]] = []
        for item in packages:
            for key in ("name", "id"):
                given = item.value.get(key)
                if isinstance(given, str) and self._known.setdefault(given, item) is not item:
                    place = self._known[given].place_of()
                    what = f"package {key} {given!r} is already taken"
                    problems.append(item.problem((key,), what, f"first given at {place.file}:{place.line}"))
            self._known.setdefault(package_id(item), item)
            aliases = item.value.get("aliases")
            for alias in aliases if isinstance(aliases, list) else ():
                if isinstance(alias, dict) and isinstance(alias.get("name"), str):
                    start, end = (instant_or_none(alias.get(key)) for key in ("starting_at", "ending_before"))
                    self._aliases.append((alias["name"], start, end, item))

    def named(self, name: str) -> Item | None:
        return self._known.get(name)

    def remedy(self, name: str) -> str:
        """The nearest name or id."""
        return did_you_mean(name, self._known)

    def with_alias(self, alias: str, moment: datetime) -> Item | None:
        """The package that held an alias at a moment: of several, the one most recently assigned."""
        held = [
            (start is not None, start, position)
            for position, (name, start, end, _) in enumerate(self._aliases)
            if name == alias and (start is None or start <= moment) and (end is None or moment < end)
        ]
        return self._aliases[max(held)[-1]][-1] if held else None

    def alias_remedy(self, alias: str) -> str:
        names = {name for name, *_ in self._aliases}
        return "a package has it at another time" if alias in names else did_you_mean(alias, names)


def package_id(package: Item) -> str:
    """The id of a package: its own, or one derived from its name."""
    given = package.value.get("id")
    return given if isinstance(given, str) and given else derived_id("package", str(package.value.get("name")))
