"""A year of a prepaid and of a postpaid commit, month by month, and what happens to the rest."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BASICS, BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, bill, named
from tests.spec.pricing.pricing_example import METRICS

pytestmark = pytest.mark.long

SHARED = f"""
products:
  - {{ name: Compute, type: USAGE, billable_metric: use }}
  - {{ name: Storage, type: USAGE, billable_metric: more }}

rate_cards:
  - name: yearly
    rates: [{rate("Compute", 100)}, {rate("Storage", 50)}]
"""

MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 13))

PREPAID = f"""
rate_card: yearly
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.8
commits:
  - type: PREPAID
    name: Yearly
    product: Balance
    {access(1000000, "2025-01-01", "2026-01-01")}
    invoice_schedule:
      schedule_items:
        - timestamp: "2025-01-01T00:00:00Z"
          amount: 1000000
"""

POSTPAID = f"""
rate_card: yearly
commits:
  - type: POSTPAID
    name: Pledge
    product: Balance
    {access(1000000, "2025-01-01", "2026-01-01")}
    invoice_schedule:
      schedule_items:
        - timestamp: "2026-01-01T00:00:00Z"
          amount: 1000000
"""


def by_month(first: int, others: int, storage: int = 250) -> str:
    """Hours of January and of every other month, and gigabytes of January."""
    rows = [f"| 2025-{month:02d}-10 | use | {first if month == 1 else others} |" for month in range(1, 13)]
    return "\n".join(["| time | type | units |", *rows, f"| 2025-01-11 | more | {storage} |"])


def deductions(kind: str, opening: int, amounts: list[int]) -> str:
    """The rows of a ledger that deducts these amounts at the ends of the months."""
    rows, left = [], opening
    for month, amount in enumerate(amounts, 1):
        left -= amount
        day = f"{2025 + month // 12}-{month % 12 + 1:02d}-01"
        rows.append(f"| {kind}_AUTOMATED_INVOICE_DEDUCTION | {day} | {-amount} | {left} |")
    return "\n".join(rows)


YEARS: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-10",
        "2a, 2b: 900 dollars in January and 700 in every other month of 10,000 prepaid: 1,400 expire",
        customer="t10-expires",
        since="2025-01-01T00:00:00Z",
        contract=PREPAID,
        # 875 hours at 0.80 are 700 dollars.
        events=by_month(1000, 875),
        lines=None,
        invoices="\n".join(
            [
                "| type | issued | total |",
                "| SCHEDULED | 2025-01-01 | 1000000 |",
                *(f"| USAGE | {2025 + month // 12}-{month % 12 + 1:02d}-02 | 0 |" for month in range(1, 13)),
            ]
        ),
        ledger=f"""
| type                         | time       | amount  | after   |
|------------------------------|------------|---------|---------|
| PREPAID_COMMIT_SEGMENT_START | 2025-01-01 | 1000000 | 1000000 |
| PREPAID_COMMIT_EXPIRATION    | 2026-01-01 | -140000 | 0       |
{deductions("PREPAID_COMMIT", 1000000, [90000, *[70000] * 11])}
""",
        periods=MONTHS,
    ),
    BalanceExample(
        "rating.md §15 T-10",
        "2c: 1,000 dollars in every other month: 100 are left after month 10, months 11 and 12 cost 900 and 1,000",
        customer="t10-exhausted",
        since="2025-01-01T00:00:00Z",
        contract=PREPAID,
        events=by_month(1000, 1250),
        lines=None,
        invoices="\n".join(
            [
                "| type | issued | total |",
                "| SCHEDULED | 2025-01-01 | 1000000 |",
                *(f"| USAGE | 2025-{month + 1:02d}-02 | 0 |" for month in range(1, 11)),
                "| USAGE | 2025-12-02 | 90000 |",
                "| USAGE | 2026-01-02 | 100000 |",
            ]
        ),
        ledger=f"""
| type                         | time       | amount  | after   |
|------------------------------|------------|---------|---------|
| PREPAID_COMMIT_SEGMENT_START | 2025-01-01 | 1000000 | 1000000 |
{deductions("PREPAID_COMMIT", 1000000, [90000, *[100000] * 9, 10000])}
""",
        periods=MONTHS,
    ),
    BalanceExample(
        "rating.md §15 T-10",
        "2a: 1,000 hours at 0.80 and 250 GB at 0.40 are 900 dollars, all of it covered; 9,100 remain",
        customer="t10-january",
        since="2025-01-01T00:00:00Z",
        contract=PREPAID,
        events=by_month(1000, 0),
        lines="""
| product | type            | invoice          | from       | to         | quantity | unit price | total   | balance |
|---------|-----------------|------------------|------------|------------|----------|------------|---------|---------|
| Balance | commit_purchase | on 2025-01-01    | 2025-01-01 |            | 1        | 1000000    | 1000000 |         |
| Compute | usage           | until 2025-02-01 | 2025-01-01 | 2025-02-01 | 1000     | 80         | 80000   | Yearly  |
| Compute | applied         | until 2025-02-01 | 2025-01-01 | 2025-02-01 |          |            | -80000  | Yearly  |
| Storage | usage           | until 2025-02-01 | 2025-01-01 | 2025-02-01 | 250      | 40         | 10000   | Yearly  |
| Storage | applied         | until 2025-02-01 | 2025-01-01 | 2025-02-01 |          |            | -10000  | Yearly  |
""",
        balances="""
| balance | granted | drawn | closing |
|---------|---------|-------|---------|
| Yearly  | 1000000 | 90000 | 910000  |
""",
        periods=("2025-01",),
    ),
    BalanceExample(
        "rating.md §15 T-11",
        "12 months of 800 dollars of a postpaid commit of 10,000: each is paid, and 400 at the end",
        customer="t11",
        since="2025-01-01T00:00:00Z",
        contract=POSTPAID,
        events=by_month(800, 800, 0),
        lines=None,
        invoices="\n".join(
            [
                "| type | issued | total |",
                *(f"| USAGE | {2025 + month // 12}-{month % 12 + 1:02d}-02 | 80000 |" for month in range(1, 13)),
                "| TRUEUP | 2026-01-01 | 40000 |",
                "| USAGE | 2026-02-02 | 0 |",
            ]
        ),
        ledger=f"""
| type                            | time       | amount  | after   |
|---------------------------------|------------|---------|---------|
| POSTPAID_COMMIT_INITIAL_BALANCE | 2025-01-01 | 1000000 | 1000000 |
| POSTPAID_COMMIT_TRUEUP          | 2026-01-01 | -40000  | 0       |
{deductions("POSTPAID_COMMIT", 1000000, [80000] * 12)}
""",
        periods=(*MONTHS, "2026-01"),
    ),
    BalanceExample(
        "rating.md §15 T-11, §6.3",
        "9,000 dollars spent of 10,000: a true-up of 1,000, on an invoice of its own",
        customer="t11-trueup",
        since="2025-01-01T00:00:00Z",
        contract=POSTPAID,
        events=by_month(9000, 0, 0),
        lines="""
| name           | type            | invoice             | from       | to         | quantity | unit price | total  |
|----------------|-----------------|---------------------|------------|------------|----------|------------|--------|
| Pledge true-up | commit_purchase | short on 2026-01-01 | 2026-01-01 |            | 1        | 100000     | 100000 |
| Compute        | usage           | until 2026-02-01    | 2026-01-01 | 2026-02-01 | 0        | 100        | 0      |
| Storage        | usage           | until 2026-02-01    | 2026-01-01 | 2026-02-01 | 0        | 50         | 0      |
""",
        balances="""
| balance | opening | drawn | trued up | closing |
|---------|---------|-------|----------|---------|
| Pledge  | 100000  | 0     | 100000   | 0       |
""",
        periods=("2026-01",),
    ),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A workspace of its own: of thirteen months the examples of the other files would make long runs."""
    return bill(tmp_path_factory.mktemp("years") / "workspace", [METRICS, BASICS, SHARED], YEARS)


@pytest.mark.parametrize("example", YEARS, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
