"""Parent and child contracts: whose usage invoices are put together, and who pays."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Jobs, type: USAGE, billable_metric: use }
  - { name: Job fee, type: FIXED }

rate_cards:
  - name: jobs
    rates:
      - { product: Jobs, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 10, price: 10 }, { price: 5 }] }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-34, §13",
        "from 5 July to the end: within the parent's July and of the same end, so put together; own invoices remain",
        customer="t34-parent",
        others=("t34-child",),
        contract="""
- id: t34-parent
  name: t34-parent
  rate_card: jobs
  hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
  scheduled_charges:
    - { product: Job fee, schedule: { schedule_items: [{ timestamp: "2025-07-10T00:00:00Z", amount: 1 }] } }
- id: t34-child
  customer_id: t34-child
  rate_card: jobs
  starting_at: "2025-07-05T00:00:00Z"
  hierarchy_configuration:
    { parent: { contract: t34-parent }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
  scheduled_charges:
    - { product: Job fee, schedule: { schedule_items: [{ timestamp: "2025-07-10T00:00:00Z", amount: 2 }] } }
""",
        events="""
| customer   | time       | type | units |
|------------|------------|------|-------|
| t34-parent | 2025-07-06 | use  | 8     |
| t34-child  | 2025-07-07 | use  | 12    |
""",
        # 8 x 10; 10 x 10 and 2 x 5: the 8 of the parent do not count for the child's tiers.
        lines="""
| contract   | origin     | product | type      | invoice              | from       | to         | tier | total |
|------------|------------|---------|-----------|----------------------|------------|------------|------|-------|
| t34-parent |            | Jobs    | usage     | until 2025-08-01     | 2025-07-01 | 2025-08-01 | 1    | 80    |
| t34-child  |            | Jobs    | usage     | until 2025-08-01     | 2025-07-05 | 2025-08-01 | 1    | 100   |
| t34-child  |            | Jobs    | usage     | until 2025-08-01     | 2025-07-05 | 2025-08-01 | 2    | 10    |
| t34-parent | t34-parent | Jobs    | usage     | all until 2025-08-01 | 2025-07-01 | 2025-08-01 | 1    | 80    |
| t34-parent | t34-child  | Jobs    | usage     | all until 2025-08-01 | 2025-07-05 | 2025-08-01 | 1    | 100   |
| t34-parent | t34-child  | Jobs    | usage     | all until 2025-08-01 | 2025-07-05 | 2025-08-01 | 2    | 10    |
| t34-parent |            | Job fee | scheduled | on 2025-07-10        | 2025-07-10 |            |      | 1     |
| t34-child  |            | Job fee | scheduled | on 2025-07-10        | 2025-07-10 |            |      | 2     |
""",
        invoices="""
| customer   | contract   | type               | from       | to         | payer      | together | total |
|------------|------------|--------------------|------------|------------|------------|----------|-------|
| t34-parent | t34-parent | USAGE              | 2025-07-01 | 2025-08-01 | t34-parent | 0        | 80    |
| t34-child  | t34-child  | USAGE              | 2025-07-05 | 2025-08-01 | t34-parent | 0        | 110   |
| t34-parent | t34-parent | USAGE_CONSOLIDATED | 2025-07-01 | 2025-08-01 | t34-parent | 2        | 190   |
| t34-parent | t34-parent | SCHEDULED          |            |            | t34-parent | 0        | 1     |
| t34-child  | t34-child  | SCHEDULED          |            |            | t34-parent | 0        | 2     |
""",
    ),
    PricingExample(
        "rating.md §15 T-34, §13",
        "28 June to 28 July is not within July, and nothing is put together",
        customer="t34-no-parent",
        others=("t34-no-child",),
        contract="""
- id: t34-no-parent
  name: t34-no-parent
  rate_card: jobs
  hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
- id: t34-no-child
  customer_id: t34-no-child
  rate_card: jobs
  usage_statement_schedule:
    { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2025-01-28T00:00:00Z" }
  hierarchy_configuration:
    { parent: { contract: t34-no-parent }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
""",
        events="""
| customer      | time       | type | units |
|---------------|------------|------|-------|
| t34-no-parent | 2025-07-06 | use  | 8     |
| t34-no-child  | 2025-07-07 | use  | 2     |
""",
        lines="""
| customer      | contract      | product | from       | to         | tier | quantity | unit price | total |
|---------------|---------------|---------|------------|------------|------|----------|------------|-------|
| t34-no-parent | t34-no-parent | Jobs    | 2025-07-01 | 2025-08-01 | 1    | 8        | 10         | 80    |
| t34-no-child  | t34-no-child  | Jobs    | 2025-06-28 | 2025-07-28 | 1    | 2        | 10         | 20    |
""",
        invoices="""
| customer      | contract      | type  | from       | to         | payer         | total |
|---------------|---------------|-------|------------|------------|---------------|-------|
| t34-no-parent | t34-no-parent | USAGE | 2025-07-01 | 2025-08-01 | t34-no-parent | 80    |
| t34-no-child  | t34-no-child  | USAGE | 2025-06-28 | 2025-07-28 | t34-no-parent | 20    |
""",
    ),
    PricingExample(
        "rating.md §13",
        "of three children those that consolidate, within the parent's period: not one that began before the parent",
        customer="family",
        others=("family-in", "family-separate", "family-before"),
        contract="""
- id: family
  name: family
  rate_card: jobs
  starting_at: "2025-07-10T00:00:00Z"
  hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
- id: family-in
  customer_id: family-in
  rate_card: jobs
  starting_at: "2025-07-10T00:00:00Z"
  hierarchy_configuration: { parent: { contract: family }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
- id: family-separate
  customer_id: family-separate
  rate_card: jobs
  starting_at: "2025-07-10T00:00:00Z"
  hierarchy_configuration: { parent: { contract: family }, payer: SELF }
- id: family-before
  customer_id: family-before
  rate_card: jobs
  starting_at: "2025-07-01T00:00:00Z"
  hierarchy_configuration: { parent: { contract: family }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
""",
        events="""
| customer        | time       | type | units |
|-----------------|------------|------|-------|
| family-in       | 2025-07-11 | use  | 1     |
| family-separate | 2025-07-11 | use  | 2     |
| family-before   | 2025-07-11 | use  | 3     |
""",
        lines="""
| contract        | origin    | product | invoice              | from       | to         | tier | quantity | total |
|-----------------|-----------|---------|----------------------|------------|------------|------|----------|-------|
| family          |           | Jobs    | until 2025-08-01     | 2025-07-10 | 2025-08-01 | 1    | 0        | 0     |
| family-in       |           | Jobs    | until 2025-08-01     | 2025-07-10 | 2025-08-01 | 1    | 1        | 10    |
| family-separate |           | Jobs    | until 2025-08-01     | 2025-07-10 | 2025-08-01 | 1    | 2        | 20    |
| family-before   |           | Jobs    | until 2025-08-01     | 2025-07-01 | 2025-08-01 | 1    | 3        | 30    |
| family          | family    | Jobs    | all until 2025-08-01 | 2025-07-10 | 2025-08-01 | 1    | 0        | 0     |
| family          | family-in | Jobs    | all until 2025-08-01 | 2025-07-10 | 2025-08-01 | 1    | 1        | 10    |
""",
        invoices="""
| customer        | contract        | type               | payer           | total |
|-----------------|-----------------|--------------------|-----------------|-------|
| family          | family          | USAGE              | family          | 0     |
| family-in       | family-in       | USAGE              | family          | 10    |
| family-separate | family-separate | USAGE              | family-separate | 20    |
| family-before   | family-before   | USAGE              | family          | 30    |
| family          | family          | USAGE_CONSOLIDATED | family          | 10    |
""",
    ),
    PricingExample(
        "rating.md §13",
        "a parent may pay for a child whose statements stay separate",
        customer="payer",
        others=("paid",),
        contract="""
- id: payer
  name: payer
  rate_card: jobs
- id: paid
  customer_id: paid
  rate_card: jobs
  hierarchy_configuration: { parent: { contract: payer }, payer: PARENT, usage_statement_behavior: SEPARATE }
""",
        events="""
| customer | time       | type | units |
|----------|------------|------|-------|
| paid     | 2025-07-11 | use  | 1     |
""",
        lines="""
| customer | contract | product | from       | to         | tier | quantity | unit price | total |
|----------|----------|---------|------------|------------|------|----------|------------|-------|
| payer    | payer    | Jobs    | 2025-07-01 | 2025-08-01 | 1    | 0        | 10         | 0     |
| paid     | paid     | Jobs    | 2025-07-01 | 2025-08-01 | 1    | 1        | 10         | 10    |
""",
        invoices="""
| customer | contract | type  | payer | total |
|----------|----------|-------|-------|-------|
| payer    | payer    | USAGE | payer | 0     |
| paid     | paid     | USAGE | payer | 10    |
""",
    ),
    PricingExample(
        "rating.md §13",
        "of the months in the parent's quarter the one that ends with it",
        customer="quarter",
        others=("quarter-child",),
        contract="""
- id: quarter
  name: quarter
  rate_card: jobs
  usage_statement_schedule: { frequency: QUARTERLY }
  hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
- id: quarter-child
  customer_id: quarter-child
  rate_card: jobs
  hierarchy_configuration: { parent: { contract: quarter }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
""",
        events="""
| customer      | time       | type | units |
|---------------|------------|------|-------|
| quarter       | 2025-05-06 | use  | 4     |
| quarter-child | 2025-05-07 | use  | 1     |
| quarter-child | 2025-06-07 | use  | 2     |
""",
        lines="""
| contract      | origin        | product | invoice              | from       | to         | tier | quantity | total |
|---------------|---------------|---------|----------------------|------------|------------|------|----------|-------|
| quarter-child |               | Jobs    | until 2025-06-01     | 2025-05-01 | 2025-06-01 | 1    | 1        | 10    |
| quarter-child |               | Jobs    | until 2025-07-01     | 2025-06-01 | 2025-07-01 | 1    | 2        | 20    |
| quarter       |               | Jobs    | until 2025-07-01     | 2025-04-01 | 2025-07-01 | 1    | 4        | 40    |
| quarter       | quarter       | Jobs    | all until 2025-07-01 | 2025-04-01 | 2025-07-01 | 1    | 4        | 40    |
| quarter       | quarter-child | Jobs    | all until 2025-07-01 | 2025-06-01 | 2025-07-01 | 1    | 2        | 20    |
""",
        invoices="""
| run     | customer      | contract      | type               | from       | to         | total |
|---------|---------------|---------------|--------------------|------------|------------|-------|
| 2025-05 | quarter-child | quarter-child | USAGE              | 2025-05-01 | 2025-06-01 | 10    |
| 2025-06 | quarter-child | quarter-child | USAGE              | 2025-06-01 | 2025-07-01 | 20    |
| 2025-06 | quarter       | quarter       | USAGE              | 2025-04-01 | 2025-07-01 | 40    |
| 2025-06 | quarter       | quarter       | USAGE_CONSOLIDATED | 2025-04-01 | 2025-07-01 | 60    |
""",
        periods=("2025-05", "2025-06"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)


def test_what_a_run_comes_to_counts_no_invoice_twice(ledger: Ledger) -> None:
    invoices = ledger.published["invoices"]
    assert any(each["type"] == "USAGE_CONSOLIDATED" and each["total"] for each in invoices)
    sums: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for each in invoices:
        if each["type"] != "USAGE_CONSOLIDATED":
            sums[each["billing_period"], each["currency"]] += Fraction(each["total"])
    totals = {
        (each["billing_period"], each["currency"]): Fraction(each["total"]) for each in ledger.published["totals"]
    }
    assert totals == sums
