"""Breakdowns: a billing period's lines cut into days or hours (spec/metering.md §10.3, spec/rating.md §10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa

from engine.billing import bill
from engine.errors import UserError
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.runs import RunInputs
from engine.values.period import Period
from engine.values.windows import BreakdownWindow, windows_of


def breakdown(
    inputs: RunInputs, window: BreakdownWindow, customer_id: str | None, executor: DuckDBExecutor
) -> pa.Table:
    """The same bill with a cut at the start of each window, so that no line crosses one.

    Columns: window_starting_at, window_ending_before, customer_name, then those of `line_items`. What is billed once
    for a service period stands in its last window. Finalized invoices are cut as they would be now, with usage that
    arrived since (spec/rating.md §10.2). Contracts that are parked have no rows. Raises UserError
    for the hours of all customers at once, and for a customer who is parked.
    """
    if window is BreakdownWindow.HOUR and customer_id is None:
        raise UserError("hours are shown for one customer at a time; name a customer, or ask for days")
    catalog = inputs.catalog if customer_id is None else inputs.catalog.with_contracts_of(customer_id)
    terms = inputs.terms()
    longest = Period(inputs.period.starting_at - _LONGEST_STATEMENT, inputs.period.ending_before)
    cut = replace(
        terms, closed=terms.closed.reopened(), breakdown=tuple(each.starting_at for each in windows_of(longest, window))
    )
    bill(catalog, inputs.snapshot, inputs.period, executor, cut, lambda step, done, total: None)
    if customer_id is not None:
        for parked in executor.table("parked").to_pylist():
            raise UserError(f"the customer's contract {parked['contract_id']} is parked: {parked['detail']}")
    return executor.rows(fixed_query("engine.reports", "breakdown"))


#: A statement period that ends in a month began at most a year before it.
_LONGEST_STATEMENT = timedelta(days=366)
