"""Every cent that differs between two runs has one cause, and the causes add up to what the runs published."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from engine.diffing import Difference, Diffing
from tests.diff.conftest import Changed
from tests.spec.workspaces import check

#: One cause for each customer, and for Gil one after another: with 5 tokens more, 55; with the largest call in place of
#: the sum, 300 for 450; 45 tokens at 4 in place of 2, half of it; a quarter of it in place of half; and so on.
EXPECTED = """
| customer name | cause       | difference |
| Ann           | balance     | -15        |
| Bob           | override    | -60        |
| Cat           | contract    | -14        |
| Dan           | late_events | 26         |
| Eve           | price       | 20         |
| Fay           | metric      | -30        |
| Gil           | late_events | 55         |
| Gil           | metric      | -150       |
| Gil           | price       | 45         |
| Gil           | override    | -45        |
| Gil           | contract    | 1000       |
| Gil           | balance     | -150       |
| Hal           | contract    | -12        |
| Ivy           | contract    | 16         |
| Kid           | late_events | 2          |
| Zed           | balance     | 10         |
"""


@pytest.fixture(scope="session")
def found(changed: Changed, tmp_path_factory: pytest.TempPathFactory) -> tuple[Difference, Path]:
    """The difference, and the folder that it was written to."""
    out = tmp_path_factory.mktemp("out") / "difference"
    before = files(changed.workspace.root)
    found = Diffing(changed.workspace.root).diff(changed.before[:9], changed.after, out=out)
    assert files(changed.workspace.root) == before, "nothing is left in the workspace"
    return found, out


def files(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_each_difference_has_its_cause(found: tuple[Difference, Path]) -> None:
    sums: dict[tuple[object, object], Decimal] = defaultdict(Decimal)
    for row in found[0].changes:
        assert isinstance(row["difference"], Decimal)
        sums[row["customer_name"], row["cause"]] += row["difference"]
    rows = [{"customer_name": who, "cause": cause, "difference": sums[who, cause]} for who, cause in sums]
    check(EXPECTED, rows)


def test_they_add_up_to_what_the_runs_published(found: tuple[Difference, Path], changed: Changed) -> None:
    """Each of the runs billed everything by itself."""
    expected = {
        key: changed.owed_after.get(key, Decimal(0)) - changed.owed_before.get(key, Decimal(0))
        for key in changed.owed_before.keys() | changed.owed_after.keys()
    }
    expected = {key: amount for key, amount in expected.items() if amount}
    assert len(expected) == 12
    for rows in (found[0].invoices, found[0].changes):
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in rows:
            assert isinstance(row["difference"], Decimal)
            sums[str(row["customer_id"]), str(row["invoice_type"])] += row["difference"]
        assert sums == expected
    total = sum(expected.values())
    assert total and sum(Decimal(str(row["difference"])) for row in found[0].causes) == total


def test_each_step_goes_on_from_the_one_before(found: tuple[Difference, Path]) -> None:
    """What is on a line after a step is what is there before the next one that changes it."""
    lines: dict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    for row in found[0].changes:
        key = ("slot_id", "product_id", "line_type", "pricing_group_values", "balance_id")
        lines[tuple(row[name] for name in key)].append(row)
    assert max(map(len, lines.values())) == 3
    for steps in lines.values():
        assert sorted(int(str(each["step"])) for each in steps) == [each["step"] for each in steps]
        for earlier, later in pairwise(steps):
            assert earlier["amount_after"] == later["amount_before"]


def test_causes_say_what_was_different(found: tuple[Difference, Path]) -> None:
    check(
        """
        | cause       | difference | invoices | customers |
        | late_events | 83         | 3        | 3         |
        | metric      | -180       | 2        | 2         |
        | price       | 65         | 2        | 2         |
        | override    | -105       | 2        | 2         |
        | contract    | 990        | 4        | 4         |
        | balance     | -155       | 3        | 3         |
        """,
        found[0].causes,
    )
    assert [row["explanation"] for row in found[0].causes] == [
        "version 0 of the events, then version 2",
        "metrics of products: 1 changed",
        "rates: 2 changed",
        "overrides of contracts: 2 changed",
        "customers: 1 added, 1 gone; contracts: 2 changed, 1 added, 1 gone",
        "credits: 1 changed; balances of contracts: 1 changed; other runs of earlier billing periods",
    ]


def test_the_tables_are_written(found: tuple[Difference, Path], changed: Changed) -> None:
    difference, out = found
    assert sorted(path.name for path in out.iterdir()) == ["causes.parquet", "changes.parquet", "invoices.parquet"]
    for name, frame in difference.frames.items():
        assert pl.read_parquet(out / f"{name}.parquet").equals(frame)
    summary = difference.summary()
    assert summary["status"] == "different" and summary["invoices"] == 12
    assert (summary["before"], summary["after"]) == (changed.before, changed.after)
    assert summary["difference"] == {"USD (cents)": "698"}


def test_a_run_of_some_customers_differs_by_theirs(changed: Changed) -> None:
    found = Diffing(changed.workspace.root).diff(changed.before, changed.dans)
    check("| customer name | cause | difference |\n| Dan | late_events | 26 |", found.changes)


def test_a_run_and_itself(changed: Changed) -> None:
    found = Diffing(changed.workspace.root).diff(changed.after, changed.after)
    assert not found.is_different and found.summary()["status"] == "same"
    assert [len(frame) for frame in found.frames.values()] == [0, 0, 0]
