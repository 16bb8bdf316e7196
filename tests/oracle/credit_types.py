"""Currencies, which are built in, and custom pricing units, which a workspace declares (spec/rating.md §3.4, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

USD = "2714e483-4ff1-48e4-9e25-ac732e8f24f2"
_USD_NAME = "USD (cents)"
_OTHERS = "AUD BRL CAD CHF CZK EUR GBP INR MXN NGN NOK PLN SEK TRY ZAR NZD SGD"


class CreditTypes:
    """The credit types of a workspace: `names` by id, and whatever may be written for one."""

    def __init__(self, declared: Iterable[Mapping[str, Any]]) -> None:
        self.names = {USD: _USD_NAME, **{code: code for code in _OTHERS.split()}}
        self._ids = {USD: USD, _USD_NAME: USD, "USD": USD, **{code: code for code in _OTHERS.split()}}
        for item in declared:
            identity = item.get("id") or item["name"]
            if item.get("is_currency"):
                self._rename(item["name"], identity)
            else:
                self.names[identity] = item["name"]
                self._ids |= {identity: identity, item["name"]: identity}

    def _rename(self, fiat: str, identity: str) -> None:
        """Give a built-in currency another id; everything that meant it means it still."""
        old = self._ids[fiat]
        self.names[identity] = self.names.pop(old)
        self._ids = {text: identity if found == old else found for text, found in self._ids.items()}
        self._ids[identity] = identity

    def find(self, wanted: str) -> str:
        """The id of the credit type with this id or name."""
        return self._ids[wanted]

    def named(self, item: Mapping[str, Any], key: str) -> str | None:
        """The id of the credit type under `<key>_id` or `<key>` of an item, None when it names none."""
        wanted = item.get(f"{key}_id") or item.get(key)
        return self.find(wanted) if wanted else None
