"""Two bills held against each other, made up row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.customer import Customer
from engine.errors import UserError
from engine.invoices.publish import Outputs
from engine.reports.simulation.comparison import Comparison
from engine.reports.simulation.page import Facts, render_page
from engine.reports.simulation.percent import percent

Row = dict[str, Any]

_TEXTS = ("id", "customer_id", "status", "type", "credit_type_id", "currency")
_NAMES = ("invoice_id", "customer_id", "contract_id", "product_id", "product_name", "name", "credit_type_id")
_USAGE = ("customer_id", "contract_id", "product_id", "product_name")
SCHEMAS = {
    "invoices": pa.schema([(name, pa.string()) for name in _TEXTS]),
    "line_items": pa.schema(
        [*((name, pa.string()) for name in _NAMES), ("in_total", pa.bool_()), ("total", pa.decimal128(38, 26))]
    ),
    "parked": pa.schema(
        [(name, pa.string()) for name in ("contract_id", "customer_id", "product_id", "reason", "detail")]
    ),
    "unrated": pa.schema([*((name, pa.string()) for name in _USAGE), ("quantity", pa.decimal128(38, 18))]),
}
SCHEMAS["not_entitled"] = SCHEMAS["unrated"]


class MadeUp(Outputs):
    """What was published, as given."""

    def __init__(self, **rows: Sequence[Row]) -> None:
        super().__init__(Path())
        self._rows = rows

    def published(self, output: str, billing_period: str, columns: Sequence[str] | None = None) -> pa.Table:
        return pa.Table.from_pylist(list(self._rows.get(output, ())), SCHEMAS[output])


def invoice(number: str, kind: str = "USAGE", status: str = "DRAFT", currency: str = "USD") -> Row:
    return {
        "id": number,
        "customer_id": "ann",
        "type": kind,
        "status": status,
        "currency": currency,
        "credit_type_id": currency,
    }


def line(on: str, product: str | None, total: object, **more: object) -> Row:
    said = {"invoice_id": on, "product_id": product, "product_name": product, "name": product, "credit_type_id": "USD"}
    owner = {"customer_id": "ann", "contract_id": "anns", "in_total": True, "total": Decimal(str(total))}
    return {**said, **owner, **more}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def compared(connection: duckdb.DuckDBPyConnection, *months: tuple[MadeUp, MadeUp]) -> dict[str, pa.Table]:
    """The tables of months that begin with January 2026, each as present and as new."""
    customers = tuple(Customer(id=name, name=name.title()) for name in ("ann", "bob"))
    comparison = Comparison(connection, Catalog(customers=customers), Catalog(customers=customers[:1]))
    for number, sides in enumerate(months, start=1):
        for is_new, outputs in enumerate(sides):
            comparison.add(f"2026-{number:02d}", outputs, {"ann", "bob"}, is_new=bool(is_new))
    return comparison.tables()


def picked(table: pa.Table, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.select(list(columns)).to_pylist()]


AMOUNTS = ("product_id", "before", "after", "difference")


def test_only_what_is_owed_counts_and_each_currency_by_itself(connection: duckdb.DuckDBPyConnection) -> None:
    invoices = [
        invoice("a"),
        invoice("b", status="VOID"),
        invoice("c", "USAGE_CONSOLIDATED"),
        invoice("e", currency="EUR"),
    ]
    euros = {"credit_type_id": "EUR"}
    present = [line("a", "x", 5), line("a", "x", 2), line("b", "x", 9), line("c", "x", 9), line("e", "x", 3, **euros)]
    new = [line("a", "x", 6), line("a", "x", 9, in_total=False), line("a", "y", 4, credit_type_id="tokens")]
    tables = compared(
        connection, (MadeUp(invoices=invoices, line_items=present), MadeUp(invoices=invoices, line_items=new))
    )
    assert picked(tables["changes"], "currency", *AMOUNTS) == [("EUR", "x", 3, 0, -3), ("USD", "x", 7, 6, -1)]
    assert picked(tables["months"], "currency", "difference", "percent") == [
        ("EUR", -3, -100),
        ("USD", -1, Decimal("-14.2857")),
    ]


def test_a_product_goes_by_its_latest_name_and_a_line_without_one_by_its_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    def month(name: str, price: int) -> MadeUp:
        lines = [line("a", "x", price, product_name=name), line("a", None, price, name="conversion")]
        return MadeUp(invoices=[invoice("a")], line_items=lines)

    tables = compared(connection, (month("old", 1), month("old", 2)), (month("later", 1), month("latest", 2)))
    assert picked(tables["products"], "product_id", "product_name", "before", "after") == [
        (None, "conversion", 2, 4),
        ("x", "latest", 2, 4),
    ]


def test_a_contract_that_one_side_parks_is_compared_on_neither(connection: duckdb.DuckDBPyConnection) -> None:
    bobs = {"customer_id": "bob", "contract_id": "bobs"}
    parked = [{**bobs, "reason": "beyond", "detail": "b"}, {**bobs, "reason": "beyond", "detail": "a"}]
    unrated = [{**bobs, "product_id": "z", "product_name": "z", "quantity": Decimal(4)}]
    both = [line("a", "x", 5), line("a", "x", 3, **bobs)]
    full = MadeUp(invoices=[invoice("a")], line_items=both, unrated=unrated)
    less = MadeUp(invoices=[invoice("a")], line_items=both[:1], parked=parked)
    none = MadeUp(parked=parked)
    tables = compared(connection, (full, less), (none, none))
    assert not tables["changes"].num_rows
    assert not tables["unbilled"].num_rows
    assert picked(tables["customers"], "customer_id", "difference") == [("ann", 0)]
    reason = "beyond: a; beyond: b"
    assert picked(tables["parked"], "month", "catalog", "customer_name", "reason", "other_amount") == [
        ("2026-01", "new", "Bob", reason, 3),
        ("2026-02", "present", "Bob", reason, None),
        ("2026-02", "new", "Bob", reason, None),
    ]


def test_usage_that_one_side_alone_has_a_price_for_is_listed(connection: duckdb.DuckDBPyConnection) -> None:
    usage: Mapping[str, object] = {"customer_id": "ann", "contract_id": "anns", "product_id": "z", "product_name": "Z"}
    same, more = ({**usage, "quantity": Decimal(each)} for each in (4, 6))
    tables = compared(
        connection, (MadeUp(unrated=[same], not_entitled=[same]), MadeUp(unrated=[same, more], not_entitled=[same]))
    )
    assert picked(tables["unbilled"], "outcome", "customer_name", "product_name", "before", "after") == [
        ("unrated", "Ann", "Z", 4, 10)
    ]


def test_sums_beyond_exact_decimals_are_refused(connection: duckdb.DuckDBPyConnection) -> None:
    lines = [line("a", "x", 600_000_000_000), line("a", "x", 600_000_000_000)]
    side = MadeUp(invoices=[invoice("a")], line_items=lines)
    with pytest.raises(UserError, match="fewer customers"):
        compared(connection, (side, side))


def test_amounts_of_many_are_added_up_as_far_as_their_places_allow(connection: duckdb.DuckDBPyConnection) -> None:
    def side(smallest: str) -> MadeUp:
        lines = [line("a", "x", 600_000_000_000), line("a", "y", 600_000_000_000), line("a", "z", smallest)]
        return MadeUp(invoices=[invoice("a")], line_items=lines)

    (month,) = compared(connection, (side("0.000000000000000001"), side("2")))["months"].to_pylist()
    assert month["before"] == Decimal("1200000000000.000000000000000001")
    assert month["difference"] == Decimal("1.999999999999999999")
    with duckdb.connect() as other, pytest.raises(UserError, match="decimal of 26 places"):
        compared(other, (side("0.0000000000000000001"), side("2")))


def test_names_are_text_on_the_page(connection: duckdb.DuckDBPyConnection) -> None:
    def month(price: int) -> MadeUp:
        return MadeUp(invoices=[invoice("a")], line_items=[line("a", "x", price, product_name="<b>bold</b>")])

    tables = compared(connection, (month(1), month(2)))
    page = render_page(Facts("a & b", ("2026-01",), 1, 1), tables)
    assert "<b>bold" not in page and "&lt;b&gt;bold" in page and "a &amp; b" in page
    assert page == render_page(Facts("a & b", ("2026-01",), 1, 1), tables)


@pytest.mark.parametrize(
    ("before", "difference", "expected"),
    [
        ("3", "1", "33.3333"),
        ("3", "-2", "-66.6667"),
        ("-3", "1", "-33.3333"),
        ("0", "1", None),
        ("80000000", "1", "0.0000"),
    ],
)
def test_percentages_are_rounded_half_away_from_zero(before: str, difference: str, expected: str | None) -> None:
    assert percent(Decimal(before), Decimal(difference)) == (None if expected is None else Decimal(expected))
    assert percent(Decimal(2_000_000), Decimal(-1)) == Decimal("-0.0001")
