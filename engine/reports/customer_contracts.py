"""Whose an event is, and which contracts and statement periods hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer import Customer
from engine.catalog.metric import Aggregation, BillableMetric, PropertyFilter
from engine.errors import did_you_mean
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_sql
from engine.rating.closed import NOTHING_CLOSED, closed_inputs
from engine.rating.pipeline import STATEMENTS
from engine.rating.schedule import schedule_inputs
from engine.reports.event_probe import EventProbe
from engine.reports.landed_event import LandedEvent
from engine.reports.streaming_filters import StreamingFilter, streaming_filters
from engine.values.period import Period, format_instant

#: How long after a statement period usage may still arrive before its invoice is final (spec/metering.md §2.3).
GRACE = timedelta(hours=24)

#: Longer than any statement period, so that the one that holds an instant ends within it.
_PAST_EVERY_PERIOD = timedelta(days=400)


@dataclass(frozen=True)
class Attribution:
    """Whose an event is: `customer` is None when nobody has its `customer_id`; `words` say by what, or what is near."""

    customer: Customer | None
    words: str


@dataclass(frozen=True)
class ContractOfEvent:
    """One contract of the event's customer.

    `statement_period` is the one that holds the event, None when the contract does not. `outside` says why the event
    is not the contract's: the contract's own time, or its usage filter; empty when it is. `late_by` is how long after
    the end of the statement period the event arrived, None when it arrived before.
    """

    contract: Contract
    statement_period: Period | None
    outside: str
    late_by: timedelta | None

    @property
    def billing_period(self) -> str | None:
        """The label of the run that bills the statement period: the month of its last instant."""
        if self.statement_period is None:
            return None
        return (self.statement_period.ending_before - timedelta(microseconds=1)).strftime("%Y-%m")

    @property
    def after_grace(self) -> bool:
        return self.late_by is not None and self.late_by > GRACE


def attributed(catalog: Catalog, customer_id: str) -> Attribution:
    """The customer whose id or ingest alias an event carries."""
    for each in catalog.customers:
        if customer_id == each.id:
            return Attribution(each, f"customer {each.name!r}, by its id")
        if customer_id in each.ingest_aliases:
            return Attribution(each, f"customer {each.name!r} ({each.id}), by its ingest alias {customer_id!r}")
    known = [name for each in catalog.customers for name in (each.id, *each.ingest_aliases)]
    near = did_you_mean(customer_id, known)
    return Attribution(None, f"no customer has the id or ingest alias {customer_id!r}; {near}")


def contracts_of(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, customer: Customer, event: LandedEvent, probe: EventProbe
) -> list[ContractOfEvent]:
    """Every contract of a customer, whether or not it holds the event."""
    own = catalog.with_contracts_of(customer.id)
    periods = _statement_periods(connection, own, event.timestamp)
    return [_held(each, periods.get(each.id), event, probe) for each in own.contracts]


def _held(contract: Contract, period: Period | None, event: LandedEvent, probe: EventProbe) -> ContractOfEvent:
    if event.timestamp < contract.starting_at:
        return ContractOfEvent(contract, None, f"the contract starts at {format_instant(contract.starting_at)}", None)
    if contract.ending_before is not None and event.timestamp >= contract.ending_before:
        return ContractOfEvent(contract, None, f"the contract ended at {format_instant(contract.ending_before)}", None)
    assert period is not None, f"contract {contract.id} holds {event.timestamp} in no statement period"
    late_by = event.ingested_at - period.ending_before
    return ContractOfEvent(
        contract, period, _outside_filter(contract, event.timestamp, probe), late_by if late_by >= timedelta() else None
    )


def usage_filter(contract: Contract, timestamp: datetime) -> StreamingFilter | None:
    """The usage filter in force at an instant, read as a metric's property filter is (spec/metering.md §9.1)."""
    begun = [each for each in contract.usage_filter if each.starting_at is None or each.starting_at <= timestamp]
    if not begun:
        return None
    alone = BillableMetric(
        id="usage filter",
        name="usage filter",
        aggregation_type=Aggregation.COUNT,
        property_filters=(PropertyFilter(name=begun[-1].group_key, in_values=begun[-1].group_values),),
    )
    (condition,) = streaming_filters(alone)
    return condition


def _outside_filter(contract: Contract, timestamp: datetime, probe: EventProbe) -> str:
    """Why the usage filter in force at the event's own time keeps it out, in the words of a metric's filter."""
    rule = usage_filter(contract, timestamp)
    if rule is None:
        return ""
    holds, value = probe.values([rule.condition, rule.subject])
    return "" if holds is True else f"usage filter: {rule.failed(value)}"


def _statement_periods(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, moment: datetime
) -> Mapping[str, Period]:
    """The statement period of each contract that holds an instant, cut by the stage that cuts them for invoices."""
    executor = DuckDBExecutor(connection)
    schedule = schedule_inputs(catalog, Period(moment, moment + _PAST_EVERY_PERIOD))
    for name, table in {**schedule, **closed_inputs(NOTHING_CLOSED)}.items():
        executor.load(name, table)
    for stage in STATEMENTS:
        executor.run_stage(stage)
    rows = connection.execute(fixed_sql(__package__, "statement_period_of"), {"moment": moment}).fetchall()
    return {contract_id: Period(starting_at, ending_before) for contract_id, starting_at, ending_before in rows}
