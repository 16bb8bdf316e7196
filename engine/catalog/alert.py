"""Alerts: what a customer's spend, invoices or balances must come to for it to be reported (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.exact import decimal_places
from engine.catalog.fields import RESPONSE_KEYS, AnyCase, CatalogObject, Finding, Name, Number

#: The most decimal places of a threshold in percent: a share of every amount is then taken exactly.
PERCENT_PLACES = 8


class AlertType(StrEnum):
    """What is watched: reached from below by spend and invoices, from above by the balances of the LOW ones."""

    SPEND_THRESHOLD_REACHED = "SPEND_THRESHOLD_REACHED"
    INVOICE_TOTAL_REACHED = "INVOICE_TOTAL_REACHED"
    LOW_REMAINING_COMMIT_BALANCE_REACHED = "LOW_REMAINING_COMMIT_BALANCE_REACHED"
    LOW_REMAINING_COMMIT_PERCENTAGE_REACHED = "LOW_REMAINING_COMMIT_PERCENTAGE_REACHED"
    LOW_REMAINING_CONTRACT_CREDIT_BALANCE_REACHED = "LOW_REMAINING_CONTRACT_CREDIT_BALANCE_REACHED"
    LOW_REMAINING_CONTRACT_CREDIT_PERCENTAGE_REACHED = "LOW_REMAINING_CONTRACT_CREDIT_PERCENTAGE_REACHED"
    LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_BALANCE_REACHED = (
        "LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_BALANCE_REACHED"
    )
    LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_PERCENTAGE_REACHED = (
        "LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_PERCENTAGE_REACHED"
    )

    @property
    def is_percentage(self) -> bool:
        """Whether the threshold is in percent of what was granted."""
        return self.value.endswith("_PERCENTAGE_REACHED")

    @property
    def of_commits(self) -> bool:
        """Whether it watches the balances of commits."""
        return "_COMMIT_" in self.value

    @property
    def of_credits(self) -> bool:
        """Whether it watches the balances of credits."""
        return "_CREDIT_" in self.value


#: Alert types that Metronome has and duckbill does not watch yet.
LATER_ALERT_TYPES = (
    "LOW_CREDIT_BALANCE_REACHED",
    "MONTHLY_INVOICE_TOTAL_SPEND_THRESHOLD_REACHED",
    "LOW_REMAINING_DAYS_IN_PLAN_REACHED",
    "LOW_REMAINING_CREDIT_PERCENTAGE_REACHED",
    "USAGE_THRESHOLD_REACHED",
    "LOW_REMAINING_DAYS_FOR_COMMIT_SEGMENT_REACHED",
    "LOW_REMAINING_DAYS_FOR_CONTRACT_CREDIT_SEGMENT_REACHED",
    "LOW_REMAINING_SEAT_BALANCE_REACHED",
)


class Alert(CatalogObject):
    """Reports the customer, or every customer, for whom what is watched reaches `threshold`.

    Without a `credit_type_id` amounts are in the currency of the customer's contracts.
    """

    references: ClassVar[Mapping[str, str]] = {"customer_id": "customers", "credit_type_id": "pricing_units"}
    accepted = RESPONSE_KEYS | {"evaluate_on_create", "uniqueness_key"}
    later = frozenset(
        {
            "access_type",
            "alert_specifiers",
            "billable_metric_id",
            "credit_grant_type_filters",
            "custom_field_filters",
            "group_values",
            "invoice_types_filter",
            "plan_id",
            "seat_filter",
        }
    )

    id: Name
    name: Name
    alert_type: Annotated[AlertType, AnyCase(later=LATER_ALERT_TYPES, verb="watch")]
    threshold: Number
    customer_id: Name | None = None
    credit_type_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        if self.threshold < 0:
            yield Finding(("threshold",), f"threshold {self.threshold} is negative", "a threshold is 0 or more")
        elif self.alert_type.is_percentage and self.threshold > 100:
            what = f"threshold {self.threshold} is more than 100 percent"
            yield Finding(("threshold",), what, "it is in percent of what was granted: 10 is one tenth")
        elif self.alert_type.is_percentage and decimal_places(self.threshold) > PERCENT_PLACES:
            what = f"threshold {self.threshold} has more than {PERCENT_PLACES} decimal places"
            yield Finding(("threshold",), what, "round it: it is in percent of what was granted")
