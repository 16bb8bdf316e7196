"""The values of an item as a model takes them: names replaced by ids, keys that have no bearing left out."""

from __future__ import annotations

from typing import Any

from engine.catalog.contract_names import ContractNames
from engine.catalog.document import NOUN
from engine.catalog.fields import CatalogObject, Path, describe
from engine.catalog.items import Item
from engine.catalog.references import References
from engine.catalog.shape import shape_of
from engine.catalog.term_ids import TERM_KIND
from engine.errors import Problem


class ItemValues:
    """Reads items against one set of references; `complete` as in `build`."""

    def __init__(
        self, references: References, names: ContractNames, problems: list[Problem], *, complete: bool
    ) -> None:
        self.references = references
        self.names = names
        self.problems = problems
        self.complete = complete

    def values(self, model: type[CatalogObject], item: Item, path: Path, given: dict[str, Any]) -> dict[str, Any]:
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
                    self.report(item, (*path, key), what, "remove it", key=True)
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
            return self.values(model, item, path, value)
        if isinstance(value, list) and many:
            return [
                self.values(model, item, (*path, position), each) if isinstance(each, dict) else each
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
        self.report(item, (*path, key), what, "put it in quotes")
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
            self.report(item, (*path, key), f"{key}: expected a list, found {describe(targets)}", "")
            return []
        ids = []
        for position, target in enumerate(targets):
            inside: Path = (*path, key, position)
            if isinstance(target, str):
                ids.append(self._meant(section, item, inside, target))
            else:
                what = f"{key}: expected text, found {describe(target)}"
                self.report(item, inside, what, "put it in quotes")
        return ids

    def _one_of(self, item: Item, path: Path, keys: list[str]) -> None:
        if len(keys) == 2:
            what = f"{keys[0]} and {keys[1]} are both given"
            self.report(item, (*path, keys[1]), what, "keep one of them", key=True)

    def _meant(self, section: str, item: Item, path: Path, target: str) -> str:
        """The id that a name or id means; itself, when it means none. The terms of a contract are its own matter."""
        if section in TERM_KIND:
            return target
        named = self.names.resolve(target) if section == "contracts" else self.references.resolve(section, target)
        if named is None and self.complete:
            if section == "contracts":
                self.report(item, path, *self.names.refusal(target))
            else:
                what = f"unknown {NOUN[section]} {target!r}"
                self.report(item, path, what, self.references.remedy(section, target))
        return named or target

    def report(self, item: Item, path: Path, what: str, remedy: str, *, key: bool = False) -> None:
        self.problems.append(item.problem(path, what, remedy, key=key))
