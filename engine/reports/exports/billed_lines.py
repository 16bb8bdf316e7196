"""What is owed, line by line: the one reading of published invoices that all exports share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import FIATS, USD_CENTS
from engine.errors import UserError
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query, fixed_sql
from engine.invoices.publish import Outputs
from engine.reports.exports.published_rows import load_published

#: Whole US dollars, which the engine counts in cents.
_USD = "USD"


#: The catalog that a billing period was billed with, by its label, as far as it is still known.
Catalogs = Callable[[str], Catalog]


def load_billed_lines(outputs: Outputs, labels: Sequence[str], executor: DuckDBExecutor, catalog_of: Catalogs) -> None:
    """The table `billed_lines` of these billing periods, and what it is made of; see `billed_lines.sql`.

    Also `whole_names`: by the name of a currency that of its whole unit, and whether amounts are in cents. The catalogs
    are only asked for what invoices do not say: the worth of a custom pricing unit of which nothing is left to convert.
    Raises UserError for a line that has no exact worth.
    """
    executor.connection.execute(fixed_sql(__package__, "macros"))
    load_published(outputs, labels, executor)
    names = list(FIATS.values())
    executor.load(
        "whole_names",
        pa.table(
            {
                "currency": pa.array(names, pa.string()),
                "name": pa.array([_USD if each == FIATS[USD_CENTS] else each for each in names], pa.string()),
                "is_cents": pa.array([each == FIATS[USD_CENTS] for each in names], pa.bool_()),
            }
        ),
    )
    in_units = executor.rows(fixed_query(__package__, "months_in_units"))["billing_period"].to_pylist()
    executor.load("unit_prices", _unit_prices({label: catalog_of(label) for label in in_units}))
    executor.create("billed_lines", fixed_query(__package__, "billed_lines"))
    for row in executor.rows(fixed_query(__package__, "worthless_lines")).to_pylist():
        why = "it has too many decimal places"
        if row["is_unknown"]:
            why = "no catalog that is left says what the unit is worth"
        what = f"line item {row['id']} ({row['name']}) has no exact worth in whole units of {row['currency']}"
        raise UserError(f"{what}: {why}")


def _unit_prices(catalogs: Mapping[str, Catalog]) -> pa.Table:
    """What each custom pricing unit is worth in each contract, in the currency of its rate card, by billing period."""
    worth = [
        (label, contract.id, conversion.custom_credit_type_id, conversion.fiat_per_custom_credit)
        for label, catalog in catalogs.items()
        for contract in catalog.contracts
        for conversion in catalog.rate_card(contract.rate_card_id).credit_type_conversions
    ]
    return pa.table(
        {
            "billing_period": pa.array([each[0] for each in worth], pa.string()),
            "contract_id": pa.array([each[1] for each in worth], pa.string()),
            "credit_type_id": pa.array([each[2] for each in worth], pa.string()),
            "unit_price": pa.array([each[3] for each in worth], pa.decimal128(38, 18)),
        }
    )
