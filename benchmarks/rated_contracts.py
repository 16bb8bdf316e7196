"""The catalog of the rating benchmark: N contracts on one price list, ten usage products with three tiers each.

Every contract has four overrides: a multiplier on a product, one on whatever has a tag, an overwrite, and a multiplier
that begins or ends within the month. Objects have ids and refer by ids, so that they need no loader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.generate import MODELS, PRICED_SINCE, REGIONS, STARTS_AT, customer_id

Item = dict[str, object]

MID_MONTH = ("2026-10-11T00:00:00Z", "2026-10-21T06:00:00Z")
TAGS = ("compute", "storage", "network")


@dataclass(frozen=True, slots=True)
class RatedProduct:
    """A product and its metric, whose values have `places` decimals; `groups` are the key values of its usage, in the
    order of `keys`, of which the first `pricing_keys` are its pricing group key and the others its presentation key.
    """

    name: str
    aggregation: str = "SUM"
    places: int = 0
    keys: tuple[str, ...] = ()
    pricing_keys: int = 0
    groups: tuple[tuple[str, ...], ...] = ((),)
    by_the_thousand: bool = False

    @property
    def counted_in(self) -> int:
        """How many of the metric's smallest unit are one of the product's."""
        return int(10**self.places) * (1000 if self.by_the_thousand else 1)


_BY_THE_THOUSAND: Item = {
    "quantity_conversion": {"conversion_factor": 1000, "operation": "DIVIDE"},
    "quantity_rounding": {"rounding_method": "ROUND_UP", "decimal_places": 0},
}

PRODUCTS = (
    RatedProduct("tokens", by_the_thousand=True),
    RatedProduct("api_calls", "COUNT"),
    RatedProduct(
        "inference", keys=("model", "region"), pricing_keys=2, groups=tuple(zip(MODELS, REGIONS[:3], strict=True))
    ),
    RatedProduct("compute_hours", places=3),
    RatedProduct("storage"),
    RatedProduct(
        "egress", places=6, keys=("region", "team"), pricing_keys=1, groups=(("eu-west-1", "a"), ("us-east-1", "b"))
    ),
    RatedProduct("backups", "MAX"),
    RatedProduct("requests", by_the_thousand=True),
    RatedProduct("builds", keys=("region",), pricing_keys=1, groups=(("eu-west-1",), ("ap-south-1",))),
    RatedProduct("seats", "MAX"),
)


def sections(contracts: int) -> dict[str, Iterable[Item]]:
    """The items of every section of the catalog, made one by one as they are read."""
    return {
        "billable_metrics": map(metric, PRODUCTS),
        "products": (_product(number, product) for number, product in enumerate(PRODUCTS)),
        "rate_cards": [{"id": "list", "name": "list", "product_order": [each.name for each in PRODUCTS]}],
        "rates": (rate for number, product in enumerate(PRODUCTS) for rate in _rates(number, product)),
        "customers": map(_customer, range(contracts)),
        "contracts": map(_contract, range(contracts)),
    }


def metric(product: RatedProduct) -> Item:
    """The billable metric of a product, which has the product's name."""
    found: Item = {"id": product.name, "name": product.name, "aggregation_type": product.aggregation}
    properties = product.keys
    if product.aggregation != "COUNT":
        found["aggregation_key"] = "amount"
        properties = ("amount", *properties)
    if properties:
        found["property_filters"] = [{"name": name, "exists": True} for name in properties]
    if product.keys:
        found["group_keys"] = [list(product.keys)]
    return found


def _product(number: int, product: RatedProduct) -> Item:
    return {
        "id": product.name,
        "name": product.name,
        "type": "USAGE",
        "billable_metric_id": product.name,
        "tags": [TAGS[number % 3]],
        "pricing_group_key": list(product.keys[: product.pricing_keys]),
        "presentation_group_key": list(product.keys[product.pricing_keys :]),
        **(_BY_THE_THOUSAND if product.by_the_thousand else {}),
    }


def _rates(number: int, product: RatedProduct) -> Iterator[Item]:
    """The default rate; and where there are pricing keys, one for the first of the groups."""
    rate: Item = {"rate_card_id": "list", "product_id": product.name, "starting_at": PRICED_SINCE, "entitled": True}
    yield {**rate, "id": product.name, **_tiers(f"{number + 2}.5", f"{number + 2}", f"{number + 1}.125")}
    if product.pricing_keys:
        named = zip(product.keys[: product.pricing_keys], product.groups[0], strict=False)
        own = {"id": f"{product.name} of its own", "pricing_group_values": dict(named)}
        yield {**rate, **own, **_tiers(f"{number + 3}", f"{number + 2}.75", f"{number + 2}")}


def _tiers(first: str, second: str, third: str) -> Item:
    tiers = [{"size": 100, "price": first}, {"size": 900, "price": second}, {"price": third}]
    return {"rate_type": "TIERED", "tiers": tiers}


def _customer(number: int) -> Item:
    return {"id": customer_id(number), "name": f"Customer {number:07d}"}


def _contract(number: int) -> Item:
    contract_id = f"00000000-0000-4000-9000-{number:012d}"
    explicit = number % 5 == 0
    overrides = [
        {"id": f"{contract_id}-{position}", "starting_at": STARTS_AT, **override}
        for position, override in enumerate(_overrides(number, explicit=explicit))
    ]
    scheme = {"multiplier_override_prioritization": "EXPLICIT"} if explicit else {}
    return {
        "id": contract_id,
        "customer_id": customer_id(number),
        "rate_card_id": "list",
        "starting_at": STARTS_AT,
        "overrides": overrides,
        **scheme,
    }


def _overrides(number: int, *, explicit: bool) -> Iterator[Item]:
    """The four of a contract. Of those that go by priority, every other has a TIERED one for its tag's multiplier."""
    first, second, third = ({"priority": place} if explicit else {} for place in (1, 2, 3))
    yield {"type": "MULTIPLIER", "multiplier": "0.9", "product_id": _name(number), **third}
    tag: Item = {"applicable_product_tags": [TAGS[number % 3]], **second}
    if number % 10 == 0:
        yield {"type": "TIERED", "tiers": [{"size": 500, "multiplier": "0.95"}, {"multiplier": "0.8"}], **tag}
    else:
        yield {"type": "MULTIPLIER", "multiplier": f"0.{80 + number % 10}", **tag}
    price = _tiers("2.25", "1.75", "0.5") if number % 2 else {"rate_type": "FLAT", "price": "1.5"}
    yield {"type": "OVERWRITE", "overwrite_rate": price, "product_id": _name(number + 3)}
    windowed: Item = {"type": "MULTIPLIER", "multiplier": "0.75", **first}
    windowed["starting_at" if number % 2 else "ending_before"] = MID_MONTH[number % 2]
    if number % 4 == 3:
        yield {**windowed, "override_specifiers": [{"pricing_group_values": {"region": "eu-west-1"}}]}
    else:
        yield {**windowed, "product_id": _name(number + 6)}


def _name(number: int) -> str:
    return PRODUCTS[number % len(PRODUCTS)].name
