"""Finding lines to explain, and proving what the events behind them must come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

import engine.explaining
from engine.catalog.metric import Aggregation, BillableMetric
from engine.invoices.publish import Outputs
from engine.workspace import Workspace

Row = Mapping[str, Any]

#: What tells kinds of lines apart by its value, and by whether it is there.
_TELLING = ("type", "override_type", "override_reason", "applied_balance_type", "access_type", "is_prorated")
_PRESENT = ("tier_level", "override_tier_level", "origin_line_item_id", "discount_id")


@contextmanager
def read_once(workspace: Workspace) -> Iterator[None]:
    """While many lines of a workspace are explained: nothing is read or opened twice, which takes most of the time."""
    read = Outputs.published
    tables: dict[tuple[object, ...], Any] = {}

    def kept(outputs: Any, output: str, billing_period: str, columns: Any = None) -> Any:
        key = (output, billing_period, tuple(columns or ()))
        if key not in tables:
            tables[key] = read(outputs, output, billing_period, columns)
        return tables[key]

    with workspace.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outputs, "published", kept)
        patch.setattr(engine.explaining._Recorded, "catalog", cache(engine.explaining._Recorded.catalog))
        patch.setattr(engine.explaining, "_Recorded", cache(engine.explaining._Recorded))
        patch.setattr(workspace, "connect", lambda: nullcontext(connection))
        yield


def all_lines(workspace: Workspace) -> list[Row]:
    """Every published line of every billing period."""
    return [row for label in workspace.outputs.billing_periods() for row in workspace.line_items(label).dicts()]


def line(workspace: Workspace, **wanted: object) -> Row:
    """The only published line with these values; times are text such as `2026-10-16`."""
    found = [
        row
        for row in all_lines(workspace)
        if all(
            str(row[name]).startswith(str(value)) if name.endswith("_at") else row[name] == value
            for name, value in wanted.items()
        )
    ]
    assert len(found) == 1, [(row["name"], row["contract_id"], row["starting_at"], row["total"]) for row in found]
    return found[0]


def one_of_each(rows: Iterable[Row], metrics: Mapping[str, BillableMetric]) -> list[Row]:
    """A line of each kind that is explained in its own way."""
    kinds: dict[tuple[object, ...], Row] = {}
    for row in rows:
        metric = metrics.get(row["billable_metric_id"])
        is_product = row["unit_price"] is not None and row["quantity"] * row["unit_price"] == row["total"]
        kind = (
            *(row[name] for name in _TELLING),
            *(row[name] is None for name in _PRESENT),
            row["name"].endswith((" minimum", " true-up")),
            None if metric is None else metric.aggregation_type,
            is_product,
        )
        kinds.setdefault(kind, row)
    return list(kinds.values())


def prove_events(workspace: Workspace, row: Row, metric: BillableMetric) -> None:
    """The events behind a line are in time order and come to what its metric grew by."""
    found: list[Any] = workspace.explain_events(row["id"]).dicts()
    assert [each["timestamp"] for each in found] == sorted(each["timestamp"] for each in found)
    assert all(row["starting_at"] <= each["timestamp"] < row["ending_before"] for each in found)
    before, after = row["metric_value_before"], row["metric_value_after"]
    values = [each["value"] for each in found]
    counted = [each for each in found if each["counted"]]
    match metric.aggregation_type:
        case Aggregation.COUNT:
            assert after - before == len(found)
        case Aggregation.SUM:
            assert after - before == sum((Decimal(value) for value in values if value is not None), Decimal(0))
        case Aggregation.UNIQUE:
            assert after - before == len(counted)
        case Aggregation.MAX | Aggregation.LATEST:
            assert len(counted) <= 1
            assert after == (Decimal(counted[0]["value"]) if counted else before)
        case None:
            assert all(each["counted"] is None and each["value"] is None for each in found)
