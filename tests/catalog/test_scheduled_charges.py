"""Which charges a schedule has in a stretch of time, and their exact amounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog.duration import months_after
from engine.catalog.scheduled_charge import Occurrence, ScheduledCharge

ALL = (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))
EXACT = Context(prec=200)


def charge(**schedule: Any) -> ScheduledCharge:
    return ScheduledCharge(id="c", product_id="setup", schedule=schedule)


def recurring(distribution: str, **fields: Any) -> ScheduledCharge:
    given = {
        "starting_at": "2026-01-31T00:00:00Z",
        "ending_before": "2026-05-01T00:00:00Z",
        "frequency": "MONTHLY",
        "amount_distribution": distribution,
        **fields,
    }
    return charge(recurring_schedule=given)


def shown(occurrences: tuple[Occurrence, ...]) -> list[str]:
    return [
        f"{each.charged_at:%m-%d} {each.quantity.normalize()} x {each.unit_price.normalize():f}" for each in occurrences
    ]


def test_items_in_order_with_both_ends() -> None:
    items = [
        {"timestamp": "2026-03-01T00:00:00Z", "unit_price": "1.5", "quantity": 2},
        {"timestamp": "2026-02-01T00:00:00Z", "amount": 7, "id": "a"},
        {"timestamp": "2026-04-01T00:00:00Z", "unit_price": 3},
    ]
    given = charge(schedule_items=items)
    found = given.occurrences(datetime(2026, 2, 1), datetime(2026, 3, 1))
    assert shown(found) == ["02-01 1 x 7", "03-01 2 x 1.5"]
    assert [(each.item_id, each.amount) for each in found] == [("a", Decimal(7)), (None, Decimal("3.0"))]
    assert shown(given.occurrences(*ALL))[-1] == "04-01 1 x 3"
    just_inside = datetime(2026, 2, 1) + timedelta(microseconds=1), datetime(2026, 3, 1) - timedelta(microseconds=1)
    assert given.occurrences(*just_inside) == ()


def test_each_charge_in_full_on_the_last_day_there_is() -> None:
    found = recurring("each", unit_price=3, quantity=2).occurrences(*ALL)
    assert shown(found) == ["01-31 2 x 3", "02-28 2 x 3", "03-31 2 x 3", "04-30 2 x 3"]
    assert {each.amount for each in found} == {Decimal(6)}


def test_the_end_is_exclusive() -> None:
    found = recurring("each", amount=1, ending_before="2026-04-30T00:00:00Z").occurrences(*ALL)
    assert shown(found) == ["01-31 1 x 1", "02-28 1 x 1", "03-31 1 x 1"]


def test_divided_shares_are_those_of_the_whole() -> None:
    found = recurring("divided", amount=100, ending_before="2026-04-01T00:00:00Z").occurrences(*ALL)
    assert [each.amount for each in found] == [
        Decimal("33.333333333333333333"),
        Decimal("33.333333333333333334"),
        Decimal("33.333333333333333333"),
    ]
    assert {each.quantity for each in found} == {Decimal(1)}


def test_divided_rounded_leaves_the_rest_to_the_last() -> None:
    found = recurring("divided_rounded", unit_price="33.5", quantity=3).occurrences(*ALL)
    assert shown(found) == ["01-31 1 x 25", "02-28 1 x 25", "03-31 1 x 25", "04-30 1 x 25.5"]


@pytest.mark.parametrize(("frequency", "months"), [("QUARTERLY", 3), ("SEMI_ANNUAL", 6), ("ANNUAL", 12)])
def test_longer_steps(frequency: str, months: int) -> None:
    given = recurring("each", amount=1, frequency=frequency, ending_before="2030-01-01T00:00:00Z")
    found = [each.charged_at for each in given.occurrences(*ALL)]
    assert found == [months_after(datetime(2026, 1, 31), months * step) for step in range(len(found))]
    assert found[-1] < datetime(2030, 1, 1) <= months_after(found[-1], months)


def test_what_is_not_invoiced() -> None:
    given = charge(do_not_invoice=True, schedule_items=[{"timestamp": "2026-01-01T00:00:00Z", "amount": 1}])
    assert given.occurrences(*ALL) == ()


def test_a_month_of_eight_thousand_years_is_found_at_once() -> None:
    given = recurring("divided", amount=1, ending_before="9999-12-31T00:00:00Z")
    found = given.occurrences(datetime(9999, 10, 31), datetime(9999, 11, 30))
    assert [each.charged_at for each in found] == [datetime(9999, 10, 31), datetime(9999, 11, 30)]


moments = st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1)).map(lambda at: at.replace(microsecond=0))
amounts = st.decimals(min_value=0, max_value=10**20 - 1, places=18, allow_nan=False)


@given(moments, moments, moments, moments, st.sampled_from(["MONTHLY", "QUARTERLY", "ANNUAL"]))
def test_a_stretch_has_the_charges_that_stepping_finds(
    start: datetime, end: datetime, first: datetime, last: datetime, frequency: str
) -> None:
    if end <= start:
        return
    step = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}[frequency]
    stepped: list[datetime] = []
    while (moment := months_after(start, step * len(stepped))) < end:
        stepped.append(moment)
    given = recurring("each", amount=1, starting_at=start, ending_before=end, frequency=frequency)
    found = [each.charged_at for each in given.occurrences(first, last)]
    assert found == [moment for moment in stepped if first <= moment <= last]


@given(amounts, st.integers(1, 40), st.sampled_from(["DIVIDED", "DIVIDED_ROUNDED"]))
def test_shares_sum_to_the_whole_exactly(amount: Decimal, count: int, distribution: str) -> None:
    end = months_after(datetime(2026, 1, 31), count - 1) + timedelta(days=1)
    found = recurring(distribution, amount=amount, ending_before=end).occurrences(*ALL)
    assert len(found) == count
    total = Decimal(0)
    for each in found:
        total = EXACT.add(total, each.amount)
        assert each.amount == EXACT.multiply(each.quantity, each.unit_price) >= 0
    assert total == amount
    even = EXACT.divide(amount, Decimal(count))
    bound = Decimal("1e-18") if distribution == "DIVIDED" else Decimal(count + 1)
    assert all(abs(EXACT.subtract(each.amount, even)) <= bound for each in found)
