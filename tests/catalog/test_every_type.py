"""A product of every type and a price of every kind, as they come out of the files."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.billing_frequency import BillingFrequency
from engine.catalog.catalog import Catalog
from engine.catalog.composite import members_ever
from engine.catalog.credit_type import FIATS, USD_CENTS, PricingUnit, credit_type_names, fiat_names
from engine.catalog.override import OverrideTier, OverrideType
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateType, Tier
from engine.catalog.schema import catalog_schema
from engine.catalog.strict_yaml import read_yaml
from tests.catalog.every_type import EVERY_TYPE, changed
from tests.catalog.test_schema import refused
from tests.catalog.written import GOOD, loaded, said

TIERED = "type: TIERED, priority: 1, product: Calls, tiers: [{size: 10, multiplier: 0.5}, {multiplier: 1}]"


def every_type(tmp_path: Path) -> Catalog:
    return loaded(tmp_path, {"catalog/c.yml": EVERY_TYPE})


def product(catalog: Catalog, name: str) -> Product:
    return next(each for each in catalog.products if each.name == name)


def rate(catalog: Catalog, name: str) -> Rate:
    return next(each for each in catalog.rates if each.product_id == product(catalog, name).id)


def test_members_and_order_are_ids(tmp_path: Path) -> None:
    catalog = every_type(tmp_path)
    assert product(catalog, "Support").composite_product_ids == (product(catalog, "Storage").id,)
    order = [product(catalog, name).id for name in ("Support", "Setup", "Calls")]
    assert list(catalog.rate_cards[0].product_order) == order


def test_members_by_id_under_either_key(tmp_path: Path) -> None:
    storage = product(every_type(tmp_path), "Storage").id
    for number, key in enumerate(("composite_products", "composite_product_ids")):
        catalog = loaded(tmp_path / str(number), changed("composite_products: [Storage]", f"{key}: [{storage}]"))
        assert product(catalog, "Support").composite_product_ids == (storage,)


def test_a_declared_currency_goes_by_its_own_id(tmp_path: Path) -> None:
    catalog = every_type(tmp_path)
    (card,) = catalog.rate_cards
    credits = catalog.pricing_units[0].id
    assert card.fiat_credit_type_id == "5c1a"
    assert [(each.custom_credit_type_id, each.fiat_per_custom_credit) for each in card.credit_type_conversions] == [
        (credits, Decimal("0.05"))
    ]
    assert (rate(catalog, "Images").credit_type_id, rate(catalog, "Calls").credit_type_id) == (credits, None)
    assert fiat_names(catalog.pricing_units) == {**FIATS, "5c1a": "EUR"}
    assert credit_type_names(catalog.pricing_units)[credits] == "credits"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("USD", USD_CENTS),
        ("USD (cents)", USD_CENTS),
        (USD_CENTS, USD_CENTS),
        ("GBP", "GBP"),
        ("EUR", "5c1a"),
        ("5c1a", "5c1a"),
    ],
)
def test_every_spelling_of_a_currency_means_its_one_id(tmp_path: Path, given: str, meant: str) -> None:
    text = EVERY_TYPE.replace("fiat_credit_type: EUR", f"fiat_credit_type: {given}")
    assert loaded(tmp_path, {"catalog/c.yml": text}).rate_cards[0].fiat_credit_type_id == meant


def test_us_dollars_unless_said(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, {"catalog/c.yml": GOOD})
    assert catalog.rate_cards[0].fiat_credit_type_id == USD_CENTS
    assert fiat_names(catalog.pricing_units)[USD_CENTS] == "USD (cents)"


def test_a_declared_currency_may_keep_the_built_in_id() -> None:
    unit = PricingUnit(id="GBP", name="GBP", is_currency=True)
    assert fiat_names([unit]) == FIATS


def test_prices_of_every_kind(tmp_path: Path) -> None:
    catalog = every_type(tmp_path)
    support, seats, images = (rate(catalog, name) for name in ("Support", "Seats", "Images"))
    assert support.rate_type is RateType.TIERED_PERCENTAGE
    assert support.tiers == (Tier(size=Decimal(1000), price=Decimal("0.1")), Tier(price=Decimal("0.05")))
    assert support.minimum_config is not None
    assert support.minimum_config.minimum == 100
    assert (seats.rate_type, seats.price) == (RateType.FLAT, Decimal(20))
    assert seats.billing_frequency is BillingFrequency.MONTHLY
    assert images.rate_type is RateType.TIERED


def test_the_billing_frequency_tells_ids_of_rates_apart(tmp_path: Path) -> None:
    catalog = every_type(tmp_path)
    seats = rate(catalog, "Seats")
    other = seats.model_copy(update={"billing_frequency": BillingFrequency.ANNUAL})
    assert seats.id == seats.natural_id() != other.natural_id()


def test_tiered_override(tmp_path: Path) -> None:
    old = "type: MULTIPLIER, multiplier: 0.9, priority: 1, product: Calls"
    (override,) = loaded(tmp_path, changed(old, TIERED)).contracts[0].overrides
    assert (override.type, override.multiplier) == (OverrideType.TIERED, None)
    assert override.tiers == (
        OverrideTier(size=Decimal(10), multiplier=Decimal("0.5")),
        OverrideTier(multiplier=Decimal(1)),
    )


def test_price_seed_with_credit_types_and_billing_frequencies(tmp_path: Path) -> None:
    seed = (
        "product,starting_at,price,rate_type,credit_type,billing_frequency\n"
        "Seats,2026-01-01T00:00:00Z,200,,,annual\n"
        "Seats,2026-01-01T00:00:00Z,55,SUBSCRIPTION,EUR,QUARTERLY\n"
        "Images,2027-01-01T00:00:00Z,4,,credits,\n"
        "Support,2027-01-01T00:00:00Z,0.2,PERCENTAGE,,\n"
    )
    catalog = loaded(tmp_path, {"catalog/c.yml": EVERY_TYPE, "catalog/rates/List.csv": seed})
    credits = catalog.pricing_units[0].id
    assert [
        (each.rate_type, each.price, each.credit_type_id, each.billing_frequency)
        for each in catalog.rates
        if each.starting_at == datetime(2027, 1, 1) or each.billing_frequency not in (None, "MONTHLY")
    ] == [
        ("FLAT", 200, None, "ANNUAL"),
        ("SUBSCRIPTION", 55, "5c1a", "QUARTERLY"),
        ("FLAT", 4, credits, None),
        ("PERCENTAGE", Decimal("0.2"), None, None),
    ]


def test_mistakes_in_a_price_seed_are_reported_at_their_cell(tmp_path: Path) -> None:
    seed = (
        "product,starting_at,price,credit_type,billing_frequency\n"
        "Images,2027-01-01T00:00:00Z,4,stars,\n"
        "Images,2028-01-01T00:00:00Z,4,credts,\n"
        "Seats,2027-01-01T00:00:00Z,4,,DAILY\n"
    )
    assert said(tmp_path, {"catalog/c.yml": EVERY_TYPE, "catalog/rates/List.csv": seed}) == [
        "catalog/rates/List.csv:2:31: rate card 'List' does not say what one 'stars' is in EUR; add "
        "{custom_credit_type: stars, fiat_per_custom_credit: ...} to its credit_type_conversions",
        "catalog/rates/List.csv:3:31: unknown pricing unit 'credts'; did you mean 'credits'?",
        "catalog/rates/List.csv:4:31: unknown billing_frequency 'DAILY'; known: 'ANNUAL', 'MONTHLY', 'QUARTERLY', "
        "'WEEKLY'",
    ]


def test_members_are_usage_products_that_are_listed_or_tagged_at_the_same_time() -> None:
    def usage(name: str, **fields: object) -> Product:
        return Product.model_validate({"id": name, "name": name, "type": "USAGE", "billable_metric_id": "m", **fields})

    march = "2026-03-01T00:00:00Z"
    composite = Product.model_validate(
        {
            "id": "c",
            "name": "c",
            "type": "COMPOSITE",
            "composite_product_ids": ["listed"],
            "composite_tags": ["early"],
            "tags": ["early"],
            "updates": [{"starting_at": march, "composite_tags": ["late"]}],
        }
    )
    products = [
        composite,
        usage("listed"),
        usage("early", tags=["early", "x"]),
        usage("late", updates=[{"starting_at": march, "tags": ["late"]}]),
        usage("too late", updates=[{"starting_at": march, "tags": ["early"]}]),
        usage("too early", tags=["late"], updates=[{"starting_at": march, "tags": []}]),
    ]
    assert [each.id for each in members_ever(composite, products)] == ["listed", "early", "late"]


def test_schema_knows_every_key(tmp_path: Path) -> None:
    schema = catalog_schema()
    text = EVERY_TYPE.replace("type: MULTIPLIER, multiplier: 0.9, priority: 1, product: Calls", TIERED)
    assert refused(read_yaml("f", text).content, schema, schema) == []
    update = (
        "    composite_tags: [core]\n    updates: [{starting_at: 2026-03-01T00:00:00Z, quantity_conversion: none}]\n"
    )
    text = EVERY_TYPE.replace("    composite_tags: [core]\n", update)
    assert refused(read_yaml("f", text).content, schema, schema) == []
