"""Steps that no small workspace takes: another engine, catalogs between two that cannot be billed, nothing billed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
import pyarrow as pa
import pytest

import engine
from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog_folder
from engine.catalog.product import SqlBreakdownGranularity
from engine.errors import DuckbillError, UserError
from engine.events.table import NOTHING_LANDED
from engine.metrics.optimisations import Optimisations
from engine.rating.closed import NOTHING_CLOSED
from engine.rating.corrections import NO_CORRECTIONS
from engine.rating.earlier import EMPTY, Earlier
from engine.rebilling.attribution import Attribution, Bench, Origin
from engine.rebilling.ingredients import Ingredients, substitutions
from engine.reports.diff.comparison import READ, Billed, billed
from engine.values.period import parse_period
from engine.version import VERSION
from tests.diff.conftest import everything
from tests.diff.shop import CATALOG, OCTOBER, change

EVERYBODY = frozenset({"ann", "bob", "cat", "dan", "eve", "fay", "gil", "hal", "ivy", "kid", "pat", "zed"})

_TYPES = {"starting_at": pa.timestamp("us"), "ending_before": pa.timestamp("us"), "issued_at": pa.timestamp("us")}
_TYPES |= {"total": pa.decimal128(38, 26), "in_total": pa.bool_()}


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Catalog]:
    """The catalog of the shop, and what becomes of it when everything changes."""
    folder = tmp_path_factory.mktemp("catalogs")
    (folder / "catalog").mkdir()
    (folder / "catalog" / "shop.yml").write_text(CATALOG, encoding="utf-8")
    before = load_catalog_folder(folder)
    change(folder, everything)
    return before, load_catalog_folder(folder)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def ingredients(catalog: Catalog) -> Ingredients:
    return Ingredients(
        catalog=catalog,
        snapshot=NOTHING_LANDED,
        period=parse_period("2026-10"),
        as_of=None,
        corrections=NO_CORRECTIONS,
        earlier=EMPTY,
        closed=NOTHING_CLOSED,
        sql_granularity=SqlBreakdownGranularity.SERVICE_PERIOD,
        grace=timedelta(hours=24),
        optimisations=Optimisations(),
    )


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = pa.schema([(column, _TYPES.get(column, pa.string())) for column in READ[name]])
    return pa.Table.from_pylist([{column: row.get(column) for column in schema.names} for row in rows], schema)


def of_gil(connection: duckdb.DuckDBPyConnection, amount: int, status: str = "DRAFT", parked: str = "") -> Billed:
    """One invoice of Gil with one line of this amount; none for a contract that is parked."""
    total = Decimal(amount)
    invoice: dict[str, object] = {
        "id": "i",
        "customer_id": "gil",
        "customer_name": "Gil",
        "contract_id": "gils",
        "type": "USAGE",
    }
    invoice |= {"status": status, "credit_type_id": "usd", "currency": "USD (cents)", "total": total}
    line: dict[str, object] = {
        "invoice_id": "i",
        "product_id": "words",
        "product_name": "Words",
        "name": "Words",
        "type": "usage",
    }
    line |= {"credit_type_id": "usd", "total": total, "in_total": True}
    tables: dict[str, list[dict[str, object]]] = {"invoices": [invoice], "line_items": [line], "parked": []}
    if parked:
        tables = {"invoices": [], "line_items": [], "parked": [{"contract_id": parked}]}
    return billed(connection, {name: table(name, rows) for name, rows in tables.items()})


@dataclass
class Played:
    """A bench on which it is known what each catalog bills: an amount for Gil, or an error."""

    connection: duckdb.DuckDBPyConnection
    outcomes: Mapping[Catalog, int | Exception]
    asked: list[frozenset[str]] = field(default_factory=list)

    def bill(self, given: Ingredients, customers: frozenset[str]) -> Billed:
        self.asked.append(customers)
        outcome = self.outcomes[given.catalog]
        if isinstance(outcome, Exception):
            raise outcome
        return of_gil(self.connection, outcome)


def attributed(
    connection: duckdb.DuckDBPyConnection, amounts: tuple[int, int], outcomes: Mapping[Catalog, int | Exception]
) -> tuple[Attribution, Played]:
    played = Played(connection, outcomes)
    sides = of_gil(connection, amounts[0]), of_gil(connection, amounts[1])
    return Attribution(cast(Bench, played), *sides), played


def told(found: Attribution) -> list[tuple[str, int]]:
    return [(row["cause"], int(row["difference"])) for row in found.compared().causes.to_pylist()]


def steps(before: Ingredients, after: Ingredients) -> dict[str, Ingredients]:
    return {str(each.cause): each.ingredients for each in substitutions(before, after, EVERYBODY)}


def test_every_part_of_a_catalog_is_replaced_in_its_turn(catalogs: tuple[Catalog, Catalog]) -> None:
    before, after = map(ingredients, catalogs)
    found = steps(before, after)
    assert list(found) == ["metric", "price", "override", "contract", "balance"]
    assert found["balance"] is after
    metered = {name: found[name].catalog.product("peak").billable_metric_id for name in found}
    assert len(set(metered.values())) == 1 and metered["metric"] == catalogs[1].product("peak").billable_metric_id
    assert [len(found[name].catalog.customers) for name in found] == [11, 11, 11, 11, 11]
    assert [found[name].catalog.customers[-1].id for name in found] == ["zed", "zed", "zed", "ivy", "ivy"]
    assert not steps(before, before)
    touched = {str(each.cause): sorted(each.customers) for each in substitutions(before, after, EVERYBODY)}
    assert touched.pop("balance") == sorted(EVERYBODY)
    assert touched == {
        "metric": ["fay", "gil"],
        "price": ["eve", "gil"],
        "override": ["bob", "gil"],
        "contract": ["cat", "gil", "hal", "ivy"],
    }


def test_settings_earlier_runs_and_cut_offs_are_told(catalogs: tuple[Catalog, Catalog]) -> None:
    one = ingredients(catalogs[0])
    other = replace(
        one,
        as_of=parse_period("2026-11").starting_at,
        earlier=Earlier(drawn={"segment": Decimal(1)}),
        sql_granularity=SqlBreakdownGranularity.HOUR,
        grace=timedelta(hours=48),
    )
    found = {str(each.cause): each.explanation for each in substitutions(one, other, EVERYBODY)}
    assert found == {
        "late_events": "events that arrived until any time, then until 2026-11-01T00:00:00Z",
        "balance": "other runs of earlier billing periods",
        "settings": "sql_breakdown_granularity SERVICE_PERIOD, then HOUR; grace of 24 hours, then 48 hours",
    }


def test_products_in_another_order_can_make_a_difference(catalogs: tuple[Catalog, Catalog]) -> None:
    """What a balance covers first depends on it."""
    first = catalogs[0]
    turned = Catalog.model_construct(**{**dict(first), "products": first.products[::-1]})
    (only,) = substitutions(ingredients(first), ingredients(turned), EVERYBODY)
    assert (only.cause, only.explanation) == ("price", "products: in another order")
    assert only.customers == {"ann", "gil", "zed"}, "who have more than one"


def test_those_who_are_not_asked_about_make_no_step(catalogs: tuple[Catalog, Catalog]) -> None:
    assert not substitutions(ingredients(catalogs[0]), ingredients(catalogs[1]), frozenset({"dan"}))


def test_another_engine_is_a_step_on_either_side(
    catalogs: tuple[Catalog, Catalog], connection: duckdb.DuckDBPyConnection
) -> None:
    before, after = map(ingredients, catalogs)
    parts = steps(before, after)
    outcomes: dict[Catalog, int | Exception] = {before.catalog: 11, **{each.catalog: 11 for each in parts.values()}}
    outcomes |= {parts["override"].catalog: 15, parts["contract"].catalog: 15, after.catalog: 15}
    found, played = attributed(connection, (10, 18), outcomes)
    found.explain(Origin(before, "0.0.1"), Origin(after, "0.0.2"), slots=frozenset({"i"}))
    assert told(found) == [("engine_version", 1), ("override", 4), ("engine_version", 3)]
    explained = [row["explanation"] for row in found.compared().causes.to_pylist()]
    assert explained[0] == f"engine 0.0.1, then {VERSION}" and explained[2] == f"engine {VERSION}, then 0.0.2"
    assert set(played.asked) == {frozenset({"gil"})} and len(played.asked) == 6


def test_what_cannot_be_billed_apart_is_told_with_what_follows(
    catalogs: tuple[Catalog, Catalog], connection: duckdb.DuckDBPyConnection
) -> None:
    before, after = map(ingredients, catalogs)
    parts = steps(before, after)
    outcomes: dict[Catalog, int | Exception] = {each.catalog: 14 for each in parts.values()}
    outcomes |= {parts["metric"].catalog: UserError("no key"), parts["price"].catalog: KeyError("gone")}
    found, _ = attributed(connection, (10, 14), outcomes)
    found.explain(Origin(before, VERSION), Origin(after, VERSION), slots=frozenset({"i"}))
    ((cause, difference),) = told(found)
    assert (cause, difference) == ("override", 4)
    (row,) = found.compared().causes.to_pylist()
    assert row["explanation"] == (
        "overrides of contracts: 1 changed; with metric (metrics of products: 1 changed), which cannot be billed "
        "apart: no key; with price (rates: 2 changed), which cannot be billed apart: 'gone'"
    )


def test_what_was_billed_once_must_be_billed_again(
    catalogs: tuple[Catalog, Catalog], connection: duckdb.DuckDBPyConnection
) -> None:
    before, after = map(ingredients, catalogs)
    found, _ = attributed(connection, (10, 14), {before.catalog: DuckbillError("an invariant does not hold")})
    with pytest.raises(DuckbillError, match="an invariant does not hold"):
        found.explain(Origin(before, "0.0.1"), Origin(after, VERSION), slots=frozenset({"i"}))


def test_a_difference_without_any_cause_is_a_fault(
    catalogs: tuple[Catalog, Catalog], connection: duckdb.DuckDBPyConnection
) -> None:
    same = ingredients(catalogs[0])
    found, _ = attributed(connection, (10, 14), {})
    with pytest.raises(DuckbillError, match="nothing that they are computed from does"):
        found.explain(Origin(same, VERSION), Origin(same, VERSION), slots=frozenset({"i"}))
    with pytest.raises(DuckbillError, match="differ by more than what changed on them"):
        found.compared()


def test_void_parked_and_not_selected(connection: duckdb.DuckDBPyConnection) -> None:
    slots = frozenset({"i"})
    bench = cast(Bench, Played(connection, {}))
    void = Attribution(bench, of_gil(connection, 9), of_gil(connection, 9, "VOID"))
    assert void.differing() == slots
    void.life(slots)
    assert told(void) == [("invoice_life", -9)]
    same = Attribution(bench, of_gil(connection, 8, "VOID"), of_gil(connection, 9, "VOID"))
    assert not same.differing() and told(same) == []

    nobody = Attribution(bench, of_gil(connection, 9), of_gil(connection, 0, parked="gils"))
    nobody.not_selected(slots)
    assert told(nobody) == [("selection", -9)]
    (invoice,) = nobody.compared().invoices.to_pylist()
    assert (invoice["status_before"], invoice["status_after"], invoice["total_after"]) == ("DRAFT", "PARKED", 0)


def test_an_invoice_billed_anew_stands_where_the_void_one_is_not_there(october: Path) -> None:
    """A bill as if nothing were final has no rows of void invoices; what was billed in their place is no less owed."""
    outputs = engine.open(october).outputs
    tables = {name: outputs.published(name, OCTOBER) for name in READ}
    invoices = tables["invoices"]
    position = invoices.column_names.index("regenerated_from_invoice_id")
    gone = pa.array(["gone"] * invoices.num_rows, pa.string())
    anew = {**tables, "invoices": invoices.set_column(position, "regenerated_from_invoice_id", gone)}
    with duckdb.connect() as connection:
        before, after = billed(connection, tables), billed(connection, anew)
    assert before.slots().keys() == after.slots().keys() != set()
    owed = (sorted(side.amounts.select(["slot_id", "amount"]).to_pylist(), key=str) for side in (before, after))
    assert next(owed) == next(owed)
