"""Differences that are planted in an export, and what each is to be found as: `difference` is ours less theirs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.shadow.edits import (
    Edit,
    invoice_total,
    late,
    line,
    merged,
    with_copy,
    with_invoice_again,
    without,
    without_invoice,
)

AGREEMENTS, QUICKSTART, AI_SAAS, WIDGETS = "agreements", "api-quickstart", "ai-saas/small", "widgets-express"
CALLS, TOKENS = "API calls (thousands)", "Input tokens (millions)"


@dataclass(frozen=True)
class Planted:
    """What a vendor bills otherwise, and the rows that must be found: of these lines, with this cause and size.

    `lines` are customers and names of lines, `holding` a text that the group values or the start of each row hold;
    there are as many rows as `differences`, in the currency of the line.
    """

    what: str
    scenario: str
    edits: tuple[Edit, ...]
    cause: str
    differences: tuple[str, ...]
    customer: str
    name: str | None
    holding: str = ""
    hint: str | None = None
    invoice_type: str = "USAGE"


PLANTED = (
    Planted("the quantity is not divided by 1000", AGREEMENTS,
        (line("Cedar Labs", CALLS, quantity="10000"),),
        "quantity", ("-499500",), "Cedar Labs", CALLS, hint="conversion_factor"),
    Planted("seconds are billed as hours", QUICKSTART,
        (line("Test Customer", "Compute Hours", "us-east-2", quantity="7200"),),
        "quantity", ("-863760",), "Test Customer", "Compute Hours", hint="conversion_factor"),
    Planted("the quantity is rounded", AI_SAAS,
        (line("Customer 0008", "Storage (GB)", "u8-11", quantity="114"),),
        "quantity", ("-0.07",), "Customer 0008", "Storage (GB)", "u8-11", hint="rounding"),
    Planted("an event is counted twice", QUICKSTART,
        (line("Test Customer", "Input Tokens", "user_8f3a", quantity="3000"),),
        "quantity", ("-2250",), "Test Customer", "Input Tokens", "user_8f3a", hint="duplicate_events"),
    Planted("three events are missing from the export", QUICKSTART,
        (line("Test Customer", "API Calls", quantity="8"),),
        "quantity", ("-0.6",), "Test Customer", "API Calls", hint="missing_events"),
    Planted("an event arrived after their invoice", QUICKSTART,
        (line("Test Customer", "Output Tokens", '"user_3"', nth=0, quantity="120"), late("test-009")),
        "quantity", ("1320",), "Test Customer", "Output Tokens", '"eu-west-1"', hint="late_events"),
    Planted("an event is not counted", QUICKSTART,
        (line("Test Customer", "Input Tokens", '"gpt-5-mini"', nth=1, quantity="800"),),
        "quantity", ("300",), "Test Customer", "Input Tokens", '"user_2"', hint="uncounted_events"),
    Planted("a tier ends later", AGREEMENTS,
        (line("Acme", CALLS, "2026-10-01", nth=0, quantity="150"),
         line("Acme", CALLS, "2026-10-01", nth=1, quantity="150")),
        "tier", ("-2500", "2000"), "Acme", CALLS, "2026-10-01"),
    Planted("the discount is not applied", AGREEMENTS,
        (line("Acme", CALLS, "2026-10-16", nth=0, unit_price="40"),),
        "list_price", ("-1600",), "Acme", CALLS, "2026-10-16"),
    Planted("the discount is another one", AGREEMENTS,
        (line("Birch", CALLS, "2026-10-15", unit_price="55"),),
        "multiplier", ("-150",), "Birch", CALLS, "2026-10-15"),
    Planted("another override of the contract is applied", AI_SAAS,
        (line("Customer 0009", "Output tokens (millions)", "2026-10-10", nth=0, unit_price="1187.5"),),
        "other_override", ("-1.25",), "Customer 0009", "Output tokens (millions)", "ap-south-1"),
    Planted("one discount holds all month", AI_SAAS,
        (merged("Customer 0009", TOKENS, 'nova-large & "p0"'),),
        "other_override", ("-22.476012", "14.578368", "2.691084"), "Customer 0009", TOKENS, 'nova-large & "p0"'),
    Planted("the price is that of before the change", AI_SAAS,
        (line("Customer 0011", TOKENS, "2026-10-15", unit_price="300"),),
        "price", ("-1.677275",), "Customer 0011", TOKENS, "2026-10-15"),
    Planted("the price is that of another region", AGREEMENTS,
        (line("Acme", "GPU seconds", "eu", unit_price="2"),),
        "price", ("500",), "Acme", "GPU seconds", "eu"),
    Planted("a unit is worth more", AGREEMENTS,
        (line("Acme", "AI credits to USD (cents)", unit_price="12"),),
        "price", ("-7000",), "Acme", "AI credits to USD (cents)"),
    Planted("a part of a month is charged whole", AGREEMENTS,
        (line("Acme", "Seats", kind="SCHEDULED", unit_price="1500", is_prorated=False),),
        "proration", ("-3870.967741935485",), "Acme", "Seats", invoice_type="SCHEDULED"),
    Planted("the schedule has another amount", AGREEMENTS,
        (line("Acme", "Onboarding", kind="SCHEDULED", unit_price="334"),),
        "scheduled_charge", ("-1",), "Acme", "Onboarding", invoice_type="SCHEDULED"),
    Planted("the line is rounded to cents", AGREEMENTS,
        (line("Birch", "Team seats", "2026-10-20", kind="SCHEDULED", total="1161"),),
        "rounding", ("0.290322580646",), "Birch", "Team seats", "2026-10-20", invoice_type="SCHEDULED"),
    Planted("the price is rounded to cents", AGREEMENTS,
        (line("Birch", "Team seats", "2026-10-05", kind="SCHEDULED", unit_price="1306"),),
        "rounding", ("1.354838709678",), "Birch", "Team seats", "2026-10-05", invoice_type="SCHEDULED"),
    Planted("the price is in dollars, not in cents", AGREEMENTS,
        (line("Birch", "Team seats", unit_price="15"),),
        "currency_unit", ("7425",), "Birch", "Team seats"),
    Planted("a line is missing", AI_SAAS,
        (without("Customer 0010", "Storage (GB)", "u10-15"),),
        "missing_line", ("404.035",), "Customer 0010", "Storage (GB)", "u10-15"),
    Planted("a line is there twice", AI_SAAS,
        (with_copy("Customer 0010", "Seats", quantity="3"),),
        "extra_line", ("-3000",), "Customer 0010", "Seats"),
    Planted("an invoice is missing", AGREEMENTS,
        (without_invoice("Cedar Group"),),
        "missing_invoice", ("500", "50", "4950"), "Cedar Group", None),
    Planted("an invoice is there again", WIDGETS,
        (with_invoice_again("WidgetsExpress", "SCHEDULED", 24),),
        "extra_invoice", ("-1000000", "-100000"), "WidgetsExpress", None, invoice_type="SCHEDULED"),
    Planted("the commit is not applied", WIDGETS,
        (without("WidgetsExpress", "Contract Prepaid Commit applied", "2024-11", nth=1),
         line("WidgetsExpress", "Cloud storage", '"US" & 2024-11', commit_id=None)),
        "balance", ("-15865",), "WidgetsExpress", "Contract Prepaid Commit applied"),
    Planted("the credit covers half", WIDGETS,
        (line("WidgetsExpress", "Support credit applied", "2024-11", nth=1, total="-4000"),),
        "balance", ("-4000",), "WidgetsExpress", "Support credit applied", "2024-11"),
    Planted("less was left of the credit", WIDGETS,
        (line("WidgetsExpress", "Support credit applied", "2024-12", nth=1, total="-2000"),
         line("WidgetsExpress", "Support sessions", "2024-12", nth=1, quantity="0.5"),
         line("WidgetsExpress", "Support sessions", "2024-12", nth=2, quantity="1.5")),
        "balance", ("-1000", "1000", "-1000"), "WidgetsExpress", None, "2024-12"),
    Planted("what a credit covers is more", WIDGETS,
        (line("WidgetsExpress", "Support sessions", "2024-12", nth=0, quantity="3"),
         line("WidgetsExpress", "Support credit applied", "2024-12", nth=0, total="-12000")),
        "quantity", ("-4000", "4000"), "WidgetsExpress", None, "2024-12", hint="missing_events"),
    Planted("the invoice is rounded to cents", AI_SAAS,
        (invoice_total("Customer 0002", "13419"),),
        "rounding", ("0.35921375",), "Customer 0002", None),
    Planted("the invoice is more than its lines", AI_SAAS,
        (invoice_total("Customer 0001", "37907.80592075"),),
        "unexplained", ("-2",), "Customer 0001", None),
)  # fmt: skip
