"""The names and ids of a catalog: which id an item has, and which id a reference means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from engine.catalog.credit_type import FIAT_ID, FIAT_ID_OF_NAME, USD_CENTS
from engine.catalog.document import NOUN
from engine.catalog.items import Item
from engine.errors import Problem, did_you_mean
from engine.values.ids import derived_id
from engine.values.period import parse_instant

#: Sections whose items have a name of their own that no other item of the section may have.
NAMED = ("pricing_units", "billable_metrics", "products", "rate_cards", "customers")


class References:
    """Ids by name and ids by id of every named section, whether or not the item is right otherwise."""

    def __init__(self, items: dict[str, list[Item]], problems: list[Problem]) -> None:
        self._ids: dict[str, set[str]] = {}
        self._id_of_name: dict[str, dict[str, str]] = {}
        for section in NAMED:
            self._index(section, items[section], problems)
        self._aliases = _aliases(items["rate_cards"])
        self._currencies = {
            card: currency for each in items["rate_cards"] for card, currency in self._currency_of(each)
        }

    def resolve(self, section: str, given: str) -> str | None:
        """The id that a name or an id of a section means, or None; of pricing units, a currency's too."""
        if given in self._ids[section]:
            return given
        if section == "pricing_units" and given in FIAT_ID:
            return self._currency(FIAT_ID[given])
        return self._id_of_name[section].get(given)

    def id_of_name(self, section: str, name: object) -> str | None:
        """The id of the item with this name."""
        return self._id_of_name[section].get(name) if isinstance(name, str) else None

    def remedy(self, section: str, given: str) -> str:
        """The nearest name or id."""
        known = {*self._id_of_name[section], *self._ids[section]}
        if section == "pricing_units":
            near = did_you_mean(given, known | FIAT_ID_OF_NAME.keys())
            return near if near.startswith("did you mean") else "declare it in pricing_units, or use a currency"
        return did_you_mean(given, known)

    def card_of_alias(self, alias: str, moment: datetime) -> str | None:
        """The rate card that held an alias at a moment: of several, the one most recently assigned."""
        held = [
            (start is not None, start, position, card)
            for position, (name, start, end, card) in enumerate(self._aliases)
            if name == alias and (start is None or start <= moment) and (end is None or moment < end)
        ]
        return max(held)[-1] if held else None

    def alias_remedy(self, alias: str) -> str:
        return did_you_mean(alias, {name for name, *_ in self._aliases})

    def currency_of_card(self, card_id: str) -> str | None:
        """The credit type of a rate card's currency, if it is known."""
        return self._currencies.get(card_id)

    def _currency_of(self, card: Item) -> Iterator[tuple[str, str]]:
        """The id of a rate card, and that of its currency; nothing, if one of them is not known."""
        card_id, _ = item_identity("rate_cards", card.value)
        keys = ("fiat_credit_type_id", "fiat_credit_type")
        given = next((card.value[key] for key in keys if card.value.get(key) is not None), None)
        currency = USD_CENTS if given is None else isinstance(given, str) and self.resolve("pricing_units", given)
        if card_id is not None and currency:
            yield card_id, currency

    def _currency(self, fiat: str) -> str:
        """The id that a currency goes by: one declared for it, or the built-in one."""
        declared = [name for name in self._id_of_name["pricing_units"] if FIAT_ID_OF_NAME.get(name) == fiat]
        return self._id_of_name["pricing_units"][declared[0]] if declared else fiat

    def _index(self, section: str, items: list[Item], problems: list[Problem]) -> None:
        first_by_id: dict[str, Item] = {}
        first_by_name: dict[str, Item] = {}
        names: dict[str, str] = {}
        for item in items:
            item_id, name = item_identity(section, item.value)
            for kind, text, first in (("name", name, first_by_name), ("id", item_id, first_by_id)):
                if text is None:
                    continue
                if text in first and not (kind == "id" and "id" not in item.value):
                    problems.append(_repeated(section, kind, text, item, first[text]))
                first.setdefault(text, item)
            if name is not None and item_id is not None:
                names.setdefault(name, item_id)
        self._ids[section] = set(first_by_id)
        self._id_of_name[section] = names


def item_identity(section: str, value: dict[str, Any]) -> tuple[str | None, str | None]:
    """The id (given, or derived from the name) and the name of an item; None for what is not text."""
    name, given = value.get("name"), value.get("id")
    name = name if isinstance(name, str) and name else None
    if isinstance(given, str) and given:
        return given, name
    return (None if name is None else derived_id(NOUN[section].replace(" ", "_"), name)), name


def _repeated(section: str, kind: str, text: str, item: Item, first: Item) -> Problem:
    place = first.place_of()
    what = f"{NOUN[section]} {kind} {text!r} is already taken"
    return item.problem((kind,), what, f"first given at {place.file}:{place.line}")


def _aliases(
    cards: list[Item],
) -> list[tuple[str, datetime | None, datetime | None, str]]:
    """Every well-formed alias with its interval and rate card; the malformed are reported with their card."""
    found = []
    for card in cards:
        card_id, _ = item_identity("rate_cards", card.value)
        aliases = card.value.get("aliases")
        for alias in aliases if isinstance(aliases, list) else ():
            if isinstance(alias, dict) and isinstance(alias.get("name"), str) and card_id is not None:
                start, end = (
                    instant_or_none(alias.get("starting_at")),
                    instant_or_none(alias.get("ending_before")),
                )
                found.append((alias["name"], start, end, card_id))
    return found


def instant_or_none(value: object) -> datetime | None:
    """A well-formed time, or None: whoever validates the item reports the others."""
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None
