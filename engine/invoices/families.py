"""Invoices that stand and fall together: they become void, and are billed anew, as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from engine.executors.fixed_sql import fixed_sql
from engine.rating.pipeline import macros_sql
from engine.rating.pools import pools

#: The outputs that say which invoices are kin.
OUTPUTS = ("invoices", "ledger", "threshold_commits")


def kin(connection: duckdb.DuckDBPyConnection, published: Mapping[str, pa.Table]) -> pa.Table:
    """Which invoices of a billing period stand and fall together, two at a time; see `kin.sql`.

    The connection has the macros of the executors.
    `published` has the outputs `invoices`, `ledger` and `threshold_commits` of the period by name. Columns: one, other,
    reason (`consolidated`, `threshold`, `trueup`). Grain: all of them.
    """
    connection.execute(macros_sql())
    for name in OUTPUTS:
        connection.register(name, published[name])
    try:
        return connection.sql(fixed_sql("engine.invoices", "kin")).to_arrow_table()
    finally:
        for name in OUTPUTS:
            connection.unregister(name)


def families(kin: pa.Table) -> dict[str, frozenset[str]]:
    """The family of each invoice that has any kin, itself among them, by invoice id."""
    numbers = pools(zip(kin["one"].to_pylist(), kin["other"].to_pylist(), strict=True))
    members = defaultdict(set)
    for invoice_id, number in numbers.items():
        members[number].add(invoice_id)
    together = {number: frozenset(each) for number, each in members.items()}
    return {invoice_id: together[number] for invoice_id, number in numbers.items()}


def with_families(kin: pa.Table, invoice_ids: Iterable[str]) -> set[str]:
    """These invoices and all that stand and fall with them."""
    family = families(kin)
    wanted = set(invoice_ids)
    return wanted.union(*(family[each] for each in wanted if each in family))
