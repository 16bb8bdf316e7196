"""The oracle alone on currencies and custom pricing units."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.credit_types import USD, CreditTypes
from tests.oracle.rating import bill
from tests.oracle.small import contract, percentage, product, rate, rows, totals, workspace
from tests.oracle.tiny import event

TOKENS = {"id": "t", "name": "Tokens"}
CARD: dict[str, Any] = {"credit_type_conversions": [{"custom_credit_type": "Tokens", "fiat_per_custom_credit": "0.1"}]}


def test_a_unit_is_converted_on_a_line_of_its_own(tmp_path: Path) -> None:
    products = [product("p"), product("q"), product("fee", "COMPOSITE", composite_product_ids=["p"])]
    rates = [rate("p", "12", credit_type="Tokens"), rate("q", "5"), percentage("fee", "0.5")]
    folder = workspace(tmp_path, products, rates, card=CARD, pricing_units=[TOKENS])
    events = [event("2026-03-02T00:00:00Z", "c", kind, n="2") for kind in "pq"]
    result = bill(folder, events, "2026-03")
    assert rows(result, "product", "credit_type_id", "total") == [
        ("p", "t", 24),
        ("q", USD, 10),
        ("fee", "t", 12),
        (None, USD, Fraction("3.6")),
    ]
    columns = ("name", "product_name", "quantity", "unit_price", "credit_type", "starting_at", "ending_before")
    assert rows(result, *columns, type="cpu_conversion") == [
        ("Tokens to USD (cents)", None, 36, Fraction("0.1"), "USD (cents)", datetime(2026, 3, 1), datetime(2026, 4, 1))
    ]
    (invoice,) = result.invoices
    assert (invoice["total"], invoice["currency"], invoice["line_items"]) == (Fraction("13.6"), "USD (cents)", 4)


def test_no_conversion_of_nothing(tmp_path: Path) -> None:
    folder = workspace(tmp_path, [product("p")], [rate("p", credit_type_id="t")], card=CARD, pricing_units=[TOKENS])
    assert rows(bill(folder, [], "2026-03"), "type", "total") == [("usage", 0)]


@pytest.mark.parametrize("written", ["EUR", "7c-euro"])
def test_a_currency_by_another_id(tmp_path: Path, written: str) -> None:
    euro = {"id": "7c-euro", "name": "EUR", "is_currency": True}
    folder = workspace(tmp_path, [product("p")], [rate("p")], card={"fiat_credit_type": written}, pricing_units=[euro])
    (invoice,) = bill(folder, [], "2026-03").invoices
    assert (invoice["credit_type_id"], invoice["currency"]) == ("7c-euro", "EUR")


def test_names_of_currencies() -> None:
    types = CreditTypes([TOKENS])
    assert [types.find(text) for text in (USD, "USD", "USD (cents)", "SEK", "t", "Tokens")] == [
        *[USD] * 3,
        "SEK",
        *["t"] * 2,
    ]


def test_a_scheduled_invoice_is_converted_too(tmp_path: Path) -> None:
    seats = {
        "id": "s",
        "subscription_rate": {"product": "seat", "billing_frequency": "ANNUAL"},
        "collection_schedule": "ADVANCE",
    }
    rates = [rate("seat", "50", billing_frequency="ANNUAL", credit_type="Tokens")]
    folder = workspace(
        tmp_path,
        [product("seat", "SUBSCRIPTION")],
        rates,
        [contract(subscriptions=[seats])],
        card=CARD,
        pricing_units=[TOKENS],
    )
    result = bill(folder, [], "2026-01")
    assert rows(result, "type", "starting_at", "ending_before", "total", invoice_type="SCHEDULED") == [
        ("subscription", datetime(2026, 1, 1), datetime(2027, 1, 1), 50),
        ("cpu_conversion", datetime(2026, 1, 1), None, 5),
    ]
    assert totals(result) == [("k", "USAGE", 0), ("k", "SCHEDULED", 5)]
