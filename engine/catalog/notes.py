"""What is right in a catalog and may still not be what is meant."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built
from engine.errors import Problem

#: How many group keys a metric may have at Metronome unless it has raised the limit (spec/metering.md §9).
PORTABLE_GROUP_KEYS = 5


def unsaid_granularity(built: Built) -> Iterator[Problem]:
    """Products with a SQL metric that leave it to the default when their usage is priced (spec/metering.md §17.2)."""
    sql = {each.object.id: each.object.name for each in built.billable_metrics if each.object.sql is not None}
    for placed in built.products:
        metrics = sorted(sql[each] for each in placed.object.billable_metric_ids if each in sql)
        if metrics and placed.object.sql_breakdown_granularity is None:
            what = (
                f"product {placed.object.name!r} does not say how finely SQL metric {metrics[0]!r} is billed: all of "
                "it is priced at the last instant of the service period"
            )
            remedy = (
                "write sql_breakdown_granularity: HOUR or SERVICE_PERIOD, or set it for all products in [metering] of "
                "duckbill.toml"
            )
            yield placed.item.problem((), what, remedy)


def many_group_keys(built: Built) -> Iterator[Problem]:
    """Metrics with more group keys than Metronome takes by default (spec/metering.md §17.30)."""
    for placed in built.billable_metrics:
        count = len(placed.object.group_keys)
        if count > PORTABLE_GROUP_KEYS:
            what = (
                f"metric {placed.object.name!r} has {count} group keys; Metronome takes {PORTABLE_GROUP_KEYS} unless "
                "it has raised the limit"
            )
            yield placed.item.problem(("group_keys",), what, "remove those that no product or report uses")
