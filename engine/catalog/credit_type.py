"""Credit types: what a price is counted in, a currency or a custom pricing unit (spec/rating.md §3.4, §11).

Currencies are built in. Amounts in US dollars are cents; those in every other currency are whole units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.catalog.fields import RESPONSE_KEYS, CatalogObject, Finding, Flag, Name, TextMap
from engine.errors import did_you_mean

#: The credit type of amounts in US cents.
USD_CENTS = "2714e483-4ff1-48e4-9e25-ac732e8f24f2"

#: Currencies whose id and name are both their code.
CODES = (
    *("AUD", "BRL", "CAD", "CHF", "CZK", "EUR", "GBP", "INR", "MXN"),
    *("NGN", "NOK", "PLN", "SEK", "TRY", "ZAR", "NZD", "SGD"),
)

#: Name by id of every currency.
FIATS: Mapping[str, str] = {USD_CENTS: "USD (cents)", **{code: code for code in CODES}}

#: Id by name of every currency, with the other spelling of US dollars.
FIAT_ID_OF_NAME: Mapping[str, str] = {"USD": USD_CENTS, **{name: fiat for fiat, name in FIATS.items()}}

#: Id by name and by id of every currency.
FIAT_ID: Mapping[str, str] = {**FIAT_ID_OF_NAME, **{fiat: fiat for fiat in FIATS}}


class PricingUnit(CatalogObject):
    """A unit of the issuer's own that prices may be in; or, with `is_currency`, another id of a currency.

    A currency declared here goes by this id in the whole catalog, instead of by its code.
    """

    accepted = RESPONSE_KEYS
    later = frozenset({"archived_at"})

    id: Name
    name: Name
    is_currency: Flag = False
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        currency = FIAT_ID_OF_NAME.get(self.name)
        if self.is_currency and currency is None:
            yield Finding(("name",), f"unknown currency {self.name!r}", did_you_mean(self.name, FIAT_ID_OF_NAME))
        elif currency is not None and not self.is_currency:
            what = f"{self.name!r} is a currency, and no custom pricing unit"
            yield Finding(("name",), what, "choose another name, or set is_currency: true")
        elif currency == USD_CENTS != self.id:
            yield Finding(("id",), f"the id of {FIATS[USD_CENTS]!r} is {USD_CENTS}", "remove this pricing unit")
        elif FIAT_ID.get(self.id, currency) != currency:
            yield Finding(("id",), f"{self.id!r} is the id of a currency", "give the pricing unit another id")


def fiat_names(declared: Iterable[PricingUnit]) -> dict[str, str]:
    """Name by id of every currency: the built-in ones, and those declared under an id of their own.

    >>> fiat_names([PricingUnit(id="e", name="EUR", is_currency=True)])["e"]
    'EUR'
    """
    return {**FIATS, **{each.id: _fiat_name(each.name) for each in declared if each.is_currency}}


def credit_type_names(declared: Iterable[PricingUnit]) -> dict[str, str]:
    """Name by id of everything that a price may be counted in: currencies and custom pricing units."""
    units = tuple(declared)
    return {**{each.id: each.name for each in units}, **fiat_names(units)}


def _fiat_name(name: str) -> str:
    return FIATS[FIAT_ID_OF_NAME[name]]
