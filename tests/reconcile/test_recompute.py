"""Counting metered usage in another way: it agrees where the engine is right, and says what it cannot count."""

from __future__ import annotations

import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import engine
from engine.catalog.product import ConversionOperation, ProductVersion, RoundingMethod
from engine.catalog.product import QuantityConversion as Conversion
from engine.catalog.product import QuantityRounding as Rounding
from engine.reports.reconcile.recompute_quantity import published_number, quantity_of
from engine.workspace import Workspace
from tests.generated.scenarios import scenario
from tests.spec.workspaces import land, workspace

CATALOG = """
billable_metrics:
  - name: events
    aggregation_type: COUNT
    event_type_filter: { in_values: [use, spare], not_in_values: [spare] }
    property_filters: [{ name: odd, not_in_values: [excluded] }]
  - name: sum
    aggregation_type: SUM
    aggregation_key: n
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: n, exists: true }, { name: group, exists: true }]
    group_keys: [[group]]
  - name: max
    aggregation_type: MAX
    aggregation_key: n
    property_filters: [{ name: n }]
  - name: latest
    aggregation_type: LATEST
    aggregation_key: n
    property_filters: [{ name: n }]
  - name: distinct
    aggregation_type: UNIQUE
    aggregation_key: n
    property_filters: [{ name: n }, { name: odd, exists: false }]
  - name: since
    aggregation_type: COUNT
    effective_from: "2026-10-20T00:00:00Z"
  - name: written
    sql: SELECT properties.group AS grp, SUM(properties.n) AS value FROM events GROUP BY properties.group
  - name: inside
    aggregation_type: SUM
    aggregation_key: deep.n
    property_filters: [{ name: deep.n, exists: true }]

products:
  - { name: Events, type: USAGE, billable_metric: events }
  - name: Sum
    type: USAGE
    billable_metric: sum
    presentation_group_key: [group]
    quantity_conversion: { conversion_factor: 7, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 3 }
  - { name: Max, type: USAGE, billable_metric: max }
  - { name: Latest, type: USAGE, billable_metric: latest }
  - { name: Distinct, type: USAGE, billable_metric: distinct }
  - { name: Since, type: USAGE, billable_metric: since }
  - { name: Written, type: USAGE, billable_metric: written, pricing_group_key: [grp] }
  - { name: Inside, type: USAGE, billable_metric: inside }
  - name: Changed
    type: USAGE
    billable_metric: events
    updates: [{ starting_at: "2026-10-10T00:00:00Z", billable_metric: max }]

rate_cards:
  - name: card
    rates:
      - { product: Events, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Sum, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Max, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Latest, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Distinct, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Since, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Written, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Inside, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
      - { product: Changed, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }
  - name: filtered
    rates: [{ product: Sum, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.000001 }]

customers: [{ id: ann, name: Ann, ingest_aliases: [ann@example] }, { id: bob, name: Bob }]

contracts:
  - { id: anns, customer: ann, rate_card: card, starting_at: "2026-10-03T00:00:00Z" }
  - id: bobs
    customer: bob
    rate_card: filtered
    starting_at: "2026-10-01T00:00:00Z"
    usage_filter: { group_key: group, group_values: [east, west], starting_at: "2026-10-05T00:00:00Z" }
"""

EVENTS = """
| time             | arrived    | type  | customer    | n                            | group | odd      | deep     |
|------------------|------------|-------|-------------|------------------------------|-------|----------|----------|
| 2026-10-02       | 2026-11-01 | use   | ann         | 1000000                      | east  |          |          |
| 2026-10-03       | 2026-11-01 | use   | ann         | 1.5                          | east  |          | {"n": 2} |
| 2026-10-04       | 2026-11-01 | use   | ann@example | -0.000000001                 | east  |          |          |
| 2026-10-05       | 2026-11-01 | use   | ann         | 1e-3                         | east  |          |          |
| 2026-10-05       | 2026-11-01 | use   | ann         | 1.5                          | west  | excluded |          |
| 2026-10-06       | 2026-11-01 | use   | ann         | 12345678901234567            | west  |          |          |
| 2026-10-07       | 2026-11-01 | use   | ann         | -7                           | west  | kept     |          |
| 2026-10-08       | 2026-11-01 | use   | ann         | +.5                          | west  |          |          |
| 2026-10-09       | 2026-11-01 | use   | ann         | twelve                       | west  |          |          |
| 2026-10-11       | 2026-11-01 | spare | ann         | 99999999999999999.0000000001 | west  |          |          |
| 2026-10-31 23:59 | 2026-10-31 | use   | ann         | 3                            | '     |          |          |
| 2026-10-31 23:59 | 2026-11-01 | use   | ann         | 4                            | '     |          |          |
| 2026-11-01       | 2026-11-01 | use   | ann         | 5                            | east  |          |          |
| 2026-10-02       | 2026-11-01 | use   | bob         | 1                            | north |          |          |
| 2026-10-06       | 2026-11-01 | use   | bob         | 10                           | north |          |          |
| 2026-10-07       | 2026-11-01 | use   | bob         | 100                          | east  |          |          |
| 2026-10-07       | 2026-11-01 | use   | zoe         | 1000                         | east  |          |          |
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspace(tmp_path_factory.mktemp("counted") / "workspace", CATALOG)
    land(made, EVENTS)
    made.run("2026-10", now="2026-11-02T00:00:00Z")
    return made


def test_every_way_of_counting_agrees(counted: Workspace) -> None:
    found = counted.reconcile("2026-10")
    assert found.failed == ()
    recomputed = {row["scope"] for row in found.controls if row["check_id"] == "C05"}
    names = {"events", "sum", "max", "latest", "distinct", "since", "written"}
    assert recomputed == {"groups", "groups recomputed", *(f"metric {name}" for name in names)}
    assert len(found.details["unequal_usage"]) == 0


def test_what_cannot_be_counted_is_counted_with_its_reason(counted: Workspace) -> None:
    found = counted.reconcile("2026-10")
    reasons = {(row["metric_name"], row["reason"]) for row in found.details["not_recomputed"]}
    assert reasons == {
        ("inside", "property 'deep.n' may be inside the JSON of property 'deep'"),
        ("events", "the product changes within the statement period"),
        ("max", "the product changes within the statement period"),
    }
    rows = {row["scope"]: row for row in found.controls if row["check_id"] == "C05"}
    left, right = (int(str(rows["groups recomputed"][side])) for side in ("left", "right"))
    assert rows["groups recomputed"]["status"] == "WARN"
    assert left - right == sum(found.details["not_recomputed"].arrow()["groups"].to_pylist())
    assert left == len(counted.outputs.read("metered_usage", "2026-10") or ())


def test_the_record_of_a_run_is_needed(counted: Workspace, tmp_path: Path) -> None:
    copy = shutil.copytree(counted.root, tmp_path / "copy")
    shutil.rmtree(copy / "runs")
    found = engine.open(copy).reconcile("2026-10")
    skipped = {f"{row['check_id']} {row['scope']}" for row in found.controls if row["status"] == "SKIPPED"}
    assert skipped >= {"C03 attributed", "C04 buckets", "C10 due"}
    (reason,) = {row["reason"] for row in found.details["not_recomputed"]}
    assert str(reason).endswith("is gone")


@pytest.mark.parametrize("seed", [2, 4, 11])
def test_random_scenarios_reconcile(seed: int, tmp_path: Path) -> None:
    made = scenario(seed, tmp_path)
    opened = engine.open(made.workspace)
    for path, clock in made.landings:
        opened.land(path, now=clock)
    opened.run(made.period, now=made.now, as_of=made.as_of)
    found = opened.reconcile(made.period)
    assert found.failed == ()


HALF_UP, UP, DOWN = RoundingMethod.ROUND_HALF_UP, RoundingMethod.ROUND_UP, RoundingMethod.ROUND_DOWN


@pytest.mark.parametrize(
    ("value", "divisor", "method", "places", "expected"),
    [
        ("10", 4, None, 0, Fraction(5, 2)),
        ("1", 3, None, 0, Fraction(333333333333, 10**12)),
        ("2", 3, None, 0, Fraction(666666666667, 10**12)),
        ("-2", 3, None, 0, Fraction(-666666666667, 10**12)),
        ("5", 2, HALF_UP, 0, Fraction(3)),
        ("-5", 2, HALF_UP, 0, Fraction(-3)),
        ("5", 2, UP, 0, Fraction(3)),
        ("-5", 2, UP, 0, Fraction(-2)),
        ("5", 2, DOWN, 0, Fraction(2)),
        ("-5", 2, DOWN, 0, Fraction(-3)),
        ("1", 8, UP, 2, Fraction(13, 100)),
        ("4", 2, UP, 0, Fraction(2)),
    ],
)
def test_quantities(value: str, divisor: int, method: RoundingMethod | None, places: int, expected: Fraction) -> None:
    conversion = Conversion(conversion_factor=Decimal(divisor), operation=ConversionOperation.DIVIDE)
    rounding = None if method is None else Rounding(rounding_method=method, decimal_places=places)
    version = ProductVersion(None, None, "x", (), "m", conversion, rounding, (), (), (), ())
    assert quantity_of(Fraction(value), version) == expected


def test_numbers_as_outputs_hold_them() -> None:
    assert published_number(Fraction(-1, 8)) == Decimal("-0.125")
    assert published_number(Fraction(10**20 - 1)) == Decimal(10**20 - 1)
    assert published_number(Fraction(10**20)) is None
    assert published_number(Fraction(1, 10**19)) is None
