"""SQL metrics that fail on the data: whose contracts are set aside, that everybody else is billed, and what is said."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest

import engine
from engine.errors import UserError
from engine.executors import metering
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.runs.conftest import NOW
from tests.runs.test_determinism import outputs, with_threads
from tests.spec.workspaces import land, workspace

RUN = ("run", "-p", "2026-10", "--now", NOW)

#: Each divides by what a customer may have none of, or a 0 of.
METRICS = {
    "share": "SELECT COUNT(*) / SUM(CASE WHEN properties.ok = 'yes' THEN 1 ELSE 0 END) AS value FROM events",
    "hourly": "SELECT COUNT(*) / COUNT(properties.ok) AS value FROM events",
    "rest": "SELECT SUM(properties.a % properties.b) AS value FROM events",
    "guarded": "SELECT SUM(CASE WHEN CAST(properties.b AS DECIMAL) <> 0 THEN properties.a / properties.b END) AS value "
    "FROM events",
}


def catalog(customers: Iterable[str], metrics: Iterable[str], cuts: Iterable[str] = ("2026-01-01T00",)) -> str:
    """Every customer with a contract over all of these metrics, and one over calls alone."""
    definitions = "".join(f'  - {{ name: {name}, sql: "{METRICS[name]}" }}\n' for name in metrics)
    products = "".join(
        f"  - {{ name: {name}, type: USAGE, billable_metric: {name}"
        f"{', sql_breakdown_granularity: HOUR' if name == 'hourly' else ''} }}\n"
        for name in (*metrics, "calls")
    )
    rates = "".join(
        f"  - {{ rate_card: {card}, product: {name}, starting_at: '{cut}:00:00Z', entitled: true, rate_type: FLAT, "
        f"price: {10 + position} }}\n"
        for card, names in (("all", (*metrics, "calls")), ("calls", ("calls",)))
        for name in names
        for position, cut in enumerate(cuts)
    )
    everyone = "".join(f"  - {{ id: {name}, name: {name.title()} }}\n" for name in customers)
    contracts = "".join(
        f"  - {{ customer: {name.title()}, name: {card}, rate_card: {card}, starting_at: '2026-01-01T00:00:00Z' }}\n"
        for name in customers
        for card in ("all", "calls")
    )
    return (
        f"billable_metrics:\n  - {{ name: calls, aggregation_type: COUNT }}\n{definitions}products:\n{products}"
        f"rate_cards: [{{ name: all }}, {{ name: calls }}]\nrates:\n{rates}"
        f"customers:\n{everyone}contracts:\n{contracts}"
    )


EVENTS = """
| time       | customer | type | ok  | a | b |
|------------|----------|------|-----|---|---|
| 2026-10-02 | one      | use  | yes | 7 | 2 |
| 2026-10-03 | one      | use  |     | 9 | 5 |
| 2026-10-04 | two      | use  |     | 9 | 4 |
| 2026-10-05 | three    | use  | yes | 5 | 3 |
| 2026-10-06 | nobody   | use  |     | 5 | 0 |
"""


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three customers, of whom the second has nothing to divide by; not to be written to."""
    made = workspace(tmp_path_factory.mktemp("landed") / "failing", catalog(("one", "two", "three"), ("share", "rest")))
    land(made, EVENTS)
    return made.root


@pytest.fixture
def failing(landed: Path, tmp_path: Path) -> Workspace:
    """The same, landed and not billed, for one test."""
    return Workspace(shutil.copytree(landed, tmp_path / "failing"))


def land_more(made: Workspace, customer: str, *, at: str = "2026-10-07", ok: str = "yes", b: int = 0) -> None:
    """One more event."""
    event = f"| {at} | 2026-11-01 06:3{b} | {customer} | use | {ok} | 8 | {b} |"
    land(made, f"| time | arrived | customer | type | ok | a | b |\n|-|-|-|-|-|-|-|\n{event}\n")


def quantities(made: Workspace, contract: str = "all") -> dict[tuple[str, str], Fraction]:
    contracts = {each.id for each in made.catalog.contracts if each.name == contract}
    return {
        (str(line["customer_id"]), str(line["product_name"])): Fraction(str(line["quantity"]))
        for line in made.line_items("2026-10").dicts()
        if line["contract_id"] in contracts
    }


def parked(made: Workspace) -> list[tuple[object, ...]]:
    names = {each.id: each.name for each in made.catalog.contracts}
    rows = made.run("2026-10", now=NOW).parked.dicts()
    return sorted((row["customer_id"], names[str(row["contract_id"])], row["reason"], row["detail"]) for row in rows)


DIVIDES = "metric 'share' failed: it divides by zero"


@pytest.mark.parametrize("isolate", [(), ("--isolate",)], ids=["in process", "isolated"])
def test_only_the_contract_of_the_failing_customer_is_set_aside(failing: Workspace, isolate: tuple[str, ...]) -> None:
    outcome = duckbill(*RUN, *isolate, "-w", failing.root)
    assert outcome.code == 1
    assert "parked: 1 row on no invoice" in outcome.stderr and "error" not in outcome.stderr
    assert parked(failing) == [("two", "all", "metric_failed", DIVIDES)]
    assert quantities(failing) == {
        ("one", "share"): 2,
        ("one", "rest"): 5,
        ("one", "calls"): 2,
        ("three", "share"): 1,
        ("three", "rest"): 2,
        ("three", "calls"): 1,
    }
    assert quantities(failing, "calls") == {("one", "calls"): 2, ("two", "calls"): 1, ("three", "calls"): 1}


def test_a_remainder_by_zero_parks_as_a_quotient_does(failing: Workspace) -> None:
    land_more(failing, "three", b=0)
    assert duckbill(*RUN, "-w", failing.root).code == 1
    assert parked(failing) == [
        ("three", "all", "metric_failed", "metric 'rest' failed: it divides by zero"),
        ("two", "all", "metric_failed", DIVIDES),
    ]
    assert {customer for customer, _ in quantities(failing)} == {"one"}


SAID = (
    "metrics_sql/{metric}.sql: metric '{metric}' failed for customer '{customer}': it divides by zero; "
    "write CASE WHEN x <> 0 THEN y / x END, or y / NULLIF(x, 0) where it need not be portable"
)


@pytest.mark.parametrize(
    ("command", "metric", "customer", "isolate"),
    [
        ("usage", "share", "two", False),
        ("preview", "share", "two", True),
        ("usage", "rest", "three", True),
        ("preview", "rest", "three", False),
    ],
)
def test_what_is_said_of_a_metric_that_is_looked_at(
    failing: Workspace, command: str, metric: str, customer: str, isolate: bool
) -> None:
    """The metric and its file, who, what, and what to write instead; no generated SQL."""
    in_catalog = f'  - {{ name: {metric}, sql: "{METRICS[metric]}" }}\n'
    path = failing.root / "catalog" / "catalog.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(in_catalog, ""), encoding="utf-8")
    (failing.root / "metrics_sql").mkdir()
    text = f"/* @metric\nname: {metric}\n@metric */\n{METRICS[metric]}\n"
    (failing.root / "metrics_sql" / f"{metric}.sql").write_text(text, encoding="utf-8")
    land_more(failing, "three", b=0)
    outcome = duckbill(command, metric, "-p", "2026-10", "-w", failing.root, *(["--isolate"] if isolate else []))
    said = SAID.format(metric=metric, customer=customer)
    assert (outcome.code, outcome.text, outcome.stderr) == (2, "", f"duckbill: {said}\n")
    with pytest.raises(UserError) as raised:
        getattr(engine.open(failing.root), command)(metric, period="2026-10")
    assert str(raised.value) == said
    # Of somebody for whom it does not fail it can be asked.
    one = duckbill(command, metric, "-p", "2026-10", "-w", failing.root, "--customer", "one", "-o", "json")
    assert one.code == 0 and one.json()["customer_id"] == "one"


def test_a_breakdown_leaves_out_who_is_parked(failing: Workspace) -> None:
    rows = failing.breakdown("2026-10").dicts()
    assert {(row["customer_id"], row["product_name"]) for row in rows} == {
        *((customer, product) for customer in ("one", "three") for product in ("share", "rest", "calls")),
        ("two", "calls"),
    }
    outcome = duckbill("invoices", "breakdown", "-p", "2026-10", "--customer", "two", "-w", failing.root)
    assert outcome.code == 2 and outcome.stderr.endswith(f" is parked: {DIVIDES}\n")


@pytest.mark.parametrize(("sign", "value"), [("/", 7), ("%", 0)])
def test_nothing_divided_by_nothing_is_nothing(tmp_path: Path, sign: str, value: int) -> None:
    """NULL / 0 is NULL, as SQL has it: a customer without events has no mean, and is not parked for it."""
    sql = f"SELECT SUM(properties.a) {sign} COUNT(*) AS value FROM events"
    made = workspace(tmp_path / "workspace", catalog(("one", "two"), ("rest",)).replace(METRICS["rest"], sql))
    land(made, "| time | customer | type | a |\n|-|-|-|-|\n| 2026-10-02 | one | use | 7 |\n")
    assert duckbill(*RUN, "-w", made.root).code == 0
    assert quantities(made) == {
        ("one", "rest"): value,
        ("one", "calls"): 1,
        ("two", "rest"): 0,
        ("two", "calls"): 0,
    }


def test_a_price_change_before_the_first_event(tmp_path: Path) -> None:
    """By the hour the metric is read up to each price change; up to the first one nothing has happened yet."""
    cuts = ("2026-01-01T00", "2026-10-02T12")
    made = workspace(tmp_path / "workspace", catalog(("one", "two", "three"), ("hourly",), cuts))
    land(
        made,
        """
| time             | customer | type | ok  |
|------------------|----------|------|-----|
| 2026-10-01       | one      | use  | yes |
| 2026-10-02 13:00 | one      | use  |     |
| 2026-10-02 13:00 | two      | use  | yes |
| 2026-10-02 12:00 | three    | use  | yes |
""",
    )
    assert duckbill(*RUN, "-w", made.root).code == 1
    detail = "metric 'hourly' failed: it divides by zero"
    assert parked(made) == [(name, "all", "metric_failed", detail) for name in ("three", "two")]
    hourly = [line for line in made.line_items("2026-10").dicts() if line["product_name"] == "hourly"]
    assert [(line["customer_id"], line["quantity"], line["unit_price"]) for line in hourly] == [
        ("one", 1, 10),
        ("one", 1, 11),
    ]


def many(root: Path, failing: int, *, backwards: bool = False) -> Workspace:
    """Forty customers, of whom so many fail, and are spread among the others."""
    customers = [f"c{number:02}" for number in range(40)]
    made = workspace(root, catalog(customers, ("share", "rest")))
    order = sorted(range(40), key=lambda number: number * 7 % 40)
    rows = [
        f"| 2026-10-02 | c{number:02} | use | {'' if place < failing else 'yes'} | 5 | 3 |"
        for place, number in enumerate(order)
    ]
    rows = rows[::-1] if backwards else rows
    land(made, "\n".join(["| time | customer | type | ok | a | b |", "|-|-|-|-|-|-|", *rows]))
    return made


def test_as_many_as_are_looked_for_are_told_apart(tmp_path: Path) -> None:
    made = many(tmp_path / "workspace", metering.MOST_FAILING)
    rows = parked(made)
    assert len(rows) == metering.MOST_FAILING and {row[3] for row in rows} == {DIVIDES}
    assert len({customer for customer, _ in quantities(made)}) == 40 - metering.MOST_FAILING


def test_when_more_fail_nobody_who_has_the_metric_is_billed_for_it(tmp_path: Path) -> None:
    made = many(tmp_path / "workspace", metering.MOST_FAILING + 1)
    rows = parked(made)
    assert len(rows) == 40
    assert {row[1:] for row in rows} == {
        ("all", "metric_failed", "metric 'share' failed for more than 32 customers: it divides by zero")
    }
    assert quantities(made) == {} and len(quantities(made, "calls")) == 40


@pytest.mark.parametrize("failing", [1, 5])
def test_a_customer_who_does_not_fail_is_read_once(tmp_path: Path, failing: int) -> None:
    """Nobody's usage counts twice for having been read apart from the others."""
    made = many(tmp_path / "workspace", failing)
    assert len(parked(made)) == failing
    assert set(quantities(made).values()) == {Fraction(1), Fraction(2)}
    metered = made.outputs.published("metered_usage", "2026-10")
    assert metered.num_rows == 3 * (40 - failing) + 40


def test_what_failed_is_read_again_until_it_is_mended(failing: Workspace, tmp_path: Path) -> None:
    """Nothing is known of the windows of a metric that failed: a bill that takes up what was read before sees that."""
    failing.run("2026-10", now=NOW)
    assert list((failing.root / "cache" / "readings").iterdir())
    other = with_price(failing, tmp_path / "other")
    for _ in range(2):
        simulated = duckbill("simulate", "-c", other, "-p", "2026-10", "-w", failing.root, "-o", "json").json()
        assert simulated["parked"] == 2, "one by each catalog"
    land_more(failing, "two", at="2026-10-20", b=3)
    assert len(failing.run("2026-10", now=NOW).parked) == 0
    assert {name: quantities(failing)["two", name] for name in ("share", "rest")} == {"share": 2, "rest": 3}
    mended = duckbill("simulate", "-c", other, "-p", "2026-10", "-w", failing.root, "-o", "json").json()
    assert mended["parked"] == 0


def with_price(made: Workspace, folder: Path) -> Path:
    """A catalog like that of a workspace, but dearer."""
    shutil.copytree(made.root / "catalog", folder / "catalog")
    path = folder / "catalog" / "catalog.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("price: 10", "price: 20"), encoding="utf-8")
    return folder


def test_the_result_does_not_depend_on_threads_or_on_the_order_of_rows(tmp_path: Path) -> None:
    first = many(tmp_path / "first", 7).root
    found = [outputs(with_threads(first, tmp_path, threads)) for threads in (1, 2, 8)]
    assert found[0] == found[1] == found[2]
    other = many(tmp_path / "other", 7, backwards=True)
    assert parked(other) == parked(Workspace(tmp_path / "threads-1"))
    assert quantities(other) == quantities(Workspace(tmp_path / "threads-1"))


def test_a_stranger_and_a_guarded_division_fail_nobody(tmp_path: Path) -> None:
    """Zeros that no window reads, and those that the metric asks about, also where many events have the same value."""
    made = workspace(tmp_path / "workspace", catalog(("one", "two"), ("guarded",)))
    rows = [
        f"| 2026-10-{1 + number % 30:02} | {('one', 'two', 'nobody')[number % 3]} | use | 6 | {number // 3 % 4} |"
        for number in range(1200)
    ]
    land(made, "\n".join(["| time | customer | type | a | b |", "|-|-|-|-|-|", *rows]))
    assert duckbill(*RUN, "-w", made.root).code == 0
    assert quantities(made) == {
        (name, product): value
        for name in ("one", "two")
        for product, value in (("guarded", 100 * (6 + 3 + 2)), ("calls", 400))
    }


def test_runs_are_compared_and_made_again(failing: Workspace) -> None:
    first = failing.run("2026-10", now=NOW).run_id
    land_more(failing, "one", b=3)
    second = failing.run("2026-10", now=NOW).run_id
    differences = duckbill("diff", first, second, "-w", failing.root, "-o", "json")
    assert (differences.code, differences.stderr) == (0, "")
    assert duckbill("reproduce", second, "-w", failing.root).code == 0


def test_reports_tell_of_what_is_parked(failing: Workspace) -> None:
    failing.run("2026-10", now=NOW)
    for line in failing.line_items("2026-10").dicts():
        if line["customer_id"] == "one":
            assert duckbill("explain", line["id"], "-w", failing.root).code == 0
    found = duckbill("buckets", "-p", "2026-10", "-w", failing.root)
    assert ["share", "parked", "1"] in [line.split() for line in found.text.splitlines()]
    reconciled = duckbill("reconcile", "-p", "2026-10", "-w", failing.root)
    told = [line for line in reconciled.text.splitlines() if " FAIL " in line or " WARN " in line]
    assert any("No contract is parked" in line for line in told)
    assert not any(" FAIL " in line for line in told), reconciled.text
