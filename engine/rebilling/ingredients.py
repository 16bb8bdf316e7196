"""What an invoice is made of, and the bills in between when one thing after another is replaced by another's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa

from engine.billing import Terms
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.mixed import (
    BALANCE_TERMS,
    OVERRIDE_TERMS,
    WithId,
    with_contracts,
    with_metrics,
    with_overrides,
    with_prices,
)
from engine.catalog.product import SqlBreakdownGranularity
from engine.catalog.touched import touched_customers
from engine.events.table import EventSnapshot
from engine.executors.isolated import IsolationLimits
from engine.executors.kept_readings import KeptReadings
from engine.invoices.closed import closed_digest
from engine.metrics.optimisations import Optimisations
from engine.rating.closed import Closed
from engine.rating.earlier import Earlier
from engine.reports.diff.cause import Cause
from engine.values.period import Period, format_instant

#: The sections of a catalog that are about prices, and those about terms and balances, with the words for them.
_PRICES = {
    "products": "products",
    "rate_cards": "rate cards",
    "rates": "rates",
    "pricing_units": "pricing units",
}
_BALANCES = ("commits", "credits")


@dataclass(frozen=True)
class Ingredients:
    """Everything that an invoice follows from, besides the version of the engine.

    `optimisations` and `isolation` are how it is computed, and change nothing.
    """

    catalog: Catalog
    snapshot: EventSnapshot
    period: Period
    as_of: datetime | None
    corrections: pa.Table
    earlier: Earlier
    closed: Closed
    sql_granularity: SqlBreakdownGranularity
    grace: timedelta
    optimisations: Optimisations
    isolation: IsolationLimits | None = None

    def terms(self, customers: frozenset[str] | None, kept: KeptReadings | None) -> Terms:
        """What a bill of these customers, or of all, depends on besides catalog, events and period."""
        return Terms(
            sql_granularity=self.sql_granularity,
            as_of=self.as_of,
            earlier=self.earlier,
            closed=self.closed if customers is None else self.closed.only(customers),
            whole=self.catalog,
            corrections=self.corrections,
            grace=self.grace,
            optimisations=self.optimisations,
            kept=kept,
        )


@dataclass(frozen=True)
class Substitution:
    """What is there once a cause has been put in place; `explanation` says what of it was different.

    It can touch no bills but those of `customers`.
    """

    cause: Cause
    ingredients: Ingredients
    customers: frozenset[str]
    explanation: str


def substitutions(before: Ingredients, after: Ingredients, customers: frozenset[str]) -> list[Substitution]:
    """One after another the causes by which the invoices of these customers can differ, the last with `after` itself.

    A cause that is the same on both sides, or touches none of them, makes no step; without any, both sides bill the
    same. `customers` are all who are billed together.
    """
    found: list[Substitution] = []
    mixed = before
    for cause, replaced, explain in _REPLACEMENTS:
        new = replaced(mixed, after)
        old_terms, new_terms = _seen_by(mixed, customers), _seen_by(new, customers)
        told = "; ".join(explain(old_terms, new_terms))
        touched = customers
        if told and cause in CATALOG_CAUSES:
            touched &= touched_customers(old_terms.catalog, new_terms.catalog)
        if told and touched:
            found.append(Substitution(cause, new, touched, told))
        mixed = new
    return [*found[:-1], *(replace(each, ingredients=after) for each in found[-1:])]


def _seen_by(ingredients: Ingredients, customers: frozenset[str]) -> Ingredients:
    """Without the contracts, balances and invoices of others."""
    catalog = ingredients.catalog.with_customers(customers)
    own = tuple(each for each in catalog.customers if each.id in customers)
    catalog = catalog.with_sections({"customers": own})
    return replace(ingredients, catalog=catalog, closed=ingredients.closed.only(customers))


def _events_replaced(mixed: Ingredients, after: Ingredients) -> Ingredients:
    return replace(mixed, snapshot=after.snapshot, as_of=after.as_of, corrections=after.corrections)


def _catalog_replaced(part: Callable[[Catalog, Catalog], Catalog]) -> Callable[[Ingredients, Ingredients], Ingredients]:
    return lambda mixed, after: replace(mixed, catalog=part(mixed.catalog, after.catalog))


def _balances_replaced(mixed: Ingredients, after: Ingredients) -> Ingredients:
    return replace(mixed, catalog=after.catalog, earlier=after.earlier, closed=after.closed)


def _settings_replaced(mixed: Ingredients, after: Ingredients) -> Ingredients:
    return after


def _events_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    # What lies after the billing period is read by none of its statements.
    end = new.period.ending_before.date()
    before, after = ({each.sha256 for each in side.snapshot.files if each.date < end} for side in (old, new))
    if before != after:
        yield f"version {old.snapshot.version} of the events, then version {new.snapshot.version}"
    if old.as_of != new.as_of:
        cuts = ["any time" if each.as_of is None else format_instant(each.as_of) for each in (old, new)]
        yield f"events that arrived until {cuts[0]}, then until {cuts[1]}"
    if not old.corrections.equals(new.corrections):
        yield f"{old.corrections.num_rows} corrections of closed statements, then {new.corrections.num_rows}"


def _metrics_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    metrics = ({each.id: each.definition_hash() for each in side.catalog.billable_metrics} for side in (old, new))
    yield from _told("billable metrics", *metrics)
    metered = (
        {each.id: each.metrics_over_time() for each in side.catalog.products if each.billable_metric_id is not None}
        for side in (old, new)
    )
    yield from _told("metrics of products", *metered)


def _prices_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    for section, nouns in _PRICES.items():
        yield from _told(nouns, *(_by_id(getattr(side.catalog, section)) for side in (old, new)))


def _overrides_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    yield from _told("overrides of contracts", *(_terms(side.catalog.contracts, OVERRIDE_TERMS) for side in (old, new)))


def _contracts_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    yield from _told("customers", *(_by_id(side.catalog.customers) for side in (old, new)))
    names = [name for name in Contract.model_fields if name not in BALANCE_TERMS]
    yield from _told("contracts", *(_terms(side.catalog.contracts, names) for side in (old, new)))


def _balances_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    for section in _BALANCES:
        yield from _told(section, *(_by_id(getattr(side.catalog, section)) for side in (old, new)))
    # What is entered by hand has no id of its own.
    entries = ({repr(each): each for each in side.catalog.manual_balance_entries} for side in (old, new))
    yield from _told("manual balance entries", *entries)
    yield from _told("balances of contracts", *(_terms(side.catalog.contracts, BALANCE_TERMS) for side in (old, new)))
    if old.earlier != new.earlier:
        yield "other runs of earlier billing periods"
    if closed_digest(old.closed) != closed_digest(new.closed):
        yield "other finalized and void invoices"


def _settings_told(old: Ingredients, new: Ingredients) -> Iterator[str]:
    if old.sql_granularity is not new.sql_granularity:
        yield f"sql_breakdown_granularity {old.sql_granularity}, then {new.sql_granularity}"
    if old.grace != new.grace:
        hours = [side.grace // timedelta(hours=1) for side in (old, new)]
        yield f"grace of {hours[0]} hours, then {hours[1]} hours"


_Replacement = Callable[[Ingredients, Ingredients], Ingredients]
_Explanation = Callable[[Ingredients, Ingredients], Iterable[str]]

#: The causes that replace nothing but a part of the catalog, and leave one between two, which nothing has checked.
CATALOG_CAUSES = frozenset({Cause.METRIC, Cause.PRICE, Cause.OVERRIDE, Cause.CONTRACT})

#: In the order in which they are replaced: what each refers to comes before it.
_REPLACEMENTS: tuple[tuple[Cause, _Replacement, _Explanation], ...] = (
    (Cause.LATE_EVENTS, _events_replaced, _events_told),
    (Cause.METRIC, _catalog_replaced(with_metrics), _metrics_told),
    (Cause.PRICE, _catalog_replaced(with_prices), _prices_told),
    (Cause.OVERRIDE, _catalog_replaced(with_overrides), _overrides_told),
    (Cause.CONTRACT, _catalog_replaced(with_contracts), _contracts_told),
    (Cause.BALANCE, _balances_replaced, _balances_told),
    (Cause.SETTINGS, _settings_replaced, _settings_told),
)


def _by_id(objects: Iterable[WithId]) -> dict[str, object]:
    return {each.id: each for each in objects}


def _terms(contracts: Iterable[Contract], names: Iterable[str]) -> dict[str, object]:
    wanted = tuple(names)
    return {each.id: tuple(getattr(each, name) for name in wanted) for each in contracts}


def _told(nouns: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """How many of something changed, were added, and are gone, or that they stand in another order."""
    changed = sum(1 for key, value in old.items() if key in new and new[key] != value)
    counts = {"changed": changed, "added": len(new.keys() - old.keys()), "gone": len(old.keys() - new.keys())}
    said = [f"{count} {what}" for what, count in counts.items() if count]
    if not said and list(old) != list(new):
        said = ["in another order"]
    if said:
        yield f"{nouns}: {', '.join(said)}"
