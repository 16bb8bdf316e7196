"""The smallest workspace that bills something, for tests of the oracle alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.metering import Event
from tests.oracle.rating import Bill
from tests.oracle.times import instant


def event(
    when: str, customer: str = "c1", kind: str = "call", arrived: str = "2030-01-01T00:00:00Z", **properties: Any
) -> Event:
    """An accepted event; properties are texts."""
    return {
        "transaction_id": f"{when} {properties}",
        "customer_id": customer,
        "event_type": kind,
        "timestamp": instant(when),
        "ingested_at": instant(arrived),
        "properties": properties,
    }


def workspace(
    folder: Path,
    rates: list[dict[str, Any]],
    metric: dict[str, Any] | None = None,
    product: dict[str, Any] | None = None,
    contract: dict[str, Any] | None = None,
    more_metrics: Sequence[dict[str, Any]] = (),
) -> Path:
    """A workspace with one metric (SUM of n unless given), one product, one customer and one contract."""
    number = {"name": "n", "exists": True}
    metric = metric or {"aggregation_type": "SUM", "aggregation_key": "n", "property_filters": [number]}
    catalog = {
        "billable_metrics": [{"id": "m1", "name": "Metric", **metric}, *more_metrics],
        "products": [{"id": "p1", "name": "Product", "billable_metric_id": "m1", **(product or {})}],
        "rate_cards": [{"id": "r1", "name": "Card"}],
        "rates": [
            {"rate_card_id": "r1", "product_id": "p1", "entitled": True, "rate_type": "FLAT", **rate} for rate in rates
        ],
        "customers": [{"id": "c1", "name": "Customer", "ingest_aliases": ["alias"]}],
        "contracts": [
            {
                "id": "k1",
                "customer_id": "c1",
                "rate_card_id": "r1",
                "starting_at": "2023-01-01T00:00:00Z",
                **(contract or {}),
            }
        ],
    }
    (folder / "catalog").mkdir(parents=True)
    (folder / "catalog" / "all.yml").write_text(yaml.safe_dump(catalog), encoding="utf-8")
    (folder / "duckbill.toml").write_text('[workspace]\nname = "tiny"\n', encoding="utf-8")
    return folder


def priced(result: Bill) -> list[tuple[Any, Any]]:
    """(quantity, unit price) of each line in order of time and tier."""
    lines = sorted(result.lines, key=lambda line: (line["starting_at"], line["tier"] or 0))
    return [(line["quantity"], line["unit_price"]) for line in lines]


def total(result: Bill) -> Fraction:
    (invoice,) = result.invoices
    assert invoice["total"] == sum(line["total"] for line in result.lines)
    return Fraction(invoice["total"])


def since(when: str, price: str, **more: Any) -> dict[str, Any]:
    """A rate from the midnight that begins a day."""
    return {"starting_at": f"{when}T00:00:00Z", "price": price, **more}
