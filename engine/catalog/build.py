"""Items made into catalog objects: references resolved, ids given, everything validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from engine.catalog.contract import Contract
from engine.catalog.contract_edit import ContractEdit
from engine.catalog.contract_items import ContractItems
from engine.catalog.contract_names import ContractNames
from engine.catalog.credit_type import PricingUnit
from engine.catalog.customer import Customer
from engine.catalog.document import NOUN
from engine.catalog.explain import problems_of
from engine.catalog.fields import CatalogObject, Path, describe
from engine.catalog.items import Item
from engine.catalog.metric import BillableMetric
from engine.catalog.package import Package, PackageNames, package_id
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.catalog.references import References, instant_or_none
from engine.catalog.shape import shape_of
from engine.catalog.term_ids import TERM_KIND, term_id
from engine.errors import Problem
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

    `priced` (rate card id, product id), `frequencies` (the same and the billing frequency, empty without one) and
    `tags` also count rates and products that are not valid, so that one mistake is not reported again wherever it
    is referred to.
    """

    pricing_units: tuple[Placed[PricingUnit], ...]
    billable_metrics: tuple[Placed[BillableMetric], ...]
    products: tuple[Placed[Product], ...]
    rate_cards: tuple[Placed[RateCard], ...]
    rates: tuple[Placed[Rate], ...]
    customers: tuple[Placed[Customer], ...]
    contracts: tuple[Placed[Contract], ...]
    unused_packages: tuple[Placed[Contract], ...]
    priced: frozenset[tuple[str, str]]
    frequencies: frozenset[tuple[str, str, str]]
    tags: frozenset[str]

    @property
    def terms(self) -> tuple[Placed[Contract], ...]:
        """Every contract, and one of each package that has none: whatever is to be judged by the rules of contracts."""
        return self.contracts + self.unused_packages


def build(items: dict[str, list[Item]], problems: list[Problem], *, complete: bool) -> Built:
    """Every item as an object; those that are not right go to `problems` and are left out.

    Contracts are those that come of packages and edits: no package and no edit is left. `complete` says that every
    file and section could be read; if not, a reference to nothing is no problem of its own.
    """
    references = References(items, problems)
    names = ContractNames(items["contracts"], references, PackageNames(items["packages"], problems), problems)
    builder = _Builder(references, names, problems, complete=complete)
    contracts, unused = _contract_items(items, builder, names, problems, complete=complete)
    rates = builder.objects(Rate, items["rates"], builder.rate_values)
    return Built(
        pricing_units=builder.objects(
            PricingUnit, items["pricing_units"], builder.named_values("pricing_units", PricingUnit)
        ),
        billable_metrics=builder.objects(BillableMetric, items["billable_metrics"], builder.metric_values),
        products=builder.objects(Product, items["products"], builder.named_values("products", Product)),
        rate_cards=builder.objects(RateCard, items["rate_cards"], builder.named_values("rate_cards", RateCard)),
        rates=tuple(Placed(_with_rate_id(each.object), each.item) for each in rates),
        customers=builder.objects(Customer, items["customers"], builder.named_values("customers", Customer)),
        contracts=builder.objects(Contract, contracts, builder.contract_values),
        unused_packages=builder.objects(Contract, unused, builder.nominal_values),
        priced=frozenset((card, product) for card, product, _ in builder.priced),
        frequencies=frozenset(builder.priced),
        tags=_tags(items["products"]),
    )


def _contract_items(
    items: dict[str, list[Item]],
    builder: _Builder,
    names: ContractNames,
    problems: list[Problem],
    *,
    complete: bool,
) -> tuple[list[Item], list[Item]]:
    """Every contract as it is after packages, edits and renewals; and one of each unused package."""
    packages = builder.objects(Package, items["packages"], builder.package_values)
    edits = builder.objects(ContractEdit, items["contract_edits"], builder.edit_values)
    written = ContractItems(items["contracts"], names, problems, complete=complete)
    unused = written.write_out([each.item for each in packages], items["rate_cards"])
    if len(edits) == len(items["contract_edits"]):
        written.edit((each.object, each.item) for each in edits)
    written.end_renewed()
    return written.items(), unused


def _tags(products: list[Item]) -> frozenset[str]:
    """Every tag that some product has at some time."""
    versions: list[object] = []
    for item in products:
        updates = item.value.get("updates")
        versions += [item.value, *(updates if isinstance(updates, list) else ())]
    lists = [version.get("tags") for version in versions if isinstance(version, dict)]
    return frozenset(tag for tags in lists if isinstance(tags, list) for tag in tags if isinstance(tag, str))


def _with_rate_id(rate: Rate) -> Rate:
    return rate if rate.id != _NO_ID else rate.model_copy(update={"id": rate.natural_id()})


class _Builder:
    """Makes objects of items against one set of references."""

    def __init__(
        self, references: References, names: ContractNames, problems: list[Problem], *, complete: bool
    ) -> None:
        self.references = references
        self.names = names
        self.problems = problems
        self.complete = complete
        self.priced: set[tuple[str, str, str]] = set()

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
        frequency = str(cleaned.get("billing_frequency") or "").upper()
        self.priced.add((str(cleaned.get("rate_card_id")), str(cleaned.get("product_id")), frequency))
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
        for key in TERM_KIND:
            terms = cleaned.get(key)
            for position, term in enumerate(terms if isinstance(terms, list) else ()):
                if isinstance(term, dict):
                    term.setdefault("id", term_id(key, str(cleaned["id"]), position))
        self._name_parents_customer(cleaned)
        return cleaned

    def _name_parents_customer(self, cleaned: dict[str, Any]) -> None:
        """Who would pay for a child can be told without its parent's contract."""
        hierarchy = cleaned.get("hierarchy_configuration")
        parent = hierarchy.get("parent") if isinstance(hierarchy, dict) else None
        if isinstance(parent, dict) and isinstance(parent.get("contract_id"), str):
            customer = self.names.customer_of(parent["contract_id"])
            if customer:
                parent.setdefault("customer_id", customer)

    def nominal_values(self, item: Item) -> dict[str, Any]:
        """A contract that stands for an unused package, and is nobody's."""
        return {**self.contract_values(item), "customer_id": _NO_ID}

    def package_values(self, item: Item) -> dict[str, Any]:
        return {**self._values(Package, item, (), item.value), "id": package_id(item)}

    def edit_values(self, item: Item) -> dict[str, Any]:
        return self._values(ContractEdit, item, (), item.value)

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
                said = model.null_means.get(key) if value is None else value
                if said is not None:
                    cleaned[key] = said
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
        for field, by_name, section in shape.reference_lists:
            keys = [key for key in dict.fromkeys((field, by_name)) if given.get(key) is not None]
            if keys:
                cleaned[field] = self._all_resolved(section, item, path, given, keys, field)
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
        self._one_of(item, path, keys)
        key, target = keys[0], given[keys[0]]
        if isinstance(target, str):
            return self._meant(section, item, (*path, key), target)
        what = f"{key}: expected text, found {describe(target)}"
        self._report(item, (*path, key), what, "put it in quotes")
        return str(target)

    def _all_resolved(
        self, section: str, item: Item, path: Path, given: dict[str, Any], keys: list[str], field: str
    ) -> object:
        """The ids meant by the entries of the list at the first of `keys`; entries that are no text left out."""
        self._one_of(item, path, keys)
        key, targets = keys[0], given[keys[0]]
        if not isinstance(targets, list):
            if key == field:
                return targets
            self._report(item, (*path, key), f"{key}: expected a list, found {describe(targets)}", "")
            return []
        ids = []
        for position, target in enumerate(targets):
            inside: Path = (*path, key, position)
            if isinstance(target, str):
                ids.append(self._meant(section, item, inside, target))
            else:
                what = f"{key}: expected text, found {describe(target)}"
                self._report(item, inside, what, "put it in quotes")
        return ids

    def _one_of(self, item: Item, path: Path, keys: list[str]) -> None:
        if len(keys) == 2:
            what = f"{keys[0]} and {keys[1]} are both given"
            self._report(item, (*path, keys[1]), what, "keep one of them", key=True)

    def _meant(self, section: str, item: Item, path: Path, target: str) -> str:
        """The id that a name or id means; itself, when it means none. The terms of a contract are its own matter."""
        if section in TERM_KIND:
            return target
        named = self.names.resolve(target) if section == "contracts" else self.references.resolve(section, target)
        if named is None and self.complete:
            if section == "contracts":
                self._report(item, path, *self.names.refusal(target))
            else:
                what = f"unknown {NOUN[section]} {target!r}"
                self._report(item, path, what, self.references.remedy(section, target))
        return named or target

    def _report(self, item: Item, path: Path, what: str, remedy: str, *, key: bool = False) -> None:
        self.problems.append(item.problem(path, what, remedy, key=key))
