"""The table of controls: what was compared with what, whether it holds, why it matters and how to see it oneself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import groupby

from engine.reports.reconcile.markup import Markup, element, isolated, joined
from engine.reports.reconcile.number_text import grouped

#: A row of `ReconciliationModel.controls`.
Control = Mapping[str, str | None]

#: How many comparisons of a control the page shows, by status: what went wrong is shown at length.
MOST_SHOWN: Mapping[str, int] = {"FAIL": 100, "WARN": 40, "SKIPPED": 4, "PASS": 8}

#: Each status with the name of its style and the word on the page.
STATUS_WORDS: Mapping[str, tuple[str, str]] = {
    "PASS": ("pass", "Pass"),
    "WARN": ("warn", "Look at"),
    "FAIL": ("fail", "Fail"),
    "SKIPPED": ("skipped", "Skipped"),
}

_COLUMNS = 5


def control_table(controls: Sequence[Control], listed: Set[str]) -> Markup:
    """All controls, each with its comparisons; those left out for length are counted, and stand in the Parquet file.

    `listed` are the exception classes that the page has a section for.
    """
    said = joined(
        (
            "Each compares two numbers that were found in different ways. All of them, with their queries, are in ",
            element("span", "controls.parquet", class_="file"),
            "; the queries run with DuckDB in the workspace's folder.",
        )
    )
    head = element(
        "tr",
        element("th", "Control", scope="col", class_="what"),
        *(element("th", name, scope="col", class_="number") for name in ("One side", "Other side", "Difference")),
        element("th", "Status", scope="col", class_="state"),
    )
    groups = [
        element("tbody", *_group(check, list(rows), listed), id=check)
        for check, rows in groupby(controls, key=lambda row: str(row["check_id"]))
    ]
    table = element("table", element("thead", head), *groups, class_="controls")
    return element("section", element("h2", "Controls"), element("p", said, class_="soft"), table)


def _group(check: str, rows: Sequence[Control], listed: Set[str]) -> Iterator[Markup]:
    """The rows of one control: worst status first, then by scope, as far as they are shown."""
    left_out: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    before: Control = {}
    for row in sorted(rows, key=lambda row: list(MOST_SHOWN).index(str(row["status"]))):
        status = str(row["status"])
        if shown[status] == MOST_SHOWN[status]:
            left_out[status] += 1
            continue
        shown[status] += 1
        yield _comparison(check, row, before)
        yield _reason(row, before, row["detail"] if row["detail"] in listed and status != "PASS" else None)
        before = row
    for status, count in left_out.items():
        word = STATUS_WORDS[status][1].lower()
        more = f"{grouped(str(count))} more with status “{word}”; they are in controls.parquet."
        yield element("tr", element("td", more, colspan=str(_COLUMNS)), class_="more")


def _comparison(check: str, row: Control, before: Control) -> Markup:
    """The two sides and their difference; what the row before has said already is not said again."""
    style, word = STATUS_WORDS[str(row["status"])]
    scope = (isolated(row["scope"]),) if row["scope"] else ()
    if before:
        what = element("th", *(scope or (row["name"] or "",)), scope="row")
    else:
        label = (element("span", *scope, class_="label"),) if scope else ()
        name = element("span", row["name"] or "", *label, class_="name")
        what = element("th", element("span", check, class_="id"), name, scope="row")
    styles = (*(("fail",) if style == "fail" else ()), *(("scope",) if before else ()))
    return element(
        "tr",
        what,
        _side(row, before, "left"),
        _side(row, before, "right"),
        _difference(row),
        element("td", element("span", word, class_=f"status {style}"), class_="state"),
        class_=" ".join(styles) or None,
    )


def _side(row: Control, before: Control, side: str) -> Markup:
    value, label = row[side], row[f"{side}_label"]
    if value is None:
        return element("td", "–", class_="number none")
    said_already = " again" if before.get(f"{side}_label") == label else ""
    name = element("span", label or "", class_=f"label{said_already}")
    return element("td", name, element("span", grouped(value)), class_="number")


def _difference(row: Control) -> Markup:
    tolerance = row["tolerance"]
    if row["diff"] is None:
        return element("td", "–", class_="number none")
    tolerated = bool(tolerance and tolerance.strip("0."))
    label = f"tolerated: {grouped(tolerance or '')}" if tolerated else "difference"
    name = element("span", label, class_="label" if tolerated else "label again")
    return element("td", name, element("span", grouped(row["diff"])), class_="number")


def _reason(row: Control, before: Control, detail: str | None) -> Markup:
    parts: list[str] = []
    if row["explanation"] and row["explanation"] != before.get("explanation"):
        parts.append(row["explanation"])
    if detail:
        parts += [" ", element("a", f"See {detail.replace('_', ' ')}", href=f"#{detail}"), "."]
    said = (element("span", *parts),) if parts else ()
    query = (element("details", element("summary", "Query"), element("pre", row["query"])),) if row["query"] else ()
    if not said and not query:
        return Markup("")
    style = "why fail" if row["status"] == "FAIL" else "why"
    return element("tr", element("td", element("div", *said, *query), colspan=str(_COLUMNS)), class_=style)
