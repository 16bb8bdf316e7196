"""Workspaces written for a test, and what the loader says of them."""

from __future__ import annotations

from pathlib import Path

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog, read_catalog

GOOD = """\
billable_metrics:
  - name: tokens
    aggregation_type: SUM
    aggregation_key: tokens
    event_type_filter: {in_values: [call]}
    property_filters:
      - {name: tokens, exists: true}
      - {name: model, exists: true}
      - {name: user_id, in_values: [a, b]}
    group_keys: [[model, user_id]]
products:
  - name: Tokens
    type: USAGE
    billable_metric: tokens
    pricing_group_key: [model]
    presentation_group_key: [user_id]
    quantity_conversion: {conversion_factor: 1000, operation: divide}
    tags: [llm]
  - name: Support
    type: FIXED
  - name: Calls
    type: USAGE
    billable_metric: tokens
rate_cards:
  - name: List
    aliases: [{name: standard}]
rates:
  - rate_card: List
    product: Tokens
    starting_at: 2026-01-01T00:00:00Z
    entitled: true
    rate_type: FLAT
    price: 1.50
    pricing_group_values: {model: small}
customers:
  - name: Acme
    ingest_aliases: [acme]
contracts:
  - customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    usage_statement_schedule: {frequency: MONTHLY}
    overrides:
      - starting_at: 2026-02-01T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.9
        product: Tokens
"""


class Mistake:
    """A passage of GOOD, what stands in its place, and the problems that follow, after the file's name."""

    def __init__(self, title: str, old: str, new: str, *problems: str) -> None:
        self.title = title
        self.old = old
        self.new = new
        self.problems = problems


def write(root: Path, files: dict[str, str]) -> Path:
    """`root` with these files in it, names relative to it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def loaded(root: Path, files: dict[str, str]) -> Catalog:
    """The catalog of these files."""
    return load_catalog(write(root, files))


def said(root: Path, files: dict[str, str]) -> list[str]:
    """Every problem the loader has with these files, as shown to the user."""
    _, problems = read_catalog(write(root, files))
    return [str(problem) for problem in problems]


def good_with(old: str, new: str) -> str:
    """`GOOD` with its one occurrence of `old` replaced."""
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times in GOOD"
    return GOOD.replace(old, new)
