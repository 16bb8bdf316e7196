"""However late events arrive, in the end all invoices together come to what one bill over all events gives."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

from engine.workspace import Workspace
from tests.late_usage.shop import NOW, arrive, finalize, shop
from tests.spec.tables import draw_table

MONTHS = ("2026-10", "2026-11", "2026-12")
#: When each month's invoices have become final, what arrives then is late for all of them.
ARRIVALS = ("2026-11-01 05:00", "2026-12-01 05:00", "2027-01-01 05:00")
#: What a unit of additive usage costs in cents by the shop's catalog: a tenth goes on top of the first, and the last is
#: 4 tokens worth 3 cents each.
PRICES = {"flat": Fraction(11), "regional": Fraction(2), "token": Fraction(12)}
ADDITIVE = ("Flat", "Share", "Regional", "Tokened")
CUSTOMERS = 6
COLUMNS = ("arrived", "time", "type", "customer", "units")

WHO = "customers:\n" + "".join(f"  - {{ id: c{each}, name: C{each} }}\n" for each in range(CUSTOMERS))
CONTRACTS = "contracts:\n" + "".join(
    f'  - {{ customer: c{each}, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }}\n' for each in range(CUSTOMERS)
)


def events() -> list[list[dict[str, str]]]:
    """What arrives before each month's invoices become final: usage of that month and of those before."""
    dice = Random(606)
    rows: list[list[dict[str, str]]] = []
    for arrival, arrived in enumerate(ARRIVALS):
        rows.append([])
        for _ in range(60):
            month = MONTHS[dice.randint(0, arrival)]
            cells = (
                arrived,
                f"{month}-{dice.randint(1, 30):02} {dice.randint(0, 23):02}:00",
                dice.choice(("flat", "flat", "regional", "token", "tiered", "peak")),
                f"c{dice.randrange(CUSTOMERS)}",
                str(dice.choice((-3, 1, 2, 40, "0.125"))),
            )
            rows[-1].append(dict(zip(COLUMNS, cells, strict=True)))
    return rows


def totals(made: Workspace) -> dict[object, Decimal]:
    """What each customer owes on all invoices of all months."""
    owed: dict[object, Decimal] = defaultdict(Decimal)
    for month in MONTHS:
        for invoice in made.invoices(month).dicts():
            total = invoice["total"]
            assert isinstance(total, Decimal)
            owed[invoice["customer_id"]] += total
    return dict(owed)


def _additive(made: Workspace) -> dict[object, Fraction]:
    """What the lines of additive products come to in cents, corrections with them."""
    owed: dict[object, Fraction] = defaultdict(Fraction)
    for month in MONTHS:
        for line in made.line_items(month).dicts():
            if line["product_name"] in ADDITIVE:
                worth = 3 if line["currency"] == "Tokens" else 1
                owed[line["customer_id"]] += Fraction(str(line["total"])) * worth
    return dict(owed)


def test_one_bill_over_all_events(tmp_path: Path) -> None:
    arrivals = events()
    made = shop(tmp_path / "night by night", WHO + CONTRACTS)
    kinds = set()
    for month, rows in zip(MONTHS, arrivals, strict=True):
        arrive(made, draw_table(COLUMNS, rows))
        lines = made.run(month, now=NOW).line_items.dicts()
        kinds |= {(month, line["total"] < 0) for line in lines if line["type"] == "correction"}  # type: ignore[operator]
        if month == MONTHS[1]:
            assert made.run(month, now=NOW).unchanged
        finalize(made, month)
    assert kinds == {(month, is_less) for month in MONTHS[1:] for is_less in (False, True)}
    made_at_once = shop(tmp_path / "at once", WHO + CONTRACTS, policy="report")
    arrive(made_at_once, draw_table(COLUMNS, [row for rows in arrivals for row in rows]))
    for month in MONTHS:
        made_at_once.run(month, now=NOW)
    assert totals(made) == totals(made_at_once)
    assert _additive(made) == _by_hand([row for rows in arrivals for row in rows])
    left = made.late_usage().dicts()
    assert {row["billing_period"] for row in left} == {"2026-10", "2026-11"}


def _by_hand(rows: list[dict[str, str]]) -> dict[str, Fraction]:
    """What additive usage at flat prices costs, added up without the engine."""
    owed: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        if row["type"] in PRICES:
            owed[row["customer"]] += PRICES[row["type"]] * Fraction(row["units"])
    return dict(owed)
