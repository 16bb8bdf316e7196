"""What commits and credits say: terms as dicts, and what a run works with (spec/rating.md §6).

A *balance* is a prepaid commit, a postpaid commit or a credit; its *segments* are the items of its access schedule, and
each is drawn on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.credit_types import CreditTypes
from tests.oracle.schedules import Due, dues
from tests.oracle.times import END
from tests.oracle.written import Item, Named, exact, exact_if_any, pairs, when

#: The lists of a contract that hold balances, and what one item of them is called where its id is derived.
LISTS = {
    "commits": "commit",
    "credits": "credit",
    "recurring_commits": "recurring_commit",
    "recurring_credits": "recurring_credit",
}


@dataclass
class Segment:
    """A stretch of time in which an amount may be drawn; `drawn` grows while a run draws.

    `amount` is None for a rollover until the run has found it out. `manual` are (instant, amount, reason). `rolled` is
    what a renewal has taken out of it, `earlier_rolled` what it took in an earlier run.
    """

    balance: Balance
    id: str
    number: int
    amount: Fraction | None
    starting_at: datetime
    ending_before: datetime
    written_ending_before: datetime
    granted_as: str = "SEGMENT_START"
    seat: tuple[str, str] | None = None
    manual: list[tuple[datetime, Fraction, str]] = field(default_factory=list)
    earlier_drawn: Fraction = Fraction(0)
    earlier_rolled: Fraction = Fraction(0)
    available: Fraction = Fraction(0)
    drawn: Fraction = Fraction(0)
    rolled: Fraction = Fraction(0)

    def covers(self, moment: datetime) -> bool:
        return self.starting_at <= moment < self.ending_before

    @property
    def left(self) -> Fraction:
        """What may still be drawn in this run, never below zero."""
        return max(Fraction(0), self.available - self.drawn - self.rolled)


@dataclass
class Balance:
    """A balance in one run. `terms` are as `read_balance` gives them; `contracts` may draw on it.

    `name` is that of the product where it has none, `called` are the names by which overrides may mean it. `trueup` is
    (contract, when it is charged, whether it has been removed); `charged_at` is None for one that never falls due.
    """

    id: str
    name: str
    number: int
    terms: Item
    customer: str
    contract: str | None
    invoice_contract: str | None
    contracts: tuple[str, ...]
    order: tuple[Any, ...]
    called: frozenset[str]
    segments: list[Segment] = field(default_factory=list)
    trueup: tuple[str, datetime | None, bool] | None = None
    purchases: list[Due] = field(default_factory=list)
    rollover: Rollover | None = None

    @property
    def kind(self) -> str:
        return str(self.terms["kind"])


@dataclass
class Rollover:
    """What a renewal takes over: from the segments of an old balance into the one segment of a new one."""

    rolled_at: datetime
    fraction: Fraction
    old: list[Segment]
    new: Segment
    #: Whether this run bills the last statement of the old contract, so that the amount is found out now.
    found_now: bool


def read_applicability(item: Mapping[str, Any], products: Named) -> list[Item] | None:
    """The targets of a balance, of which one must match: {"product", "any_tags", "all_tags", "pricing", "presentation"}

    None is everything: usage, subscriptions, composites and conversions.
    """
    named = item.get("applicable_product_ids") or item.get("applicable_products") or []
    targets: list[Item] = [_target(product=products.find(each)) for each in named]
    if item.get("applicable_product_tags"):
        targets.append(_target(any_tags=list(item["applicable_product_tags"])))
    for specifier in item.get("specifiers") or []:
        targets.append(
            _target(
                product=products.pointed_at_if_any(specifier, "product"),
                all_tags=list(specifier.get("product_tags") or []),
                pricing=dict(specifier.get("pricing_group_values") or {}),
                presentation=dict(specifier.get("presentation_group_values") or {}),
            )
        )
    return targets or None


def _target(**said: Any) -> Item:
    return {"product": None, "any_tags": None, "all_tags": [], "pricing": {}, "presentation": {}, **said}


def read_balance(item: Mapping[str, Any], products: Named, credit_types: CreditTypes, fiat: str, section: str) -> Item:
    """What a commit or a credit of any kind says; `item` has its id already, and so have its schedule items.

    `segments`: [{"id", "amount", "starting_at", "ending_before"}]. `invoices`: [Due], with `invoiced` whether they make
    invoices. Recurring ones have neither.
    """
    kind = "CREDIT" if section.endswith("credits") else str(item.get("type") or "PREPAID").upper()
    access = item.get("access_schedule") or item.get("access_amount") or {}
    access_type = str(access.get("access_type") or "SPEND").upper()
    schedule = item.get("invoice_schedule") or {}
    hierarchy = (item.get("hierarchy_configuration") or {}).get("child_access") or {}
    return {
        "id": item["id"],
        "called": {each for each in (item["id"], item.get("temporary_id"), item.get("name")) if each},
        "kind": kind,
        "name": item.get("name"),
        "product": products.pointed_at(item, "product"),
        "access_type": access_type,
        "credit_type": (credit_types.named(access, "credit_type") or fiat) if access_type == "SPEND" else None,
        "rate_type": str(item.get("rate_type") or "LIST_RATE").upper(),
        "priority": exact_if_any(item.get("priority")),
        "rollover_fraction": exact_if_any(item.get("rollover_fraction")),
        "targets": read_applicability(item, products),
        "child_access": str(hierarchy.get("type") or "NONE").upper(),
        "child_contracts": hierarchy.get("contract_ids") or [],
        "custom_fields": pairs(item.get("custom_fields")),
        "segments": [
            {
                "id": each["id"],
                "amount": exact(each["amount"]),
                "starting_at": when(each, "starting_at"),
                "ending_before": when(each, "ending_before") or END,
            }
            for each in (item.get("access_schedule") or {}).get("schedule_items") or []
        ],
        "invoices": list(dues(schedule)),
        "invoiced": not schedule.get("do_not_invoice"),
        "recurring": None,
    }


def is_paid(terms: Mapping[str, Any]) -> bool:
    """Whether anything is or was to be paid for it, also where that makes no invoice; a postpaid one always is.

    What a recurring commit grants is paid when the commit has a price, whatever one period of it comes to.
    """
    if terms["recurring"] is not None:
        price = terms["invoice_price"]
        return price is not None and price > 0 and terms["invoice_quantity"] != 0
    invoiced = sum((price * quantity for _, price, quantity in terms["invoices"]), Fraction(0))
    return terms["kind"] == "POSTPAID" or invoiced > 0


def priority_key(terms: Mapping[str, Any]) -> tuple[bool, Fraction]:
    """Smaller first, none last."""
    return terms["priority"] is None, terms["priority"] or Fraction(0)
