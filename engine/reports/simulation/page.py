"""A simulation as one HTML page: what changes by month, who pays more and who pays less.

One file without scripts and without anything fetched; the same tables give the same bytes. Numbers are the tables' own
digits, only grouped by thousands; every text of a user's is escaped and keeps its own writing direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any

import pyarrow as pa

from engine.reports.output_folder import FolderKind
from engine.reports.reconcile.markup import Markup, element, escaped, isolated, joined
from engine.reports.reconcile.number_text import grouped, value_text
from engine.reports.simulation.pictures import difference_bar, difference_by_month

PAGE = "index.html"

#: The folder of a simulation's files.
SIMULATION = FolderKind("a simulation", "changes.parquet")

#: How many customers the page names at either end, and how many rows of what could not be compared.
MOST_CUSTOMERS = 15
MOST_ROWS = 50

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says besides the tables."""

    workspace: str
    months: tuple[str, ...]
    billed: int
    untouched: int


def write_page(facts: Facts, tables: Mapping[str, pa.Table], path: Path) -> None:
    """Writes the page."""
    path.write_text(render_page(facts, tables), encoding="utf-8", newline="\n")


def render_page(facts: Facts, tables: Mapping[str, pa.Table]) -> str:
    """The whole page as text; `tables` are those of `Comparison`."""
    content = joined((_header(facts), _tally(facts, tables), *_months(tables), *_who(tables), *_not_compared(tables)))
    title = escaped(f"Simulation {_through(facts.months)} · {facts.workspace}")
    return Template(_resource("page.html")).substitute(title=title, style=_resource("page.css"), content=content)


@cache
def _resource(name: str) -> str:
    """The frame and the style that all pages share."""
    return files("engine.reports.reconcile").joinpath(name).read_text(encoding="utf-8").rstrip("\n")


def _through(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def _header(facts: Facts) -> Markup:
    said = {"Workspace": isolated(facts.workspace), "Months": escaped(_through(facts.months))}
    return element(
        "header",
        element("p", "What another catalog would have billed", class_="eyebrow"),
        element("h1", "Simulation"),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", each)) for name, each in said.items()),
            class_="facts",
        ),
        element(
            "p",
            "Before is what the present catalog bills, after what the other one does: both as drafts over the same "
            "events, month after month. Customers whom the change cannot touch owe the same and are in no amount here.",
            class_="soft",
        ),
    )


def _tally(facts: Facts, tables: Mapping[str, pa.Table]) -> Markup:
    ids, differences = (tables["customers"][name].to_pylist() for name in ("customer_id", "difference"))
    more = {each for each, difference in zip(ids, differences, strict=True) if difference > 0}
    less = {each for each, difference in zip(ids, differences, strict=True) if difference < 0}
    cells = (
        (len(more), "customers pay more", ""),
        (len(less), "customers pay less", ""),
        (facts.untouched, "customers untouched", ""),
        (tables["parked"].num_rows, "contracts of a month not compared", "warn"),
    )
    items = (
        element("li", element("b", grouped(str(count))), said, class_=f"{'some ' * (count > 0)}{name}".strip() or None)
        for count, said, name in cells
    )
    return element("ul", *items, class_="tally")


def _months(tables: Mapping[str, pa.Table]) -> Iterator[Markup]:
    yield element("h2", "By month")
    if not tables["months"].num_rows:
        yield element("p", "Nothing was billed, because the change touches nobody.", class_="soft")
    for currency, rows in _by_currency(tables["months"]):
        yield element("h3", isolated(currency))
        yield element("div", difference_by_month(rows, currency), class_="wide")
        yield _table(rows, ("month",), ("before", "after", "difference", "percent"))


def _who(tables: Mapping[str, pa.Table]) -> Iterator[Markup]:
    """Both ends of the customers of each currency, and every product."""
    for heading, sign in (("Who pays more", 1), ("Who pays less", -1)):
        yield element("h2", heading)
        found = False
        for currency, rows in _by_currency(tables["customers"]):
            ordered = [row for row in rows if row["difference"] * sign > 0][::sign]
            if ordered:
                found = True
                yield _ranking(ordered[:MOST_CUSTOMERS], currency, "customer_name")
                yield from _rest(len(ordered), MOST_CUSTOMERS, "customers.parquet")
        if not found:
            yield element("p", "Nobody.", class_="soft")
    yield element("h2", "By product")
    for currency, rows in _by_currency(tables["products"]):
        changed = [row for row in rows if row["difference"]]
        if changed:
            largest = {id(row) for row in sorted(changed, key=lambda row: -abs(row["difference"]))[:MOST_ROWS]}
            yield _ranking([row for row in changed if id(row) in largest], currency, "product_name")
            yield from _rest(len(changed), MOST_ROWS, "products.parquet")
        else:
            yield element("p", f"No product brings more or less in {currency}.", class_="soft")


def _not_compared(tables: Mapping[str, pa.Table]) -> Iterator[Markup]:
    parked, unbilled = tables["parked"].to_pylist(), tables["unbilled"].to_pylist()
    if parked:
        yield element("h2", "Not compared")
        said = (
            "Contracts that a catalog could not bill in a month. They are in no amount of that month, on either side."
        )
        yield element("p", said, class_="soft")
        reasons = ("month", "catalog", "customer_name", "contract_id", "reason", "currency")
        yield _table(parked[:MOST_ROWS], reasons, ("other_amount",))
        yield from _rest(len(parked), MOST_ROWS, "parked.parquet")
    if unbilled:
        yield element("h2", "Usage that is billed by one catalog alone")
        said = "What has no price, or is of what a contract is not entitled to, is on no invoice: quantities of it."
        yield element("p", said, class_="soft")
        words = ("month", "outcome", "customer_name", "product_name")
        yield _table(unbilled[:MOST_ROWS], words, ("before", "after"))
        yield from _rest(len(unbilled), MOST_ROWS, "unbilled.parquet")


def _ranking(rows: Sequence[Row], currency: str, name: str) -> Markup:
    """Rows with a bar each, on one axis."""
    most = max(abs(row["difference"]) for row in rows)
    bars = [difference_bar(row["difference"], most) for row in rows]
    return _table(rows, (name,), ("before", "after", "difference", "percent"), currency, bars)


def _table(
    rows: Sequence[Row],
    words: Sequence[str],
    numbers: Sequence[str],
    caption: str | None = None,
    bars: Sequence[Markup] = (),
) -> Markup:
    head = [element("th", _heading(name), scope="col") for name in words]
    if bars:
        head.append(element("th", element("span", "Bar", class_="unseen"), scope="col", class_="bar"))
    head += [element("th", _heading(name), scope="col", class_="number") for name in numbers]
    body = []
    for at, row in enumerate(rows):
        cells = [element("td", isolated(value_text(row[name]))) for name in words]
        if bars:
            cells.append(element("td", bars[at], class_="bar"))
        cells += [_number(row[name]) for name in numbers]
        body.append(element("tr", *cells))
    titled = () if caption is None else (element("caption", isolated(caption)),)
    return element("table", *titled, element("thead", element("tr", *head)), element("tbody", *body), class_="bars")


def _number(value: object) -> Markup:
    return (
        element("td", "–", class_="number none") if value is None else element("td", value_text(value), class_="number")
    )


def _heading(column: str) -> str:
    return column.removesuffix("_name").replace("_", " ").capitalize()


def _rest(count: int, most: int, file: str) -> Iterator[Markup]:
    if count > most:
        more = f"{grouped(str(count - most))} more are in "
        yield element("p", more, element("span", file, class_="file"), ".", class_="soft")


def _by_currency(table: pa.Table) -> Iterator[tuple[str, list[Row]]]:
    """Amounts in different currencies never share an axis, let alone a sum."""
    rows = sorted(table.to_pylist(), key=lambda row: str(row["currency"]))
    for currency, group in groupby(rows, key=lambda row: str(row["currency"])):
        yield currency, list(group)
