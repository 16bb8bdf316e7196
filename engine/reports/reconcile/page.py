"""The reconciliation as one HTML page that finance reads, prints and signs.

One file without scripts and without anything fetched; the same model gives the same bytes. Numbers are the model's
own digits, only grouped by thousands; every text of a user's is escaped and keeps its own writing direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

import pyarrow as pa

from engine.reports.reconcile.bar_tables import revenue_bars, status_bars, variance_bars
from engine.reports.reconcile.bucket_table import bucket_table
from engine.reports.reconcile.control_table import control_table
from engine.reports.reconcile.exception_tables import exception_tables
from engine.reports.reconcile.markup import Markup, element, escaped, isolated, joined
from engine.reports.reconcile.model import ReconciliationModel
from engine.reports.reconcile.number_text import grouped
from engine.reports.reconcile.pictures import stacked_days


def write_page(model: ReconciliationModel, path: Path) -> None:
    """Writes the page; raises ImportError when the extra `reports` is not installed."""
    path.write_text(render_page(model), encoding="utf-8", newline="\n")


def render_page(model: ReconciliationModel) -> str:
    """The whole page as text; raises ImportError when the extra `reports` is not installed."""
    controls = model.controls.to_pylist()
    content = joined(
        (
            _header(model),
            _banner(controls),
            _tally(controls),
            control_table(controls, {name for name, table in model.details.items() if table.num_rows}),
            _pictures(model.figures),
            exception_tables(model.details),
            _signatures(),
        )
    )
    title = escaped(f"Reconciliation {model.period} · {model.workspace}")
    return Template(_resource("page.html")).substitute(title=title, style=_resource("page.css"), content=content)


@cache
def _resource(name: str) -> str:
    return files("engine.reports.reconcile").joinpath(name).read_text(encoding="utf-8").rstrip("\n")


def _header(model: ReconciliationModel) -> Markup:
    facts = {"Workspace": isolated(model.workspace), "Run": element("code", model.run_id)}
    return element(
        "header",
        element("p", "Reconciliation of events, usage and invoices", class_="eyebrow"),
        element("h1", f"Billing period {model.period}"),
        element(
            "dl",
            *(element("div", element("dt", name), element("dd", said)) for name, said in facts.items()),
            class_="facts",
        ),
    )


def _banner(controls: Sequence[Mapping[str, str | None]]) -> Markup:
    """Green when every control that was made holds; red when one fails, or when none was made."""
    failed = _checks(controls, "FAIL")
    made = {str(row["check_id"]) for row in controls if row["status"] != "SKIPPED"}
    warned = _checks(controls, "WARN")
    if failed:
        colour, verdict = "fail", f"{_counted(len(failed), 'control')} failed"
        said = joined(("No invoice of this period can be finalized before this is settled: ", _links(failed), "."))
    elif not made:
        colour, verdict = "fail", "Nothing was checked"
        said = joined(("No control was made, so nothing is known about this period.",))
    else:
        colour, verdict = "pass", "Every control holds"
        said = joined((f"{_counted(len(made), 'control')} made", *_warned(warned), "."))
    text = (element("strong", verdict), element("p", said))
    return element("section", *text, class_=f"banner {colour}", aria_label="Verdict")


def _checks(controls: Sequence[Mapping[str, str | None]], status: str) -> list[str]:
    return sorted({str(row["check_id"]) for row in controls if row["status"] == status})


def _warned(checks: Sequence[str]) -> tuple[str, ...]:
    return ("; with something to look at: ", _links(checks)) if checks else ()


def _links(checks: Sequence[str]) -> Markup:
    links = [element("a", check, href=f"#{check}") for check in checks]
    return joined([links[0], *(joined((", ", link)) for link in links[1:])])


def _counted(count: int, noun: str) -> str:
    return f"{grouped(str(count))} {noun}{'' if count == 1 else 's'}"


def _tally(controls: Sequence[Mapping[str, str | None]]) -> Markup:
    counts = Counter(row["status"] for row in controls)
    cells = [
        element(
            "li", element("b", grouped(str(counts[status]))), said, class_=f"{'some ' * (counts[status] > 0)}{name}"
        )
        for status, name, said in TALLIED
    ]
    return element("ul", *cells, class_="tally")


def _pictures(figures: Mapping[str, pa.Table]) -> Markup:
    parts = [element("h2", "At a glance")]
    for name, heading, said, draw in PICTURES:
        table = figures.get(name)
        parts.append(element("h3", heading))
        if table is None or not table.num_rows:
            parts.append(element("p", "Nothing to show for this period.", class_="soft"))
        else:
            parts += [element("p", said, class_="soft"), draw(table)]
    return element("section", *parts)


def _days(events_per_day: pa.Table) -> Markup:
    return joined((element("div", stacked_days(events_per_day), class_="wide"), bucket_table(events_per_day)))


def _signatures() -> Markup:
    lines = ("Prepared by", "Date", "Reviewed by", "Date")
    return element("section", *(element("div", line) for line in lines), class_="signatures", aria_label="Signatures")


#: The cells of the tally: status, name of its style, words.
TALLIED = (
    ("PASS", "pass", "comparisons hold"),
    ("WARN", "warn", "to look at"),
    ("FAIL", "fail", "failed"),
    ("SKIPPED", "skipped", "not made"),
)

#: The pictures: name of the figure, heading, what it says, and what draws it.
PICTURES: tuple[tuple[str, str, str, Callable[[pa.Table], Markup]], ...] = (
    (
        "events_per_day",
        "Events by day",
        "Every event that landed for the period, by the day it happened and by what became of it.",
        _days,
    ),
    (
        "invoices_by_status",
        "Invoices by type and status",
        "How many there are, and what they add up to in each currency.",
        status_bars,
    ),
    ("revenue_by_product", "Revenue by product", "What the lines of each product add up to.", revenue_bars),
    (
        "variance_by_customer",
        "Change since the period before",
        "Each customer's total less that of the period before, the largest changes first.",
        variance_bars,
    ),
)
