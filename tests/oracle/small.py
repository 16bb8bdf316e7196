"""Small workspaces of several products and contracts, for tests of the oracle alone; bodies as a user writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.rating import Bill

Body = dict[str, Any]

_NUMBER = {"name": "n", "exists": True}
_KEYS = (["region"], ["org"], ["region", "org"])


def midnight(day: str) -> str:
    return f"{day}T00:00:00Z"


def metric(name: str, **more: Any) -> Body:
    """SUM of the property n of the events whose type is the metric's name."""
    return {
        "id": name,
        "name": name,
        "aggregation_type": "SUM",
        "aggregation_key": "n",
        "event_type_filter": {"in_values": [name]},
        "property_filters": [_NUMBER],
        "group_keys": list(_KEYS),
        **more,
    }


def product(name: str, kind: str = "USAGE", **more: Any) -> Body:
    """A USAGE product measures the metric of its own name unless it says otherwise."""
    body: Body = {"id": name, "name": name, "type": kind, **more}
    return {"billable_metric": name, **body} if kind == "USAGE" else body


def rate(of: str, price: str = "1", since: str = "2020-01-01", **more: Any) -> Body:
    body = {"product": of, "starting_at": midnight(since), "entitled": True, "rate_type": "FLAT", "price": price}
    return {**body, **more}


def percentage(of: str, price: str, since: str = "2020-01-01", **more: Any) -> Body:
    return rate(of, price, since, rate_type="PERCENTAGE", **more)


def contract(identity: str = "k", start: str = "2026-01-01", **more: Any) -> Body:
    body = {"id": identity, "customer": "c", "starting_at": midnight(start)}
    return {
        **body,
        **({} if {"package", "package_alias", "rate_card_alias"} & more.keys() else {"rate_card": "r"}),
        **more,
    }


def workspace(
    folder: Path,
    products: Sequence[Body],
    rates: Sequence[Body] = (),
    contracts: Sequence[Body] | None = None,
    card: Mapping[str, Any] | None = None,
    **sections: Sequence[Body],
) -> Path:
    """One rate card `r`, the customers `c` and `d`, the contract `k` unless told otherwise, and a metric for each
    USAGE product that names none.
    """
    named = {each["billable_metric"] for each in products if "billable_metric" in each}
    named |= {each["billable_metric"] for of in products for each in of.get("updates", ()) if "billable_metric" in each}
    metrics = [metric(name) for name in sorted(named)]
    catalog = {
        "billable_metrics": metrics,
        "products": list(products),
        "rate_cards": [{"id": "r", "name": "r", "rates": list(rates), **(card or {})}],
        "customers": [{"id": name, "name": f"Customer {name}"} for name in "cd"],
        "contracts": list(contracts) if contracts is not None else [contract()],
        **{name: list(items) for name, items in sections.items()},
    }
    (folder / "catalog").mkdir(parents=True)
    (folder / "catalog" / "all.yml").write_text(yaml.safe_dump(catalog, sort_keys=False), encoding="utf-8")
    (folder / "duckbill.toml").write_text('[workspace]\nname = "small"\n', encoding="utf-8")
    return folder


def rows(result: Bill, *columns: str, **only: Any) -> list[tuple[Any, ...]]:
    """Some columns of the lines for which others have given values, in order of time and tier."""
    chosen = [line for line in result.lines if all(line[key] == value for key, value in only.items())]
    chosen.sort(key=lambda line: (line["starting_at"], line["tier"] or 0, line["override_tier_level"] or 0))
    return [tuple(line[column] for column in columns) for line in chosen]


def totals(result: Bill) -> list[tuple[Any, ...]]:
    """(contract, type, total) of every invoice."""
    return [(invoice["contract"], invoice["type"], invoice["total"]) for invoice in result.invoices]
