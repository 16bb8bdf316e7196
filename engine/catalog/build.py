"""Items made into catalog objects: references resolved, ids given, everything validated."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from engine.catalog.contract import Contract
from engine.catalog.customer import Customer
from engine.catalog.document import NOUN
from engine.catalog.explain import problems_of
from engine.catalog.fields import CatalogObject, Path, describe
from engine.catalog.items import Item
from engine.catalog.metric import BillableMetric
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.catalog.references import References, instant_or_none
from engine.catalog.shape import shape_of
from engine.errors import Problem
from engine.values.ids import derived_id
from engine.values.period import format_instant

Model = TypeVar("Model", bound=CatalogObject)

#: The id of an object whose id cannot be derived before it is validated, or at all.
_NO_ID = "?"


@dataclass(frozen=True, slots=True)
class Placed(Generic[Model]):
    """A valid object and the item it was made from."""

    object: Model
    item: Item


@dataclass(frozen=True, slots=True)
class Built:
    """The valid objects of every section, in the order of the files.

    `priced` (rate card id, product id) and `tags` also count rates and products that are not valid, so that
    one mistake is not reported again wherever it is referred to.
    """

    billable_metrics: tuple[Placed[BillableMetric], ...]
    products: tuple[Placed[Product], ...]
    rate_cards: tuple[Placed[RateCard], ...]
    rates: tuple[Placed[Rate], ...]
    customers: tuple[Placed[Customer], ...]
    contracts: tuple[Placed[Contract], ...]
    priced: frozenset[tuple[str, str]]
    tags: frozenset[str]


def build(items: dict[str, list[Item]], problems: list[Problem], *, complete: bool) -> Built:
    """Every item as an object; those that are not right go to `problems` and are left out.

    `complete` says that every file and section could be read; if not, a reference to nothing is no problem of its own.
    """
    builder = _Builder(References(items, problems), problems, complete=complete)
    rates = builder.objects(Rate, items["rates"], builder.rate_values)
    return Built(
        billable_metrics=builder.objects(BillableMetric, items["billable_metrics"], builder.metric_values),
        products=builder.objects(Product, items["products"], builder.named_values("products", Product)),
        rate_cards=builder.objects(RateCard, items["rate_cards"], builder.named_values("rate_cards", RateCard)),
        rates=tuple(Placed(_with_rate_id(each.object), each.item) for each in rates),
        customers=builder.objects(Customer, items["customers"], builder.named_values("customers", Customer)),
        contracts=builder.objects(Contract, items["contracts"], builder.contract_values),
        priced=frozenset(builder.priced),
        tags=_tags(items["products"]),
    )


def _tags(products: list[Item]) -> frozenset[str]:
    lists = [item.value.get("tags") for item in products]
    return frozenset(tag for tags in lists if isinstance(tags, list) for tag in tags if isinstance(tag, str))


def _with_rate_id(rate: Rate) -> Rate:
    if rate.id != _NO_ID:
        return rate
    values = json.dumps(dict(rate.pricing_group_values), sort_keys=True)
    start = format_instant(rate.starting_at)
    return rate.model_copy(update={"id": derived_id("rate", rate.rate_card_id, rate.product_id, start, values)})


class _Builder:
    """Makes objects of items against one set of references."""

    def __init__(self, references: References, problems: list[Problem], *, complete: bool) -> None:
        self.references = references
        self.problems = problems
        self.complete = complete
        self.priced: set[tuple[str, str]] = set()

    def objects(
        self, model: type[Model], items: list[Item], values_of: Callable[[Item], dict[str, Any]]
    ) -> tuple[Placed[Model], ...]:
        made = []
        for item in items:
            try:
                made.append(Placed(model.model_validate(values_of(item)), item))
            except ValidationError as error:
                details = error.errors(include_url=False)
                self.problems.extend(problems_of(details, model, item.document, item.path))
        return tuple(made)

    def named_values(self, section: str, model: type[CatalogObject]) -> Callable[[Item], dict[str, Any]]:
        def values(item: Item) -> dict[str, Any]:
            cleaned = self._values(model, item, (), item.value)
            if "id" not in cleaned:
                cleaned["id"] = self.references.id_of_name(section, cleaned.get("name")) or _NO_ID
            return cleaned

        return values

    def metric_values(self, item: Item) -> dict[str, Any]:
        cleaned = self.named_values("billable_metrics", BillableMetric)(item)
        if "source" in item.value:
            self._report(item, ("source",), "unknown key 'source'", "remove it", key=True)
        inside: Path = ("sql",) if "sql" in item.value else ()
        cleaned["source"] = item.place_of(inside)
        return cleaned

    def rate_values(self, item: Item) -> dict[str, Any]:
        cleaned = self._values(Rate, item, (), item.value)
        self.priced.add((str(cleaned.get("rate_card_id")), str(cleaned.get("product_id"))))
        cleaned.setdefault("id", _NO_ID)
        return cleaned

    def contract_values(self, item: Item) -> dict[str, Any]:
        given = item.value
        if isinstance(given.get("usage_filter"), dict):
            # The request body holds one filter, its schedule a list of them.
            given = {**given, "usage_filter": [given["usage_filter"]]}
        cleaned = self._values(Contract, item, (), given)
        start = instant_or_none(cleaned.get("starting_at"))
        alias = item.value.get("rate_card_alias")
        if alias is not None:
            if "rate_card_id" in cleaned:
                what = "rate_card_alias and a rate card are both given"
                self._report(item, ("rate_card_alias",), what, "keep one of them")
            elif start is not None:
                cleaned["rate_card_id"] = self._card_of_alias(item, alias, start)
            else:
                cleaned["rate_card_id"] = str(alias)
        if "id" not in cleaned:
            parts = (cleaned.get("customer_id"), cleaned.get("rate_card_id"), start and format_instant(start))
            cleaned["id"] = derived_id("contract", *(str(part) for part in parts), str(cleaned.get("name", "")))
        overrides = cleaned.get("overrides")
        for position, override in enumerate(overrides if isinstance(overrides, list) else ()):
            if isinstance(override, dict):
                override.setdefault("id", derived_id("override", str(cleaned["id"]), str(position)))
        return cleaned

    def _card_of_alias(self, item: Item, alias: object, start: Any) -> str:
        card = None if not isinstance(alias, str) else self.references.card_of_alias(alias, start)
        if card is None and self.complete:
            what = f"no rate card has the alias {alias!r} on {format_instant(start)}"
            self._report(item, ("rate_card_alias",), what, self.references.alias_remedy(str(alias)))
        return card or str(alias)

    def _values(self, model: type[CatalogObject], item: Item, path: Path, given: dict[str, Any]) -> dict[str, Any]:
        """What `model` validates: nulls and keys without bearing left out, names replaced by ids."""
        shape = shape_of(model)
        cleaned: dict[str, Any] = {}
        for key, value in given.items():
            if key in shape.nested:
                value = self._inner(*shape.nested[key], item, (*path, key), value)
            if key in shape.fields:
                if value is not None:
                    cleaned[key] = value
            elif key in model.later:
                if value not in (None, False, [], {}):
                    what = f"duckbill does not bill {key} yet"
                    self._report(item, (*path, key), what, "remove it", key=True)
            elif key not in model.accepted and key not in shape.name_keys:
                cleaned[key] = value
        for field, by_name, section in shape.references:
            keys = [key for key in (field, by_name) if given.get(key) is not None]
            if keys:
                cleaned[field] = self._resolved(section, item, path, given, keys)
        return cleaned

    def _inner(self, model: type[CatalogObject], many: bool, item: Item, path: Path, value: Any) -> Any:
        if isinstance(value, dict) and not many:
            return self._values(model, item, path, value)
        if isinstance(value, list) and many:
            return [
                self._values(model, item, (*path, position), each) if isinstance(each, dict) else each
                for position, each in enumerate(value)
            ]
        return value

    def _resolved(self, section: str, item: Item, path: Path, given: dict[str, Any], keys: list[str]) -> str:
        """The id meant by the first of `keys`; by itself, when it means none, so that the rest is checked."""
        key, target = keys[0], given[keys[0]]
        if len(keys) == 2:
            what = f"{key} and {keys[1]} are both given"
            self._report(item, (*path, keys[1]), what, "keep one of them", key=True)
        if not isinstance(target, str):
            what = f"{key}: expected text, found {describe(target)}"
            self._report(item, (*path, key), what, "put it in quotes")
            return str(target)
        resolved = self.references.resolve(section, target)
        if resolved is None and self.complete:
            what = f"unknown {NOUN[section]} {target!r}"
            self._report(item, (*path, key), what, self.references.remedy(section, target))
        return resolved or target

    def _report(self, item: Item, path: Path, what: str, remedy: str, *, key: bool = False) -> None:
        self.problems.append(item.problem(path, what, remedy, key=key))
