"""Runs of some customers of a billing period: what is published of all others is carried over (DESIGN §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from engine.errors import UserError
from engine.executors.duckdb import DuckDBExecutor
from engine.invoices.publish import INVOICES, Outputs

#: What a run's inputs call the run whose rows it carries over.
CARRIED_FROM = "carried_from"

#: The table of what is published of the customers that a run does not bill.
_CARRIED = "carried_rows"


def carried_from(
    outputs: Outputs, label: str, identity: Mapping[str, object], recorded: Callable[[str], Mapping[str, object] | None]
) -> str | None:
    """The run whose rows a partial run of a billing period carries over; None when nothing is published yet.

    That is the published run. When it is itself the partial run that `identity` describes, it is the one that this one
    had carried from, so that running again with nothing changed gives the same run id. `recorded` gives the inputs
    that a run was recorded with.
    """
    published = outputs.published_run(label)
    if published is None:
        return None
    inputs = recorded(published)
    if inputs is None or CARRIED_FROM not in inputs:
        return published
    before = inputs[CARRIED_FROM]
    if {**identity, CARRIED_FROM: before} != inputs:
        return published
    return None if before is None else str(before)


def carry_others(
    executor: DuckDBExecutor, outputs: Outputs, names: Iterable[str], label: str, customers: frozenset[str]
) -> None:
    """Makes each output table what is to be published: its rows of `customers`, and what is published of all others.

    `names` are outputs whose tables stand on the executor's connection; `label` is the billing period. What is carried
    keeps every value, and invoices say which run computed them. Raises CorruptFileError when a published file is not
    what was committed, and UserError when what is published cannot stand beside what the run computed.
    """
    published = outputs.published_run(label)
    executor.load("billed_customers", pa.table({"customer_id": pa.array(sorted(customers), pa.string())}))
    for name in names:
        if published is not None:
            table = outputs.read(name, label, published)
            assert table is not None, "the run has just been found published"
            others = table.filter(pc.invert(pc.is_in(table["customer_id"], pa.array(sorted(customers), pa.string()))))
            executor.load(_CARRIED, _computed_by(others, published) if name == INVOICES else others)
            _check_columns(executor, name)
            if name == INVOICES:
                _check_contracts(executor, label)
        executor.create(name, _merged(name, published is not None))


def parked_customers(outputs: Outputs, label: str | None) -> tuple[str, frozenset[str]] | None:
    """The billing period, and the customers whose contracts its published run has parked; None when it parked none.

    Without `label` it is the latest period that has any. Raises UserError when nothing is published.
    """
    published = outputs.billing_periods()
    if not published or (label is not None and label not in published):
        raise UserError(f"nothing has been published{f' for {label}' if label else ''} yet; run it: duckbill run")
    with_parked = outputs.periods_with("parked")
    found = label if label is not None else max(with_parked, default=None)
    if found is None or found not in with_parked:
        return None
    table = outputs.read("parked", found, columns=("customer_id",))
    assert table is not None, "the period has just been found published"
    return found, frozenset(table["customer_id"].to_pylist())


def _computed_by(invoices: pa.Table, published: str) -> pa.Table:
    """Invoices that no run is named for were computed by the run that published them."""
    if "computed_by" not in invoices.column_names:
        return invoices
    position = invoices.column_names.index("computed_by")
    run = pc.coalesce(invoices["computed_by"].cast(pa.string()), pa.scalar(published))
    return invoices.set_column(position, "computed_by", run)


def _check_columns(executor: DuckDBExecutor, name: str) -> None:
    """A column that is no longer written, or of another type, is one that an earlier version of duckbill published."""
    now, before = ({column: str(kind) for column, kind in _types(executor, each)} for each in (name, _CARRIED))
    if not before.items() <= now.items():
        raise UserError(f"another version of duckbill published the {name} of this period; run the whole period once")


def _types(executor: DuckDBExecutor, table: str) -> Iterator[tuple[str, object]]:
    relation = executor.connection.table(table)
    return zip(relation.columns, relation.types, strict=True)


def _check_contracts(executor: DuckDBExecutor, label: str) -> None:
    """A contract that was billed to somebody else would be billed twice."""
    query = (
        exp.select("carried.contract_id", "carried.customer_id", "carried.customer_name")
        .from_(exp.to_table(_CARRIED, alias="carried"))
        .join(exp.to_table("contracts"), using="contract_id")
        .order_by("1", "2")
        .limit(1)
    )
    for row in executor.rows(query).to_pylist():
        raise UserError(
            f"contract {row['contract_id']} was billed to customer {row['customer_name']!r} when {label} was "
            f"published, and is another's now; select customer:{row['customer_id']}, too, or run the whole period"
        )


def _merged(name: str, carried: bool) -> exp.Select:
    """The rows of both, in the order in which each of them has them: lines by invoice, all else by customer."""
    billed = _placed(name).where(
        exp.column("customer_id", table="t").isin(query=exp.select("customer_id").from_("billed_customers"))
    )
    both = exp.Union(this=billed, expression=_placed(_CARRIED), distinct=False, by_name=True) if carried else billed
    order = ("invoice_id",) if name == "line_items" else ("place_name", "customer_id")
    rows = exp.select("*").from_(both.subquery("both"))
    return (
        exp.select(exp.Star(except_=[exp.column("place_name"), exp.column("place_no")]))
        .from_(rows.subquery("placed"))
        .order_by(*order, "place_no")
    )


def _placed(table: str) -> exp.Select:
    """A table's rows with the name that their customer has now and their place in the table."""
    return (
        exp.select("t.*", "c.customer_name AS place_name", "t.rowid AS place_no", dialect="duckdb")
        .from_(exp.to_table(table, alias="t"))
        .join(exp.to_table("customers", alias="c"), on="c.customer_id = t.customer_id", join_type="left")
    )
