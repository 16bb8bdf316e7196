"""The items of all documents by section, in a fixed order, each with the place it stands at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.catalog.document import NOUN, SECTIONS, Document, place, problem
from engine.catalog.fields import Path, describe
from engine.catalog.place import Place
from engine.errors import Problem, did_you_mean


@dataclass(slots=True)
class Item:
    """One object as a file gives it; `value` is the mapping at `path` of `document`."""

    document: Document
    path: Path
    value: dict[str, Any]

    def problem(self, path: Path, what: str, remedy: str = "", *, key: bool = False) -> Problem:
        """A Problem at `path` inside this item."""
        return problem(self.document, self.path + path, what, remedy, key=key)

    def place_of(self, path: Path = ()) -> Place:
        """Where something inside this item, or the item itself, stands."""
        return place(self.document, self.path + path)


def gather(documents: Iterable[Document], problems: list[Problem]) -> dict[str, list[Item]]:
    """Items by section, in the order of the documents; what is no item goes to `problems`."""
    items: dict[str, list[Item]] = {section: [] for section in SECTIONS}
    for document in documents:
        if document.content is None:
            continue
        if not isinstance(document.content, dict):
            what = f"expected sections such as products:, found {describe(document.content)}"
            problems.append(problem(document, (), what, f"sections: {', '.join(SECTIONS)}"))
            continue
        for section, content in document.content.items():
            if section in items:
                for item in _items(document, (section,), content, problems):
                    items[section].extend([item] if section != "rates" else _unfolded(item, problems))
            else:
                what, remedy = f"unknown section {section!r}", did_you_mean(section, SECTIONS)
                problems.append(problem(document, (section,), what, remedy, key=True))
    for card in items["rate_cards"]:
        if "rates" in card.value:
            items["rates"].extend(_nested_rates(card, problems))
    return items


def _items(document: Document, path: Path, content: object, problems: list[Problem]) -> Iterator[Item]:
    if content is None:
        return
    if not isinstance(content, list):
        what = f"{path[-1]}: expected a list, found {describe(content)}"
        problems.append(problem(document, path, what, "start each item with a dash"))
        return
    for position, value in enumerate(content):
        if isinstance(value, dict):
            yield Item(document, (*path, position), value)
        else:
            noun = NOUN[str(path[-1])]
            what = f"expected a {noun}, found {describe(value)}"
            problems.append(problem(document, (*path, position), what, "a mapping such as {name: ...}"))


def _unfolded(item: Item, problems: list[Problem]) -> Iterator[Item]:
    """A rate by itself, or every rate of an addRates body with the rate card of the body."""
    if "rates" not in item.value:
        yield item
        return
    card = {key: item.value[key] for key in ("rate_card_id", "rate_card") if key in item.value}
    for key in item.value.keys() - card.keys() - {"rates"}:
        problems.append(item.problem((key,), f"unknown key {key!r} beside rates", "move it into the rates", key=True))
    for rate in _items(item.document, (*item.path, "rates"), item.value["rates"], problems):
        yield Item(rate.document, rate.path, card | rate.value)


def _nested_rates(card: Item, problems: list[Problem]) -> Iterator[Item]:
    """The rates written inside a rate card, which need not name it; they are taken out of the card."""
    content = card.value["rates"]
    card.value = {key: value for key, value in card.value.items() if key != "rates"}
    for rate in _items(card.document, (*card.path, "rates"), content, problems):
        key = "id" if "id" in card.value else "name"
        if key not in card.value:
            return
        owner = {"rate_card_id": card.value[key]}
        for given in rate.value.keys() & {"rate_card_id", "rate_card"}:
            what = f"a rate inside a rate card takes no {given}"
            problems.append(rate.problem((given,), what, "remove it", key=True))
        yield Item(rate.document, rate.path, rate.value | owner)
