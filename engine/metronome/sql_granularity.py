"""How SQL metrics are cut, said of every product: a workspace's default is no part of its catalog, nor of an export."""

from __future__ import annotations

from engine.catalog.catalog import Catalog
from engine.catalog.product import SqlBreakdownGranularity

#: What holds where nothing is said.
USUAL = SqlBreakdownGranularity.SERVICE_PERIOD


def with_granularity(catalog: Catalog, default: SqlBreakdownGranularity) -> Catalog:
    """The same catalog, in which products of SQL metrics that go by a workspace's unusual default say so themselves."""
    if default is USUAL:
        return catalog
    sql = {each.id for each in catalog.billable_metrics if each.sql is not None}
    products = tuple(
        each.model_copy(update={"sql_breakdown_granularity": default})
        if each.sql_breakdown_granularity is None and each.billable_metric_ids & sql
        else each
        for each in catalog.products
    )
    return catalog.with_sections({"products": products})
