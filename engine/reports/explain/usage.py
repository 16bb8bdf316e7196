"""How a line of metered usage came about: metric value, conversion, rounding, rate, override, tier, price."""

from __future__ import annotations

from decimal import Decimal

from engine.catalog.metric import BillableMetric
from engine.catalog.product import ConversionOperation, ProductVersion
from engine.reports.explain.amounts import amount_steps
from engine.reports.explain.billed_line import BilledLine, is_special, priced_as
from engine.reports.explain.measured import Measured
from engine.reports.explain.prices import PricedPart, priced_parts
from engine.reports.explain.pricing import ChosenPrice, price_steps
from engine.reports.explain.quantities import ROUNDING_WORDS, converted, rounded
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import added
from engine.result import shown


def usage_steps(line: BilledLine, measured: Measured | None, steps: Steps) -> None:
    """From events to an amount. Raises Disagreement where a step does not give what was published."""
    row = line.row
    metric = line.catalog.metric(row["billable_metric_id"])
    version = line.product.version_at(row["starting_at"])
    steps.check("the metric of the product", metric.id, version.billable_metric_id)
    if measured is None:
        steps.say(
            "events", f"metric {metric.name!r}: the events are no longer there as the run read them", source=metric.id
        )
    else:
        _event_step(metric, measured, len(line.piece()), steps)
    _metric_step(row, metric, measured, steps)
    _quantity_steps(row, version, steps)
    price = price_steps(line, row, priced_as(line, row), steps, special=is_special(row))
    part = _part_of(row, price, steps)
    own = [each for each in line.piece() if not is_special(each)]
    of_charge = [each for each in line.piece() if _levels(each) == _levels(row)]
    if len(own) < len(line.piece()):
        _piece_step(line, steps)
        _tier_step(row, part, None, steps)
        _unit_price_step(row, price, part, steps)
        amount_steps(row, line.piece(), None, steps)
        return
    _tier_step(row, part, total_of(each["quantity"] for each in of_charge), steps)
    _unit_price_step(row, price, part, steps)
    amount_steps(row, of_charge, part.quantity, steps)


def _event_step(metric: BillableMetric, measured: Measured, lines: int, steps: Steps) -> None:
    if metric.sql is not None:
        what = f"let through by the filters of metric {metric.name!r}, whose query decides which count"
        others = [(measured.before, "before it"), (measured.after, "after it")]
    else:
        what = f"of metric {metric.name!r}"
        others = [
            (measured.before, "before it"),
            (measured.after, "after it"),
            (measured.other_groups, "of other group values"),
        ]
    told = " and ".join(f"{count} {where}" for count, where in others if count)
    more = f"; of the same statement period {told} are not on this line" if told else ""
    if lines > 1:
        more += f"; tiers or balances split what they come to into {lines} lines"
    unit = "event" if measured.on_line == 1 else "events"
    steps.say("events", what + more, result=measured.on_line, unit=unit, source=metric.id)


def _metric_step(row: Row, metric: BillableMetric, measured: Measured | None, steps: Steps) -> None:
    before, after = row["metric_value_before"], row["metric_value_after"]
    what = _aggregation_words(metric)
    if before is None or after is None:
        steps.say("metric", f"{what}: a value of more digits than a published number has", source=metric.id)
        return
    if measured is None:
        steps.say("metric", f"{what}, as published: from {shown(before)} to {shown(after)}", source=metric.id)
        return
    # After a swap of metrics the running value goes on from what the other metric had come to.
    grown = measured.value_after - measured.value_before
    by = f"{shown(measured.value_after)} - {shown(measured.value_before)}"
    steps.equal(
        "metric",
        f"{what} so far in the statement period: at the end of the line's time, less at its start",
        by,
        grown,
        after - before,
        source=metric.id,
    )


def _aggregation_words(metric: BillableMetric) -> str:
    if metric.aggregation_type is None:
        return f"what {metric.name!r} returns"
    key = "" if metric.aggregation_key is None else f" of {metric.aggregation_key}"
    return f"{metric.aggregation_type.value}{key}"


def _quantity_steps(row: Row, version: ProductVersion, steps: Steps) -> None:
    """Conversion and rounding of the running value at both ends; the quantity is their difference."""
    before, after = row["metric_value_before"], row["metric_value_after"]
    if before is None or after is None:
        return
    ends = [_end(value, when, version, steps) for value, when in ((before, "at the start"), (after, "at the end"))]
    by = f"{shown(ends[1])} - {shown(ends[0])}"
    published = row["quantity_after"] - row["quantity_before"]
    what = "used in this stretch of time"
    if ends[0] != row["quantity_before"]:
        # Where a product is counted differently from some instant on, quantities go on from what they had come to.
        so_far = f"{shown(row['quantity_before'])} to {shown(row['quantity_after'])}"
        what += f"; with what was counted differently before, the statement period goes from {so_far}"
    steps.equal("quantity", what, by, ends[1] - ends[0], published)


def _end(value: Decimal, when: str, version: ProductVersion, steps: Steps) -> Decimal:
    conversion, rounding = version.quantity_conversion, version.quantity_rounding
    found = converted(value, conversion)
    if conversion is not None and value:
        sign = "x" if conversion.operation is ConversionOperation.MULTIPLY else "/"
        named = f" ({conversion.name})" if conversion.name else ""
        by = f"{shown(value)} {sign} {shown(conversion.conversion_factor)}"
        steps.say("conversion", f"the value {when}, in the product's unit{named}", expression=by, result=found)
    if rounding is not None and found:
        how = ROUNDING_WORDS[rounding.rounding_method]
        what = f"{shown(found)}, the quantity {when}, rounded {how} to {rounding.decimal_places} places"
        found = rounded(found, rounding)
        steps.say("rounding", what, result=found)
    return found


def _part_of(row: Row, price: ChosenPrice, steps: Steps) -> PricedPart:
    """The part of the running quantity that a line's price is for."""
    parts = priced_parts(price.price, price.override, row["quantity_before"], row["quantity_after"])
    part = next((each for each in parts if each.levels == _levels(row)), None)
    steps.has(f"tier {_levels(row)} of the price", part)
    assert part is not None
    return part


def _levels(row: Row) -> tuple[int | None, int | None]:
    return row["tier_level"], row["override_tier_level"]


def _piece_step(line: BilledLine, steps: Steps) -> None:
    """Where a balance has a price of its own, its lines and the others together are the usage of the stretch."""
    row, quantities = line.row, [each["quantity"] for each in line.piece()]
    by = added(quantities)
    what = f"balances with prices of their own split the usage into {len(quantities)} lines; their quantities"
    steps.equal("split", what, by, total_of(quantities), row["quantity_after"] - row["quantity_before"])


def _tier_step(row: Row, part: PricedPart, quantity: Decimal | None, steps: Steps) -> None:
    """Where the running quantity stands among the tiers, and what of it lies in this one."""
    if part.tier.level is not None:
        lower = part.tier.lower or Decimal(0)
        steps.check("the start of the tier", lower, row["tier_starting_at"])
        steps.check("the end of the tier", part.tier.upper, row["tier_ending_at"])
    tiers = [
        f"{name} {tier.level} holds what lies above {shown(tier.lower or 0)}"
        + ("" if tier.upper is None else f" up to {shown(tier.upper)}")
        for name, tier in (("tier", part.tier), ("the override's tier", part.override_tier))
        if tier is not None and tier.level is not None
    ]
    moved = (
        f"the statement period's quantity goes from {shown(row['quantity_before'])} to {shown(row['quantity_after'])}"
    )
    by = f"{shown(part.after)} - {shown(part.before)}"
    if quantity is None:
        if tiers:
            steps.say("tier", f"{'; '.join(tiers)}; {moved}")
        return
    if tiers:
        steps.equal("tier", f"{'; '.join(tiers)}; {moved}", by, part.quantity, quantity)
    else:
        steps.check("the quantity", part.quantity, quantity, by)


def _unit_price_step(row: Row, price: ChosenPrice, part: PricedPart, steps: Steps) -> None:
    # A balance that overwrites the price has its own price for the list's.
    has_list_price = is_special(row) or not price.overwrites
    steps.check("the list price", part.price if has_list_price else None, row["list_unit_price"])
    if part.multiplier is None:
        what = "the override's own price" if price.overwrites else "the rate's price"
        by = shown(part.price)
    else:
        what, by = "price x multiplier", f"{shown(part.price)} x {shown(part.multiplier)}"
    steps.equal("unit price", what, by, part.unit_price, row["unit_price"], unit=row["currency"])
