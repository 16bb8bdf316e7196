"""By which keys the products of a metric are grouped when, and where what was published of each group stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.catalog.product import ProductVersion
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.inputs import rated_products
from engine.values.period import ALWAYS


@dataclass(frozen=True)
class BucketMeter:
    """A metric and one set of group keys by which products are metered with it.

    A SQL metric has no keys here: its groups are columns of its own, which no event has by itself. `sold` says which
    product is metered so by which rate card when: (rate card id, product id, version).
    """

    meter_no: int
    metric_no: int
    keys: tuple[str, ...]
    sold: tuple[tuple[str, str, ProductVersion], ...]


def bucket_meters(catalog: Catalog, metrics: Sequence[BillableMetric]) -> tuple[BucketMeter, ...]:
    """The meters of each metric, at least one; a metric that nothing is sold by has one that sells nothing."""
    found: list[BucketMeter] = []
    for metric_no, metric in enumerate(metrics):
        by_keys: dict[tuple[str, ...], list[tuple[str, str, ProductVersion]]] = {}
        for rate_card_id, product_id, version in _metered_by(catalog, metric):
            keys = tuple(sorted(version.grouped_by)) if metric.sql is None else ()
            by_keys.setdefault(keys, []).append((rate_card_id, product_id, version))
        for keys, sold in (by_keys or {(): []}).items():
            found.append(BucketMeter(len(found), metric_no, keys, tuple(sold)))
    return tuple(found)


def sold_products(meters: Sequence[BucketMeter]) -> pa.Table:
    """Which product each meter meters when. Grain: meter_no, rate_card_id, product_id, starting_at."""
    rows = [(meter.meter_no, *each) for meter in meters for each in meter.sold]
    return arrow_table(
        meter_no=(pa.int32(), [meter_no for meter_no, _, _, _ in rows]),
        rate_card_id=(pa.string(), [rate_card_id for _, rate_card_id, _, _ in rows]),
        product_id=(pa.string(), [product_id for _, _, product_id, _ in rows]),
        starting_at=(INSTANT, [version.starting_at or ALWAYS.starting_at for _, _, _, version in rows]),
        ending_before=(INSTANT, [version.ending_before or ALWAYS.ending_before for _, _, _, version in rows]),
    )


def group_key(values: Sequence[exp.Expr]) -> exp.Expr:
    """Group values as one text, different for different values; absent is not the empty text."""
    if not values:
        return exp.Literal.string("")
    parts: list[exp.Expr] = []
    for value in values:
        length = exp.cast(exp.func("LENGTH", value.copy()), exp.DType.VARCHAR.into_expr())
        parts.append(
            exp.func("COALESCE", _joined([length, exp.Literal.string(":"), value.copy()]), exp.Literal.string("-"))
        )
    return _joined(parts)


def group_lines(meter: BucketMeter) -> exp.Select:
    """Where the usage of a meter's products stands: meter_no, statement_no, product_id, group_key, starting_at,
    ending_before, bucket, from `bucket_usage`.

    Tiers and parts that balances cover are lines of one group and time: the best of their buckets counts.
    """
    products = [
        exp.Literal.string(product_id) for product_id in sorted({product_id for _, product_id, _ in meter.sold})
    ]
    own = exp.column("product_id").isin(*products) if products else exp.false()
    columns = [exp.column(name) for name in ("statement_no", "product_id", "starting_at", "ending_before")]
    return (
        exp.select(
            exp.alias_(exp.Literal.number(meter.meter_no), "meter_no"),
            *columns,
            exp.alias_(group_key([_published_value(key) for key in meter.keys]), "group_key"),
            exp.alias_(exp.Min(this=exp.column("bucket")), "bucket"),
        )
        .from_("bucket_usage")
        .where(own)
        .group_by(*columns, exp.column("group_key"))
    )


def _metered_by(catalog: Catalog, metric: BillableMetric) -> Iterator[tuple[str, str, ProductVersion]]:
    priced = {(rate.product_id, rate.rate_card_id): None for rate in catalog.rates}
    versions = {product.id: product.versions() for product in rated_products(catalog)}
    for product_id, rate_card_id in priced:
        for version in versions.get(product_id, ()):
            if version.billable_metric_id == metric.id:
                yield rate_card_id, product_id, version


def _published_value(key: str) -> exp.Expr:
    """A group value out of the JSON objects of a published row: a pricing value, else a presentation value."""
    pointer = exp.Literal.string("/" + key.replace("~", "~0").replace("/", "~1"))
    objects = (exp.column("pricing_group_values"), exp.column("presentation_group_values"))
    values = [exp.Anonymous(this="JSON_EXTRACT_STRING", expressions=[each, pointer.copy()]) for each in objects]
    return exp.func("COALESCE", *values)


def _joined(parts: Sequence[exp.Expr]) -> exp.Expr:
    whole = parts[0]
    for part in parts[1:]:
        whole = exp.DPipe(this=whole, expression=part)
    return whole
