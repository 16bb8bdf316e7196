"""By which properties, together, products and usage filters split a metric: what its group keys must hold at least."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.metronome.request_body import Body


def used_group_keys(sections: Mapping[str, Sequence[Body]]) -> dict[str, list[list[str]]]:
    """The keys by metric id, of the sections `products`, `rates` and `contracts`."""
    filters = _filters(sections["rates"], sections["contracts"])
    used: dict[str, list[list[str]]] = {}
    for product in sections["products"]:
        for metric_id, key in _versions(product):
            together = [key, *([*key, each] for each in sorted(filters.get(product["id"], ())) if each not in key)]
            used.setdefault(metric_id, []).extend(each for each in together if each)
    return used


def _versions(product: Body) -> Iterator[tuple[str, list[str]]]:
    """The metric of each version of a product, and the properties that it uses."""
    current = product
    for version in (product, *product.get("updates", ())):
        current = {**current, **version}
        if current.get("billable_metric_id") is not None:
            both = (*current.get("pricing_group_key", ()), *current.get("presentation_group_key", ()))
            yield current["billable_metric_id"], list(dict.fromkeys(both))


def _filters(rates: Iterable[Body], contracts: Iterable[Body]) -> dict[str, set[str]]:
    """The properties by which contracts that a product is sold on filter their usage, by product id."""
    by_card: dict[str, set[str]] = {}
    for contract in contracts:
        keys = {each["group_key"] for each in contract.get("usage_filter", ())}
        by_card.setdefault(contract.get("rate_card_id", ""), set()).update(keys)
    found: dict[str, set[str]] = {}
    for rate in rates:
        found.setdefault(rate["product_id"], set()).update(by_card.get(rate["rate_card_id"], ()))
    return found
