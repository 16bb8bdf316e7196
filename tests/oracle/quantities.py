"""The running value of a product's usage across its versions: V(t), and what of it a segment bills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

from tests.oracle.eligibility import Coverage
from tests.oracle.metering import Event, Group, SqlFunction, metric_value
from tests.oracle.numbers import divide, round_quantity
from tests.oracle.versions import changes, version_at

Product = Mapping[str, Any]
Measure = dict[Group, Fraction]

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Statement:
    """One contract in one statement period, with the events inside it that count for the contract.

    `measured` remembers what metrics were, as several products may share one. `coverage` are the balances that the
    contract may draw on; without them nothing is covered.
    """

    catalog: Mapping[str, Any]
    contract: Mapping[str, Any]
    starting_at: datetime
    ending_before: datetime
    events: Sequence[Event]
    sql_functions: Mapping[str, SqlFunction]
    measured: dict[tuple[Any, ...], Measure] = field(default_factory=dict)
    coverage: Coverage | None = None

    def inside(self, moments: Iterable[datetime]) -> set[datetime]:
        """Those of the instants that are strictly inside the period."""
        return {moment for moment in moments if self.starting_at < moment < self.ending_before}


@dataclass(frozen=True)
class Stretch:
    """The part of a period in which a product has the same keys; `billed` is each group's quantity in each segment."""

    pricing_key: list[str]
    presentation_key: list[str]
    segments: list[tuple[datetime, datetime]]
    billed: dict[Group, list[Fraction]]

    @property
    def keys(self) -> list[str]:
        return keys_of(self.pricing_key, self.presentation_key)


def keys_of(pricing_key: Sequence[str], presentation_key: Sequence[str]) -> list[str]:
    """The keys by which usage is grouped, each once."""
    return list(dict.fromkeys([*pricing_key, *presentation_key]))


def at_last_instant(catalog: Mapping[str, Any], product: Product, moment: datetime) -> bool:
    """Whether what is measured at an instant is priced as of the last instant of the period."""
    metric = catalog["metrics"][version_at(product, moment)["metric"]]
    return metric["sql"] is not None and product["granularity"] == "SERVICE_PERIOD"


def cut_points(
    statement: Statement, product_id: str, credit_type: str, more: Iterable[datetime] = ()
) -> list[datetime]:
    """The instants at which something may change, with both ends of the period, in order; `more` are cuts besides.

    Prices, tags, entitlements and balances cut nothing where every metric of the period is one of the SERVICE_PERIOD.
    Overrides that do not touch the product add cuts too: segments with equal terms are merged afterwards.
    """
    catalog, contract = statement.catalog, statement.contract
    product = catalog["products"][product_id]
    cuts = statement.inside(
        changes(product, "metric", "pricing_key", "presentation_key", "conversion", "rounding")
    ) | statement.inside(more)
    if not all(at_last_instant(catalog, product, moment) for moment in (statement.starting_at, *cuts)):
        of_product = [catalog["rates"][rate] for rate in catalog["rates_of"].get((contract["card"], product_id), ())]
        cuts |= statement.inside(term_cuts([*of_product, *contract["overrides"]]))
        cuts |= statement.inside(changes(product, "tags"))
        if statement.coverage is not None:
            cuts |= statement.inside(statement.coverage.cuts(product_id, credit_type))
    return [statement.starting_at, *sorted(cuts), statement.ending_before]


def term_cuts(items: Iterable[Mapping[str, Any]]) -> set[datetime]:
    """The starts and ends of rates and overrides."""
    return {item[edge] for item in items for edge in ("starting_at", "ending_before")} - {None}


def stretches(statement: Statement, product_id: str, cuts: Sequence[datetime]) -> Iterator[Stretch]:
    """The stretches of equal keys in a period that is cut into segments, in order.

    Over a segment in which metric X is in force, V grows by X(end) - X(start), X being taken from the start of the
    period on under the keys of the stretch; a group that X has no row for counts 0 (spec/metering.md §8.2, §17.25).
    What is billed is the growth of V converted and rounded as the segment's version says. A group exists in a stretch
    once the metric in force has a value for it at an end of a segment.
    """
    product = statement.catalog["products"][product_id]

    def keys_at(segment: tuple[datetime, datetime]) -> tuple[list[str], list[str]]:
        version = version_at(product, segment[0])
        return version["pricing_key"], version["presentation_key"]

    for (pricing_key, presentation_key), group in groupby(pairwise(cuts), keys_at):
        segments, keys = list(group), keys_of(pricing_key, presentation_key)
        running = _before(statement, product, keys, segments[0][0])
        billed: dict[Group, list[Fraction]] = {}
        for index, (start, end) in enumerate(segments):
            version, grown = version_at(product, start), _growth(statement, product, keys, start, end)
            for named in grown:
                billed.setdefault(named, [_ZERO] * len(segments))
                before = running.get(named, _ZERO)
                running[named] = before + grown[named]
                quantity = converted_and_rounded(running[named], version) - converted_and_rounded(before, version)
                billed[named][index] = quantity
        yield Stretch(pricing_key, presentation_key, segments, billed)


def _before(statement: Statement, product: Product, keys: Sequence[str], start: datetime) -> Measure:
    """V under some keys at the start of a stretch."""
    swaps = sorted(swap for swap in statement.inside(changes(product, "metric")) if swap < start)
    running: Measure = {}
    for begin, end in pairwise([statement.starting_at, *swaps, start]):
        for group, growth in _growth(statement, product, keys, begin, end).items():
            running[group] = running.get(group, _ZERO) + growth
    return running


def _growth(statement: Statement, product: Product, keys: Sequence[str], start: datetime, end: datetime) -> Measure:
    """By how much the metric in force at `start` grows until `end`, for every group that it has at either."""
    metric_id = version_at(product, start)["metric"]
    before, after = _measured(statement, metric_id, keys, start), _measured(statement, metric_id, keys, end)
    return {group: after.get(group, _ZERO) - before.get(group, _ZERO) for group in {**before, **after}}


def _measured(statement: Statement, metric_id: str, keys: Sequence[str], cut: datetime) -> Measure:
    """The metric per group from the start of the period up to a cut; nothing at the start itself."""
    if cut == statement.starting_at:
        return {}
    known = metric_id, tuple(keys), cut
    if known not in statement.measured:
        events = [event for event in statement.events if event["timestamp"] < cut]
        metric = statement.catalog["metrics"][metric_id]
        statement.measured[known] = metric_value(metric, events, keys, statement.sql_functions)
    return statement.measured[known]


def converted_and_rounded(value: Fraction, version: Mapping[str, Any]) -> Fraction:
    if version["conversion"]:
        operation, factor = version["conversion"]
        value = value * factor if operation == "MULTIPLY" else divide(value, factor)
    if version["rounding"]:
        method, places = version["rounding"]
        value = round_quantity(value, method, places)
    return value
