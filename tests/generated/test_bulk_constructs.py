"""The bulk generator itself: it is repeatable, reaches every construct it claims to, and each shows in a bill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.generated.bulk.billed import bills, expected
from tests.generated.bulk.compare import Row, difference, orders
from tests.generated.bulk.workspace import MARKETS, Bulk, bulk
from tests.oracle.rating import Bill

SEEDS = (100, 101, 102)

#: What an hour at which something changes can be; `{}` stands for what changes.
_PLACES = (
    *("inside the month", "with the month", "at the end of the month", "an hour beside an edge"),
    *("where something else changes", "after the month", "before the month"),
)
_CHANGING = (
    *("update", "rate changes", "rate ends", "override starts", "override ends", "charge"),
    *("subscription starts", "subscription ends", "quantity changes", "seats change"),
)

#: Noted while writing catalogs and events.
CONSTRUCTS = """
metric m-calls; metric m-tokens; metric m-peak; metric m-users; metric m-level; metric sql-tokens; metric sql-users
granularity HOUR; granularity SERVICE_PERIOD; conversion; key that prices and presents
rounding ROUND_UP; rounding ROUND_DOWN; rounding ROUND_HALF_UP; custom fields of a product
update of name; update of tags; update of metric; update of quantities; update of keys
update of pricing_group_key; update of presentation_group_key; update that clears rounding; update that clears tags
swap streaming to streaming; swap streaming to SQL; swap SQL to streaming
update of a SUBSCRIPTION product's name; update of a SUBSCRIPTION product's tags; update of a FIXED product's name
update of a COMPOSITE product's name; update of a COMPOSITE product's tags; update of a composite's members
members by ids; members by tags; members by ids and tags
currency USD (cents); currency EUR; currency GBP; currency SEK; currency left out; currency by a declared id
alias of a rate card; product off a card; product order
rate FLAT; rate TIERED; last tier with a size; exact rate; default rate beside exact ones; entitled false
PERCENTAGE; TIERED_PERCENTAGE; minimum; subscription rate type FLAT; subscription rate type SUBSCRIPTION
subscription rate MONTHLY; subscription rate QUARTERLY; subscription rate ANNUAL; subscription rate WEEKLY
override MULTIPLIER; override OVERWRITE; override TIERED; override tier without end; override of entitlement alone
override of price and entitlement; OVERWRITE of USAGE; OVERWRITE of SUBSCRIPTION; OVERWRITE of COMPOSITE
OVERWRITE by tags; OVERWRITE names its credit type; EXPLICIT
override by product; override by tags; override of every product; specifier by tags; specifier by values alone
specifier by pricing_group values; specifier by presentation_group values; specifier by billing frequency
collection ADVANCE; collection ARREARS; not prorated
proration BILL_IMMEDIATELY; proration BILL_ON_NEXT_COLLECTION_DATE
proration rounding HALF_UP; proration rounding FLOOR; proration rounding CEILING
proration rounding to tens or hundreds; anchor of a subscription; anchor of a subscription at a month end
placement ON_USAGE_INVOICE; placement ON_SCHEDULED_INVOICE
subscription MONTHLY; subscription QUARTERLY; subscription ANNUAL; subscription WEEKLY
quantity left out; quantity set; quantity raised or lowered; quantity changes twice at once
quantity changes written backwards; custom fields of a subscription
seats; seats added; seats removed; seat added that is there; seat removed that is not there
unassigned seats; unassigned seats added; unassigned seats removed
amount; unit price alone; unit price and quantity; recurring charge; recurring charge from an earlier month
recurring charge from a month end; name of a charge; name of a subscription
charge at an edge of the contract; charge names its credit type; do not invoice
charge MONTHLY; charge QUARTERLY; charge SEMI_ANNUAL; charge ANNUAL; custom fields of a charge
distribution EACH; distribution DIVIDED; distribution DIVIDED_ROUNDED; discount; ALL charges on usage invoices
contract of a package; package by its alias; duration of a package; contract name of a package; ALL in a package
package for DAYS; package for WEEKS; package for MONTHS; package for YEARS; offset of nothing
offset in DAYS; offset in WEEKS; offset in MONTHS; offset in YEARS; EXPLICIT in a package
package frequency MONTHLY; package frequency QUARTERLY; package frequency ANNUAL; package frequency WEEKLY
net payment terms of a package; subscription of a package; scheduled charge of a package; discount of a package
contract of a package starts at a month end; custom fields of a contract of a package
edit add_overrides; edit remove_overrides; edit add_scheduled_charges; edit archive_scheduled_charges
edit update_scheduled_charges; edit add_discounts; edit add_subscriptions; edit update_subscriptions
edit update_contract_end_date; edit update_contract_name; edit update_net_payment_terms_days
schedule item added; schedule item removed; schedule item changed; edit of seats; edit that raises a quantity
end date moved earlier; end date moved later; transition RENEWAL; transition SUPERSEDE
renewal where the old contract ends
parent with children; parent without consolidation; child that consolidates; child with periods of its own
child that begins inside the month; payer SELF; payer PARENT
frequency MONTHLY; frequency QUARTERLY; frequency ANNUAL; frequency WEEKLY; no schedule
day FIRST_OF_MONTH; day CONTRACT_START; day CUSTOM_DATE; month-end anchor date
contract starts at a month end; contract starts inside the month; contract starts off the hour
contract ends inside the month; contract ends with the month; contract of usage alone; name of a contract
several contracts of one customer; ingest alias; net payment terms; usage filter; usage filter that changes
custom fields of a contract; custom fields of a customer; parked contract
negative value; event without a region; exactly on an edge; microsecond before an edge
"""

#: Seen in the bills that come out; a construct that never reaches a bill is not tested by it.
OUTCOMES = """
USAGE invoice; SCHEDULED invoice; USAGE_CONSOLIDATED invoice; invoice below zero; invoice without lines
invoice another customer pays; invoice in EUR; invoice in USD (cents); invoice with payment terms
invoice with custom fields; invoice of a customer with custom fields
line usage; line subscription; line scheduled; line cpu_conversion; line of a composite; minimum
line in a pricing unit; line in tier 2; line in tier 3; line in tier 4; fractional quantity; negative line; line of zero
line with pricing values; line with presentation values; line of a null group; split line; renamed product
line of a name of its own
other keys in one period; several metrics in one period; spend in tier 2; negative spend
only override; last added overwrite; overwrite before multiplier; lowest multiplier; smallest priority
MULTIPLIER line; OVERWRITE line; TIERED line; override tier 1; override tier 2
usage MULTIPLIER; subscription MULTIPLIER; composite MULTIPLIER
usage OVERWRITE; subscription OVERWRITE; composite OVERWRITE
subscription MONTHLY; subscription QUARTERLY; subscription ANNUAL; subscription WEEKLY; prorated; whole
subscription on a USAGE invoice; subscription on a SCHEDULED invoice; prorated price of 12 places; increase
charge on a USAGE invoice; charge on a SCHEDULED invoice; charge of zero; discount
share of 18 places; custom fields of a product; custom fields of a term
usage unrated; usage not entitled; subscription unrated; subscription not entitled
composite unrated; composite not entitled; parked
"""


def names(text: str) -> set[str]:
    return {name.strip() for line in text.strip().splitlines() for name in line.split(";")}


def places(value: Fraction) -> int:
    """Decimal places of an exact decimal."""
    found = 0
    while (value * 10**found).denominator != 1:
        found += 1
    return found


def outcomes(bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        yield from _line(line)
    for invoice in bill.invoices:
        yield from _invoice(invoice)
    for bucket, rows in (("unrated", bill.unrated), ("not entitled", bill.not_entitled)):
        for row in rows:
            kind = "subscription" if row["subscription_id"] else "usage" if row["metric"] else "composite"
            yield f"{kind} {bucket}"
    stretches: dict[tuple[object, ...], set[object]] = {}
    metrics: dict[tuple[object, ...], set[object]] = {}
    for line in bill.lines:
        if line["metric"]:
            key = line["contract"], line["product"], line["period_starting_at"], line["invoice_type"]
            stretches.setdefault(key, set()).add((line["pricing_keys"], line["presentation_keys"]))
            metrics.setdefault(key, set()).add(line["metric"])
    if any(len(each) > 1 for each in stretches.values()):
        yield "other keys in one period"
    if any(len(each) > 1 for each in metrics.values()):
        yield "several metrics in one period"


def _invoice(invoice: dict[str, Any]) -> Iterator[str]:
    yield f"{invoice['type']} invoice"
    yield f"invoice in {invoice['currency']}"
    if invoice["total"] < 0:
        yield "invoice below zero"
    if not invoice["line_items"]:
        yield "invoice without lines"
    if invoice["payer_customer"] != invoice["customer"]:
        yield "invoice another customer pays"
    if invoice["net_payment_terms_days"] is not None:
        yield "invoice with payment terms"
    if invoice["custom_fields"]:
        yield "invoice with custom fields"
    if invoice["customer_custom_fields"]:
        yield "invoice of a customer with custom fields"


def _line(line: dict[str, Any]) -> Iterator[str]:
    kind = "composite" if line["type"] == "usage" and line["metric"] is None else line["type"]
    yield f"line {line['type']}"
    if line["override_type"]:
        yield f"{line['override_type']} line"
        yield f"{kind} {line['override_type']}"
        yield line["override_reason"]
    if line["override_tier_level"]:
        yield f"override tier {line['override_tier_level']}"
    if line["quantity"] < 0:
        yield "negative line"
    if line["name"] and "renamed" in line["name"]:
        yield "renamed product"
    if line["type"] in ("scheduled", "subscription") and line["name"] != line["product_name"]:
        yield "line of a name of its own"
    if line["product_custom_fields"]:
        yield "custom fields of a product"
    if line["custom_fields"]:
        yield "custom fields of a term"
    if kind == "usage":
        yield from _usage(line)
    elif kind == "composite":
        yield "minimum" if line["name"].endswith(" minimum") else "line of a composite"
        if line["tier"] == 2:
            yield "spend in tier 2"
        if line["quantity"] < 0:
            yield "negative spend"
    elif kind == "subscription":
        yield f"subscription {line['billing_frequency']}"
        yield "prorated" if line["is_prorated"] else "whole"
        yield f"subscription on a {line['invoice_type']} invoice"
        if line["is_prorated"] and places(line["unit_price"]) == 12:
            yield "prorated price of 12 places"
        if line["starting_at"].day not in (1, 28, 29, 30, 31) and line["starting_at"].hour:
            yield "increase"
    elif kind == "scheduled":
        yield "discount" if line["discount_id"] else f"charge on a {line['invoice_type']} invoice"
        if line["total"] == 0:
            yield "charge of zero"
        if places(line["unit_price"]) == 18:
            yield "share of 18 places"
        if abs(line["total"]) > 10**12:
            yield "parked"


def _usage(line: dict[str, Any]) -> Iterator[str]:
    if line["tier"]:
        yield f"line in tier {line['tier']}"
    if line["quantity"] == 0:
        yield "line of zero"
    if line["quantity"].denominator != 1:
        yield "fractional quantity"
    if line["pricing"]:
        yield "line with pricing values"
    if line["presentation"]:
        yield "line with presentation values"
    if None in (*line["pricing"], *line["presentation"]):
        yield "line of a null group"
    if line["starting_at"] > line["period_starting_at"]:
        yield "split line"
    if "unit" in line["credit_type_id"]:
        yield "line in a pricing unit"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Bulk, dict[str, Bill]]]:
    folder = tmp_path_factory.mktemp("bulk")
    found = []
    for seed in SEEDS:
        each = bulk(seed, folder / str(seed))
        found.append((each, bills(each)))
    return found


def test_every_construct_is_generated(made: list[tuple[Bulk, dict[str, Bill]]]) -> None:
    seen = sum((each.features for each, _ in made), Counter[str]())
    changes = {f"{what} {where}" for what in _CHANGING for where in _PLACES}
    assert (names(CONSTRUCTS) | changes) - set(seen) == set()


def test_every_kind_of_row_comes_out(made: list[tuple[Bulk, dict[str, Bill]]]) -> None:
    seen = {outcome for _, billed in made for bill in billed.values() for outcome in outcomes(bill)}
    assert names(OUTCOMES) - seen == set()


def test_a_workspace_holds_five_hundred_contracts_of_which_most_are_billed(
    made: list[tuple[Bulk, dict[str, Bill]]],
) -> None:
    for each, billed in made:
        contracts = [contract for one in each.markets for contract in one.contracts]
        assert len(each.markets) == MARKETS
        assert len(contracts) == len(set(contracts)) >= 500
        lines = {line["contract"] for bill in billed.values() for line in bill.lines}
        assert len(lines) > 0.8 * len(contracts)


def test_amounts_are_exact_decimals_within_the_range(made: list[tuple[Bulk, dict[str, Bill]]]) -> None:
    for each, billed in made:
        wanted = expected(each, billed)
        sums: Counter[str] = Counter()
        for line in wanted.tables["line_items"]:
            sums[line["contract_id"]] += abs(line["total"])
            assert places(line["total"]) <= 26, line
            assert places(line["quantity"]) <= 16, line
        assert max(sums.values()) < 10**11


def test_a_market_alone_is_the_market_among_others(tmp_path: Path) -> None:
    whole, alone = bulk(7, tmp_path / "whole", (3, 4, 5)), bulk(7, tmp_path / "alone", (4,))
    assert alone.markets[0].document == whole.markets[1].document
    assert alone.markets[0].lines == whole.markets[1].lines


def test_difference_names_contract_and_column(made: list[tuple[Bulk, dict[str, Bill]]]) -> None:
    each, billed = made[0]
    tables = expected(each, billed).tables
    assert difference(tables, tables) == ""
    first, *others = tables["line_items"]
    later = first["issued_at"] + timedelta(hours=1)
    changed: Row = {**first, "total": first["total"] + Fraction(1, 10**18), "issued_at": later}
    report = difference({**tables, "line_items": [changed, *others]}, tables)
    assert report.splitlines()[0] == f"{first['contract_id']}:"
    assert "total: wanted" in report
    assert "issued_at: wanted" in report
    repeated = difference({**tables, "line_items": [first, first, *others]}, tables)
    assert "line_items +" in repeated
    assert orders([first, *others]) != orders([*reversed(others), first])


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        bulk(7, tmp_path / name, (0, 1))
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert first == second
