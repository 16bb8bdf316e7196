"""What two bills of a billing period owe, invoice slot by invoice slot, and how one becomes the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import DuckbillError
from engine.executors.fixed_sql import fixed_sql
from engine.reports.diff.cause import STEPS

_PACKAGE = "engine.reports.diff"
_TEXT = pa.string()
_AMOUNT = pa.decimal128(38, 26)
_PARKED = pa.schema([("contract_id", _TEXT)])
_EXPLANATIONS = pa.schema([("step", pa.int32()), ("explanation", _TEXT)])

#: What is read of a bill: the columns that its tables must have.
READ: Mapping[str, tuple[str, ...]] = {
    "invoices": (
        *("id", "customer_id", "customer_name", "contract_id", "type", "status", "starting_at", "ending_before"),
        *("issued_at", "credit_type_id", "currency", "total", "computed_by"),
        *("regenerated_from_invoice_id", "regenerated_as_invoice_id"),
    ),
    "line_items": (
        *(
            "invoice_id",
            "product_id",
            "product_name",
            "name",
            "type",
            "pricing_group_values",
            "presentation_group_values",
        ),
        *("commit_id", "credit_type_id", "total", "in_total"),
    ),
    "parked": ("contract_id",),
}

_CHANGES = pa.schema(
    [
        *((name, _TEXT) for name in ("slot_id", "customer_id", "currency", "product_id", "line_name", "line_type")),
        *((name, _TEXT) for name in ("pricing_group_values", "presentation_group_values", "balance_id")),
        ("product_name", _TEXT),
        *((name, _AMOUNT) for name in ("amount_before", "amount_after", "difference")),
        ("step", pa.int32()),
        ("cause", _TEXT),
    ]
)


@dataclass(frozen=True, slots=True)
class Slot:
    """Whose invoice stands in a slot, and the run that computed it, if that was another one than published it."""

    customer_id: str
    computed_by: str | None


@dataclass(frozen=True)
class Billed:
    """A bill: `standing_invoices.sql`, `billed_amounts.sql`, and the contracts that were parked (contract_id)."""

    invoices: pa.Table
    amounts: pa.Table
    parked: pa.Table

    def owed(self) -> Billed:
        """The same with nothing on invoices that are void."""
        void = self.invoices.filter(pc.equal(self.invoices["status"], "VOID"))["slot_id"].combine_chunks()
        return replace(self, amounts=self.amounts.filter(pc.invert(pc.is_in(self.amounts["slot_id"], void))))

    def only(self, slots: Collection[str]) -> Billed:
        """The same with nothing but these slots."""
        ids = pa.array(sorted(slots), _TEXT)
        return replace(
            self,
            invoices=self.invoices.filter(pc.is_in(self.invoices["slot_id"], ids)),
            amounts=self.amounts.filter(pc.is_in(self.amounts["slot_id"], ids)),
        )

    def with_those_of(self, other: Billed, customers: Collection[str]) -> Billed:
        """The same with what another bill has of these customers."""
        ids = pa.array(sorted(customers), _TEXT)
        tables = {"invoices": (self.invoices, other.invoices), "amounts": (self.amounts, other.amounts)}
        mixed = {
            name: pa.concat_tables([own.filter(pc.invert(pc.is_in(own["customer_id"], ids))), new])
            for name, (own, new) in tables.items()
        }
        return replace(self, **mixed)

    def slots(self) -> dict[str, Slot]:
        """The slots by their ids."""
        names = ("slot_id", "customer_id", "computed_by")
        rows = zip(*(self.invoices[name].to_pylist() for name in names), strict=True)
        return {slot_id: Slot(customer_id, computed_by) for slot_id, customer_id, computed_by in rows}


@dataclass(frozen=True)
class Compared:
    """Two bills: `invoices.sql`, `changes.sql` and `causes.sql`."""

    invoices: pa.Table
    changes: pa.Table
    causes: pa.Table


def billed(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> Billed:
    """What a bill comes to; `tables` has those of `READ`, with more columns or without."""
    given = {name: tables[name].select(list(READ[name])) for name in ("invoices", "line_items")}
    standing = _answer(connection, "standing_invoices", given)
    amounts = _answer(connection, "billed_amounts", {**given, "standing_invoices": standing})
    return Billed(standing, amounts, tables["parked"].select(_PARKED.names))


def step_changes(connection: duckdb.DuckDBPyConnection, before: Billed, after: Billed, step: int) -> pa.Table:
    """Which amounts a step changed: `step_changes.sql` with the step and its cause."""
    found = _answer(connection, "step_changes", {"before": before.amounts, "after": after.amounts})
    count = found.num_rows
    found = found.append_column("step", pa.array([step] * count, pa.int32()))
    return found.append_column("cause", pa.array([str(STEPS[step - 1])] * count, _TEXT)).cast(_CHANGES)


def compared(
    connection: duckdb.DuckDBPyConnection,
    sides: tuple[Billed, Billed],
    changes: Collection[pa.Table],
    explanations: Collection[tuple[int, str]],
) -> Compared:
    """The two sides, and the changes of all steps put together; `explanations` are of steps.

    Raises DuckbillError when an invoice differs by something else than its changes add up to.
    """
    before, after = sides
    tables = {"step_changes": pa.concat_tables([_CHANGES.empty_table(), *changes])}
    given = {
        **tables,
        "invoices_before": before.invoices,
        "invoices_after": after.invoices,
        "parked_before": before.parked,
        "parked_after": after.parked,
    }
    tables["changed_invoices"] = _answer(connection, "invoices", given)
    untied = _answer(connection, "untied", tables)
    if untied.num_rows:
        raise DuckbillError(f"these invoices differ by more than what changed on them: {untied.to_pylist()}")
    tables["changes"] = _answer(connection, "changes", tables)
    tables["explanations"] = pa.Table.from_pylist(
        [{"step": step, "explanation": each} for step, each in explanations], _EXPLANATIONS
    )
    return Compared(tables["changed_invoices"], tables["changes"], _answer(connection, "causes", tables))


def _answer(connection: duckdb.DuckDBPyConnection, name: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    for table, rows in tables.items():
        connection.register(table, rows)
    try:
        return connection.sql(fixed_sql(_PACKAGE, name)).to_arrow_table()
    finally:
        for table in tables:
            connection.unregister(table)
