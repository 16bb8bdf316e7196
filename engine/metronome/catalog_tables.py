"""Customers, billable metrics, credit types, products and alerts as the tables of an export."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from engine.catalog.alert import Alert
from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import FIATS, fiat_names
from engine.catalog.customer import Customer
from engine.catalog.fields import CatalogObject
from engine.catalog.metric import BillableMetric
from engine.metronome.core_schema import ALERT, BILLABLE_METRIC, CREDIT_TYPE, CUSTOMER, PRODUCT
from engine.metronome.json_text import json_text
from engine.metronome.request_body import given_body

#: What stands for the aggregation of a SQL metric.
SQL = "SQL"


def catalog_tables(catalog: Catalog, now: datetime) -> dict[str, pa.Table]:
    """One row for each object, updated at `now`; see `core_schema`."""
    return {
        BILLABLE_METRIC.name: BILLABLE_METRIC.of(_metric(each, now) for each in catalog.billable_metrics),
        CREDIT_TYPE.name: CREDIT_TYPE.of(_credit_types(catalog, now)),
        CUSTOMER.name: CUSTOMER.of(_customer(each, now) for each in catalog.customers),
        PRODUCT.name: PRODUCT.of({"id": each.id, "name": each.name, "updated_at": now} for each in catalog.products),
        ALERT.name: ALERT.of(_alert(each, now) for each in catalog.alerts),
    }


def _metric(metric: BillableMetric, now: datetime) -> dict[str, object]:
    is_sql = metric.aggregation_type is None
    return {
        "id": metric.id,
        "name": metric.name,
        "aggregate": SQL if is_sql else str(metric.aggregation_type),
        "aggregate_keys": json_text([] if metric.aggregation_key is None else [metric.aggregation_key]),
        "group_keys": json_text(metric.group_keys),
        "updated_at": now,
        "duckbill_definition": _definition(metric),
    }


def _credit_types(catalog: Catalog, now: datetime) -> list[dict[str, object]]:
    """Every currency and pricing unit; a currency that the catalog has under an id of its own goes by that alone."""
    declared = {each.id: each for each in catalog.pricing_units}
    fiats = fiat_names(catalog.pricing_units)
    own = {fiats[each.id] for each in catalog.pricing_units if each.is_currency}
    names = {credit_type_id: name for credit_type_id, name in FIATS.items() if name not in own}
    names |= {each.id: fiats.get(each.id, each.name) for each in catalog.pricing_units}
    return [
        {
            "_metronome_metadata_id": credit_type_id,
            "id": credit_type_id,
            "name": name,
            "is_currency": credit_type_id in fiats,
            "updated_at": now,
            "duckbill_definition": _definition(declared[credit_type_id]) if credit_type_id in declared else None,
        }
        for credit_type_id, name in names.items()
    ]


def _customer(customer: Customer, now: datetime) -> dict[str, object]:
    return {
        "id": customer.id,
        "name": customer.name,
        "ingest_aliases": json_text(customer.ingest_aliases),
        "custom_fields": json_text(dict(customer.custom_fields)),
        "updated_at": now,
    }


def _alert(alert: Alert, now: datetime) -> dict[str, object]:
    return {
        "id": alert.id,
        "name": alert.name,
        "alert_type": alert.alert_type.value.lower(),
        "threshold": alert.threshold,
        "webhooks_enabled": False,
        "updated_at": now,
        "customer_id": alert.customer_id,
        "duckbill_credit_type_id": alert.credit_type_id,
    }


def _definition(item: CatalogObject) -> str:
    """An object of the catalog as the body of the request that makes it."""
    return json_text(given_body(item))
