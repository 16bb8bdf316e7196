"""A reconciliation made up by hand: every status, awkward names, numbers with more digits than a double holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from engine.reports.reconcile.model import ReconciliationModel

#: Names that break careless pages: markup, quotes, right-to-left text, a formula, a control character.
HOSTILE = '<b>"A&B\'s"</b>'
RIGHT_TO_LEFT = "חברת שמש (2026)"
FORMULA = '=HYPERLINK("x")'
CONTROL_CHARACTER = "bell\x07end"

#: More digits than a double holds, and an amount that a double holds to the digit.
WIDE = Decimal("12345678901234567.89012345678901234567891234")
NARROW = Decimal("1234567.89")

_TEXT = (
    *("check_id", "name", "scope", "left_label", "left", "right_label", "right"),
    *("diff", "tolerance", "status", "detail", "explanation", "query"),
)


def control(check_id: str, status: str, **given: str | None) -> dict[str, str | None]:
    """A row of controls; what is not given is made up to fit the status."""
    unequal = status in ("FAIL", "WARN")
    made_up: dict[str, str | None] = {
        "name": f"Control {check_id}",
        "scope": "",
        "left_label": "lines",
        "left": "1234567.89",
        "right_label": "invoices",
        "right": "1234560.89" if unequal else "1234567.89",
        "diff": "7.00" if unequal else "0",
        "tolerance": "0",
        "detail": None,
        "explanation": f"What {check_id} compares must be equal.",
        "query": "SELECT sum(total) AS left, 2 AS right FROM 'lake/invoices/*.parquet' WHERE total < 5",
    }
    if status == "SKIPPED":
        made_up |= {"left": None, "right": None, "diff": None, "query": None}
    return {**dict.fromkeys(_TEXT), **made_up, "check_id": check_id, "status": status, **given}


def controls_table(rows: Sequence[Mapping[str, str | None]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema([(name, pa.string()) for name in _TEXT]))


def passing_controls() -> list[dict[str, str | None]]:
    rows = [control(f"C{number:02d}", "PASS", scope="") for number in range(1, 9)]
    rows += [control("C07", "PASS", scope=f"EUR {number}") for number in range(30)]
    rows += [control("C09", "SKIPPED", explanation="Breakdowns were not asked for."), control("C14", "SKIPPED")]
    return sorted(rows, key=lambda row: (str(row["check_id"]), str(row["scope"])))


def failing_controls() -> list[dict[str, str | None]]:
    rows = [row for row in passing_controls() if row["check_id"] != "C03"]
    rows.append(control("C03", "WARN", detail="unknown_customers", scope="October"))
    rows.append(
        control(
            "C11", "FAIL", scope=HOSTILE, left=format(WIDE, "f"), detail="changed_invoices", explanation="A <b> & b."
        )
    )
    return sorted(rows, key=lambda row: (str(row["check_id"]), str(row["scope"])))


def details(rows: int = 45) -> dict[str, pa.Table]:
    names = [HOSTILE, RIGHT_TO_LEFT, FORMULA, CONTROL_CHARACTER]
    unknown = {
        "customer_id": [f"{names[number % 4]}{'' if number < 4 else number}" for number in range(rows)],
        "first_seen": [datetime(2026, 10, 1, 12, number % 60, 1, 500) for number in range(rows)],
        "day": [date(2026, 10, 1) for _ in range(rows)],
        "events": [1000 * number for number in range(rows)],
        "value": pa.array([WIDE if number % 2 else NARROW for number in range(rows)], pa.decimal256(60, 26)),
        "note": [None if number else "x" * 500 for number in range(rows)],
    }
    return {
        "unknown_customers": pa.table(unknown),
        "changed_invoices": pa.table({"invoice_id": ["0012"], "total": pa.array([Decimal("-5.10")])}),
        "unrated": pa.table({"customer_id": pa.array([], pa.string())}),
    }


def figures() -> dict[str, pa.Table]:
    days = [date(2026, 10, 1) + timedelta(days=number) for number in range(31)]
    buckets = {"billed": 81_234, "rated_zero": 4_000, "unrated": 900, "unknown_customer": 12, "late": 300}
    events = [
        {"day": day, "bucket": bucket, "events": most + day.day * most // 40}
        for day in days
        for bucket, most in buckets.items()
        if bucket != "late" or day.day > 25
    ]
    revenue = [
        {"currency": "USD (cents)", "product_id": f"p{number}", "product_name": name, "amount": amount}
        for number, (name, amount) in enumerate(
            [
                ("Input tokens (millions)", NARROW),
                ("Output tokens (millions)", Decimal("987654.3210987654321")),
                (HOSTILE, Decimal("250000")),
                (RIGHT_TO_LEFT, Decimal("12000.5")),
                ("Credits for the outage of 3 October", Decimal("-90000.25")),
            ]
        )
    ] + [{"currency": "EUR", "product_id": "p9", "product_name": "Seats", "amount": Decimal("40")}]
    statuses = [
        ("USD (cents)", "USAGE", "FINALIZED", 812, NARROW),
        ("USD (cents)", "USAGE", "DRAFT", 41, Decimal("99120.4")),
        ("USD (cents)", "SCHEDULED", "FINALIZED", 20, Decimal("500000")),
        ("USD (cents)", "USAGE", "VOID", 2, Decimal("1200")),
        ("EUR", "USAGE", "FINALIZED", 1, Decimal("40")),
    ]
    variance = [
        {
            "currency": "USD (cents)",
            "customer_id": f"c{number}",
            "customer_name": f"Customer {number}" if number else RIGHT_TO_LEFT,
            "previous": None if number == 3 else Decimal(1000 * number),
            "total": None if number == 5 else Decimal(1500 * number + (-1) ** number * 777 * number),
            "change": Decimal(-5000)
            if number == 5
            else Decimal(1500 * number + (-1) ** number * 777 * number - (0 if number == 3 else 1000 * number)),
        }
        for number in range(16)
    ]
    return {
        "events_per_day": pa.Table.from_pylist(events),
        "revenue_by_product": pa.Table.from_pylist(revenue, schema=_money("product_id", "product_name", "amount")),
        "invoices_by_status": pa.table(
            {
                name: pa.array([row[at] for row in statuses])
                for at, name in enumerate(("currency", "type", "status", "invoices", "total"))
            }
        ),
        "variance_by_customer": pa.Table.from_pylist(
            variance, schema=_money("customer_id", "customer_name", "previous", "total", "change")
        ),
    }


def _money(*names: str) -> pa.Schema:
    amounts = {"amount", "previous", "total", "change"}
    return pa.schema(
        [(name, pa.decimal128(38, 16) if name in amounts else pa.string()) for name in ("currency", *names)]
    )


def model(controls: Sequence[Mapping[str, str | None]] | None = None) -> ReconciliationModel:
    return ReconciliationModel(
        workspace="acme-billing",
        period="2026-10",
        controls=controls_table(failing_controls() if controls is None else controls),
        details=details(),
        figures=figures(),
        run_id="9f2c4e5b7a1d4c0e",
    )
