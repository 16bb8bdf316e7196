"""Pictures of a reconciliation: inline SVG and tables with bars, the same bytes for the same figures.

They read the tables of `ReconciliationModel.figures`; all numbers are exact decimals or BIGINT:

* `events_per_day`: day DATE, bucket VARCHAR, events BIGINT. Grain day, bucket; sums to the events that landed.
* `revenue_by_product`: currency, product_id, product_name, amount DECIMAL. Grain currency, product_id.
* `invoices_by_status`: currency, type, status, invoices BIGINT, total DECIMAL. Grain currency, type, status.
* `variance_by_customer`: currency, customer_id, customer_name, previous DECIMAL, total DECIMAL, change DECIMAL.
  Grain currency, customer_id; `previous` is NULL for a new customer, `total` for a lost one.

Amounts are in the currency's own unit, as its name says: `USD (cents)`. Lengths are whole parts of a thousand; only
they are rounded, never a number that is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction

import pyarrow as pa

from engine.reports.reconcile.markup import Markup, element
from engine.reports.reconcile.number_text import grouped

#: What may become of an event, from the best outcome to the worst, with the colour it has in every picture.
BUCKET_COLOURS: Mapping[str, str] = {
    "billed": "#2b6a99",
    "rated_zero": "#8fbbd9",
    "unrated": "#d98324",
    "not_entitled": "#e6b566",
    "parked": "#8a5a9e",
    "invalid_value": "#b83232",
    "late": "#6f8f3a",
    "arrived_later": "#a3b86c",
    "other_period": "#5c7f86",
    "no_contract": "#9c6b4e",
    "no_statement": "#c29a7f",
    "outside_usage_filters": "#a7b3ba",
    "unmatched_metric": "#7c8790",
    "unknown_customer": "#d0587e",
}
OTHER_COLOUR = "#4a4f55"

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 760, 250, 64, 34, 10


def buckets_of(events_per_day: pa.Table) -> list[str]:
    """The buckets that occur, known ones from the best outcome to the worst, then the others by name."""
    known = list(BUCKET_COLOURS)
    found = set(events_per_day["bucket"].to_pylist())
    return [name for name in known if name in found] + sorted(found - set(known))


def colour_of(bucket: str) -> str:
    """The colour of a bucket in every picture."""
    return BUCKET_COLOURS.get(bucket, OTHER_COLOUR)


def events_by_day(events_per_day: pa.Table) -> tuple[list[date], dict[str, list[int]]]:
    """Every day from the first to the last, and the events of each bucket on each of them."""
    rows = events_per_day.to_pylist()
    first, last = min(row["day"] for row in rows), max(row["day"] for row in rows)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counts = {bucket: [0] * len(days) for bucket in buckets_of(events_per_day)}
    for row in rows:
        counts[row["bucket"]][(row["day"] - first).days] += row["events"]
    return days, counts


def stacked_days(events_per_day: pa.Table) -> Markup:
    """Events per day as bars, one colour a bucket; hovering names the day, the bucket and the exact count."""
    days, counts = events_by_day(events_per_day)
    most = max(sum(each[at] for each in counts.values()) for at in range(len(days)))
    step = _tick_step(most)
    top = step * max(1, -(-most // step))
    parts = [part for tick in range(0, top + 1, step) for part in _axis(tick, top)]
    slot = Fraction(_WIDTH - _LEFT, len(days))
    for at, day in enumerate(days):
        left = _LEFT + slot * at
        parts += _day_bar(day, {bucket: each[at] for bucket, each in counts.items()}, top, left, slot)
        if at == 0 or day.day == 1 or day.day % 5 == 0:
            label = f"{day.day} {day:%b}" if at == 0 or day.day == 1 else str(day.day)
            middle = _pixels(left + slot / 2)
            parts.append(element("text", label, x=middle, y=str(_HEIGHT - 12), text_anchor="middle"))
    name = f"Events per day from {days[0]} to {days[-1]}, by what became of them"
    return element("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=name, class_="days")


def _day_bar(day: date, counts: Mapping[str, int], top: int, left: Fraction, slot: Fraction) -> Iterator[Markup]:
    total = grouped(str(sum(counts.values())))
    below = 0
    for bucket, events in counts.items():
        if not events:
            continue
        below += events
        said = f"{day}, {bucket}: {grouped(str(events))} of {total} events"
        yield element(
            "rect",
            element("title", said),
            x=_pixels(left + slot / 8),
            y=_pixels(_level(below, top)),
            width=_pixels(slot * 3 / 4),
            height=_pixels(_level(below - events, top) - _level(below, top)),
            fill=colour_of(bucket),
        )


def _axis(tick: int, top: int) -> Iterator[Markup]:
    level = _pixels(_level(tick, top))
    yield element("line", x1=str(_LEFT), x2=str(_WIDTH), y1=level, y2=level, class_="zero" if tick == 0 else "tick")
    yield element("text", grouped(str(tick)), x=str(_LEFT - 8), y=level, dy="0.32em", text_anchor="end")


def _level(events: int, top: int) -> Fraction:
    plot = _HEIGHT - _BOTTOM - _TOP
    return _TOP + plot - Fraction(plot * events, top)


def _tick_step(most: int) -> int:
    """The smallest 1, 2 or 5 followed by zeros that divides an axis up to `most` into at most five parts."""
    step = 1
    while step * 5 < most:
        first = int(str(step)[0])
        step = step * 5 // 2 if first == 2 else step * 2
    return step


def _pixels(length: Fraction) -> str:
    """A length with two decimal places, cut off, the same on every machine."""
    hundredths = length.numerator * 100 // length.denominator
    return f"{hundredths // 100}.{hundredths % 100:02d}"
