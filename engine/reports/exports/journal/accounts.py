"""The accounts that finance maps revenue to: a CSV file with the columns category, product, debit, credit."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.catalog.catalog import Catalog
from engine.errors import Problem, UserError, did_you_mean

#: Everything that revenue is made of, and the accounts that a new file begins with.
TEMPLATE: Mapping[str, tuple[str, str]] = {
    "on_demand_usage": ("Accounts receivable", "Usage revenue"),
    "prepaid_commit_drawdown": ("Deferred revenue", "Usage revenue"),
    "postpaid_commit_drawdown": ("Accounts receivable", "Usage revenue"),
    "credit_drawdown": ("Credits granted", "Usage revenue"),
    "subscription": ("Accounts receivable", "Subscription revenue"),
    "scheduled": ("Accounts receivable", "Other revenue"),
    "commit_purchase": ("Accounts receivable", "Deferred revenue"),
    "true_up": ("Accounts receivable", "True-up revenue"),
    "prepaid_expiration": ("Deferred revenue", "Expired commit revenue"),
    "rounding": ("Accounts receivable", "Rounding"),
}

#: What stands for every product, and what begins the name of a tag.
ANY = "*"
TAG = "tag:"

_COLUMNS = ("category", "product", "debit", "credit")

#: Categories of which `product` is something else: the name of a commit, or of what rounds an invoice.
_WITHOUT_PRODUCT = ("prepaid_expiration", "rounding")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row of the file: `row` is its line, `product` a name, an id, `tag:` and a tag, or `*`."""

    row: int
    category: str
    product: str
    debit: str
    credit: str


@dataclass(frozen=True)
class Accounts:
    """The mappings of a file; the most specific one counts: a product, then the first of its tags, then `*`."""

    path: Path
    mappings: tuple[Mapped, ...]

    def of(self, category: str, product_id: str | None, product_name: str, tags: Collection[str]) -> Mapped:
        """The mapping of a category and product; raises UserError, with the nearest row, when there is none."""
        own = {each.product: each for each in self.mappings if each.category == category}
        for name in (product_id, product_name):
            if name in own:
                return own[name]
        for product, mapped in own.items():
            if product.startswith(TAG) and product.removeprefix(TAG) in tags:
                return mapped
        if ANY in own:
            return own[ANY]
        near = did_you_mean(product_name, own) if own else f"no row has {category}"
        raise UserError(
            f"{self.path} maps no accounts to {category} of {product_name!r}; {near}; "
            f"add a row such as {category},{ANY},{','.join(TEMPLATE[category])}"
        )


def template() -> str:
    """A file of accounts to begin with: every category, for every product."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((category, ANY, *accounts) for category, accounts in TEMPLATE.items())
    return text.getvalue()


def read_accounts(path: Path, catalog: Catalog) -> Accounts:
    """The mappings of a CSV file; raises UserError with every problem in it, by line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        remedy = "write one to begin with: duckbill export journal --accounts-template FILE"
        raise UserError(f"{path}: there is no file of accounts; {remedy}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UserError(f"{path}:1: column {missing[0]} is missing; the columns are {', '.join(_COLUMNS)}")
    found = [Mapped(reader.line_num, *((row[name] or "").strip() for name in _COLUMNS)) for row in reader]
    problems = [*_problems(path, found, catalog)]
    if problems:
        raise UserError("\n".join(map(str, problems)))
    return Accounts(path, tuple(found))


def _problems(path: Path, found: list[Mapped], catalog: Catalog) -> Iterator[Problem]:
    products = {name for each in catalog.products for name in (each.id, *(version.name for version in each.versions()))}
    tags = {f"{TAG}{tag}" for each in catalog.products for version in each.versions() for tag in version.tags}
    seen: dict[tuple[str, str], int] = {}
    for each in found:
        problem = (str(path), each.row, 1)
        if each.category not in TEMPLATE:
            yield Problem(*problem, f"unknown category {each.category!r}", did_you_mean(each.category, TEMPLATE))
        if each.product != ANY and each.category not in _WITHOUT_PRODUCT and each.product not in products | tags:
            known = tags if each.product.startswith(TAG) else products
            yield Problem(*problem, f"unknown product {each.product!r}", did_you_mean(each.product, known))
        for side in ("debit", "credit"):
            if not getattr(each, side):
                yield Problem(*problem, f"no {side} account", "name one")
        first = seen.setdefault((each.category, each.product), each.row)
        if first != each.row:
            yield Problem(
                *problem, f"{each.category} of {each.product} is mapped in line {first}", "keep one of the two"
            )
