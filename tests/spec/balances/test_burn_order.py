"""Which balance is drawn first when several can cover a line."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, paid, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: Burnt, type: USAGE, billable_metric: place, pricing_group_key: [region], tags: [burnt] }}
  - {{ name: Burnt too, type: USAGE, billable_metric: more, tags: [burnt] }}

rate_cards:
  - name: burnt
    rates:
      - {rate("Burnt", 100, "pricing_group_values: { region: us-east-1 }")}
      - {rate("Burnt", 100, "pricing_group_values: { region: us-west-1 }")}
      - {rate("Burnt too", 100)}
"""

#: The six balances of the documented example, by name; each is of 1,000 cents.
DOCUMENTED = {
    "A": f"""
  - type: PREPAID
    name: A
    product: Balance
    priority: 50
    {access(1000, ending_before="2026-07-01")}
    {paid(1000)}""",
    "B": f"""
  - type: PREPAID
    name: B
    product: Balance
    priority: 100
    {access(1000, ending_before="2026-07-01")}""",
    "C": f"""
  - type: PREPAID
    name: C
    product: Balance
    priority: 100
    applicable_products: [Burnt]
    {access(1000, ending_before="2026-07-01")}
    {paid(1000)}""",
    "D": f"""
  - type: PREPAID
    name: D
    product: Balance
    priority: 100
    specifiers:
      - product: Burnt
        pricing_group_values:
          region: us-east-1
      - pricing_group_values:
          region: us-west-1
    {access(1000, ending_before="2026-07-01")}
    {paid(1000)}""",
    "E": f"""
  - type: PREPAID
    name: E
    product: Balance
    priority: 100
    specifiers:
      - product: Burnt
        pricing_group_values:
          region: us-east-1
      - pricing_group_values:
          region: us-west-1
    {access(1000, ending_before="2027-07-01")}
    {paid(1000)}""",
    "F": f"""
  - type: PREPAID
    name: F
    product: Balance
    priority: 100
    {access(1000, ending_before="2026-07-01")}
    {paid(1000)}""",
}

#: Some of the 720 orders in which a file may have them, far apart, and their reverses: each has each place.
ORDERS = tuple(
    dict.fromkeys(tuple(order) for each in list(permutations("ABCDEF"))[::129] for order in (each, each[::-1]))
)


def drawn_in(order: str, last: str = "applied") -> str:
    """The lines when balances of 1,000 cents are drawn in this order by 10 units each, and half of the last one."""
    rows = []
    for place, name in enumerate(order, 1):
        units = 10 if place < len(order) else 5
        rows.append(f"| Burnt | region=us-east-1 | usage | {units} | 100 | {units * 100} | {name} |")
        applied = last if place == len(order) else "applied"
        rows.append(f"| Burnt | region=us-east-1 | {applied} | | | {-units * 100} | {name} |")
    zero = "| Burnt too | | usage | 0 | 100 | 0 | |"
    return "\n".join(["| product | pricing | type | quantity | unit price | total | balance |", *rows, zero])


def used(units: int) -> str:
    return f"""
| time       | type  | units   | region    |
|------------|-------|---------|-----------|
| 2025-07-05 | place | {units} | us-east-1 |
"""


def documented(order: tuple[str, ...]) -> Example:
    return BalanceExample(
        "rating.md §15 T-13, §7.1",
        f"A to F are drawn in this order, written as {', '.join(order)}",
        customer=f"t13-{''.join(order).lower()}",
        contract="rate_card: burnt\ncommits:" + "".join(DOCUMENTED[name] for name in order),
        events=used(55),
        lines=drawn_in("ABCDEF"),
    )


def ordered(
    source: str, rule: str, customer: str, balances: str, catalog: str = "", order: str = "XY", last: str = "applied"
) -> Example:
    """A rule by which Y, written first, is drawn after X."""
    return BalanceExample(
        source,
        rule,
        customer=customer,
        contract=f"id: {customer}\nrate_card: burnt\n{balances}",
        catalog=catalog,
        events=used(10 * len(order) - 5),
        lines=drawn_in(order, last),
    )


def commit(name: str, terms: str, kind: str = "PREPAID", **window: str) -> str:
    """A commit of 1,000 cents; `terms` are further fields, one a line."""
    fields = [f"- type: {kind}", f"  name: {name}", "  product: Balance", f"  {access(1000, **window)}"]
    return "\n".join([*fields, *(f"  {line}" for line in terms.splitlines())])


EXAMPLES: tuple[Example, ...] = (
    *map(documented, ORDERS),
    ordered(
        "rating.md §7.1",
        "the smaller priority first, commits and credits alike",
        "burn-priority",
        f"commits:\n{commit('Y', 'priority: 2')}\ncredits:\n"
        f"- {{ name: X, product: Balance, priority: 1, {access(1000)} }}",
    ),
    ordered(
        "rating.md §17 Q11",
        "a balance without a priority comes after every other",
        "burn-no-priority",
        f"commits:\n{commit('Y', '')}\n{commit('X', 'priority: 999')}",
    ),
    ordered(
        "rating.md §7.1",
        "what was given before what was paid, though it ends later",
        "burn-cost-basis",
        f"commits:\n{commit('Y', paid(1000))}\n{commit('X', '', ending_before='2025-09-01')}",
    ),
    ordered(
        "rating.md §7.1",
        "the balance of fewer products first, and one of everything last",
        "burn-products",
        f"commits:\n{commit('Z', '')}\n{commit('Y', 'applicable_products: [Burnt, Burnt too]')}\n"
        f"{commit('X', 'applicable_products: [Burnt]')}",
        order="XYZ",
    ),
    ordered(
        "rating.md §17 Q14",
        "a tag stands for the products that carry it",
        "burn-tags",
        f"commits:\n{commit('Y', 'applicable_product_tags: [burnt]')}\n{commit('X', 'applicable_products: [Burnt]')}",
    ),
    ordered(
        "rating.md §17 Q14",
        "specifiers of groups alone name no product, and come before those that do",
        "burn-groups",
        f"commits:\n{commit('Y', 'applicable_products: [Burnt]')}\n"
        f"{commit('X', 'specifiers: [{ pricing_group_values: { region: us-east-1 } }]')}",
    ),
    ordered(
        "rating.md §7.1",
        "of the same products the balance that ends first",
        "burn-end",
        f"commits:\n{commit('Y', '', ending_before='2025-09-01')}\n{commit('X', '', ending_before='2025-08-02')}",
    ),
    ordered(
        "rating.md §7.1",
        "of the same end the balance that started first",
        "burn-start",
        f"commits:\n{commit('Y', '')}\n{commit('X', '', starting_at='2025-06-01')}",
    ),
    ordered(
        "rating.md §7.1",
        "a postpaid commit after a prepaid one, whatever their priorities",
        "burn-postpaid",
        f"commits:\n{commit('Y', paid(1000) + chr(10) + 'priority: 1', 'POSTPAID')}\n{commit('X', 'priority: 2')}",
        last="noted",
    ),
    ordered(
        "rating.md §17 Q13",
        "a contract's own balance, then one of contracts that are named, then one of all of the customer's",
        "burn-contracts",
        f"commits:\n{commit('X', '')}",
        f"""
commits:
{commit("Z", "customer: burn-contracts")}
{commit("Y", "customer: burn-contracts" + chr(10) + "applicable_contract_ids: [burn-contracts, burn-contracts-2]")}
contracts:
  - id: burn-contracts-2
    customer: burn-contracts
    rate_card: burnt
    starting_at: "2026-01-01T00:00:00Z"
""",
        "XYZ",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    if "Q13" not in example.source:
        ledger.check(example)
    ledger.check_order(example)


def test_every_balance_of_the_documented_example_is_written_at_every_place() -> None:
    assert len(ORDERS) >= 12
    for place in range(6):
        assert {order[place] for order in ORDERS} == set(DOCUMENTED)
