"""Writing catalog files and event lines with numbers exactly as chosen."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

#: Text as JSON; made once, because a workspace has a hundred thousand texts.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class Literal(str):
    """A number to be written without quotes, digit for digit."""


class _ExactDumper(yaml.CSafeDumper):
    """YAML that leaves `Literal`s bare."""


def _bare(dumper: yaml.CSafeDumper, number: Literal) -> yaml.ScalarNode:
    kind = "float" if "." in number else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(number))


_ExactDumper.add_representer(Literal, _bare)


def to_json(value: Any) -> str:
    """JSON in which a `Literal` stands as it is."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, dict):
        members = (f"{_quoted(key)}: {to_json(each)}" for key, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return _quoted(value)


def to_instant(moment: datetime) -> str:
    """A naive UTC datetime as catalog text."""
    return moment.isoformat() + "Z"


def to_yaml(document: dict[str, Any]) -> str:
    """YAML in which a `Literal` stands as it is."""
    return str(yaml.dump(document, Dumper=_ExactDumper, sort_keys=False, allow_unicode=True))


def write_yaml(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_yaml(document), encoding="utf-8")


def write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(document) + "\n", encoding="utf-8")


def write_jsonl(path: Path, items: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(to_json(item) + "\n" for item in items), encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
