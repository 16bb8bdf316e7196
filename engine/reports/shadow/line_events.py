"""The events behind lines whose quantity differs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.product import ConversionOperation
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.schedule import schedule_inputs
from engine.reports.explain.matched_events import matched_events
from engine.reports.shadow.compare import load_events
from engine.values.period import Period

#: How many differences are looked into; of more than that the pattern shows in these.
MOST_LINES = 1000

_WINDOWS = pa.schema(
    [
        ("window_id", pa.int64()),
        ("customer_id", pa.string()),
        ("usage_filter_no", pa.int32()),
        ("starting_at", pa.timestamp("us")),
        ("ending_before", pa.timestamp("us")),
    ]
)

_Row = dict[str, Any]
_Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class LineEvents:
    """Finds the events of the first `MOST_LINES` metered lines whose quantity differs, as they have landed."""

    catalog: Catalog
    snapshot: EventSnapshot

    def __call__(self, executor: DuckDBExecutor, rules: pa.Table) -> None:
        """Adds `metered_rows` (row_no, aggregation and the conversion of its product) and `difference_events`."""
        rows: list[_Row] = rules.filter(
            pc.and_(pc.equal(rules["rule"], "quantity"), pc.is_valid(rules["billable_metric_id"]))
        ).to_pylist()[:MOST_LINES]
        load_events(executor, [self._metered(row) for row in rows])
        periods: defaultdict[_Period, list[_Row]] = defaultdict(list)
        for row in rows:
            periods[row["period_starting_at"], row["period_ending_before"]].append(row)
        for (starting_at, ending_before), of_period in periods.items():
            self._find(executor, Period(starting_at, ending_before), of_period)

    def _metered(self, row: Mapping[str, Any]) -> _Row:
        metric = self.catalog.metric(row["billable_metric_id"])
        conversion = self.catalog.product(row["product_id"]).version_at(row["starting_at"]).quantity_conversion
        factor = Decimal(1) if conversion is None else conversion.conversion_factor
        is_divided = conversion is not None and conversion.operation is ConversionOperation.DIVIDE
        return {
            "row_no": row["row_no"],
            "aggregation": metric.aggregation_type and metric.aggregation_type.value,
            "multiplier": Decimal(1) if is_divided else factor,
            "divisor": factor if is_divided else Decimal(1),
        }

    def _find(self, executor: DuckDBExecutor, period: Period, rows: Sequence[_Row]) -> None:
        """The events of lines of one statement period, all those of a metric and group values at once."""
        landed = self.snapshot.between(period.starting_at, period.ending_before)
        keys = {each.group_key for row in rows for each in self.catalog.contract(row["contract_id"]).usage_filter}
        scope = Scope(PropertyStore(landed.profiles(), landed.partial_fields()), tuple(sorted(keys)))
        inputs = schedule_inputs(self.catalog, period)
        for name in ("customer_aliases", "usage_filters"):
            executor.load(name, inputs[name])
        filters = dict(
            zip(*(inputs["contracts"][each].to_pylist() for each in ("contract_id", "usage_filter_no")), strict=True)
        )
        executor.view_events([file.path for file in landed.files], self.snapshot.any_file)
        batches: defaultdict[tuple[str, str, str], list[_Row]] = defaultdict(list)
        for row in rows:
            batches[
                row["billable_metric_id"], row["pricing_group_values"] or "{}", row["presentation_group_values"] or "{}"
            ].append(row)
        for (metric_id, *values), of_metric in batches.items():
            windows = [
                {**row, "window_id": row["row_no"], "usage_filter_no": filters.get(row["contract_id"])}
                for row in of_metric
            ]
            executor.load("line_windows", pa.Table.from_pylist(windows, schema=_WINDOWS))
            executor.set_windows(exp.select("*").from_("line_windows"))
            groups = {name: value for text in values for name, value in json.loads(text).items()}
            found = matched_events(self.catalog.metric(metric_id), groups, scope, landed.rows)
            asked = (
                exp.select("window_id", "transaction_id", "value").from_(found.subquery("matched")).where("in_group")
            )
            executor.add_rows("difference_events", executor.rows(asked), ("window_id", "transaction_id"))
