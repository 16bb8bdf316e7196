"""A run of some customers gives for them what a run of all gives, and leaves of the others what was published."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pytest

import engine
from engine.billing import OUTPUTS
from engine.catalog.selection import billed_together
from engine.errors import CorruptFileError, UserError
from engine.workspace import Workspace
from tests.fixtures.scenario import FIXTURES, demo, event_files
from tests.generated.bulk_balances.workspace import bulk

Tables = dict[str, pa.Table]


@dataclass(frozen=True)
class Billed:
    """One workspace in which half of the events were billed to everybody, then all events to ever more customers.

    `selections` are sets of customers, with no one in two of them, who together are everybody.
    """

    before: Tables
    selections: tuple[frozenset[str], ...]
    partial: tuple[Tables, ...]
    whole: Tables


@pytest.fixture(scope="module", params=["agreements", "widgets-express", "generated"])
def billed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Billed:
    folder = tmp_path_factory.mktemp("selected")
    if request.param == "generated":
        made = bulk(4, folder, (0, 1, 2))
        root, period, now = made.folder, made.billings[0].period, made.billings[0].clock
        lines = made.billings[0].events.read_bytes().splitlines(keepends=True)
    else:
        source = FIXTURES / request.param
        root = shutil.copytree(source, folder / "workspace", ignore=shutil.ignore_patterns("lake", "runs"))
        period, now = demo(source)
        lines = [line for file in event_files(source) for line in file.read_bytes().splitlines(keepends=True)]
    workspace = engine.open(root)
    half, rest = folder / "half.ndjson", folder / "rest.ndjson"
    half.write_bytes(b"".join(lines[::2]))
    rest.write_bytes(b"".join(lines[1::2]))
    workspace.land(half, now=now)

    def bill(select: str | None = None) -> Tables:
        workspace.run(period, now=now, select=select)
        return published(workspace, period)

    before = bill()
    workspace.land(rest, now=now)
    selections = tuple(parts(workspace))
    partial = tuple(bill(",".join(f"customer:{each}" for each in sorted(selection))) for selection in selections)
    return Billed(before, selections, partial, bill())


def parts(workspace: Workspace) -> Iterator[frozenset[str]]:
    """Two parts of the customers, as far as those who are billed together leave a choice."""
    catalog = workspace.catalog
    customers = [each.id for each in catalog.customers]
    first = billed_together(catalog, customers[::3])
    yield first
    if others := frozenset(customers) - first:
        yield others


def published(workspace: Workspace, period: str) -> Tables:
    found = {name: workspace.outputs.read(name, period) for name in OUTPUTS}
    return {name: table for name, table in found.items() if table is not None}


def rows(table: pa.Table, customers: frozenset[str], *, inside: bool) -> list[str]:
    """What a table says of these customers, or of all others; which run computed an invoice is another matter."""
    kept = [each for each in table.to_pylist() if (each["customer_id"] in customers) is inside]
    return sorted(str({name: value for name, value in each.items() if name != "computed_by"}) for each in kept)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_selected_are_billed_as_by_a_run_of_all(billed: Billed, output: str) -> None:
    done: frozenset[str] = frozenset()
    for selection, partial in zip(billed.selections, billed.partial, strict=True):
        done |= selection
        assert rows(partial[output], done, inside=True) == rows(billed.whole[output], done, inside=True)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_others_keep_what_was_published(billed: Billed, output: str) -> None:
    first, *_ = billed.selections
    assert rows(billed.partial[0][output], first, inside=False) == rows(billed.before[output], first, inside=False)


@pytest.mark.parametrize("output", ["line_items", "invoices"])
def test_rows_stand_where_a_run_of_all_puts_them(billed: Billed, output: str) -> None:
    last, whole = billed.partial[-1][output]["id"], billed.whole[output]["id"]
    assert last.to_pylist() == whole.to_pylist()


def test_there_is_something_to_tell_apart(billed: Billed) -> None:
    first, *_ = billed.selections
    lines = billed.before["line_items"], billed.whole["line_items"]
    assert rows(lines[0], first, inside=True) != rows(lines[1], first, inside=True)
    if len(billed.selections) > 1:
        assert rows(lines[0], first, inside=False) != rows(lines[1], first, inside=False)


def test_invoices_name_the_run_that_computed_them(billed: Billed) -> None:
    if len(billed.selections) == 1:
        pytest.skip("everybody is billed together")
    first, second = billed.selections
    runs = [
        {each["computed_by"] for each in billed.partial[1]["invoices"].to_pylist() if each["customer_id"] in selection}
        for selection in (first, second)
    ]
    assert runs[1] == {None} and None not in runs[0] and len(runs[0]) == 1


ACME = "customer:Acme"
OCTOBER = "2026-10"


@pytest.fixture
def two(workspace: Workspace) -> Workspace:
    """A workspace with a second customer, who sends nothing."""
    change(workspace, "customers:\n", "customers:\n  - {name: Birch}\n")
    contract = "  - {customer: Birch, rate_card: Standard, starting_at: 2026-01-01T00:00:00Z}\n"
    change(workspace, "contracts:\n", f"contracts:\n{contract}")
    return workspace


def change(workspace: Workspace, old: str, new: str) -> None:
    catalog = workspace.root / "catalog" / "catalog.yml"
    text = catalog.read_text(encoding="utf-8")
    assert text.count(old) == 1
    catalog.write_text(text.replace(old, new), encoding="utf-8")


def test_again_with_nothing_changed_does_nothing(two: Workspace) -> None:
    two.run(OCTOBER)
    assert not two.run(OCTOBER, select=ACME).unchanged
    assert two.run(OCTOBER, select=ACME).unchanged
    assert not two.run(OCTOBER).unchanged
    assert not two.run(OCTOBER, select=ACME).unchanged


def test_without_anything_published_only_the_selected_are(two: Workspace) -> None:
    some = two.run(OCTOBER, select=ACME)
    assert {each["customer_name"] for each in some.invoices} == {"Acme"}
    assert (some.summary["not_selected"], some.summary["invoices"]) == (1, len(some.invoices))
    assert two.run(OCTOBER, select=ACME).unchanged
    assert {each["customer_name"] for each in two.run(OCTOBER).invoices} == {"Acme", "Birch"}


def test_the_summary_is_of_all_that_is_published(two: Workspace) -> None:
    whole, some = two.run(OCTOBER).summary, two.run(OCTOBER, select="customer:Birch").summary
    assert [some[name] for name in (*OUTPUTS, "totals")] == [whole[name] for name in (*OUTPUTS, "totals")]
    assert whole["totals"] != {}


def test_a_damaged_output_is_not_carried(two: Workspace) -> None:
    run = two.run(OCTOBER)
    (file,) = (two.lake / "unrated").rglob(f"run_id={run.run_id}/*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CorruptFileError, match="a published file has changed; restore it or run the period again"):
        two.run(OCTOBER, select=ACME)
    assert not two.run(OCTOBER).unchanged


def test_a_contract_that_changed_hands_is_not_billed_twice(two: Workspace) -> None:
    change(two, "  - {customer: Birch, rate", "  - {id: k-birch, customer: Birch, rate")
    two.run(OCTOBER)
    change(two, "  - {id: k-birch, customer: Birch", "  - {id: k-birch, customer: Acme")
    with pytest.raises(UserError, match=r"k-birch was billed to customer 'Birch' .*; select customer:\S+, too"):
        two.run(OCTOBER, select=ACME)
    both = two.run(OCTOBER, select="customer:Birch,customer:Acme")
    assert [each["customer_name"] for each in both.invoices] == ["Acme", "Acme"]


def test_an_unknown_name_is_refused(two: Workspace) -> None:
    with pytest.raises(UserError, match="unknown customer 'Brich'; did you mean 'Birch'"):
        two.run(OCTOBER, select="customer:Brich")
    assert two.outputs.published_run(OCTOBER) is None
