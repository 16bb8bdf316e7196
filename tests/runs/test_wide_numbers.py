"""Runs over numbers that the fast path cannot hold: exact where the result fits, set aside with a reason where not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from engine.metrics.optimisations import Optimisations
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.generated.compare import decimal_text
from tests.runs.conftest import NOW
from tests.runs.test_optimisations import plan
from tests.spec.workspaces import land, workspace

#: Prices of a hundred-millionth of a cent, so that an amount of 26 decimal places holds any quantity of 18.
PRICE = Fraction(1, 10**8)

STREAMING = ("sum", "peak", "level")
SQL = {
    "sum in SQL": "SELECT SUM(properties.n) AS value FROM events",
    "hourly sum in SQL": "SELECT SUM(properties.n) AS value FROM events",
    "weighted": "SELECT SUM(properties.n) * 2 AS value FROM events",
}
#: The prices and when they begin.
CUTS = {"2026-01-01T00": "0.00000001", "2026-10-10T00": "0.00000002", "2026-10-20T00": "0.00000001"}


SUMS = ("sum", "sum in SQL", "hourly sum in SQL")


def _catalog(cards: Mapping[str, str]) -> str:
    """A contract for each customer with the rate card named: `sums`, or `all` for every product."""

    def streaming(name: str, kind: str) -> str:
        return (
            f"  - {{ name: {name}, aggregation_type: {kind}, aggregation_key: n, "
            "property_filters: [{ name: n, exists: true }] }\n"
        )

    names = (*STREAMING, *SQL)
    metrics = "".join(map(streaming, STREAMING, ("SUM", "MAX", "LATEST")))
    metrics += "".join(f"  - {{ name: {name}, sql: '{sql}' }}\n" for name, sql in SQL.items())
    products = "".join(
        f"  - {{ name: {name}, type: USAGE, billable_metric: {name}"
        f"{', sql_breakdown_granularity: HOUR' if name.startswith('hourly') else ''} }}\n"
        for name in names
    )
    rates = "".join(
        f"  - {{ rate_card: {card}, product: {name}, starting_at: '{start}:00:00Z', entitled: true, rate_type: FLAT, "
        f"price: {price} }}\n"
        for card, priced in (("all", names), ("sums", SUMS))
        for name in priced
        for start, price in CUTS.items()
    )
    everyone = "".join(f"  - {{ id: {name}, name: {name} }}\n" for name in cards)
    contracts = "".join(
        f"  - {{ customer: {name}, rate_card: {card}, starting_at: '2026-01-01T00:00:00Z' }}\n"
        for name, card in cards.items()
    )
    return (
        f"billable_metrics:\n{metrics}products:\n{products}rate_cards: [{{ name: all }}, {{ name: sums }}]\n"
        f"rates:\n{rates}customers:\n{everyone}contracts:\n{contracts}"
    )


EVENTS = """
| time       | customer | type | n                                      |
|------------|----------|------|----------------------------------------|
| 2026-10-01 | vast     | use  | 1e30                                   |
| 2026-10-12 | vast     | use  | 1e-20                                  |
| 2026-10-01 | widest   | use  | 10000000000000000000                   |
| 2026-10-12 | widest   | use  | 0.000000000000000001                   |
| 2026-10-21 | widest   | use  | 2345678901234567890.123456789012345677 |
| 2026-10-01 | mixed    | use  | 1000000000000000000                    |
| 2026-10-12 | mixed    | use  | 0.000000000000000001                   |
| 2026-10-21 | mixed    | use  | 234567890123456789.123456789012345677  |
| 2026-10-01 | undone   | use  | 1e60                                   |
| 2026-10-02 | undone   | use  | 2.5e-17                                |
| 2026-10-03 | undone   | use  | -1e60                                  |
| 2026-10-04 | undone   | use  | 5                                      |
| 2026-10-01 | plain    | use  | 3                                      |
| 2026-10-12 | plain    | use  | 4.5                                    |
"""


@pytest.fixture(scope="module")
def vast(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """October billed for a customer whose sums need 51 digits, and four whose sums do not; not to be written to."""
    cards = {"vast": "sums", "widest": "sums", "mixed": "all", "undone": "sums", "plain": "all"}
    made = workspace(tmp_path_factory.mktemp("vast") / "workspace", _catalog(cards))
    land(made, EVENTS)
    made.run("2026-10", now=NOW)
    return made


def quantities(made: Workspace) -> dict[tuple[str, str], Fraction]:
    """The sum of the quantities of all lines by customer and product, each line priced exactly."""
    sums: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for line in made.line_items("2026-10").dicts():
        quantity, price, total = (Fraction(str(line[name])) for name in ("quantity", "unit_price", "total"))
        assert quantity * price == total
        sums[str(line["customer_id"]), str(line["product_name"])] += quantity
    return dict(sums)


def test_only_the_contract_that_needs_more_digits_is_set_aside(vast: Workspace) -> None:
    run = vast.run("2026-10", now=NOW)
    parked = run.parked.dicts()
    assert {row["customer_id"] for row in parked} == {"vast"}
    assert {row["reason"] for row in parked} == {"beyond_exact_range"}
    assert {row["detail"] for row in parked} == {"a quantity needs more digits than an exact decimal holds"}
    assert [row["customer_name"] for row in run.invoices] == ["mixed", "plain", "undone", "widest"]
    assert "vast" not in {row["customer_id"] for row in run.line_items}
    outcome = duckbill("run", "-p", "2026-10", "--now", NOW, "-w", vast.root)
    assert outcome.code == 1 and f"parked: {len(parked)} rows on no invoice" in outcome.stderr


def test_the_others_are_billed_to_the_digit(vast: Workspace) -> None:
    exact = {
        "widest": Fraction("12345678901234567890.123456789012345678"),
        "mixed": Fraction("1234567890123456789.123456789012345678"),
        "undone": Fraction("5.000000000000000025"),
        "plain": Fraction("7.5"),
    }
    found = quantities(vast)
    for customer, total in exact.items():
        for name in SUMS:
            assert found[customer, name] == total, (customer, name)
    assert found["mixed", "weighted"] == 2 * exact["mixed"]
    assert found["mixed", "peak"] == 10**18
    assert found["mixed", "level"] == Fraction("234567890123456789.123456789012345677")
    assert found["plain", "peak"] == found["plain", "level"] == Fraction("4.5")


def test_each_stretch_at_its_own_price(vast: Workspace) -> None:
    lines = [
        line
        for line in vast.line_items("2026-10").dicts()
        if (line["customer_id"], line["product_name"]) == ("widest", "sum")
    ]
    assert [(Fraction(str(line["quantity"])), Fraction(str(line["unit_price"]))) for line in lines] == [
        (Fraction(10**19), PRICE),
        (Fraction(1, 10**18), 2 * PRICE),
        (Fraction("2345678901234567890.123456789012345677"), PRICE),
    ]
    (invoice,) = (row for row in vast.invoices("2026-10").dicts() if row["customer_id"] == "widest")
    own = [line for line in vast.line_items("2026-10").dicts() if line["customer_id"] == "widest"]
    assert Fraction(str(invoice["total"])) == sum(Fraction(str(line["total"])) for line in own)


@pytest.mark.parametrize("metric", SUMS)
@pytest.mark.parametrize("command", ["preview", "usage"])
def test_preview_and_usage_show_every_digit(vast: Workspace, metric: str, command: str) -> None:
    wanted = {
        "vast": "1000000000000000000000000000000.00000000000000000001",
        "widest": "12345678901234567890.123456789012345678",
        "mixed": "1234567890123456789.123456789012345678",
        "undone": "5.000000000000000025",
        "plain": "7.5",
    }
    for output in ("json", "csv"):
        outcome = duckbill(command, metric, "-p", "2026-10", "-w", vast.root, "-o", output)
        assert (outcome.code, outcome.stderr) == (0, "")
        if output == "json":
            rows = [json.loads(line) for line in outcome.text.splitlines()]
            assert {row["customer_id"]: row["value"] for row in rows} == wanted
        else:
            lines = [line.split(",") for line in outcome.text.splitlines()[1:]]
            assert {line[0]: line[-1] for line in lines} == wanted


def test_usage_by_the_day_shows_every_digit(vast: Workspace) -> None:
    rows = vast.usage("sum", period="2026-10", window="day", customer="undone").dicts()
    shown = [row["value"] for row in rows if row["value"] is not None]
    assert [Fraction(str(value)) for value in shown] == [Fraction(10**60), Fraction("2.5e-17"), -Fraction(10**60), 5]


@pytest.mark.parametrize("seed", [2])
def test_any_mix_of_magnitudes_whose_sum_fits(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    customers = [f"c{number}" for number in range(4)]
    made = workspace(tmp_path / "workspace", _catalog(dict.fromkeys(customers, "all")))
    values = {customer: [_value(random) for _ in range(60)] for customer in customers}
    rows = [
        f"| 2026-10-{1 + position % 31:02} | {customer} | use | {_written(random, value)} |"
        for customer, own in values.items()
        for position, value in enumerate(own)
    ]
    random.shuffle(rows)
    land(made, "\n".join(["| time | customer | type | n |", *rows]))
    run = made.run("2026-10", now=NOW)
    assert len(run.parked) == 0
    found = quantities(made)
    for customer, own in values.items():
        for name in SUMS:
            assert found[customer, name] == sum(own), (seed, customer, name)
        assert found[customer, "peak"] == max(own)
    wide = {each.name for each in plan(made, Optimisations()).readings if each.wide_scale is not None}
    assert wide >= set(SUMS), "the fast path would have done"
    assert_shown(made, {customer: sum(own, Fraction()) for customer, own in values.items()})


def assert_shown(made: Workspace, sums: Mapping[str, Fraction]) -> None:
    for rows in (made.preview("sum", period="2026-10"), made.usage("sum in SQL", period="2026-10")):
        assert {row["customer_id"]: Fraction(str(row["value"])) for row in rows} == sums


def _value(random: Random) -> Fraction:
    """Up to three digits anywhere from 10^17 down to 10^-18."""
    return Fraction(random.randint(-99, 999)) * Fraction(10) ** random.randint(-18, 15)


def _written(random: Random, value: Fraction) -> str:
    """Plainly, or with an exponent."""
    if random.random() < 0.5 or not value:
        return decimal_text(value)
    return f"{decimal_text(value * 10**18)}e-18"


#: Quotients and remainders by what customers send.
DIVISIONS = {
    "ratio": "SELECT SUM(properties.a) / SUM(properties.b) AS value FROM events WHERE event_type = 'use'",
    "each": "SELECT SUM(properties.a / properties.b) AS value FROM events WHERE event_type = 'use'",
    "rest": "SELECT SUM(properties.a % properties.b) AS value FROM events WHERE event_type = 'use'",
    "mean": "SELECT SUM(properties.a) / NULLIF(COUNT(properties.b), 0) AS value FROM events WHERE event_type = 'use'",
    "best": "SELECT SUM(n) AS value FROM (SELECT RANK() OVER (ORDER BY CAST(properties.a AS DECIMAL) / "
    "CAST(properties.b AS DECIMAL)) AS n FROM events WHERE event_type = 'use') t",
}


def _divisions(customers: Iterable[str]) -> str:
    metrics = "".join(f'  - {{ name: {name}, sql: "{sql}" }}\n' for name, sql in DIVISIONS.items())
    products = "".join(f"  - {{ name: {name}, type: USAGE, billable_metric: {name} }}\n" for name in DIVISIONS)
    rates = "".join(
        f"  - {{ rate_card: all, product: {name}, starting_at: '2026-01-01T00:00:00Z', entitled: true, "
        "rate_type: FLAT, price: 1 }\n"
        for name in DIVISIONS
    )
    everyone = "".join(f"  - {{ id: {name}, name: {name} }}\n" for name in customers)
    contracts = "".join(
        f"  - {{ customer: {name}, rate_card: all, starting_at: '2026-01-01T00:00:00Z' }}\n" for name in customers
    )
    return (
        f"billable_metrics:\n{metrics}products:\n{products}rate_cards: [{{ name: all }}]\n"
        f"rates:\n{rates}customers:\n{everyone}contracts:\n{contracts}"
    )


def _pairs(random: Random, count: int) -> list[tuple[Fraction, Fraction]]:
    """Few different values, many times each, as dictionaries of Parquet files hold them."""
    chosen = [(Fraction(random.randint(-9999, 9999), 100), Fraction(random.randint(1, 999), 1000)) for _ in range(5)]
    return [random.choice(chosen) for _ in range(count)]


def _quotient(top: Fraction, bottom: Fraction) -> Fraction:
    magnitude = int(abs(top / bottom) * 10**12 + Fraction(1, 2))
    return Fraction(magnitude if top * bottom > 0 else -magnitude, 10**12)


def _remainder(top: Fraction, bottom: Fraction) -> Fraction:
    return top - bottom * int(top / bottom)


def _sum(numbers: Iterable[Fraction]) -> Fraction:
    return sum(numbers, Fraction())


def _expected(pairs: Sequence[tuple[Fraction, Fraction]]) -> dict[str, Fraction]:
    quotients = [_quotient(*pair) for pair in pairs]
    return {
        "ratio": _quotient(_sum(top for top, _ in pairs), _sum(bottom for _, bottom in pairs)),
        "each": _sum(quotients),
        "rest": _sum(_remainder(*pair) for pair in pairs),
        "mean": _quotient(_sum(top for top, _ in pairs), Fraction(len(pairs))),
        "best": Fraction(sum(1 + sum(other < own for other in quotients) for own in quotients)),
    }


def _divided(made: Workspace) -> dict[tuple[str, str], Fraction]:
    return {
        (str(line["customer_id"]), str(line["product_name"])): Fraction(str(line["quantity"]))
        for line in made.line_items("2026-10").dicts()
    }


#: What somebody else sends besides: nothing, and numbers that fit no decimal, in events that no metric reads.
STRANGERS = {
    "fast": "",
    "huge": "| 2026-10-05 | nobody | use | 1 | 1e40 |\n| 2026-10-05 | a | other | 1e99 | 0 |\n",
    "tiny": "| 2026-10-05 | nobody | use | 1e-90 | 1e-60 |\n| 2026-10-05 | nobody | use | 1 | 0 |\n",
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_quotients_are_the_same_whatever_a_stranger_sends(stranger: str, tmp_path: Path) -> None:
    random = Random(5)
    customers = {name: _pairs(random, 40) for name in ("a", "b", "c")}
    made = workspace(tmp_path / "workspace", _divisions(customers))
    rows = [
        f"| 2026-10-{1 + place % 30:02} | {name} | use | {decimal_text(top)} | {decimal_text(bottom)} |\n"
        for name, pairs in customers.items()
        for place, (top, bottom) in enumerate(pairs)
    ]
    land(made, f"| time | customer | type | a | b |\n|-|-|-|-|-|\n{''.join(rows)}{STRANGERS[stranger]}")
    assert len(made.run("2026-10", now=NOW).parked) == 0
    assert _divided(made) == {
        (name, product): value for name, pairs in customers.items() for product, value in _expected(pairs).items()
    }
    wide = {each.name for each in plan(made, Optimisations()).readings if each.wide_scale is not None}
    assert wide == (set() if stranger == "fast" else set(DIVISIONS))


@pytest.mark.parametrize("divisor", ["1e40", "-12345678901234567890123456789012345678901234567890.5", "1e-30"])
def test_a_divisor_of_any_length_divides_exactly(divisor: str, tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", _divisions(("own", "other")))
    big = Fraction(divisor)
    top = abs(big) * 3 + 1
    land(
        made,
        "| time | customer | type | a | b |\n|-|-|-|-|-|\n"
        f"| 2026-10-01 | own | use | {decimal_text(top)} | {divisor} |\n"
        "| 2026-10-01 | other | use | 7 | 3 |\n",
    )
    shown = {
        name: {row["customer_id"]: Fraction(str(row["value"])) for row in made.preview(name, period="2026-10")}
        for name in DIVISIONS
    }
    for name in DIVISIONS:
        assert shown[name]["own"] == _expected([(top, big)])[name], name
        assert shown[name]["other"] == _expected([(Fraction(7), Fraction(3))])[name], name


def test_a_divisor_of_zero_parks_its_customer_on_the_wide_path_too(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", _divisions(("own", "other")))
    land(
        made,
        "| time | customer | type | a | b |\n|-|-|-|-|-|\n| 2026-10-01 | own | use | 1e50 | 0 |\n"
        "| 2026-10-01 | other | use | 7 | 3 |\n",
    )
    parked = made.run("2026-10", now=NOW).parked.dicts()
    assert {(row["customer_id"], row["reason"], row["detail"]) for row in parked} == {
        ("own", "metric_failed", f"metric '{name}' failed: it divides by zero")
        for name in ("ratio", "each", "rest", "best")
    } | {("own", "beyond_exact_range", "a quantity needs more digits than an exact decimal holds")}
    found = _divided(made)
    assert found == {("other", name): value for name, value in _expected([(Fraction(7), Fraction(3))]).items()}


def test_numbers_that_outgrow_the_fast_path_while_it_is_looked_for_who_divides_by_zero(tmp_path: Path) -> None:
    """What had been read by then is read again on the wide path, and counts once."""
    made = workspace(tmp_path / "workspace", _divisions(("a", "b", "c")))
    land(
        made,
        "| time | customer | type | a | b |\n|-|-|-|-|-|\n| 2026-10-01 | a | use | 7 | 3 |\n"
        "| 2026-10-01 | b | use | 5 | 0 |\n| 2026-10-01 | c | use | 1000000000000000000000000000000 | 3 |\n",
    )
    paths = {each.name: each.wide_scale is None for each in plan(made, Optimisations()).readings}
    assert paths["ratio"], "the fast path was not even tried"
    reasons = {(row["customer_id"], row["reason"]) for row in made.run("2026-10", now=NOW).parked.dicts()}
    assert reasons == {("b", "metric_failed"), ("c", "beyond_exact_range")}
    expected = _expected([(Fraction(7), Fraction(3))])
    assert _divided(made) == {("a", name): value for name, value in expected.items()}
