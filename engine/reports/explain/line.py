"""One published line explained: the steps that its kind has, each checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Inexact, InvalidOperation, localcontext

from engine.catalog.exact import EXACT
from engine.reports.explain.balances import balance_steps
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.charges import (
    conversion_steps,
    correction_steps,
    purchase_steps,
    scheduled_steps,
)
from engine.reports.explain.composites import composite_steps
from engine.reports.explain.explanation import Explanation, explanation
from engine.reports.explain.invoice import invoice_step, line_step, total_steps
from engine.reports.explain.measured import Measured
from engine.reports.explain.steps import Disagreement, Row, Steps
from engine.reports.explain.subscriptions import subscription_steps
from engine.reports.explain.usage import usage_steps

#: What the events say of a line of metered usage; None when they are gone.
Measure = Callable[[BilledLine], Measured | None]


@dataclass(frozen=True)
class ConsolidatedCopy:
    """A line that repeats another on a parent's invoice, with the lines of that invoice in their order."""

    row: Row
    lines: tuple[Row, ...]
    invoice: Row


def explain_line(line: BilledLine, copy: ConsolidatedCopy | None, measure: Measure) -> Explanation:
    """The steps to the amount of a line, and of its copy on a consolidated invoice when that is asked about.

    Raises Disagreement where a step does not give what was published.
    """
    asked = line.row if copy is None else copy.row
    steps = Steps(asked["id"])
    try:
        with localcontext(EXACT):
            if copy is not None:
                _copy_steps(line, copy, steps)
            invoice_step(line.invoice, line, steps)
            line_step(line.row, steps)
            _kind_steps(line.charged, measure, steps)
            if line.is_covered:
                balance_steps(line, steps)
            total_steps(line.row, line.lines, line.invoice, steps)
            if copy is not None:
                total_steps(copy.row, copy.lines, copy.invoice, steps)
    except (Inexact, InvalidOperation) as error:
        raise Disagreement(f"line item {asked['id']} cannot be explained: {error!r}") from error
    return explanation(asked["id"], steps.taken)


def _copy_steps(line: BilledLine, copy: ConsolidatedCopy, steps: Steps) -> None:
    kept = ("name", "type", "quantity", "unit_price", "total", "credit_type_id", "starting_at", "ending_before")
    for name in kept:
        steps.check(f"the {name} of the line that it repeats", line.row[name], copy.row[name])
    what = f"consolidated invoice of {copy.invoice['customer_name']}; the line repeats {line.id}, explained here"
    steps.say("copy", what, result=copy.invoice["status"], source=copy.invoice["id"])


def _kind_steps(line: BilledLine, measure: Measure, steps: Steps) -> None:
    match line.row["type"]:
        case "usage" if line.is_usage:
            usage_steps(line, measure(line), steps)
        case "usage":
            composite_steps(line, steps)
        case "subscription":
            subscription_steps(line, steps)
        case "scheduled":
            scheduled_steps(line, steps)
        case "commit_purchase":
            purchase_steps(line, steps)
        case "cpu_conversion":
            conversion_steps(line, steps)
        case "correction":
            correction_steps(line, steps)
        case other:
            raise Disagreement(f"line item {line.id} is of an unknown type {other!r}")
