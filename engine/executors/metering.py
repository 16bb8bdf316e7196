"""Metering: every reading over all windows of its meters, into `metered`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.executors.connection import execute
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.executors.kept_readings import Keeping
from engine.executors.metric_failures import Failure, MetricFailed
from engine.metrics.meter import Reading
from engine.metrics.overflow import needs_more_digits
from engine.metrics.wide import text_as_units

#: For how many customers a metric may fail before nobody who needs it is billed: each takes a few readings to find.
MOST_FAILING = 32

_COLUMNS = ("window_id", "customer_period_no", "customer_id", "usage_filter_no", "starting_at", "ending_before")


class Metering:
    """Fills the table `metered`, which it makes empty: grain meter_id, window_id, key_values.

    `value` is a whole number of the meter's smallest unit, 10^-places, by meter id; NULL when no exact number of such
    units holds it. What `kept` knows of an earlier time is not read again. Customers for whom a metric fails have no
    rows of it; `finish` names them in the table `failed_readings`, grain meter_id, customer_id.
    """

    def __init__(self, executor: DuckDBExecutor, places: Mapping[int, int], kept: Keeping | None = None) -> None:
        self._executor = executor
        self._places = places
        self._kept = kept
        #: The meters whose windows are asked for, and whether whole windows are read.
        self._asked: tuple[list[int], bool] | None = None
        self._all_are_set = False
        #: What to say of each customer for whom a metric fails, by meter and customer.
        self._failed: dict[tuple[int, str], str] = {}
        executor.connection.execute(
            "CREATE TEMP TABLE metered (meter_id INTEGER, window_id BIGINT, key_values VARCHAR[], value HUGEINT)"
        )

    def read(self, reading: Reading) -> bool:
        """Reads what is not known; False, and nothing is left behind, when numbers need more digits than it has."""
        self._ask(reading)
        if self._kept is None:
            self._set(reading, known=False)
            return self._run(reading)
        found = self._kept.look_up(reading.meters, self._places)
        if found.to_read:
            self._set(reading, known=found.known > 0)
            if not self._run(reading):
                return False
        self._kept.answer()
        return True

    def _ask(self, reading: Reading) -> None:
        """The table `wanted_windows`: those of the reading's meters, unless they are those of the reading before."""
        ids = [meter.meter_id for meter in reading.meters]
        shared = exp.select("windows_of").distinct().from_("shared_windows").order_by("windows_of")
        of_these = shared.where(exp.column("meter_id").isin(*ids)).sql("duckdb")
        # A meter that no contract of this run needs is on no row.
        owners = [int(owner) for (owner,) in self._executor.connection.execute(of_these).fetchall()] or ids
        if self._asked == (owners, reading.first_seen):
            return
        asked = exp.select(*_COLUMNS).from_("meter_windows").where(exp.column("meter_id").isin(*owners))
        self._executor.create("wanted_windows", asked.distinct() if len(owners) > 1 else asked)
        if self._kept is not None:
            self._kept.name_windows(whole=reading.first_seen)
        self._asked, self._all_are_set = (owners, reading.first_seen), False

    def _set(self, reading: Reading, *, known: bool) -> None:
        """Sets the windows to be read: all that are asked for, or those that are not known yet."""
        if self._all_are_set and not known:
            return
        asked = exp.select("*").from_("wanted_windows")
        if known:
            whole = "customer_period_no" if reading.first_seen else "window_id"
            asked = asked.join("known_wholes", on=f"known_wholes.whole_id = wanted_windows.{whole}", join_type="anti")
        if reading.first_seen:
            self._executor.create("asked_windows", asked)
            self._executor.set_windows(fixed_query(__package__, "whole_windows"))
            self._executor.create("window_parts", fixed_query(__package__, "window_parts"))
        else:
            self._executor.set_windows(asked)
        self._all_are_set = not known

    def _run(self, reading: Reading) -> bool:
        try:
            try:
                self._add(reading)
            except MetricFailed as failed:
                self._add_whose_do_not_fail(reading, failed)
        except duckdb.Error as error:
            if reading.wide_scale is not None or not needs_more_digits(error):
                raise
            added = exp.column("meter_id").isin(*(meter.meter_id for meter in reading.meters))
            self._executor.connection.execute(exp.delete("metered").where(added).sql("duckdb"))
            return False
        return True

    def _add(self, reading: Reading) -> None:
        """Adds what a reading says of the windows that are set, or raises and adds nothing."""
        metric = reading.meters[0].metric
        numbers = [exp.Literal.number(meter.meter_id) for meter in reading.meters]
        places = self._places[reading.meters[0].meter_id]
        values = [_units(exp.column(name), reading, places) for name in reading.columns]
        read = exp.select(
            exp.alias_(_one_row_each(numbers), "meter_id"),
            "window_id",
            "key_values",
            exp.alias_(_one_row_each(values), "value"),
        )
        with self._executor.running(metric):
            rows = self._executor.answers(reading.query, metric)
            read = read.from_(rows.subquery("reading"))
            if len(numbers) > 1:
                read = exp.select("*").from_(read.subquery("each_meter")).where("value IS NOT NULL")
            execute(self._executor.connection, "INSERT INTO metered " + read.sql("duckdb"))

    def _add_whose_do_not_fail(self, reading: Reading, error: MetricFailed) -> None:
        """The same, customer by customer where need be; only SQL metrics fail, and those are read alone."""
        (meter,) = reading.meters
        self._all_are_set = False
        failed = self._executor.failing_customers(error, lambda: self._add(reading), MOST_FAILING)
        details = {customer: f"metric {reading.name!r} failed: {failure.what}" for customer, failure in failed.items()}
        if len(failed) > MOST_FAILING:
            first = next(each for each in Failure if each in failed.values())
            detail = f"metric {reading.name!r} failed for more than {MOST_FAILING} customers: {first.what}"
            details = dict.fromkeys(self._customers(), detail)
        self._failed |= {(meter.meter_id, customer): detail for customer, detail in details.items()}

    def _customers(self) -> list[str]:
        """Everybody whose windows are asked for."""
        asked = exp.select("customer_id").distinct().from_("wanted_windows").order_by("customer_id")
        return [str(customer) for (customer,) in self._executor.connection.execute(asked.sql("duckdb")).fetchall()]

    def finish(self) -> None:
        """Says what failed, and keeps what was read, where that is wanted."""
        meters, customers = zip(*self._failed, strict=True) if self._failed else ((), ())
        failed = pa.table(
            {
                "meter_id": pa.array(meters, pa.int32()),
                "customer_id": pa.array(customers, pa.string()),
                "detail": pa.array(self._failed.values(), pa.string()),
            }
        )
        self._executor.load("failed_readings", failed)
        if self._kept is not None:
            self._kept.store()


def _one_row_each(values: Sequence[exp.Expr]) -> exp.Expr:
    return values[0] if len(values) == 1 else exp.func("unnest", exp.Array(expressions=list(values)))


def _units(value: exp.Expr, reading: Reading, places: int) -> exp.Expr:
    if reading.wide_scale is not None:
        return text_as_units(value, places)
    return exp.Anonymous(this="unscaled", expressions=[value])
