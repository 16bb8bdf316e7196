"""Contracts: which customer is billed by which rate card, from when, how often, and with which overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar

from engine.catalog.balance import Commit, Credit
from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Hour,
    Instant,
    Name,
    TextMap,
    Whole,
    interval_findings,
)
from engine.catalog.hierarchy import HierarchyConfiguration
from engine.catalog.override import Override, OverrideType
from engine.catalog.recurring_balance import RecurringCommit, RecurringCredit
from engine.catalog.scheduled_charge import ScheduledCharge
from engine.catalog.subscription import Subscription
from engine.catalog.threshold import PrepaidBalanceThreshold, SpendThreshold
from engine.values.period import format_instant


class StatementFrequency(StrEnum):
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUAL = "ANNUAL"
    WEEKLY = "WEEKLY"


class StatementDay(StrEnum):
    FIRST_OF_MONTH = "FIRST_OF_MONTH"
    CONTRACT_START = "CONTRACT_START"
    CUSTOM_DATE = "CUSTOM_DATE"


class MultiplierPrioritization(StrEnum):
    LOWEST_MULTIPLIER = "LOWEST_MULTIPLIER"
    EXPLICIT = "EXPLICIT"


class ChargesOnUsageInvoices(StrEnum):
    ALL = "ALL"


class TransitionType(StrEnum):
    RENEWAL = "RENEWAL"
    SUPERSEDE = "SUPERSEDE"


class TrueupBehavior(StrEnum):
    REMOVE = "REMOVE"
    AS_IS = "AS_IS"


class FutureInvoiceBehavior(CatalogObject):
    """Whether the postpaid commits of the contract that ends still charge what was not used."""

    trueup: Annotated[TrueupBehavior, AnyCase()] = TrueupBehavior.AS_IS


class Transition(CatalogObject):
    """Ends another contract of the same customer where this one starts."""

    references: ClassVar[Mapping[str, str]] = {"from_contract_id": "contracts"}

    type: Annotated[TransitionType, AnyCase()]
    from_contract_id: Name
    future_invoice_behavior: FutureInvoiceBehavior = FutureInvoiceBehavior()


class UsageStatementSchedule(CatalogObject):
    """How usage is cut into statement periods (spec/rating.md §9).

    Periods that end at or before `invoice_generation_starting_at` were billed elsewhere, and have no statement.
    """

    frequency: Annotated[StatementFrequency, AnyCase()] = StatementFrequency.MONTHLY
    day: Annotated[StatementDay, AnyCase()] = StatementDay.FIRST_OF_MONTH
    billing_anchor_date: Hour | None = None
    invoice_generation_starting_at: Hour | None = None

    def findings(self) -> Iterator[Finding]:
        custom = self.day is StatementDay.CUSTOM_DATE
        if custom and self.billing_anchor_date is None:
            yield Finding(("day",), "CUSTOM_DATE needs a billing_anchor_date", "say when a period starts")
        if not custom and self.billing_anchor_date is not None:
            yield Finding(("billing_anchor_date",), f"{self.day} takes no billing_anchor_date", "set day: CUSTOM_DATE")


class UsageFilter(CatalogObject):
    """From `starting_at` on, only events whose property `group_key` is one of `group_values` count for the contract.

    An event goes by the filter in force at its own timestamp (spec/metering.md §9.1, §17.26). The first may leave out
    `starting_at`: it holds until the next begins.
    """

    accepted = RESPONSE_KEYS

    group_key: Name
    group_values: tuple[Name, ...]
    starting_at: Hour | None = None

    def findings(self) -> Iterator[Finding]:
        if not self.group_values:
            yield Finding(("group_values",), "group_values is empty, so no event would count", "name some values")
        for position, value in enumerate(self.group_values):
            if value in self.group_values[:position]:
                yield Finding(("group_values", position), f"{value!r} is given twice", "give it once")


class Contract(CatalogObject):
    """One customer's terms for `starting_at <= t < ending_before`; an alias is already its `rate_card_id`.

    A package's terms are the contract's own, and edits have been made. `terms_end_at`, which no file gives, is where
    charges by a schedule, of commits too, stop because the contract was ended early or renewed.
    """

    references: ClassVar[Mapping[str, str]] = {"customer_id": "customers", "rate_card_id": "rate_cards"}
    accepted = RESPONSE_KEYS | {
        "billing_provider_configuration",
        "delivery_method",
        "netsuite_sales_order_id",
        "rate_card_alias",
        "revenue_system_configuration",
        "salesforce_opportunity_id",
        "total_contract_value",
        "uniqueness_key",
    }
    later = frozenset(
        {
            "amendments",
            "archived_at",
            "professional_services",
            "reseller_royalties",
            "spend_trackers",
        }
    )

    id: Name
    customer_id: Name
    rate_card_id: Name
    name: str | None = None
    starting_at: Instant
    ending_before: Instant | None = None
    terms_end_at: Instant | None = None
    package_id: Name | None = None
    transition: Transition | None = None
    hierarchy_configuration: HierarchyConfiguration | None = None
    overrides: tuple[Override, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    scheduled_charges: tuple[ScheduledCharge, ...] = ()
    discounts: tuple[ScheduledCharge, ...] = ()
    commits: tuple[Commit, ...] = ()
    credits: tuple[Credit, ...] = ()
    recurring_commits: tuple[RecurringCommit, ...] = ()
    recurring_credits: tuple[RecurringCredit, ...] = ()
    prepaid_balance_threshold_configuration: PrepaidBalanceThreshold | None = None
    spend_threshold_configuration: SpendThreshold | None = None
    scheduled_charges_on_usage_invoices: Annotated[ChargesOnUsageInvoices, AnyCase()] | None = None
    usage_filter: tuple[UsageFilter, ...] = ()
    usage_statement_schedule: UsageStatementSchedule = UsageStatementSchedule()
    multiplier_override_prioritization: Annotated[MultiplierPrioritization, AnyCase()] = (
        MultiplierPrioritization.LOWEST_MULTIPLIER
    )
    net_payment_terms_days: Whole | None = None
    custom_fields: TextMap = ()

    @property
    def statement_anchor(self) -> datetime:
        """From when statement periods are counted, and billing periods of subscriptions that do not say otherwise."""
        schedule, start = self.usage_statement_schedule, self.starting_at
        if schedule.billing_anchor_date is not None:
            return schedule.billing_anchor_date
        if schedule.day is StatementDay.CONTRACT_START:
            return start
        in_quarter = (start.month - 1) % 3 if schedule.frequency is StatementFrequency.QUARTERLY else 0
        return datetime(start.year, start.month - in_quarter, 1)

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from self._usage_filters_follow_one_another()
        yield from self._overrides_follow_the_scheme()
        for position, subscription in enumerate(self.subscriptions):
            anchor = subscription.billing_cycle_config.anchor_date
            start = subscription.starting_at or self.starting_at
            end = subscription.ending_before
            if subscription.starting_at is None and end is not None and end <= start:
                what = f"ending_before {format_instant(end)} is not after the contract's start {format_instant(start)}"
                yield Finding(("subscriptions", position, "ending_before"), what, "the end is exclusive")
            if anchor is not None and anchor > start:
                what = f"anchor_date {format_instant(anchor)} is after the subscription's start {format_instant(start)}"
                path = ("subscriptions", position, "billing_cycle_config", "anchor_date")
                yield Finding(path, what, "count from the start, or from before it")

    def _overrides_follow_the_scheme(self) -> Iterator[Finding]:
        explicit = self.multiplier_override_prioritization is MultiplierPrioritization.EXPLICIT
        for position, override in enumerate(self.overrides):
            if explicit and override.type is OverrideType.MULTIPLIER and override.priority is None:
                yield Finding(
                    ("overrides", position),
                    "a MULTIPLIER override under EXPLICIT prioritization needs a priority",
                    "the smallest priority wins",
                )
            elif not explicit and override.type is OverrideType.TIERED:
                yield Finding(
                    ("overrides", position, "type"),
                    "a TIERED override needs EXPLICIT prioritization",
                    "set multiplier_override_prioritization: EXPLICIT on the contract",
                )

    def _usage_filters_follow_one_another(self) -> Iterator[Finding]:
        for position, (earlier, later) in enumerate(pairwise(self.usage_filter), start=1):
            path = ("usage_filter", position)
            if later.starting_at is None:
                yield Finding(path, "only the first usage filter may leave out starting_at", "say from when it holds")
            elif earlier.starting_at is not None and later.starting_at <= earlier.starting_at:
                yield Finding(
                    (*path, "starting_at"),
                    f"{format_instant(later.starting_at)} does not come after the filter before it",
                    "give the filters in the order of their times",
                )
