"""How a composite charge came about: a share of what its members come to, and its minimum (spec/rating.md §8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from engine.catalog.product import Product
from engine.reports.explain.amounts import amount_steps
from engine.reports.explain.billed_line import BilledLine, is_metered, is_special, last_instant, priced_as
from engine.reports.explain.prices import priced_parts
from engine.reports.explain.pricing import own_price, price_steps
from engine.reports.explain.rates import PricedAs
from engine.reports.explain.steps import Row, Steps, total_of
from engine.result import shown

_MINIMUM = " minimum"


def composite_steps(line: BilledLine, steps: Steps) -> None:
    """A percentage of spend, or what is missing to the minimum. Raises Disagreement where a step does not agree."""
    if line.row["name"].endswith(_MINIMUM) and line.row["list_unit_price"] is None and line.row["tier_level"] is None:
        _minimum_steps(line, steps)
    else:
        _percentage_steps(line, steps)


def _percentage_steps(line: BilledLine, steps: Steps) -> None:
    row = line.row
    spent = list(_spend(line))
    before = total_of(total for at, _, total in spent if at < row["starting_at"])
    within = [(member, total) for at, member, total in spent if row["starting_at"] <= at < row["ending_before"]]
    for member, total in _by_member(within):
        steps.say(
            "member", f"{member.name} comes to, before balances", result=total, unit=row["currency"], source=member.id
        )
    after = before + total_of(total for _, total in within)
    if before:
        steps.say("member", "what they had come to before in the statement period", result=before, unit=row["currency"])
    price = price_steps(line, row, _asked(line, row["starting_at"]), steps)
    parts = {each.tier.level: each for each in priced_parts(price.price, price.override, before, after)}
    part = parts.get(row["tier_level"])
    steps.has(f"tier {row['tier_level']} of the percentage", part)
    assert part is not None
    of_charge = [each for each in line.piece() if each["tier_level"] == row["tier_level"]]
    charged = total_of(each["quantity"] for each in of_charge)
    what = "spend of the members"
    if part.tier.level is not None:
        upper = "" if part.tier.upper is None else f" up to {shown(part.tier.upper)}"
        what = f"spend in tier {part.tier.level}, above {shown(part.tier.lower or 0)}{upper}"
    by = f"{shown(part.after)} - {shown(part.before)}"
    steps.equal("spend", what, by, part.quantity, charged, unit=row["currency"])
    by = shown(part.price) if part.multiplier is None else f"{shown(part.price)} x {shown(part.multiplier)}"
    steps.equal("unit price", "the fraction that is charged", by, part.unit_price, row["unit_price"])
    amount_steps(row, of_charge, part.quantity, steps)


def _minimum_steps(line: BilledLine, steps: Steps) -> None:
    """The minimum in force at the end of the statement period, less what the percentages come to."""
    row = line.row
    price = price_steps(line, row, _asked(line, last_instant(row["period_ending_before"])), steps)
    steps.has("the minimum", price.price.minimum_config)
    assert price.price.minimum_config is not None
    minimum = price.price.minimum_config.minimum
    percentages = [
        each["total"]
        for each in line.lines
        if each["product_id"] == row["product_id"] and each["type"] == "usage" and each["name"] != row["name"]
    ]
    by = " - ".join([shown(minimum), *map(shown, percentages)])
    what = "the minimum, less what the percentages come to"
    short = minimum - total_of(percentages)
    steps.equal("minimum", what, by, short, row["unit_price"], unit=row["currency"])
    amount_steps(row, line.piece(), Decimal(1), steps)


def _spend(line: BilledLine) -> Iterator[tuple[datetime, Product, Decimal]]:
    """What each piece of usage of a member comes to at its own price, before balances, and as of when it counts."""
    composite = line.product
    pieces: dict[tuple[object, ...], list[Row]] = {}
    for row in line.lines:
        if is_metered(row):
            key = (row["product_id"], row["pricing_group_values"], row["presentation_group_values"], row["starting_at"])
            pieces.setdefault(key, []).append(row)
    for rows in pieces.values():
        first = rows[0]
        asked = priced_as(line, first)
        member = line.catalog.product(first["product_id"])
        whole = composite.version_at(asked.at)
        tags = member.version_at(asked.at).tags
        if member.id in whole.composite_product_ids or not set(whole.composite_tags).isdisjoint(tags):
            yield asked.at, member, _charged(line, rows, asked)


def _charged(line: BilledLine, rows: list[Row], asked: PricedAs) -> Decimal:
    """What a piece of usage comes to at its own price, which a balance may have replaced on some of its lines."""
    if not any(map(is_special, rows)):
        return total_of(each["total"] for each in rows)
    price = own_price(line, rows[0], asked)
    parts = priced_parts(price.price, price.override, rows[0]["quantity_before"], rows[0]["quantity_after"])
    return total_of(part.total for part in parts)


def _by_member(spent: list[tuple[Product, Decimal]]) -> list[tuple[Product, Decimal]]:
    by_id: dict[str, list[tuple[Product, Decimal]]] = {}
    for member, total in spent:
        by_id.setdefault(member.id, []).append((member, total))
    return [(found[0][0], total_of(total for _, total in found)) for found in by_id.values()]


def _asked(line: BilledLine, at: datetime) -> PricedAs:
    return PricedAs(line.contract.rate_card_id, line.product.id, at, {}, {})
