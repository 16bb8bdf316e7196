"""Fourteen runs one after another bill every part of every subscription exactly once, on the invoice it belongs to.

What there is to bill is worked out here once more for each subscription's whole life, by loops over calendar dates.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path

import pytest

from engine.executors.connection import EngineSettings, connect
from engine.values.period import ALWAYS, Period
from tests.rating.recurring import ContractRow, Price, RecurringRuns, SubscriptionRow, at, months, statement_anchor

RUNS = months("2024-11", 14)
MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}
STEPS_A_YEAR = {"MONTHLY": 12, "QUARTERLY": 4, "ANNUAL": 1, "WEEKLY": 53}
PRICE = Decimal("1234.5678")

#: (run, invoice's start, its end or None on a scheduled one, starting_at, ending_before, quantity, share of a period).
Billed = tuple[str, datetime, datetime | None, datetime, datetime, Decimal, Fraction]


def boundary(anchor: datetime, frequency: str, step: int) -> datetime:
    if frequency == "WEEKLY":
        return anchor + timedelta(days=7 * step)
    month = anchor.month - 1 + step * MONTHS[frequency]
    year, month = anchor.year + month // 12, month % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, monthrange(year, month)[1]))


def periods(anchor: datetime, frequency: str, term: Period) -> Iterator[tuple[Period, Period]]:
    """(the period cut to the term, the whole period) until well after the last run."""
    last = RUNS[-1].ending_before + timedelta(days=800)
    for step in count((term.starting_at.year - anchor.year - 2) * STEPS_A_YEAR[frequency]):
        whole = Period(boundary(anchor, frequency, step), boundary(anchor, frequency, step + 1))
        cut = Period(max(whole.starting_at, term.starting_at), min(whole.ending_before, term.ending_before))
        if whole.starting_at > last:
            return
        if cut.starting_at < cut.ending_before:
            yield cut, whole


def statement_of(contract: ContractRow, moment: datetime) -> Period:
    term = Period(contract.starting_at, contract.ending_before or ALWAYS.ending_before)
    for cut, _ in periods(statement_anchor(contract), contract.frequency, term):
        if cut.starting_at < moment <= cut.ending_before:
            return cut
    raise AssertionError(f"{moment} is in no statement period of {contract}")


def quantity_at(row: SubscriptionRow, moment: datetime) -> Decimal:
    return [Decimal(quantity) for since, quantity in row.quantities if since <= moment][-1]


def placed(contract: ContractRow, due: datetime, apart: bool) -> tuple[str, datetime, datetime | None] | None:
    """The run and the invoice of something due at an instant; None when none of the runs bills it."""
    if due > RUNS[-1].ending_before:
        return None
    end = contract.ending_before or ALWAYS.ending_before
    if not apart and contract.starting_at < due <= end:
        statement = statement_of(contract, due)
        for run in RUNS:
            if run.starting_at < statement.ending_before <= run.ending_before:
                return run.label, statement.starting_at, statement.ending_before
        return None
    for run in RUNS:
        if run.starting_at <= due < run.ending_before:
            return run.label, due, None
    return None


def expected(contract: ContractRow, row: SubscriptionRow) -> Iterator[Billed]:
    term = Period(row.starting_at, row.ending_before)
    for cut, whole in periods(row.anchor_at, row.billing_frequency, term):
        largest = Decimal(0)
        inside = [since for since, _ in row.quantities if cut.starting_at < since < cut.ending_before]
        for since in [cut.starting_at, *inside]:
            more = quantity_at(row, since) - largest
            largest = max(largest, quantity_at(row, since))
            if more <= 0:
                continue
            is_increase = since > cut.starting_at
            if row.collection_schedule == "ARREARS" or (is_increase and not row.bill_immediately):
                due, apart = cut.ending_before, False
            else:
                due, apart = since, is_increase
            found = placed(contract, due, apart or not row.on_usage_invoice)
            if found is not None:
                share = Fraction(hours(cut.ending_before - since), hours(whole.ending_before - whole.starting_at))
                yield (*found, since, cut.ending_before, more, share if row.is_prorated else Fraction(1))


def hours(length: timedelta) -> int:
    assert length % timedelta(hours=1) == timedelta()
    return length // timedelta(hours=1)


def random_catalog(dice: random.Random) -> tuple[list[ContractRow], list[SubscriptionRow]]:
    contracts, subscriptions = [], []
    for number in range(40):
        start = at(dice.choice(("2024-01-31", "2024-06-15", "2024-11-01", "2024-12-05T13", "2025-02-28", "2025-03-30")))
        day = dice.choice(("FIRST_OF_MONTH", "CONTRACT_START", "CUSTOM_DATE"))
        end = dice.choice((None, at("2025-05-01"), at("2025-09-17T05"), at("2026-03-31")))
        contract = ContractRow(
            start,
            end,
            frequency=dice.choice(("MONTHLY", "QUARTERLY", "ANNUAL", "WEEKLY")),
            schedule_day=day,
            billing_anchor_date=at(dice.choice(("2024-01-31", "2025-10-29"))) if day == "CUSTOM_DATE" else None,
        )
        contracts.append(contract)
        subscriptions += [random_subscription(contract, number, dice) for _ in range(3)]
    return contracts, subscriptions


def random_subscription(contract: ContractRow, number: int, dice: random.Random) -> SubscriptionRow:
    start = max(contract.starting_at, at(dice.choice(("2024-01-01", "2025-06-01", "2025-04-10T07"))))
    end = min(contract.ending_before or ALWAYS.ending_before, dice.choice((ALWAYS.ending_before, at("2025-08-31"))))
    steps: dict[datetime, Decimal] = {start: Decimal(dice.randint(0, 5))}
    for _ in range(dice.randint(0, 8)):
        moment = start + timedelta(hours=dice.randrange(24 * 400))
        steps[moment] = Decimal(dice.randint(0, 900)) / 100
    if dice.random() < 0.5:
        steps[max(start, at("2025-06-01"))] = Decimal(7)
    in_advance = dice.random() < 0.6
    return SubscriptionRow(
        sorted(steps.items()),
        start,
        anchor_at=dice.choice((statement_anchor(contract), contract.starting_at, at("2024-01-31"))),
        ending_before=end,
        billing_frequency=dice.choice((*MONTHS, "WEEKLY")),
        collection_schedule="ADVANCE" if in_advance else "ARREARS",
        bill_immediately=in_advance and dice.random() < 0.5,
        is_prorated=dice.random() < 0.8,
        on_usage_invoice=dice.random() < 0.7,
        contract_no=number,
    )


@pytest.mark.parametrize("seed", [1])
def test_fourteen_runs_bill_every_part_once(seed: int, tmp_path: Path) -> None:
    contracts, subscriptions = random_catalog(random.Random(seed))
    wanted = [
        (number, *part)
        for number, row in enumerate(subscriptions)
        for part in expected(contracts[row.contract_no], row)
    ]
    connection = connect(EngineSettings(threads=1), tmp_path)
    runs = RecurringRuns(connection, contracts, subscriptions, price=lambda _: Price(PRICE))
    found = []
    for period in RUNS:
        runs.run(period)
        assert runs.rows("SELECT * FROM subscription_unbilled") == []
        found += [
            (*row[:1], period.label, *row[1:])
            for row in runs.rows("""
                SELECT
                    split_part(subscription_id, ' ', 2)::INTEGER, coalesce(period_starting_at, issued_at),
                    period_ending_before, starting_at, ending_before, quantity, unit_price, is_prorated
                FROM subscription_lines
                LEFT JOIN scheduled_invoices USING (invoice_id)
            """)
        ]
    assert len(found) > 500
    unit_prices = [(*part[:-1], unit_price(part[-1]), part[-1] != 1) for part in wanted]
    assert sorted(found, key=str) == sorted(unit_prices, key=str)


def unit_price(share: Fraction) -> Decimal:
    """The price for a share of a period, half away from zero at the 12th place."""
    return Decimal(int(Fraction(PRICE) * share * 10**12 + Fraction(1, 2))).scaleb(-12)
