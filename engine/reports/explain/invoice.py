"""Which invoice a line is on, and where it stands in the invoice's total (spec/rating.md §10)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.catalog.credit_type import USD_CENTS
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.quantities import quotient
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import added, when


def invoice_step(invoice: Row, line: BilledLine, steps: Steps) -> None:
    """Whose invoice, of which contract and time."""
    kind = str(invoice["type"]).lower().replace("_", " ")
    named = f"contract {line.contract.name!r}" if line.contract.name else f"contract {line.contract.id}"
    told = f"{invoice['customer_name']}, {named}: {kind} invoice {_time_words(invoice)}"
    if invoice["status"] == "VOID":
        told += f"; void since {when(invoice['voided_at'])}: {invoice['void_reason']}"
    steps.say("invoice", told, result=invoice["status"], source=invoice["id"])


def line_step(row: Row, steps: Steps) -> None:
    """What the line is for, and when."""
    groups = [row[name] for name in ("pricing_group_values", "presentation_group_values") if row[name] != "{}"]
    what = ", ".join([row["name"], str(row["type"]).replace("_", " "), *groups])
    time = when(row["starting_at"])
    if row["ending_before"] is not None:
        time = f"from {time} to {when(row['ending_before'])}"
    steps.say("line", f"{what}, {time}", result=row["total"], unit=row["currency"], source=row["product_id"])


def total_steps(row: Row, lines: Sequence[Row], invoice: Row, steps: Steps) -> None:
    """The line and all others are the invoice's total; what is payable is that, rounded."""
    counted = [each for each in lines if each["in_total"] and each["credit_type_id"] == invoice["credit_type_id"]]
    total, unit = total_of(each["total"] for each in counted), invoice["currency"]
    if any(each["id"] == row["id"] for each in counted):
        others = total - row["total"]
        by = added([others, row["total"]])
        count = len(counted) - 1
        noun = "line" if count == 1 else "lines"
        what = f"invoice total: {count} other {noun} and this one" if count else "invoice total: this line alone"
        steps.equal("total", what, by if count else "", total, invoice["total"], unit=unit, source=invoice["id"])
    else:
        outside = "what a postpaid commit covers is owed all the same" if not row["in_total"] else ""
        outside = outside or f"lines in {row['currency']} count through their conversion"
        what = f"invoice total, of which this line is no part: {outside}"
        steps.equal("total", what, "", total, invoice["total"], unit=unit, source=invoice["id"])
    # Amounts in US dollars are cents already.
    places = 0 if invoice["credit_type_id"] == USD_CENTS else 2
    payable = quotient(total, Decimal(1), places)
    steps.check("the rounding", payable - total, invoice["rounding_residual"])
    what = f"payable, to {places} places, half away from zero"
    by = added([total, payable - total]) if payable != total else ""
    steps.equal("payable", what, by, payable, invoice["payable"], unit=unit, source=invoice["id"])


def _time_words(invoice: Row) -> str:
    if invoice["starting_at"] is None:
        return f"of {when(invoice['issued_at'])}"
    return f"for {when(invoice['starting_at'])} to {when(invoice['ending_before'])}"
