"""What two catalogs bill over the same months, held against each other: one table a question."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.errors import UserError
from engine.executors.fixed_sql import fixed_sql
from engine.invoices.publish import Outputs
from engine.reports.simulation.percent import with_percent

#: The stores that are filled month by month, each by the query of its name.
_STORES = ("billed", "set_aside", "not_billed")

#: The outputs of a run that those queries read, by the names that they have there.
_READ = MappingProxyType(
    {
        "run_invoices": ("invoices", ("id", "customer_id", "status", "type", "credit_type_id", "currency")),
        "run_lines": (
            "line_items",
            (
                *("invoice_id", "customer_id", "contract_id", "product_id", "product_name", "name"),
                *("credit_type_id", "in_total", "total"),
            ),
        ),
        "run_parked": ("parked", None),
        "run_unrated": ("unrated", None),
        "run_not_entitled": ("not_entitled", None),
    }
)

#: What is asked once every month is there, and whether a share of what was before says something there.
_TABLES = MappingProxyType(
    {"changes": False, "customers": True, "products": True, "months": True, "parked": False, "unbilled": False}
)


#: The decimal places of amounts that are added up, and of those that need more, of which less can be.
USUAL, LONGEST = 18, 26


class Comparison:
    """Both bills of a number of months, on one connection.

    The tables, amounts in the currency's own unit (cents of US dollars), `difference` = `after` - `before`:
    `changes` by month, customer and product, only where something differs; `customers`, `products` and `months`, of
    everybody who was billed, with `percent` of `before`; `parked` contracts; `unbilled` usage. Columns and grain stand
    in the `.sql` file of each name.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, old: Catalog, new: Catalog) -> None:
        self._connection = connection
        connection.execute(fixed_sql(__package__, "stores"))
        # Of somebody who is in both, the new name.
        names = {each.id: each.name for catalog in (old, new) for each in catalog.customers}
        table = pa.table(
            {
                "customer_id": pa.array(names.keys(), pa.string()),
                "customer_name": pa.array(names.values(), pa.string()),
            }
        )
        self._create("customers", table)

    def add(self, month: str, outputs: Outputs, customers: Collection[str], *, is_new: bool) -> None:
        """Takes in what a run published of a month, and of these customers."""
        of_them = pa.array(sorted(customers), pa.string())
        for name, (output, columns) in _READ.items():
            table = outputs.published(output, month, columns)
            self._connection.register(name, table.filter(pc.is_in(table["customer_id"], of_them)))
        with _sums_fit(LONGEST):
            for store in _STORES:
                insert = " ".join(("INSERT INTO", store, "BY NAME\n")) + fixed_sql(__package__, store)
                self._connection.execute(insert, {"month": month, "is_new": is_new})
        for name in _READ:
            self._connection.unregister(name)

    def tables(self) -> dict[str, pa.Table]:
        """Every table by name; raises UserError when what is to be added up is beyond exact decimals."""
        ((is_long,),) = self._connection.execute(fixed_sql(__package__, "longest_amounts")).fetchall()
        places = LONGEST if is_long else USUAL
        with _sums_fit(places):
            amount = exp.DataType.build(f"DECIMAL(38, {places})", dialect="duckdb")
            self._connection.execute(" ".join(("CREATE TYPE AMOUNT AS", amount.sql("duckdb"))))
            self._connection.execute("CREATE TEMP TABLE amounts AS\n" + fixed_sql(__package__, "amounts"))
            asked = {name: self._connection.sql(fixed_sql(__package__, name)).to_arrow_table() for name in _TABLES}
        return {name: with_percent(table) if _TABLES[name] else table for name, table in asked.items()}

    def _create(self, name: str, table: pa.Table) -> None:
        self._connection.register("incoming", table)
        self._connection.execute(" ".join(("CREATE TEMP TABLE", name, "AS FROM incoming")))
        self._connection.unregister("incoming")


@contextmanager
def _sums_fit(places: int) -> Iterator[None]:
    """A sum that no exact decimal holds is told as that."""
    try:
        yield
    except duckdb.OutOfRangeException as error:
        what = f"amounts of one currency add up to more than an exact decimal of {places} places holds"
        most = f"{10 ** (38 - places):,}"
        raise UserError(f"{what} ({most}); simulate fewer customers, or fewer months, at a time") from error
