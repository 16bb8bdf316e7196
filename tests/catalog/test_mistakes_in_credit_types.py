"""Mistakes in pricing units, currencies and what is priced in them: the exact words and places that a user gets.

Each case changes one passage of `every_type.EVERY_TYPE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_type import CALLS, changed, expect
from tests.catalog.written import Mistake, said

MISTAKES = (
    Mistake("no name", "{name: stars}", "{id: x}", "3:5: missing key 'name'; add it"),
    Mistake(
        "name twice",
        "{name: stars}",
        "{name: credits, id: x}",
        "3:12: pricing unit name 'credits' is already taken; first given at catalog/c.yml:2",
    ),
    Mistake(
        "name of a currency",
        "{name: stars}",
        "{name: GBP}",
        "3:12: 'GBP' is a currency, and no custom pricing unit; choose another name, or set is_currency: true",
    ),
    Mistake(
        "unknown currency",
        "{name: stars}",
        "{name: EUA, is_currency: true}",
        "3:12: unknown currency 'EUA'; did you mean 'EUR'?",
    ),
    Mistake(
        "another id of US dollars",
        "{name: stars}",
        "{id: x, name: USD, is_currency: true}",
        "3:10: the id of 'USD (cents)' is 2714e483-4ff1-48e4-9e25-ac732e8f24f2; remove this pricing unit",
    ),
    Mistake(
        "id of a currency",
        "{name: stars}",
        "{id: GBP, name: stars}",
        "3:10: 'GBP' is the id of a currency; give the pricing unit another id",
    ),
    Mistake(
        "id of another currency",
        "{name: stars}",
        "{id: GBP, name: CHF, is_currency: true}",
        "3:10: 'GBP' is the id of a currency; give the pricing unit another id",
    ),
    Mistake(
        "flag in quotes",
        "is_currency: true",
        "is_currency: 'true'",
        "4:40: is_currency: expected true or false, found the text 'true'; write true without quotes",
    ),
    Mistake(
        "unknown key",
        "{name: stars}",
        "{name: stars, currency: false}",
        "3:19: unknown key 'currency'; did you mean 'is_currency'?",
    ),
    Mistake(
        "unknown currency of a card",
        "fiat_credit_type: EUR",
        "fiat_credit_type: EURO",
        "20:23: unknown pricing unit 'EURO'; did you mean 'EUR'?",
    ),
    Mistake(
        "nothing near it",
        "fiat_credit_type: EUR",
        "fiat_credit_type_id: Dollars",
        "20:26: unknown pricing unit 'Dollars'; declare it in pricing_units, or use a currency",
    ),
    Mistake(
        "card in a pricing unit",
        "fiat_credit_type: EUR",
        "fiat_credit_type: credits",
        (
            "20:23: a rate card is in a currency, and 'credits' is a custom pricing unit; known: 'AUD', "
            "'BRL', 'CAD', 'CHF', 'CZK', 'EUR', 'GBP', 'INR' and 10 more"
        ),
    ),
    Mistake(
        "currency that is a number",
        "fiat_credit_type: EUR",
        "fiat_credit_type: 3",
        "20:23: fiat_credit_type: expected text, found the number 3; put it in quotes",
    ),
    Mistake(
        "unknown unit converted",
        "{custom_credit_type: credits,",
        "{custom_credit_type: credit,",
        "23:30: unknown pricing unit 'credit'; did you mean 'credits'?",
    ),
    Mistake(
        "currency converted",
        "{custom_credit_type: credits,",
        "{custom_credit_type_id: GBP,",
        "23:33: 'GBP' is a currency, and only custom pricing units are converted; known: 'credits', 'stars'",
    ),
    Mistake(
        "no unit converted", "{custom_credit_type: credits, ", "{", "23:9: missing key 'custom_credit_type_id'; add it"
    ),
    Mistake(
        "negative conversion",
        "fiat_per_custom_credit: 0.05",
        "fiat_per_custom_credit: -1",
        "23:63: fiat_per_custom_credit -1 is negative; a price is 0 or more",
    ),
    Mistake("no amount", ", fiat_per_custom_credit: 0.05", "", "23:9: missing key 'fiat_per_custom_credit'; add it"),
    Mistake(
        "converted twice",
        "fiat_per_custom_credit: 0.05}\n",
        "fiat_per_custom_credit: 0.05}\n      - {custom_credit_type: credits, fiat_per_custom_credit: 1}\n",
        "24:9: pricing unit 'credits' is converted twice; keep one of them",
    ),
    Mistake(
        "rate in an unconverted unit",
        "credit_type: credits\n",
        "credit_type: stars\n",
        (
            "32:22: rate card 'List' does not say what one 'stars' is in EUR; add {custom_credit_type: "
            "stars, fiat_per_custom_credit: ...} to its credit_type_conversions"
        ),
    ),
    Mistake(
        "two rates in an unconverted unit",
        "credit_type: credits\n",
        "credit_type: stars\n" + CALLS.replace("Calls", "Spare").replace("1}", "1, credit_type: stars}"),
        (
            "32:22: rate card 'List' does not say what one 'stars' is in EUR; add {custom_credit_type: stars, "
            "fiat_per_custom_credit: ...} to its credit_type_conversions"
        ),
    ),
    Mistake(
        "rate in another currency",
        "price: 20\n",
        "price: 20\n        credit_type: GBP\n",
        ("38:22: a rate in GBP on rate card 'List', which is in EUR; remove credit_type, or use a rate card in GBP"),
    ),
    Mistake(
        "misspelt unit",
        "credit_type: credits\n",
        "credit_type: credts\n",
        "32:22: unknown pricing unit 'credts'; did you mean 'credits'?",
    ),
    Mistake(
        "two units for one product",
        CALLS,
        CALLS + CALLS.replace("2026", "2027").replace("1}", "1, credit_type: credits}"),
        (
            "26:117: product 'Calls' has rates in EUR and in credits; the first is at catalog/c.yml:25; a "
            "rate card prices a product in one credit type"
        ),
    ),
    Mistake(
        "the currency after the unit",
        "      - product: Seats\n",
        CALLS.replace("Calls", "Images").replace("2026", "2027") + "      - product: Seats\n",
        (
            "33:9: product 'Images' has rates in credits and in EUR; the first is at catalog/c.yml:27; a "
            "rate card prices a product in one credit type"
        ),
    ),
    Mistake(
        "unit by name and by id",
        "credit_type: credits\n",
        "credit_type: credits\n        credit_type_id: credits\n",
        "32:9: credit_type_id and credit_type are both given; keep one of them",
    ),
)

#: What is no mistake: the card's own currency, spelt out by name, by code and by id.
ACCEPTED = {
    "the card's currency": ("price: 20\n", "price: 20\n        credit_type: EUR\n"),
    "the card's currency by id": ("price: 20\n", "price: 20\n        credit_type_id: 5c1a\n"),
    "a pricing unit that costs nothing": ("fiat_per_custom_credit: 0.05", "fiat_per_custom_credit: 0"),
    "a pricing unit that no rate is in": ("price: 20\n", "price: 20\n"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect(tmp_path, mistake)


@pytest.mark.parametrize("title", ACCEPTED)
def test_what_is_no_mistake(tmp_path: Path, title: str) -> None:
    assert said(tmp_path, changed(*ACCEPTED[title])) == []
