"""Late usage as tables: what lands late, what it would change, and the lines that bill it (metering.md §2.3, §17.23).

Every example has a customer of its own, whom its tables call `ann`; all are billed together.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
import yaml

from tests.late_usage.shop import NOW, arrive, finalize, shop
from tests.spec.tables import draw_table, read_table
from tests.spec.workspaces import check

#: In time for October's invoice; what arrives later is late.
IN_TIME = "2026-11-01 06:00"


@dataclass(frozen=True)
class Example:
    """What lands, what the report says of October, and what November bills besides November's own usage.

    `terms` are what the contract says besides its customer, its rate card and its start; or several contracts.
    """

    rule: str
    events: str
    late: str
    lines: str
    terms: str = "{}"


EXAMPLES = (
    Example(
        rule="usage, and the percentage of it that a composite charge takes",
        events="""
| arrived          | time             | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10       | flat | ann      | 4     |
| 2026-11-03 06:00 | 2026-10-31 23:59 | flat | ann      | 2     |
""",
        late="""
| product name | outcome | late events | quantity finalized | quantity now | amount finalized | late amount | reason |
| Flat         | billed  | 1           | 4                  | 6            | 40               | 20          | null   |
| Share        | billed  | 1           | 40                 | 60           | 4                | 2           | null   |
""",
        lines="""
| name                          | type       | quantity | unit price | total | starting at | ending before |
| Flat (late usage of 2026-10)  | correction | 1        | 20         | 20    | 2026-10-01  | 2026-11-01    |
| Share (late usage of 2026-10) | correction | 1        | 2          | 2     | 2026-10-01  | 2026-11-01    |
""",
    ),
    Example(
        rule="10 of the 30 are priced in the first tier and 20 in the second, as if they had been there",
        events="""
| arrived          | time       | type   | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | tiered | ann      | 90    |
| 2026-11-03 06:00 | 2026-10-01 | tiered | ann      | 30    |
""",
        late="""
| product name | late quantity | amount finalized | amount now | late amount |
| Tiered       | 30            | 900              | 1100       | 200         |
""",
        lines="""
| name                           | total |
| Tiered (late usage of 2026-10) | 200   |
""",
    ),
    Example(
        rule="a value corrected downwards gives back",
        events="""
| arrived          | time       | type   | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | tiered | ann      | 120   |
| 2026-11-03 06:00 | 2026-10-01 | tiered | ann      | -50   |
""",
        late="""
| product name | late quantity | amount finalized | amount now | late amount |
| Tiered       | -50           | 1100             | 700        | -400        |
""",
        lines="""
| name                           | quantity | unit price | total |
| Tiered (late usage of 2026-10) | 1        | -400       | -400  |
""",
    ),
    Example(
        rule="a late event that changes nothing is no late usage",
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 5     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 4     |
""",
        late="",
        lines="",
    ),
    Example(
        rule="a maximum bills what it grew by",
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 5     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 8     |
""",
        late="""
| product name | late quantity | late amount |
| Peak         | 3             | 21          |
""",
        lines="""
| name                         | total |
| Peak (late usage of 2026-10) | 21    |
""",
    ),
    Example(
        rule="one line for all groups of a product; what has no rate is told, not billed",
        events="""
| arrived          | time       | type     | customer | units | region |
| 2026-11-01 06:00 | 2026-10-10 | regional | ann      | 1     | eu     |
| 2026-11-03 06:00 | 2026-10-11 | regional | ann      | 5     | eu     |
| 2026-11-03 06:00 | 2026-10-11 | regional | ann      | 5     | us     |
| 2026-11-03 06:00 | 2026-10-11 | regional | ann      | 5     | asia   |
""",
        late="""
| pricing group values | outcome | late events | quantity finalized | late quantity | late amount | corrected amount |
| {"region":"asia"}    | unrated | 3           | 0                  | 5             | null        | null             |
| {"region":"eu"}      | billed  | 3           | 1                  | 5             | 10          | 0                |
| {"region":"us"}      | billed  | 3           | 0                  | 5             | 15          | 0                |
""",
        lines="""
| name                             | total |
| Regional (late usage of 2026-10) | 25    |
""",
    ),
    Example(
        rule="what the contract is not entitled to",
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | free | ann      | 1     |
| 2026-11-03 06:00 | 2026-10-11 | free | ann      | 2     |
""",
        late="""
| product name | outcome      | quantity finalized | quantity now | late quantity | late amount |
| Free         | not_entitled | 1                  | 3            | 2             | null        |
""",
        lines="",
    ),
    Example(
        rule="late usage in a custom pricing unit is turned into money by the invoice that carries it",
        events="""
| arrived          | time       | type  | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | token | ann      | 5     |
| 2026-11-03 06:00 | 2026-10-11 | token | ann      | 6     |
""",
        late="""
| product name | late amount | currency |
| Tokened      | 24          | Tokens   |
""",
        lines="""
| name                            | type           | quantity | unit price | total | currency    |
| Tokened (late usage of 2026-10) | correction     | 1        | 24         | 24    | Tokens      |
| Tokens to USD (cents)           | cpu_conversion | 24       | 3          | 72    | USD (cents) |
""",
    ),
    Example(
        rule="an amount with more places than a price can have is exact all the same",
        events="""
| arrived          | time       | type | customer | units         |
| 2026-11-01 06:00 | 2026-10-10 | fine | ann      | 1             |
| 2026-11-03 06:00 | 2026-10-11 | fine | ann      | 0.00000000003 |
""",
        late="""
| product name | late quantity | late amount              |
| Fine         | 0.00000000003 | 0.000000000000000000003 |
""",
        lines="""
| name                         | quantity   | unit price        | total                   |
| Fine (late usage of 2026-10) | 0.00000001 | 0.0000000000003   | 0.000000000000000000003 |
""",
    ),
    Example(
        rule="what could not be billed exactly is told without numbers",
        events="""
| arrived          | time       | type | customer | units        |
| 2026-11-01 06:00 | 2026-10-10 | flat | ann      | 1            |
| 2026-11-03 06:00 | 2026-10-11 | flat | ann      | 900000000000 |
""",
        late="""
| product name | outcome | late events | quantity finalized | amount now | late amount | reason             |
| null         | parked  | 1           | null               | null       | null        | beyond_exact_range |
""",
        lines="",
    ),
    Example(
        rule="late events are those of the statement and of the customer, by any alias",
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | flat | ann      | 1     |
| 2026-11-03 06:00 | 2026-10-11 | peak | annie    | 2     |
| 2026-11-03 06:00 | 2026-11-01 | peak | annie    | 2     |
| 2026-11-03 06:00 | 2026-09-30 | peak | annie    | 2     |
| 2026-11-03 06:00 | 2026-10-11 | peak | somebody | 2     |
""",
        late="""
| product name | late events | late amount |
| Peak         | 1           | 14          |
""",
        lines="""
| name                         | total |
| Peak (late usage of 2026-10) | 14    |
""",
    ),
    Example(
        rule="a credit that covers half of it changes neither what is late nor what is corrected",
        terms="""
credits: [{ name: Gift, product: Fee, access_schedule: { schedule_items: [
  { amount: 70, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-11-01T00:00:00Z" }] } }]
""",
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 5     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 15    |
""",
        late="""
| product name | quantity finalized | late quantity | amount finalized | late amount |
| Peak         | 5                  | 10            | 35               | 70          |
""",
        lines="""
| name                         | total |
| Peak (late usage of 2026-10) | 70    |
""",
    ),
    Example(
        rule="a true-up is less by what late usage takes of its commit, so that in all nothing changes",
        terms="""
commits: [{ name: Promise, type: POSTPAID, product: Fee, access_schedule: { schedule_items: [
  { amount: 1000, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-10-20T00:00:00Z" }] },
  invoice_schedule: { schedule_items: [{ timestamp: "2026-10-21T00:00:00Z", amount: 1000 }] } }]
""",
        events="""
| arrived          | time       | type   | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | tiered | ann      | 40    |
| 2026-11-03 06:00 | 2026-10-11 | tiered | ann      | 5     |
""",
        late="""
| invoice type | product name | late events | amount finalized | late amount |
| TRUEUP       | Fee          | 1           | 600              | -50         |
| USAGE        | Tiered       | 1           | 400              | 50          |
""",
        lines="""
| name                           | total | starting at | ending before |
| Fee (correction of 2026-10-21) | -50   | 2026-10-21  | null          |
| Tiered (late usage of 2026-10) | 50    | 2026-10-01  | 2026-11-01    |
""",
    ),
    Example(
        rule="a usage filter says whose events are late",
        terms="""
- { name: east, usage_filter: { group_key: region, group_values: [east] } }
- { name: west, usage_filter: { group_key: region, group_values: [west, far west] } }
""",
        events="""
| arrived          | time       | type | customer | units | region   |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 1     | east     |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 1     | west     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 5     | far west |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 6     | west     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 7     | south    |
""",
        late="""
| product name | late events | late quantity | late amount |
| Peak         | 2           | 5             | 35          |
""",
        lines="""
| name                         | total |
| Peak (late usage of 2026-10) | 35    |
""",
    ),
    Example(
        rule="a contract that ended with its final invoice has no invoice to be corrected on",
        terms='ending_before: "2026-11-01T00:00:00Z"',
        events="""
| arrived          | time       | type | customer | units |
| 2026-11-01 06:00 | 2026-10-10 | peak | ann      | 5     |
| 2026-11-03 06:00 | 2026-10-11 | peak | ann      | 6     |
""",
        late="""
| product name | late amount | corrected amount | reason          |
| Peak         | 7           | null             | no_open_invoice |
""",
        lines="",
    ),
)


def _customer(example: Example) -> str:
    return f"customer {EXAMPLES.index(example)}"


def _who() -> str:
    """Customers and contracts of all examples as a catalog file."""
    customers, contracts = [], []
    for example in EXAMPLES:
        name = _customer(example)
        customers.append({"id": name, "name": name, "ingest_aliases": [f"{name} alias"]})
        terms = yaml.safe_load(example.terms)
        for each in terms if isinstance(terms, list) else [terms]:
            own = {"customer": name, "rate_card": "card", "starting_at": "2026-01-01T00:00:00Z"}
            contracts.append(own | each)
    return yaml.safe_dump({"customers": customers, "contracts": contracts})


def _events(in_time: bool) -> str:
    rows = []
    for example in EXAMPLES:
        senders = {"ann": _customer(example), "annie": f"{_customer(example)} alias"}
        for row in read_table(example.events):
            if (row["arrived"] == IN_TIME) == in_time:
                rows.append({**row, "customer": senders.get(row["customer"], row["customer"])})
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return draw_table(columns, [{name: row.get(name, "") for name in columns} for row in rows])


@dataclass(frozen=True)
class Billed:
    """October's late usage before and after November was run, and November's lines."""

    late: list[dict[str, object]]
    unasked: list[dict[str, object]]
    lines: list[dict[str, object]]
    corrected: list[dict[str, object]]


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Billed:
    made = shop(tmp_path_factory.mktemp("late") / "workspace", _who())
    arrive(made, _events(in_time=True))
    made.run("2026-10", now=NOW)
    finalize(made, "2026-10")
    arrive(made, _events(in_time=False))
    late, unasked = made.late_usage("2026-10").dicts(), made.late_usage().dicts()
    lines = made.run("2026-11", now=NOW).line_items.dicts()
    return Billed(late, unasked, lines, made.late_usage("2026-10").dicts())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_example(billed: Billed, example: Example) -> None:
    def own(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        return [row for row in rows if row["customer_id"] == _customer(example)]

    check(example.late, own(billed.late))
    lines = [line for line in own(billed.lines) if line["type"] in ("correction", "cpu_conversion")]
    check(example.lines, lines)


def test_what_is_corrected_is_told(billed: Billed) -> None:
    """Of each product the parts that differ come to what its correction bills, unless there is a reason."""
    rows = [row for row in billed.corrected if row["outcome"] == "billed" and row["reason"] is None]
    assert len(rows) > 8
    assert [without(row) for row in billed.corrected] == [without(row) for row in billed.late]
    for row in rows:
        key = ("invoice_id", "product_id")
        parts = [each for each in rows if all(each[name] == row[name] for name in key)]
        assert row["corrected_amount"] == sum(_number(each["late_amount"]) for each in parts) != 0


def test_unasked_the_month_with_late_events_is_found(billed: Billed) -> None:
    assert billed.unasked == billed.late != []


def without(row: dict[str, object]) -> dict[str, object]:
    """A row of the report without what is corrected of it."""
    return {name: value for name, value in row.items() if name != "corrected_amount"}


def _number(value: object) -> Decimal:
    assert isinstance(value, Decimal)
    return value
