"""The generator of workspaces with balances: repeatable, valid, and every construct that it claims is written."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from engine.catalog.load import read_catalog
from tests.generated.bulk_balances.billed import Bills, Month, bills, differences, expected, too_fine
from tests.generated.bulk_balances.compare import COLUMNS
from tests.generated.bulk_balances.market import Market
from tests.generated.bulk_balances.outcomes import outcomes
from tests.generated.bulk_balances.reproduce import alone, report
from tests.generated.bulk_balances.shrink import shrunk
from tests.generated.bulk_balances.workspace import MARKETS, Bulk, bulk, write
from tests.generated.test_bulk_constructs import names

SEEDS = (100, 101)

_PLACES = (
    *("in the first month", "in the second month", "with the first month", "at the turn of the months"),
    *("at the end of the second month", "an hour beside an edge", "where something else changes"),
    *("before the months", "after the months"),
)
_CHANGING = (
    *("segment edge", "true-up", "manual entry", "recurring balance starts", "recurring balance ends"),
    *("commit override starts", "commit override ends"),
)

#: Noted while writing catalogs and events.
CONSTRUCTS = """
plain market; commit rate FLAT; commit rate TIERED
account single; account several; account renewal; account family; account package
package with commits; package with credits; package with recurring_commits; package with recurring_credits
adjoining segments of a package
customer with 0 balances; customer with 1 balances; customer with 2 balances; customer with 3 balances
customer with 4 balances; customer with 5 balances; customer with 6 balances; customer with 8 balances
balance PREPAID; balance POSTPAID; balance CREDIT; balance RECURRING COMMIT; balance RECURRING CREDIT
customer-level PREPAID; customer-level POSTPAID; customer-level CREDIT; contracts of a customer-level balance
customer-level balance of 1 contracts; customer-level balance of 2 contracts; customer-level balance of 3 contracts
balance in money; balance in a pricing unit; balance names its credit type
QUANTITY balance; QUANTITY of products in money; QUANTITY of products in a unit
applies to everything; applies to products; applies to tags; applies to products and tags; applies to specifiers
products by name; specifier of group values alone; specifier of tags; specifier of product and tags
specifier of product and values; specifier of product
balance by pricing_group values; balance by presentation_group values
name of a balance; custom fields of a balance; temporary id of a balance
priority; priority left out; rate type LIST_RATE; rate type COMMIT_RATE
segment of the whole term; adjoining segments; several segments
purchase of a prepaid commit; purchase by instalments; purchase that is not invoiced
true-up where the segment ends; true-up at the turn of the months; true-up that is not invoiced
rollover fraction; rollover fraction of a recurring balance
manual entry up; manual entry down; manual entry by name; manual entry by segment; manual entry with a date
recurrence MONTHLY; recurrence QUARTERLY; recurrence ANNUAL; recurrence WEEKLY; recurrence DAILY
recurrence of the statements; recurring balance from a month end; grant of one period; grant of several periods
recurring proration NONE; recurring proration FIRST; recurring proration LAST; recurring proration FIRST_AND_LAST
recurring rounding HALF_UP; recurring rounding FLOOR; recurring rounding CEILING
recurring commit that is invoiced; rounding of a recurring invoice
allocation POOLED; allocation INDIVIDUAL; seat increase prorated; seats by region; seats by model
commit override MULTIPLIER; commit override OVERWRITE; commit override TIERED; commit override of any balance
commit override of LIST_RATE; commit override of COMMIT_RATE; commit override by tags; balance named in an override
commit override by commit_ids; commit override by any_commit_or_credit_ids
commit override by recurring_commit_ids; commit override by recurring_credit_ids
transition RENEWAL; transition SUPERSEDE; renewal at the turn of the months; renewal at another time
true-up of the renewed contract REMOVE; true-up of the renewed contract AS_IS
child access ALL; child access CONTRACT_IDS; child access NONE
edit add_commits; edit add_credits; edit add_recurring_commits; edit add_recurring_credits
edit archive_commits; edit archive_credits; edit update_commits; edit update_credits; edit update_recurring_commits
edit update_recurring_credits; segment added; segment removed; segment changed; segment shortened; edit of an amount
edit of a rate type
statements generated from a date on; statements generated from the second month on; earlier statements left unbilled
no schedule; frequency MONTHLY; frequency QUARTERLY; frequency ANNUAL; frequency WEEKLY
day FIRST_OF_MONTH; day CONTRACT_START; day CUSTOM_DATE; month-end anchor date
contract starts at a month end; contract starts off the hour; contract starts inside the month
contract ends inside the month; ALL charges on usage invoices; discount; EXPLICIT
metric m-level; metric m-calls; metric m-tokens; metric m-peak; metric m-users; metric sql-tokens
members by ids; members by tags; rate TIERED; rate FLAT; PERCENTAGE; TIERED_PERCENTAGE; minimum
subscription MONTHLY; subscription QUARTERLY; subscription ANNUAL; subscription WEEKLY
event just before an edge; event on an edge or after it
"""

#: Seen in the bills that come out; a construct that never reaches a bill is not tested by it.
OUTCOMES = """
USAGE invoice; SCHEDULED invoice; TRUEUP invoice; USAGE_CONSOLIDATED invoice; copy of a covered line
CREDIT applied; PREPAID applied; POSTPAID applied; application in the total; application outside the total
line covered in full; line covered in part; split that does not terminate
line covered by 2 balances; line covered by 3 balances; line covered by 4 balances; several segments of one balance
covered usage; covered subscription; covered composite; covered cpu_conversion; covered in a pricing unit
covered by QUANTITY; covered in a tier; covered on a SCHEDULED invoice; covered on a USAGE invoice
covered MULTIPLIER; covered OVERWRITE; covered TIERED; several prices of one line; another price under a balance
negative line; negative line beside a covered one
purchase on a USAGE invoice; purchase on a SCHEDULED invoice; purchase on a TRUEUP invoice
drawn and used up; drawn and not used up; drawn and expired; drawn and trued up
granted and drawn in the second month; granted before and drawn in the second month; segment drawn in both months
drawn at customer level; drawn by several contracts; drawn by a child; rollover drawn
balance below zero by hand; segment without end; parked
CREDIT_SEGMENT_START; CREDIT_AUTOMATED_INVOICE_DEDUCTION; CREDIT_EXPIRATION; CREDIT_ROLLOVER; CREDIT_MANUAL
CREDIT_SEAT_BASED_ADJUSTMENT; PREPAID_COMMIT_SEGMENT_START; PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION
PREPAID_COMMIT_EXPIRATION; PREPAID_COMMIT_ROLLOVER; PREPAID_COMMIT_MANUAL; PREPAID_COMMIT_SEAT_BASED_ADJUSTMENT
POSTPAID_COMMIT_INITIAL_BALANCE; POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION; POSTPAID_COMMIT_TRUEUP
POSTPAID_COMMIT_ROLLOVER; POSTPAID_COMMIT_MANUAL; POSTPAID_COMMIT_EXPIRATION
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Bulk]:
    folder = tmp_path_factory.mktemp("balances")
    return [bulk(seed, folder / str(seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def billed(made: list[Bulk]) -> list[Bills]:
    return [bills(each) for each in made]


def test_every_construct_is_generated(made: list[Bulk]) -> None:
    seen = sum((each.features for each in made), Counter[str]())
    changes = {f"{what} {where}" for what in _CHANGING for where in _PLACES}
    assert (names(CONSTRUCTS) | changes) - set(seen) == set()


def test_every_kind_of_row_comes_out(made: list[Bulk], billed: list[Bills]) -> None:
    seen = sum((outcomes(months) for each in billed for months in each.values()), Counter[str]())
    assert names(OUTCOMES) - set(seen) == set()
    for kind in ("EXPIRATION", "ROLLOVER", "AUTOMATED_INVOICE_DEDUCTION"):
        assert all(seen[f"PREPAID_COMMIT_{kind} in month {number}"] for number in (1, 2)), kind


def test_most_contracts_are_billed_and_many_draw_on_balances(made: list[Bulk], billed: list[Bills]) -> None:
    for each, bills_of in zip(made, billed, strict=True):
        lines = [line for months in bills_of.values() for bill in months for line in bill.lines]
        contracts = sum(len(market.contracts) for market in each.markets)
        assert len({line["contract"] for line in lines}) > 0.8 * contracts
        assert len({line["contract"] for line in lines if line["commit"]}) > 0.5 * contracts
        assert len(too_fine(each, bills_of)) < 0.01 * contracts


def test_balances_of_the_oracle_add_up(made: list[Bulk], billed: list[Bills]) -> None:
    for each, bills_of in zip(made, billed, strict=True):
        for month in expected(each, bills_of):
            applied = Counter[str]()
            for line in month.tables["line_items"]:
                of_balance = line["type"] == "applied_commit_or_credit" and line["invoice_type"] != "USAGE_CONSOLIDATED"
                if of_balance and line["quantity_consumed"] is None:
                    applied[line["commit_segment_id"]] -= line["total"]
            for row in month.tables["balances"]:
                added = row["opening"] + row["granted"] + row["manual"]
                taken = row["drawn"] + row["rolled_over"] + row["expired"] + row["trued_up"]
                assert added - taken == row["closing"], row
                if row["access_type"] == "SPEND":
                    assert applied.pop(row["segment_id"], 0) == row["drawn"], row
            assert not +applied


def test_every_catalog_is_valid(made: list[Bulk]) -> None:
    for each in made:
        _, problems = read_catalog(each.folder)
        assert not problems, f"seed {each.seed}: " + "\n".join(map(str, problems[:5]))


def test_a_workspace_holds_five_hundred_contracts_and_customers_have_up_to_eight_balances(made: list[Bulk]) -> None:
    for each in made:
        contracts = [contract for one in each.markets for contract in one.contracts]
        assert len(each.markets) == MARKETS
        assert len(contracts) == len(set(contracts)) >= 500
        balances = Counter[str]()
        for one in each.markets:
            balances += balances_by_customer(one)
        assert max(balances.values()) == 8
        assert sum(balances.values()) > len(contracts)


def balances_by_customer(market: Market) -> Counter[str]:
    """How many commits and credits a customer has, its contracts' among them; a recurring one counts once."""
    owners = {
        each["id"]: each.get("customer_id") or each["customer"][: -len(" Ltd")] for each in market.document["contracts"]
    }
    kinds = ("commits", "credits", "recurring_commits", "recurring_credits")
    found = Counter[str]()
    for kind in kinds:
        for item in market.document.get(kind, []):
            found[item["customer_id"]] += 1
        for contract in market.document["contracts"]:
            found[owners[contract["id"]]] += len(contract.get(kind, []))
        for edit in market.document.get("contract_edits", []):
            found[edit["customer_id"]] += len(edit.get(f"add_{kind}", []))
    return found


def test_a_market_alone_is_the_market_among_others(tmp_path: Path) -> None:
    whole, single = bulk(7, tmp_path / "whole", (3, 4, 5)), bulk(7, tmp_path / "alone", (4,))
    assert single.markets[0].document == whole.markets[1].document
    assert single.markets[0].lines == whole.markets[1].lines


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
    assert len(first) > 5


def test_an_account_alone_is_valid_and_billed_as_among_the_others(
    made: list[Bulk], billed: list[Bills], tmp_path: Path
) -> None:
    each, market = made[0], made[0].markets[1]
    whole = expected(each, billed[0])
    for number, group in enumerate(market.groups):
        small = alone(market, group)
        single = write(each.plan, tmp_path / str(number), (small,))
        _, problems = read_catalog(single.folder)
        assert not problems, "\n".join(map(str, problems[:5]))
        owners = {*group.contracts, *(f"customer {customer}" for customer in group.customers)}
        for found, among in zip(expected(single, bills(single)), whole, strict=True):
            for table in COLUMNS:
                assert found.tables[table] == [row for row in among.tables[table] if row["contract_id"] in owners], (
                    table
                )
        assert group.contracts[0] in report(market, group.contracts[0])


def test_differences_name_the_month_the_owner_and_the_column(made: list[Bulk], billed: list[Bills]) -> None:
    each = made[0]
    first, second = expected(each, billed[0])
    assert differences(each, (first, second), (first, second), ()) == ""
    for table, column in (("ledger", "amount"), ("balances", "closing"), ("line_items", "commit_segment_id")):
        row, *others = second.tables[table]
        changed = {**row, column: Fraction(1, 7) if column != "commit_segment_id" else "another"}
        other = Month({**second.tables, table: [changed, *others]}, second.parked)
        text = differences(each, (first, second), (first, other), ())
        assert text.splitlines()[0] == each.periods[1]
        assert text.splitlines()[1] == f"{row['contract_id']}:"
        assert f"{column}: wanted" in text
    parked = Month(second.tables, second.parked | {"m00-contract-0"})
    assert "m00-contract-0" in differences(each, (first, second), (first, parked), ())


def test_shrinking_leaves_what_matters(made: list[Bulk]) -> None:
    market = made[0].markets[0]
    _, kept = market.lines[3]
    wanted = market.document["contracts"][2]["id"]

    def fails(candidate: Market) -> bool:
        contracts = candidate.document.get("contracts", [])
        return any(line == kept for _, line in candidate.lines) and any(each.get("id") == wanted for each in contracts)

    small = shrunk(market, fails)
    assert [line for _, line in small.lines] == [kept]
    assert small.document == {"contracts": [{"id": wanted}]}
