"""What a streaming metric counts, by Polars over the event files: nothing of the engine's own queries is used.

Values are text as sent. Those that are plain and short are added up as whole numbers, everything else one distinct text
at a time as an exact fraction, by the one grammar of `engine/values/numbers.py`: what is no number does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import polars as pl

from engine.catalog.metric import Aggregation, BillableMetric, PropertyFilter
from engine.events.table import EventFile
from engine.values.numbers import NUMBER, plain_text

#: The value of each group of each window: (window, values of the keys in their order).
Counted = Mapping[tuple[int, tuple[str | None, ...]], Fraction]

_PLAIN = r"^-?[0-9]{1,17}(\.[0-9]{1,9})?$"
_LIMB = 10**9
_VALUE = "value:"


@dataclass(frozen=True)
class EventWindows:
    """Whose events of which time count: window, alias, starting_at, ending_before, filter_key, filter_value.

    One row for each id of a customer and, where a usage filter chooses among the events, for each stretch of time and
    value that passes; filter_key is NULL where everything does. `filter_keys` are all of them.
    """

    rows: pl.DataFrame
    filter_keys: tuple[str, ...] = ()


def unreadable(metric: BillableMetric, keys: Iterable[str], files: Sequence[EventFile]) -> str | None:
    """Why a metric cannot be counted here: it reads a property inside JSON text, or one that is kept in a map."""
    names = {rule.name for rule in metric.property_filters} | set(keys)
    for name in sorted(names):
        root = name.partition(".")[0]
        for file in files:
            profile = file.profile.get(name)
            if profile is not None and profile.in_other:
                return f"property {name!r} is kept in a map of rare properties"
            if root != name and root in file.profile:
                return f"property {name!r} may be inside the JSON of property {root!r}"
    return None


def count_events(
    metric: BillableMetric,
    keys: Sequence[str],
    windows: EventWindows,
    files: Sequence[EventFile],
    as_of: datetime | None,
) -> Counted:
    """The metric's value for each window and combination of key values that has one."""
    if not files:
        return {}
    found = pl.concat([_events(metric, keys, windows.filter_keys, file) for file in files])
    if as_of is not None:
        found = found.filter(pl.col("ingested_at") <= as_of)
    inside = (
        found.filter(_passes(metric))
        .join(windows.rows.lazy(), left_on="customer_id", right_on="alias", how="inner")
        .filter((pl.col("starting_at") <= pl.col("timestamp")) & (pl.col("timestamp") < pl.col("ending_before")))
        .filter(_passes_usage_filter(windows.filter_keys))
    )
    groups = ["window", *(f"key:{position}" for position in range(len(keys)))]
    match metric.aggregation_type:
        case Aggregation.COUNT:
            return _whole(inside.group_by(groups).len("found").collect())
        case Aggregation.UNIQUE:
            distinct = inside.filter(pl.col(_VALUE).is_not_null()).select([*groups, _VALUE]).unique()
            return _whole(distinct.group_by(groups).len("found").collect())
        case Aggregation.SUM:
            return _sums(inside, groups)
        case Aggregation.MAX:
            texts = inside.select([*groups, _VALUE]).filter(_is_number()).unique().collect()
            return _best(texts)
        case _:
            order = ["timestamp", "ingested_at", "transaction_id"]
            last = pl.col(_VALUE).sort_by(order).last()
            return _best(inside.filter(_is_number()).group_by(groups).agg(last).collect())


def _events(metric: BillableMetric, keys: Sequence[str], filter_keys: Sequence[str], file: EventFile) -> pl.LazyFrame:
    """The columns of one file that the metric reads; a property that the file does not have is absent in all of it."""
    frame = pl.scan_parquet(file.path)
    properties = frame.collect_schema()["properties"]
    assert isinstance(properties, pl.Struct)
    fields = {field.name for field in properties.fields}

    def read(name: str, alias: str) -> pl.Expr:
        known = name in fields
        value = pl.col("properties").struct.field(name) if known else pl.lit(None, dtype=pl.String)
        return value.cast(pl.String).alias(alias)

    return frame.select(
        "customer_id",
        "event_type",
        "transaction_id",
        "timestamp",
        "ingested_at",
        *(read(rule.name, f"filter:{position}") for position, rule in enumerate(metric.property_filters)),
        *(read(key, f"key:{position}") for position, key in enumerate(keys)),
        *(read(key, f"usage:{position}") for position, key in enumerate(filter_keys)),
        *([read(metric.aggregation_key, _VALUE)] if metric.aggregation_key is not None else []),
    )


def _passes(metric: BillableMetric) -> pl.Expr:
    """Every filter of the metric (spec/metering.md §5): an absent property fails `in_values` alone."""
    conditions = [pl.lit(True)]
    types = metric.event_type_filter
    if types is not None and types.in_values:
        conditions.append(pl.col("event_type").is_in(list(types.in_values)))
    if types is not None and types.not_in_values:
        conditions.append(~pl.col("event_type").is_in(list(types.not_in_values)))
    for position, rule in enumerate(metric.property_filters):
        conditions += _property_conditions(rule, pl.col(f"filter:{position}"))
    if metric.effective_from is not None:
        conditions.append(pl.col("ingested_at") >= metric.effective_from)
    return pl.all_horizontal(conditions)


def _property_conditions(rule: PropertyFilter, value: pl.Expr) -> list[pl.Expr]:
    conditions = []
    if rule.exists is not None:
        conditions.append(value.is_not_null() if rule.exists else value.is_null())
    if rule.in_values:
        conditions.append(value.is_in(list(rule.in_values)).fill_null(False))
    if rule.not_in_values:
        conditions.append(~value.is_in(list(rule.not_in_values)).fill_null(False))
    return conditions


def _passes_usage_filter(filter_keys: Sequence[str]) -> pl.Expr:
    """An event goes by the filter in force at its own time (spec/metering.md §17.26)."""
    conditions = [pl.col("filter_key").is_null()]
    for position, key in enumerate(filter_keys):
        value = pl.col(f"usage:{position}")
        conditions.append((pl.col("filter_key") == key) & (pl.col("filter_value") == value))
    return pl.any_horizontal([condition.fill_null(False) for condition in conditions])


def _is_number() -> pl.Expr:
    return pl.col(_VALUE).str.contains(f"^(?:{NUMBER.pattern})$").fill_null(False)


def _sums(events: pl.LazyFrame, groups: Sequence[str]) -> Counted:
    text = pl.col(_VALUE)
    is_plain = text.str.contains(_PLAIN)
    digits = text.str.strip_prefix("-").str.split_exact(".", 1)
    sign = pl.when(text.str.starts_with("-")).then(-1).otherwise(1)
    whole = digits.struct.field("field_0").cast(pl.Int64)
    fraction = digits.struct.field("field_1").fill_null("").str.pad_end(9, "0").cast(pl.Int64)
    added = (
        events.filter(is_plain.fill_null(False))
        .group_by(groups)
        .agg(
            (sign * (whole // _LIMB)).sum().alias("high"),
            (sign * (whole % _LIMB)).sum().alias("low"),
            (sign * fraction).sum().alias("billionths"),
        )
        .collect()
    )
    sums: dict[tuple[int, tuple[str | None, ...]], Fraction] = {}
    for window, *key, high, low, billionths in added.iter_rows():
        sums[window, tuple(key)] = Fraction(high * _LIMB + low) + Fraction(billionths, _LIMB)
    others = events.filter(_is_number() & ~is_plain).group_by([*groups, _VALUE]).len("found").collect()
    for window, *key, value, times in others.iter_rows():
        number = plain_text(value)
        if number is not None:
            group = window, tuple(key)
            sums[group] = sums.get(group, Fraction(0)) + Fraction(number) * times
    return sums


def _whole(counts: pl.DataFrame) -> Counted:
    return {(window, tuple(key)): Fraction(count) for window, *key, count in counts.iter_rows()}


def _best(values: pl.DataFrame) -> Counted:
    """The greatest of each group's numbers."""
    best: dict[tuple[int, tuple[str | None, ...]], Fraction] = {}
    for window, *key, text in values.iter_rows():
        number = plain_text(text)
        group = window, tuple(key)
        if number is not None and (group not in best or best[group] < Fraction(number)):
            best[group] = Fraction(number)
    return best
