"""The whole catalog, frozen: what a run reads instead of files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from hashlib import sha256

from pydantic import ValidationError

from engine.catalog.alert import Alert
from engine.catalog.contract import Contract
from engine.catalog.credit_type import PricingUnit
from engine.catalog.customer import Customer
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.fields import CatalogObject
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.catalog.metric import BillableMetric, sql_without_comments
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.errors import UserError, did_you_mean


class Catalog(CatalogObject):
    """Every object of a workspace, in the order of the files (by path) and of the positions in them.

    Contracts are what packages and edits have made of them; there are no packages and no edits any more. `commits` and
    `credits` are those of customers; a contract has its own.
    Lookups raise KeyError for an id that is not there; a catalog made by `load_catalog` refers to no such id.
    """

    pricing_units: tuple[PricingUnit, ...] = ()
    billable_metrics: tuple[BillableMetric, ...] = ()
    products: tuple[Product, ...] = ()
    rate_cards: tuple[RateCard, ...] = ()
    rates: tuple[Rate, ...] = ()
    customers: tuple[Customer, ...] = ()
    contracts: tuple[Contract, ...] = ()
    commits: tuple[CustomerCommit, ...] = ()
    credits: tuple[CustomerCredit, ...] = ()
    manual_balance_entries: tuple[ManualBalanceEntry, ...] = ()
    alerts: tuple[Alert, ...] = ()

    def metric(self, metric_id: str) -> BillableMetric:
        return self._metrics_by_id[metric_id]

    def product(self, product_id: str) -> Product:
        return self._products_by_id[product_id]

    def rate_card(self, rate_card_id: str) -> RateCard:
        return self._rate_cards_by_id[rate_card_id]

    def rate(self, rate_id: str) -> Rate:
        return self._rates_by_id[rate_id]

    def customer(self, customer_id: str) -> Customer:
        return self._customers_by_id[customer_id]

    def contract(self, contract_id: str) -> Contract:
        return self._contracts_by_id[contract_id]

    def with_contracts_of(self, customer_id: str) -> Catalog:
        """The same catalog with the contracts and balances of one customer alone."""
        return self.with_customers({customer_id})

    def with_customers(self, customer_ids: Collection[str]) -> Catalog:
        """The same catalog with the contracts and balances of these customers alone; all customers are known to it."""
        sections = ("contracts", "commits", "credits", "manual_balance_entries")
        own = {
            section: tuple(each for each in getattr(self, section) if each.customer_id in customer_ids)
            for section in sections
        }
        return self.with_sections(own)

    def with_sections(self, sections: Mapping[str, tuple[object, ...]]) -> Catalog:
        """The same catalog with these sections in place of its own, by name; nothing is validated again.

        Copied field by field: what a catalog remembers of its objects by their ids must not be copied along.
        """
        return Catalog.model_construct(**{**dict(self), **sections})

    def metric_named(self, name: str) -> BillableMetric:
        """A billable metric by its name or id; raises UserError with the nearest name."""
        for metric in self.billable_metrics:
            if name in (metric.name, metric.id):
                return metric
        known = [metric.name for metric in self.billable_metrics]
        raise UserError(f"unknown billable metric {name!r}; {did_you_mean(name, known)}")

    def customer_named(self, name: str) -> Customer:
        """A customer by id, name or ingest alias; raises UserError with the nearest of them."""
        for each in self.customers:
            if name in (each.id, each.name, *each.ingest_aliases):
                return each
        known = [known for each in self.customers for known in (each.name, *each.ingest_aliases)]
        raise UserError(f"unknown customer {name!r}; {did_you_mean(name, known)}")

    def to_json(self) -> str:
        """This catalog as JSON that is the same for the same objects, whatever files they came from.

        Where the order of objects is that of rows in what is published, it is as written: products, contracts, commits,
        credits, manual entries. All others are ordered by id. Numbers are plain text, times are RFC 3339, absent values
        are left out.
        """
        return self._in_canonical_order().model_dump_json(exclude_none=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Catalog:
        """The catalog that `to_json` wrote, with the same content hash and objects in the order they have there.

        Raises UserError for a text that holds no catalog.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the text"
            raise UserError(f"this is not the JSON of a catalog: {where}: {first['msg']}") from error

    def content_hash(self) -> str:
        """SHA-256 of `to_json`; file layout, spacing and comments, in SQL too, do not matter beyond that order."""
        bare = tuple(
            metric if metric.sql is None else metric.model_copy(update={"sql": sql_without_comments(metric.sql)})
            for metric in self.billable_metrics
        )
        plain = self.model_copy(update={"billable_metrics": bare})
        return sha256(plain.to_json().encode()).hexdigest()

    def _in_canonical_order(self) -> Catalog:
        return Catalog.model_construct(
            pricing_units=tuple(sorted(self.pricing_units, key=lambda each: each.id)),
            billable_metrics=tuple(sorted(self.billable_metrics, key=lambda each: each.id)),
            products=self.products,
            rate_cards=tuple(sorted(self.rate_cards, key=lambda each: each.id)),
            rates=tuple(sorted(self.rates, key=lambda each: each.id)),
            customers=tuple(sorted(self.customers, key=lambda each: each.id)),
            contracts=self.contracts,
            commits=self.commits,
            credits=self.credits,
            manual_balance_entries=self.manual_balance_entries,
            alerts=tuple(sorted(self.alerts, key=lambda each: each.id)),
        )

    @cached_property
    def _metrics_by_id(self) -> Mapping[str, BillableMetric]:
        return {each.id: each for each in self.billable_metrics}

    @cached_property
    def _products_by_id(self) -> Mapping[str, Product]:
        return {each.id: each for each in self.products}

    @cached_property
    def _rate_cards_by_id(self) -> Mapping[str, RateCard]:
        return {each.id: each for each in self.rate_cards}

    @cached_property
    def _rates_by_id(self) -> Mapping[str, Rate]:
        return {each.id: each for each in self.rates}

    @cached_property
    def _customers_by_id(self) -> Mapping[str, Customer]:
        return {each.id: each for each in self.customers}

    @cached_property
    def _contracts_by_id(self) -> Mapping[str, Contract]:
        return {each.id: each for each in self.contracts}
