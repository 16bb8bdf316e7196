"""The table reader itself, and that the comparison can fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.spec.examples import Example, Ledger
from tests.spec.tables import draw_table, read_table

START, END = datetime(2026, 10, 1), datetime(2026, 11, 1)

LINES = """
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Seats   | 2        | 1.50       | 3     |
"""

#: What else an invoice has; a line is compared with none of it.
INVOICE = {
    "issued_at": END,
    "net_payment_terms_days": None,
    "payer_customer_id": "ada",
    "payable": 3,
    "custom_fields": "{}",
    "customer_custom_fields": "{}",
    "line_items": 1,
    "constituent_invoices": None,
}

BALANCE = {"customer_id": "ada", "contract_id": "c", "balance_id": "b", "balance_name": "Gift", "granted": 5}


def test_a_table_drawn_is_read_back() -> None:
    rows = [{"product": "Seats", "tier": ""}, {"product": "Storage (GB)", "tier": "2"}]
    assert read_table(draw_table(("product", "tier"), rows)) == rows


@pytest.mark.parametrize("text", ["| a | a |\n| 1 | 2 |", "| a | b |\n| 1 |"])
def test_a_crooked_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_table(text)


def _published(**changes: Any) -> Ledger:
    row = {
        "customer_id": "ada",
        "contract_id": "c",
        "billing_period": "2026-10",
        "product_name": "Seats",
        "pricing_group_values": "{}",
        "presentation_group_values": "{}",
        "period_starting_at": START,
        "period_ending_before": END,
        "starting_at": START,
        "ending_before": END,
        "tier_level": None,
        "quantity": 2,
        "unit_price": "1.5",
        "total": 3,
        "invoice_id": "i",
        "type": "usage",
        "currency": "USD (cents)",
        "in_total": True,
        "commit_id": None,
    }
    line = {**row, **changes}
    invoice = {**line, "id": "i", "type": "USAGE", "currency": "USD (cents)", **INVOICE}
    balance = {**BALANCE, "billing_period": "2026-10"}
    tables: dict[str, list[dict[str, Any]]] = {"unrated": [], "not_entitled": [], "ledger": [], "alerts": []}
    return Ledger({**tables, "line_items": [line], "invoices": [invoice], "balances": [balance]})


EXAMPLE = Example("here", "two seats", "ada", "rate_card: seats", "", LINES)


def test_what_is_expected_passes() -> None:
    _published().check(EXAMPLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 3},
        {"total": "3.0000001"},
        {"unit_price": "1.51"},
        {"tier_level": 1},
        {"product_name": "seats"},
        {"type": "subscription"},
        {"currency": "EUR"},
        {"pricing_group_values": '{"region":"eu"}'},
        {"presentation_group_values": '{"user":null}'},
        {"period_ending_before": None},
        {"customer_id": "bob"},
        {"billing_period": "2026-09"},
        {"commit_id": "b"},
        {"in_total": False},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_any_difference_fails(changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        _published(**changes).check(EXAMPLE)


def test_usage_that_the_example_does_not_list_fails() -> None:
    ledger = _published()
    line = ledger.published["line_items"][0]
    with pytest.raises(AssertionError, match="unrated"):
        Ledger({**ledger.published, "unrated": [line]}).check(EXAMPLE)


def test_an_invoice_that_is_not_the_sum_of_its_lines_fails() -> None:
    ledger = _published()
    invoice = {**ledger.published["invoices"][0], "total": 4}
    with pytest.raises(AssertionError):
        Ledger({**ledger.published, "invoices": [invoice]}).check(EXAMPLE)


def test_balances_are_compared_where_the_example_has_them() -> None:
    wanted = "| balance | granted |\n| Gift | 5.0 |"
    _published().check(replace(EXAMPLE, balances=wanted))
    for other in ("", wanted.replace("5.0", "6"), wanted.replace("Gift", "Loan")):
        with pytest.raises(AssertionError, match="balances"):
            _published().check(replace(EXAMPLE, balances=other))


@pytest.mark.parametrize("table", ["ledger", "alerts"])
def test_what_the_other_tables_do_not_list_fails(table: str) -> None:
    ledger = _published()
    row = {**BALANCE, "type": "CREDIT_MANUAL", "billing_period": "2026-10"}
    more = Ledger({**ledger.published, table: [row]})
    more.check(EXAMPLE)
    with pytest.raises(AssertionError, match=table):
        more.check(replace(EXAMPLE, ledger="", alerts=""))


def test_lines_in_another_order_fail() -> None:
    more = LINES.replace("1.50", "1.5") + "| Desks | 2 | 1.5 | 3 |"
    ledger = _published()
    line = ledger.published["line_items"][0]
    both = [{**line, "product_name": "Desks"}, line]
    Ledger({**ledger.published, "line_items": both[::-1]}).check_order(replace(EXAMPLE, lines=more))
    with pytest.raises(AssertionError, match="order"):
        Ledger({**ledger.published, "line_items": both}).check_order(replace(EXAMPLE, lines=more))
