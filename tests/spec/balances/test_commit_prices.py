"""Prices that hold while a commit or credit is drawn: commit rates and commit-specific overrides."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: Audio input, type: USAGE, billable_metric: use, tags: [spoken] }}
  - {{ name: Audio output, type: USAGE, billable_metric: more, tags: [spoken] }}
  - {{ name: Agreed input, type: USAGE, billable_metric: use }}
  - {{ name: Agreed output, type: USAGE, billable_metric: more }}
  - {{ name: Free units, type: USAGE, billable_metric: use }}

rate_cards:
  - name: audio input and output
    rates: [{rate("Audio input", 100)}, {rate("Audio output", 200)}]
  - name: agreed prices
    rates:
      - {rate("Agreed input", 1000, "commit_rate: { rate_type: FLAT, price: 800 }")}
      - {rate("Agreed output", 2000, "commit_rate: { rate_type: FLAT, price: 1900 }")}
  - name: half agreed
    rates:
      - {rate("Agreed input", 1000, "commit_rate: { rate_type: FLAT, price: 800 }")}
      - {rate("Audio output", 100)}
  - name: free units
    rates:
      - {rate("Free units", 0, "commit_rate: { rate_type: FLAT, price: 100 }")}
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-16, §5.2",
        "0.8 of the list while commit A lasts and 0.95 afterwards: 12,500 of 15,000 are covered, 2,375 dollars due",
        customer="t16-commit",
        contract=f"""
rate_card: audio input and output
commits:
  - type: PREPAID
    name: A
    product: Balance
    {access(1000000)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.95
    applicable_product_tags: [spoken]
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.8
    is_commit_specific: true
    override_specifiers:
      - product_tags: [spoken]
        commit_ids: [A]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 15000 |
""",
        lines="""
| product      | type    | quantity | unit price | total    | balance | multiplier |
|--------------|---------|----------|------------|----------|---------|------------|
| Audio input  | usage   | 12500    | 80         | 1000000  | A       | 0.8        |
| Audio input  | applied |          |            | -1000000 | A       | 0.8        |
| Audio input  | usage   | 2500     | 95         | 237500   |         | 0.95       |
| Audio output | usage   | 0        | 190        | 0        |         | 0.95       |
""",
        invoices="""
| total  |
|--------|
| 237500 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-16",
        "1.60 for output while commit A lasts, of a 2.00 list",
        customer="t16-output",
        contract=f"""
rate_card: audio input and output
commits:
  - type: PREPAID
    name: A
    product: Balance
    {access(1600)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.95
    applicable_product_tags: [spoken]
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.8
    is_commit_specific: true
    override_specifiers:
      - product_tags: [spoken]
        commit_ids: [A]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | more | 12    |
""",
        lines="""
| product      | type    | quantity | unit price | total | balance |
|--------------|---------|----------|------------|-------|---------|
| Audio input  | usage   | 0        | 95         | 0     |         |
| Audio output | usage   | 10       | 160        | 1600  | A       |
| Audio output | applied |          |            | -1600 | A       |
| Audio output | usage   | 2        | 190        | 380   |         |
""",
    ),
    BalanceExample(
        "rating.md §15 T-16b",
        "75 and 88.9 cents while any balance lasts, the list after it: 4,000 covered, 1,000 at a dollar",
        customer="t16b-any",
        contract=f"""
rate_card: audio input and output
credits:
  - name: Anything
    product: Balance
    {access(300000)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: OVERWRITE
    is_commit_specific: true
    product: Audio input
    overwrite_rate:
      rate_type: FLAT
      price: 75
  - starting_at: "2025-07-01T00:00:00Z"
    type: OVERWRITE
    is_commit_specific: true
    product: Audio output
    overwrite_rate:
      rate_type: FLAT
      price: 88.9
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 5000  |
""",
        lines="""
| product      | type    | quantity | unit price | total   | balance  |
|--------------|---------|----------|------------|---------|----------|
| Audio input  | usage   | 4000     | 75         | 300000  | Anything |
| Audio input  | applied |          |            | -300000 | Anything |
| Audio input  | usage   | 1000     | 100        | 100000  |          |
| Audio output | usage   | 0        | 200        | 0       |          |
""",
        invoices="""
| total  |
|--------|
| 100000 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-17, §5.3, §17 Q7",
        "7.2 and 17.1 dollars while A lasts (0.9 of the commit rate), 8 and 16 on demand (0.8 of the list)",
        customer="t17-commit",
        # A is of 2 x 1710 + 3 x 720; the dearer line on demand is drawn first.
        contract=f"""
rate_card: agreed prices
commits:
  - type: PREPAID
    name: A
    product: Balance
    rate_type: COMMIT_RATE
    {access(5580)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.8
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.9
    is_commit_specific: true
    target: COMMIT_RATE
    override_specifiers:
      - product: Agreed input
        commit_ids: [A]
      - product: Agreed output
        commit_ids: [A]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 5     |
| 2025-07-05 | more | 2     |
""",
        lines="""
| product       | type    | quantity | unit price | total | balance |
|---------------|---------|----------|------------|-------|---------|
| Agreed output | usage   | 2        | 1710       | 3420  | A       |
| Agreed output | applied |          |            | -3420 | A       |
| Agreed input  | usage   | 3        | 720        | 2160  | A       |
| Agreed input  | applied |          |            | -2160 | A       |
| Agreed input  | usage   | 2        | 800        | 1600  |         |
""",
        invoices="""
| total |
|-------|
| 1600  |
""",
    ),
    BalanceExample(
        "rating.md §15 T-18",
        "the list is free: a commit of 100 dollars pays for the first 100 units at a dollar, and nothing is due",
        customer="t18",
        contract=f"""
rate_card: free units
commits:
  - type: PREPAID
    name: Zero overage
    product: Balance
    rate_type: COMMIT_RATE
    {access(10000)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 250   |
""",
        lines="""
| product    | type    | quantity | unit price | total  | balance      |
|------------|---------|----------|------------|--------|--------------|
| Free units | usage   | 100      | 100        | 10000  | Zero overage |
| Free units | applied |          |            | -10000 | Zero overage |
| Free units | usage   | 150      | 0          | 0      |              |
""",
        invoices="""
| total |
|-------|
| 0     |
""",
    ),
    BalanceExample(
        "rating.md §5.3",
        "a balance at the list rate has no part in commit rates",
        customer="commit-rate-of-others",
        contract=f"""
rate_card: agreed prices
commits:
  - type: PREPAID
    name: At list
    product: Balance
    {access(2000)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
    is_commit_specific: true
    target: COMMIT_RATE
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3     |
""",
        lines="""
| product       | type    | quantity | unit price | total | balance |
|---------------|---------|----------|------------|-------|---------|
| Agreed input  | usage   | 2        | 1000       | 2000  | At list |
| Agreed input  | applied |          |            | -2000 | At list |
| Agreed input  | usage   | 1        | 1000       | 1000  |         |
| Agreed output | usage   | 0        | 2000       | 0     |         |
""",
    ),
    BalanceExample(
        "rating.md §5.3",
        "a product without a commit rate: the list and its overrides, not those of the commit rate",
        customer="no-commit-rate",
        contract=f"""
rate_card: half agreed
commits:
  - type: PREPAID
    name: A
    product: Balance
    rate_type: COMMIT_RATE
    {access(180)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.9
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
    is_commit_specific: true
    target: COMMIT_RATE
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | more | 3     |
""",
        lines="""
| product      | type    | quantity | unit price | total | balance |
|--------------|---------|----------|------------|-------|---------|
| Agreed input | usage   | 0        | 900        | 0     |         |
| Audio output | usage   | 2        | 90         | 180   | A       |
| Audio output | applied |          |            | -180  | A       |
| Audio output | usage   | 1        | 90         | 90    |         |
""",
    ),
    BalanceExample(
        "rating.md §5.2, §17 Q8",
        "a commit-specific overwrite before a commit-specific multiplier, and of two overwrites the last added",
        customer="commit-overwrites",
        contract=f"""
rate_card: audio input and output
credits:
  - name: A
    product: Balance
    {access(140)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: OVERWRITE
    is_commit_specific: true
    overwrite_rate:
      rate_type: FLAT
      price: 60
  - starting_at: "2025-07-01T00:00:00Z"
    type: OVERWRITE
    is_commit_specific: true
    overwrite_rate:
      rate_type: FLAT
      price: 70
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    is_commit_specific: true
    multiplier: 0.1
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3     |
""",
        lines="""
| product      | type    | quantity | unit price | total | balance |
|--------------|---------|----------|------------|-------|---------|
| Audio input  | usage   | 2        | 70         | 140   | A       |
| Audio input  | applied |          |            | -140  | A       |
| Audio input  | usage   | 1        | 100        | 100   |         |
| Audio output | usage   | 0        | 200        | 0     |         |
""",
    ),
    BalanceExample(
        "rating.md §5.2, §17 Q8",
        "of commit-specific multipliers the smallest, though a contract-level one is smaller still",
        customer="commit-multipliers",
        contract=f"""
rate_card: audio input and output
credits:
  - name: A
    product: Balance
    {access(140)}
overrides:
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    is_commit_specific: true
    multiplier: 0.7
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    is_commit_specific: true
    multiplier: 0.9
  - starting_at: "2025-07-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3     |
""",
        lines="""
| product      | type    | quantity | unit price | total | balance |
|--------------|---------|----------|------------|-------|---------|
| Audio input  | usage   | 2        | 70         | 140   | A       |
| Audio input  | applied |          |            | -140  | A       |
| Audio input  | usage   | 1        | 50         | 50    |         |
| Audio output | usage   | 0        | 100        | 0     |         |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
