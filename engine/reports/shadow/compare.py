"""Two systems' invoices held against each other, line by line, and what each difference comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.errors import DuckbillError
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query, fixed_sql

_INSTANT = pa.timestamp("us")
_AMOUNT = pa.decimal128(38, 26)
_PLACES = pa.decimal128(38, 18)

_INVOICE = {
    "id": pa.string(),
    "status": pa.string(),
    "total": _AMOUNT,
    "credit_type_id": pa.string(),
    "customer_id": pa.string(),
    "contract_id": pa.string(),
    "start_timestamp": _INSTANT,
    "end_timestamp": _INSTANT,
    "issued_at": _INSTANT,
    "updated_at": _INSTANT,
    "duckbill_invoice_type": pa.string(),
    "duckbill_billing_period": pa.string(),
    "duckbill_issued_at": _INSTANT,
}
_LINE = {
    "id": pa.string(),
    "invoice_id": pa.string(),
    "product_id": pa.string(),
    "name": pa.string(),
    "quantity": _PLACES,
    "unit_price": _AMOUNT,
    "total": _AMOUNT,
    "credit_type_id": pa.string(),
    "commit_id": pa.string(),
    "pricing_group_values": pa.string(),
    "group_key": pa.string(),
    "group_value": pa.string(),
    "subscription_id": pa.string(),
    "is_prorated": pa.bool_(),
    "starting_at": _INSTANT,
    "ending_before": _INSTANT,
    "duckbill_type": pa.string(),
    "duckbill_in_total": pa.bool_(),
    "duckbill_presentation_group_values": pa.string(),
}

#: The columns that are read of each of an export's tables.
_READ: Mapping[str, Mapping[str, pa.DataType]] = {
    "invoice": _INVOICE,
    "draft_invoice": _INVOICE,
    "line_item": _LINE,
    "draft_line_item": _LINE,
    "contracts_balances": {"id": pa.string(), "type": pa.string()},
    "events": {"transaction_id": pa.string(), "updated_at": _INSTANT},
}

_INVOICE_PASSES = 5
_LINE_PASSES = 6


@dataclass(frozen=True)
class Billed:
    """What was billed here: `invoices` and `line_items` of every month in `months`, each with its billing_period, and
    the contracts that could not be billed (contract_id, reason)."""

    months: Sequence[str]
    invoices: pa.Table
    line_items: pa.Table
    parked: pa.Table


@dataclass(frozen=True)
class Compared:
    """The tables of a comparison; see `differences.sql`, `invoices.sql` and `summary.sql`."""

    differences: pa.Table
    invoices: pa.Table
    causes: pa.Table


#: Adds the tables `metered_rows` and `difference_events`, from the rows of differences that are a matter of quantity.
FindEvents = Callable[[DuckDBExecutor, pa.Table], None]


def compare(
    theirs: Mapping[str, pa.Table],
    ours: Billed,
    evidence: Mapping[str, pa.Table],
    find_events: FindEvents,
    executor: DuckDBExecutor,
) -> Compared:
    """Holds the invoices of an export against those billed here, and says what each difference comes from.

    `theirs` are an export's tables by name, `evidence` the tables of `evidence.py`. Raises DuckbillError when what is
    found does not add up to the differences of the invoices, which would be a fault of duckbill.
    """
    executor.connection.execute(fixed_sql(__package__, "macros"))
    for name, columns in _READ.items():
        executor.load(f"export_{name}", _columns_of(theirs.get(name), columns))
    executor.load("billed_months", pa.table({"label": pa.array(ours.months, pa.string())}))
    executor.load("billed_invoices", ours.invoices)
    executor.load("billed_line_items", ours.line_items)
    executor.load("parked_contracts", ours.parked)
    for name, table in evidence.items():
        executor.load(name, table)
    _create(executor, {name: name for name in ("stated_groups", "value_keys")})
    _create(executor, {"their_invoices": "invoices_theirs", "our_invoices": "invoices_ours"})
    _pair(executor, "invoice_pairs", {"their_invoice_id": pa.string(), "our_invoice_id": pa.string()}, _INVOICE_PASSES)
    _create(executor, {"invoice_sides": "invoice_sides", "their_lines": "lines_theirs", "our_lines": "lines_ours"})
    _pair(executor, "line_pairs", {"their_line_no": pa.int64(), "our_line_no": pa.int64()}, _LINE_PASSES)
    _create(executor, {name: name for name in ("line_sides", "line_groups", "facts", "rules")})
    find_events(executor, executor.table("rules"))
    _create(executor, {name: name for name in ("event_hints", "explanations", "causes")})
    _create(executor, {name: name for name in ("differences", "invoices", "summary")})
    unbalanced = executor.rows(fixed_query(__package__, "unbalanced")).to_pylist()
    if unbalanced:
        raise DuckbillError(f"the differences of {len(unbalanced)} invoices do not add up: {unbalanced[0]}")
    return Compared(executor.table("differences"), executor.table("invoices"), executor.table("summary"))


def _create(executor: DuckDBExecutor, files: Mapping[str, str]) -> None:
    for table, file in files.items():
        executor.create(table, fixed_query(__package__, file))


def _pair(executor: DuckDBExecutor, pairs: str, columns: Mapping[str, pa.DataType], passes: int) -> None:
    executor.load(pairs, pa.schema(list(columns.items())).empty_table())
    statement = fixed_sql(__package__, {"invoice_pairs": "pair_invoices", "line_pairs": "pair_lines"}[pairs])
    for number in range(1, passes + 1):
        executor.connection.execute(statement, {"pass": number})


def _columns_of(table: pa.Table | None, columns: Mapping[str, pa.DataType]) -> pa.Table:
    """These columns of a table, NULL where it lacks them; without a table no rows."""
    if table is None:
        return pa.schema(list(columns.items())).empty_table()
    return pa.table(
        {
            name: table[name].cast(kind) if name in table.column_names else pa.nulls(table.num_rows, kind)
            for name, kind in columns.items()
        }
    )


def load_events(executor: DuckDBExecutor, metered: Iterable[Mapping[str, object]]) -> None:
    """The table `metered_rows`, and `difference_events` without rows."""
    schema = pa.schema(
        [("row_no", pa.int64()), ("aggregation", pa.string()), ("multiplier", _PLACES), ("divisor", _PLACES)]
    )
    executor.load("metered_rows", pa.Table.from_pylist(list(metered), schema=schema))
    found = pa.schema([("window_id", pa.int64()), ("transaction_id", pa.string()), ("value", pa.string())])
    executor.load("difference_events", found.empty_table())
