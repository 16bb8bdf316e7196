"""What the catalog files of a workspace say, item by item, with numbers and instants as the text that was written."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.numbers import to_number
from tests.oracle.times import instant

Item = dict[str, Any]

_HEADER = re.compile(r"/\*\s*@metric\b(.*?)@metric\s*\*/(.*)", flags=re.DOTALL)
_RATE_COLUMNS = {"rate_card", "product", "starting_at", "ending_before", "entitled", "rate_type", "price"}


class _ExactLoader(yaml.CSafeLoader):
    """YAML whose numbers and timestamps stay the text that was written."""


def _as_written(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


for _kind in ("int", "float", "timestamp"):
    _ExactLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _as_written)


class Named:
    """The objects of one section by id, found by id or by name."""

    def __init__(self, objects: Mapping[str, Item]) -> None:
        self.objects = objects
        self._by_name: dict[str, list[str]] = {}
        for identity, item in objects.items():
            self._by_name.setdefault(item["name"], []).append(identity)

    def find(self, wanted: str) -> str:
        """The id of the object with this id or name."""
        if wanted in self.objects:
            return wanted
        (found,) = self._by_name[wanted]
        return found

    def pointed_at(self, item: Mapping[str, Any], key: str) -> str:
        """The id of the object that an item points to by `<key>_id` or by `<key>`, as an id or as a name."""
        return self.find(item.get(f"{key}_id") or item[key])

    def pointed_at_if_any(self, item: Mapping[str, Any], key: str) -> str | None:
        """The same, or None when the item has neither key."""
        return self.pointed_at(item, key) if item.get(f"{key}_id") or item.get(key) else None


def exact(value: object) -> Fraction:
    """A number of the catalog; it came as the text that was written."""
    number = to_number(str(value))
    if number is None:
        raise ValueError(f"not a number: {value!r}")
    return number


def exact_if_any(value: object) -> Fraction | None:
    return None if value is None else exact(value)


def when(item: Mapping[str, Any], key: str) -> Any:
    """The instant under a key, None without; what packages and edits worked out is an instant already."""
    value = item.get(key)
    if value is None or isinstance(value, datetime):
        return value
    return instant(value)


def as_list(value: Any) -> list[Any]:
    """A list, as it is; one thing as a list of it; nothing as no list of things."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def pairs(values: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Custom fields as sorted pairs."""
    return tuple(sorted((key, str(value)) for key, value in (values or {}).items()))


def sections(workspace: Path) -> dict[str, list[Item]]:
    """The items of every section, in the path order of the files; price seeds come last."""
    written: dict[str, list[Item]] = {}
    for document in _documents(workspace):
        for section, items in document.items():
            written.setdefault(section, []).extend(items or [])
    return written


def _documents(workspace: Path) -> Iterator[Item]:
    folder = workspace / "catalog"
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yml", ".yaml"):
            yield yaml.load(path.read_text(encoding="utf-8"), Loader=_ExactLoader) or {}
        elif path.suffix == ".json":
            yield json.loads(path.read_text(encoding="utf-8"), parse_int=str, parse_float=str)
        elif path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8").splitlines()
            items = [json.loads(line, parse_int=str, parse_float=str) for line in lines if line.strip()]
            yield {path.name.partition(".")[0]: items}
    for path in sorted((workspace / "metrics_sql").rglob("*.sql")):
        match = _HEADER.search(path.read_text(encoding="utf-8"))
        assert match, f"{path} has no @metric header"
        yield {"billable_metrics": [{**yaml.load(match[1], Loader=_ExactLoader), "sql": match[2].strip()}]}
    for path in sorted(folder.glob("rates/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield {"rates": [_seed(path, row) for row in csv.DictReader(file)]}


def _seed(path: Path, row: dict[str, str]) -> Item:
    values = {key: text for key, text in row.items() if key not in _RATE_COLUMNS and text}
    return {
        "rate_card": row.get("rate_card") or path.stem,
        "product": row["product"],
        "starting_at": row["starting_at"],
        "ending_before": row.get("ending_before") or None,
        "entitled": (row.get("entitled") or "true").lower() == "true",
        "rate_type": row.get("rate_type") or "FLAT",
        "price": row["price"],
        "pricing_group_values": values,
    }
