"""Tables with a bar in each row: revenue by product, invoices by status, variance by customer.

The words and numbers are text, so that they can be read aloud, copied and printed; only the bar is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from itertools import groupby

import pyarrow as pa

from engine.reports.reconcile.markup import Markup, element, isolated, joined
from engine.reports.reconcile.number_text import brief, grouped
from engine.result import shown

#: How many bars a table shows; the rest are one row, with their exact sum.
MOST_BARS = 12

_BLUE, _RED, _PALE, _GREY = "#2b6a99", "#b3392f", "#8fbbd9", "#98a2a9"
_STATUS_COLOURS = {"FINALIZED": _BLUE, "DRAFT": _PALE, "VOID": _GREY}

#: Sums of amounts of 38 digits stay exact by far; if they did not, this raises.
_EXACT = Context(prec=200, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class BarRow:
    """A row: words on the left, the amount that the bar pictures, and numbers to the right of it."""

    words: tuple[str, ...]
    amount: Decimal
    numbers: tuple[Decimal | int | None, ...]
    colour: str = _BLUE


def revenue_bars(revenue_by_product: pa.Table) -> Markup:
    """For each currency, what each product brought in, the largest first."""

    def row(figure: Mapping[str, object]) -> BarRow:
        amount = _amount(figure["amount"])
        return BarRow((_said(figure["product_name"]),), amount, (amount,), _signed(amount))

    return _panels(revenue_by_product, ("Product",), ("Amount",), row, largest_first=True)


def status_bars(invoices_by_status: pa.Table) -> Markup:
    """For each currency, how many invoices of each type and status there are, and their total."""

    def row(figure: Mapping[str, object]) -> BarRow:
        total, invoices = _amount(figure["total"]), figure["invoices"]
        assert isinstance(invoices, int)
        status = _said(figure["status"])
        colour = _STATUS_COLOURS.get(status, _GREY)
        return BarRow((_said(figure["type"]), status), total, (invoices, total), colour)

    return _panels(invoices_by_status, ("Type", "Status"), ("Invoices", "Total"), row, largest_first=False)


def variance_bars(variance_by_customer: pa.Table) -> Markup:
    """For each currency, how each customer's total differs from the period before, the largest change first."""

    def row(figure: Mapping[str, object]) -> BarRow:
        change = _amount(figure["change"])
        previous, total = figure["previous"], figure["total"]
        name = _said(figure["customer_name"])
        met = "new" if previous is None else "lost" if total is None else ""
        numbers = (_amount_or_none(previous), _amount_or_none(total), change)
        return BarRow((name, met), change, numbers, _signed(change))

    return _panels(
        variance_by_customer, ("Customer", ""), ("Period before", "This period", "Change"), row, largest_first=True
    )


def _panels(
    figures: pa.Table,
    words: tuple[str, ...],
    numbers: tuple[str, ...],
    row_of: Callable[[Mapping[str, object]], BarRow],
    *,
    largest_first: bool,
) -> Markup:
    """One table a currency; amounts in different currencies never share an axis, let alone a sum."""
    by_currency = sorted(figures.to_pylist(), key=lambda figure: _said(figure["currency"]))
    panels = []
    for currency, group in groupby(by_currency, key=lambda figure: _said(figure["currency"])):
        rows = [row_of(figure) for figure in group]
        if largest_first:
            rows.sort(key=lambda row: (row.amount.copy_abs().copy_negate(), row.words))
            rows = _shortened(rows)
        panels.append(_bar_table(currency, words, numbers, rows))
    return joined(panels)


def _shortened(rows: list[BarRow]) -> list[BarRow]:
    if len(rows) <= MOST_BARS + 1:
        return rows
    others = rows[MOST_BARS:]
    count = len(rows[0].numbers)
    sums = tuple(_sum([row.numbers[at] for row in others]) for at in range(count))
    words = (f"{grouped(str(len(others)))} others", *("" for _ in rows[0].words[1:]))
    amount = _sum([row.amount for row in others])
    return [*rows[:MOST_BARS], BarRow(words, amount, sums, _GREY)]


def _bar_table(currency: str, words: Sequence[str], numbers: Sequence[str], rows: Sequence[BarRow]) -> Markup:
    head = (
        *(element("th", word, scope="col") for word in words),
        element("th", element("span", "Bar", class_="unseen"), scope="col", class_="bar"),
        *(element("th", number, scope="col", class_="number") for number in numbers),
    )
    highest = max([Decimal(0), *(row.amount for row in rows)])
    lowest = min([Decimal(0), *(row.amount for row in rows)])
    body = [
        element(
            "tr",
            *(element("td", isolated(word)) for word in row.words),
            element("td", _bar(row, lowest, highest), class_="bar"),
            *(_number_cell(number) for number in row.numbers),
        )
        for row in rows
    ]
    caption = element("caption", isolated(currency))
    return element("table", caption, element("thead", element("tr", *head)), element("tbody", *body), class_="bars")


def _bar(row: BarRow, lowest: Decimal, highest: Decimal) -> Markup:
    """A bar from zero to the amount, on an axis that all rows of a table share; lengths are whole thousandths."""
    span = Fraction(highest) - Fraction(lowest)

    def place(amount: Decimal) -> int:
        along = (Fraction(amount) - Fraction(lowest)) * 1000
        return (along / span).__floor__() if span else 0

    ends = sorted((place(row.amount), place(Decimal(0))))
    width = max(ends[1] - ends[0], 3 if row.amount else 0)
    left = min(ends[0], 1000 - width)
    zero = min(place(Decimal(0)), 999)
    return element(
        "svg",
        element("rect", x=str(left), y="2", width=str(width), height="10", fill=row.colour),
        element("rect", x=str(zero), y="0", width="1", height="14", fill="#5b646b"),
        viewBox="0 0 1000 14",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _number_cell(number: Decimal | int | None) -> Markup:
    if number is None:
        return element("td", "–", class_="number none")
    exact, short = grouped(shown(number)), brief(number)
    return element("td", short, class_="number", title=exact if exact != short else None)


def _sum(numbers: Sequence[Decimal | int | None]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = _EXACT.add(total, Decimal(number or 0))
    return total


def _signed(amount: Decimal) -> str:
    return _RED if amount < 0 else _BLUE


def _said(value: object) -> str:
    return "–" if value is None else str(value)


def _amount(value: object) -> Decimal:
    assert isinstance(value, Decimal | int), f"an amount of a figure is {value!r}"
    return Decimal(value)


def _amount_or_none(value: object) -> Decimal | None:
    return None if value is None else _amount(value)
