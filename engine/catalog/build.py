"""Items made into catalog objects: references resolved, ids given, everything validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from engine.catalog.alert import Alert
from engine.catalog.balance_defaults import fill_balance, fill_recurring_balance, needs_credit_type
from engine.catalog.contract import Contract
from engine.catalog.contract_edit import ContractEdit
from engine.catalog.contract_items import ContractItems
from engine.catalog.contract_links import ContractLinks
from engine.catalog.contract_names import ContractNames
from engine.catalog.credit_type import PricingUnit, credit_type_names
from engine.catalog.customer import Customer
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.customer_balance_ids import give_customer_balance_ids
from engine.catalog.entry_links import EntryLinks
from engine.catalog.explain import problems_of
from engine.catalog.fields import CatalogObject, Path
from engine.catalog.item_values import ItemValues
from engine.catalog.items import Item
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.catalog.metric import BillableMetric
from engine.catalog.named_balances import BalanceNames
from engine.catalog.package import Package, PackageNames, package_id
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.catalog.references import References, instant_or_none
from engine.catalog.term_ids import BALANCES, TERM_KIND, term_id
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

    `priced` (rate card id, product id), `frequencies` (the same and the billing frequency, empty without one) and
    `tags` also count rates and products that are not valid, so that one mistake is not reported again wherever it
    is referred to. `all_contracts` says that every contract is valid, and here.
    """

    pricing_units: tuple[Placed[PricingUnit], ...]
    billable_metrics: tuple[Placed[BillableMetric], ...]
    products: tuple[Placed[Product], ...]
    rate_cards: tuple[Placed[RateCard], ...]
    rates: tuple[Placed[Rate], ...]
    customers: tuple[Placed[Customer], ...]
    contracts: tuple[Placed[Contract], ...]
    unused_packages: tuple[Placed[Contract], ...]
    commits: tuple[Placed[CustomerCommit], ...]
    credits: tuple[Placed[CustomerCredit], ...]
    manual_balance_entries: tuple[Placed[ManualBalanceEntry], ...]
    alerts: tuple[Placed[Alert], ...]
    priced: frozenset[tuple[str, str]]
    frequencies: frozenset[tuple[str, str, str]]
    tags: frozenset[str]
    all_contracts: bool

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
    give_customer_balance_ids(items, references, problems)
    contracts, unused = _contract_items(items, builder, names, problems, complete=complete)
    rates = builder.objects(Rate, items["rates"], builder.rate_values)
    units = builder.objects(PricingUnit, items["pricing_units"], builder.named_values("pricing_units", PricingUnit))
    made = builder.objects(Contract, contracts, builder.contract_values)
    of_customer = builder.customer_balance_values(made, credit_type_names(each.object for each in units))
    commits = builder.objects(CustomerCommit, items["commits"], of_customer(CustomerCommit))
    credits = builder.objects(CustomerCredit, items["credits"], of_customer(CustomerCredit))
    balances = BalanceNames(_objects(made), _objects(commits), _objects(credits))
    unused_packages = builder.objects(Contract, unused, builder.nominal_values)
    entries = builder.objects(ManualBalanceEntry, items["manual_balance_entries"], builder.entry_values)
    # What cannot be found because it is not valid itself is no problem of its own.
    all_known = complete and not problems
    contract_links = ContractLinks(balances, problems, complete=all_known)
    entry_links = EntryLinks(balances, problems, complete=all_known)
    return Built(
        pricing_units=units,
        billable_metrics=builder.objects(BillableMetric, items["billable_metrics"], builder.metric_values),
        products=builder.objects(Product, items["products"], builder.named_values("products", Product)),
        rate_cards=builder.objects(RateCard, items["rate_cards"], builder.named_values("rate_cards", RateCard)),
        rates=tuple(Placed(_with_rate_id(each.object), each.item) for each in rates),
        customers=builder.objects(Customer, items["customers"], builder.named_values("customers", Customer)),
        contracts=tuple(Placed(contract_links.linked(each.object, each.item), each.item) for each in made),
        unused_packages=tuple(
            Placed(contract_links.linked(each.object, each.item), each.item) for each in unused_packages
        ),
        commits=commits,
        credits=credits,
        manual_balance_entries=tuple(Placed(entry_links.linked(each.object, each.item), each.item) for each in entries),
        alerts=builder.objects(Alert, items["alerts"], builder.alert_values),
        priced=frozenset((card, product) for card, product, _ in builder.priced),
        frequencies=frozenset(builder.priced),
        tags=_tags(items["products"]),
        all_contracts=len(made) == len(items["contracts"]),
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


def _objects(placed: Iterable[Placed[Model]]) -> list[Model]:
    return [each.object for each in placed]


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


class _Builder(ItemValues):
    """Makes objects of items against one set of references."""

    def __init__(
        self, references: References, names: ContractNames, problems: list[Problem], *, complete: bool
    ) -> None:
        super().__init__(references, names, problems, complete=complete)
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
            cleaned = self.values(model, item, (), item.value)
            if "id" not in cleaned:
                cleaned["id"] = self.references.id_of_name(section, cleaned.get("name")) or _NO_ID
            return cleaned

        return values

    def metric_values(self, item: Item) -> dict[str, Any]:
        cleaned = self.named_values("billable_metrics", BillableMetric)(item)
        if "source" in item.value:
            self.report(item, ("source",), "unknown key 'source'", "remove it", key=True)
        inside: Path = ("sql",) if "sql" in item.value else ()
        cleaned["source"] = item.place_of(inside)
        return cleaned

    def rate_values(self, item: Item) -> dict[str, Any]:
        cleaned = self.values(Rate, item, (), item.value)
        frequency = str(cleaned.get("billing_frequency") or "").upper()
        self.priced.add((str(cleaned.get("rate_card_id")), str(cleaned.get("product_id")), frequency))
        cleaned.setdefault("id", _NO_ID)
        return cleaned

    def contract_values(self, item: Item) -> dict[str, Any]:
        given = item.value
        if isinstance(given.get("usage_filter"), dict):
            # The request body holds one filter, its schedule a list of them.
            given = {**given, "usage_filter": [given["usage_filter"]]}
        cleaned = self.values(Contract, item, (), given)
        start = instant_or_none(cleaned.get("starting_at"))
        alias = item.value.get("rate_card_alias")
        if alias is not None:
            if "rate_card_id" in cleaned:
                what = "rate_card_alias and a rate card are both given"
                self.report(item, ("rate_card_alias",), what, "keep one of them")
            elif start is not None:
                cleaned["rate_card_id"] = self._card_of_alias(item, alias, start)
            else:
                cleaned["rate_card_id"] = str(alias)
        for key in TERM_KIND:
            terms = cleaned.get(key)
            for position, term in enumerate(terms if isinstance(terms, list) else ()):
                if isinstance(term, dict):
                    term.setdefault("id", term_id(key, str(cleaned["id"]), position))
        currency = self.references.currency_of_card(str(cleaned.get("rate_card_id")))
        for key in BALANCES:
            fill = fill_balance if key in ("commits", "credits") else fill_recurring_balance
            for balance in cleaned[key] if isinstance(cleaned.get(key), list) else ():
                fill(balance, currency)
        self._name_parents_customer(cleaned)
        return cleaned

    def customer_balance_values(
        self, contracts: Iterable[Placed[Contract]], names: Mapping[str, str]
    ) -> Callable[[type[CatalogObject]], Callable[[Item], dict[str, Any]]]:
        """The values of balances of customers, by model; `names` are those of credit types."""
        made = [each.object for each in contracts]

        def of(model: type[CatalogObject]) -> Callable[[Item], dict[str, Any]]:
            def values(item: Item) -> dict[str, Any]:
                cleaned = self.values(model, item, (), item.value)
                fill_balance(cleaned, self._currency_of_customer(item, cleaned, made, names))
                return cleaned

            return values

        return of

    def _currency_of_customer(
        self, item: Item, cleaned: dict[str, Any], contracts: Iterable[Contract], names: Mapping[str, str]
    ) -> str | None:
        """The one currency of the contracts that may draw; a problem, if there are several and none is named."""
        schedule, ids = cleaned.get("access_schedule"), cleaned.get("applicable_contract_ids") or ()
        if not isinstance(schedule, dict) or not needs_credit_type(schedule):
            return None
        drawing = [each for each in contracts if each.customer_id == cleaned.get("customer_id")]
        cards = {each.rate_card_id for each in drawing if not ids or each.id in ids}
        found = {self.references.currency_of_card(each) for each in cards} - {None}
        shown = sorted(names.get(str(each), str(each)) for each in found)
        if len(found) > 1:
            what = f"the contracts that may draw on it are in {' and '.join(shown)}"
            self.report(item, ("access_schedule",), what, "give the access_schedule a credit_type")
        return next(iter(found)) if len(found) == 1 else None

    def entry_values(self, item: Item) -> dict[str, Any]:
        return self.values(ManualBalanceEntry, item, (), item.value)

    def alert_values(self, item: Item) -> dict[str, Any]:
        cleaned = self.values(Alert, item, (), item.value)
        cleaned.setdefault("id", derived_id("alert", str(cleaned.get("customer_id") or ""), str(cleaned.get("name"))))
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
        return {**self.values(Package, item, (), item.value), "id": package_id(item)}

    def edit_values(self, item: Item) -> dict[str, Any]:
        return self.values(ContractEdit, item, (), item.value)

    def _card_of_alias(self, item: Item, alias: object, start: Any) -> str:
        card = None if not isinstance(alias, str) else self.references.card_of_alias(alias, start)
        if card is None and self.complete:
            what = f"no rate card has the alias {alias!r} on {format_instant(start)}"
            self.report(item, ("rate_card_alias",), what, self.references.alias_remedy(str(alias)))
        return card or str(alias)
