"""What balances hold at an instant, and what has happened to them (spec/rating.md §6.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import credit_type_names
from engine.errors import UserError, did_you_mean
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.rating.balance_inputs import balance_inputs
from engine.rating.earlier import Earlier
from engine.values.period import period_of


@dataclass(frozen=True)
class BalancesQuestion:
    """At which instant, whose; `as_of_period` is the last billing period that what was drawn is known of."""

    at: datetime
    customer_id: str | None
    as_of_period: str | None


def balances_at(catalog: Catalog, question: BalancesQuestion, earlier: Earlier, executor: DuckDBExecutor) -> pa.Table:
    """The segments in force at an instant, of which `earlier` says what had been drawn by then.

    Columns: customer_id, customer_name, contract_id, balance_id, balance_name, kind, segment_id, access_type, currency,
    starting_at, ending_before, granted, manual, drawn, balance, as_of_period. Grain: segment_id. Amounts are in the
    currency, or units without one; granted + manual - drawn = balance, which is negative where more was taken out by
    hand than there was.
    """
    for name, table in balance_inputs(catalog, period_of(question.at), earlier).items():
        executor.load(name, table)
    names = credit_type_names(catalog.pricing_units)
    executor.load("credit_types", _texts(credit_type_id=list(names), credit_type_name=list(names.values())))
    executor.load("customers", _customers(catalog))
    asked = {
        "at_instant": pa.array([question.at], pa.timestamp("us")),
        "customer_id": pa.array([question.customer_id], pa.string()),
        "as_of_period": pa.array([question.as_of_period], pa.string()),
    }
    executor.load("balances_question", pa.table(asked))
    return executor.rows(fixed_query(__package__, "balances_at"))


def ledger_entries(
    catalog: Catalog,
    ledgers: Mapping[str, pa.Table],
    balances: Mapping[str, pa.Table],
    balance: str | None,
    executor: DuckDBExecutor,
) -> pa.Table:
    """The entries of published ledgers, which are given by billing period with the balances they are of.

    Columns: customer_name, balance_name, billing_period, then those of `ledger`. With `balance`, only of the balances
    of this id or name; raises UserError when there is none.
    """
    entries = _of_periods(ledgers)
    executor.load("published_ledger", entries.append_column("entry_no", pa.array(range(entries.num_rows), pa.int64())))
    executor.load("published_balances", _of_periods(balances))
    executor.load("customers", _customers(catalog))
    found = executor.rows(fixed_query(__package__, "ledger_entries"))
    if balance is None:
        return found
    own = found.filter(pc.or_kleene(pc.equal(found["balance_id"], balance), pc.equal(found["balance_name"], balance)))
    if own.num_rows == 0:
        known = {name for name in found["balance_name"].to_pylist() if name is not None}
        raise UserError(f"no published ledger of a balance {balance!r}; {did_you_mean(balance, known)}")
    return own


def _of_periods(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One table of those of several billing periods, with the period in front."""
    return pa.concat_tables(
        [
            table.add_column(0, "billing_period", pa.array([label] * table.num_rows, pa.string()))
            for label, table in tables.items()
        ],
        promote_options="default",
    )


def _customers(catalog: Catalog) -> pa.Table:
    return _texts(
        customer_id=[each.id for each in catalog.customers], customer_name=[each.name for each in catalog.customers]
    )


def _texts(**columns: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
