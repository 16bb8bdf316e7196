"""The material of the simulated year: it holds what it promises, and the engine bills it as the policy says it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import engine
from engine.errors import CatalogError
from tests.nights.ai_saas_year import CARDS, SEASON, SELF_SERVE, YEAR, Do, Failure, Plan, Year
from tests.nights.expected_year import ExpectedYear, FinalInvoice, differences, expected_year


@pytest.fixture(scope="module")
def season() -> Year:
    return Year(SEASON)


@pytest.fixture(scope="module")
def expected(season: Year, tmp_path_factory: pytest.TempPathFactory) -> ExpectedYear:
    return expected_year(season, tmp_path_factory.mktemp("expected"))


def of_customer(expected: ExpectedYear, season: Year, number: int) -> Iterator[FinalInvoice]:
    identity = season.customers[number - 1].id
    return (each for each in expected.invoices if each.customer == identity)


def test_the_same_seed_gives_the_same_nights(season: Year) -> None:
    assert Year(SEASON).nights == season.nights
    assert Year(SEASON, seed=8).nights != season.nights


@pytest.mark.parametrize("plan", [SEASON, YEAR])
def test_a_plan_has_everything_that_a_year_must_show(plan: Plan) -> None:
    failures = list(plan.failures.values())
    assert failures.count(Failure.CATALOG) == 2
    assert {Failure.LOCKED, Failure.CRASH} <= set(failures)
    assert any(day.day == 2 for day in plan.failures), "a night on which months become final fails"
    done = [action.do for actions in plan.actions.values() for action in actions]
    assert done.count(Do.REGENERATE) >= 5 and done.count(Do.VOID) == 2
    assert all(change.decided < change.effective for change in plan.prices)
    assert not set(plan.failures) & set(plan.actions)


def test_broken_catalogs_are_refused_and_mended_the_night_after(season: Year, tmp_path: Path) -> None:
    season.start(tmp_path)
    workspace = engine.open(tmp_path)
    refused, broken_before = [], True
    for night in season.nights:
        night.edit(tmp_path)
        broken = night.failure is Failure.CATALOG
        looked_at, broken_before = broken_before or broken, broken
        if not looked_at:
            continue
        try:
            assert workspace.catalog.contracts
        except CatalogError as error:
            assert night.failure is Failure.CATALOG
            refused.append({problem.file for problem in error.problems})
        else:
            assert night.failure is not Failure.CATALOG
    assert refused == [{SELF_SERVE}, {CARDS}]


def test_events_come_late_twice_and_spoilt(season: Year, expected: ExpectedYear) -> None:
    landed = expected.landed
    assert sum(landed.values()) == sum(len(night.lines) for night in season.nights)
    assert landed["accepted"] > 40 * landed["duplicate"] > 0 and landed["rejected"] > 5
    late = [each for each in expected.invoices if each.late_events]
    assert len(late) >= 5, "usage that arrives after its invoice is final is what the year is about"


def test_invoices_become_final_on_the_first_night_that_can(season: Year, expected: ExpectedYear) -> None:
    first = [each for each in expected.invoices if each.generation == 0 and each.slot.type == "USAGE"]
    nights = {night.now: night for night in season.nights}
    for each in first:
        assert nights[each.finalized_at].failure is None
        waited = each.finalized_at - each.slot.issued_at
        failed = nights[each.slot.issued_at + timedelta(hours=2)].failure is not None
        assert waited == timedelta(days=1, hours=2) if failed else waited == timedelta(hours=2)
    assert {each.finalized_at for each in first} == {
        datetime(2026, 2, 11, 2),
        datetime(2026, 3, 3, 2),
        datetime(2026, 3, 11, 2),
        datetime(2026, 4, 3, 2),
        datetime(2026, 4, 11, 2),
    }


def test_what_is_billed_anew_takes_in_what_came_late(season: Year, expected: ExpectedYear) -> None:
    first, again, once_more = (each for each in of_customer(expected, season, 5) if each.slot.period == "2026-02")
    assert [each.status for each in (first, again, once_more)] == ["VOID", "VOID", "FINALIZED"]
    assert first.late_events >= again.late_events >= once_more.late_events
    grown = [
        (before, after)
        for before in expected.invoices
        for after in expected.invoices
        if before.slot == after.slot and before.generation + 1 == after.generation and before.total != after.total
    ]
    assert grown, "an invoice that is billed anew differs from the void one"


def test_the_commit_is_used_up_by_the_second_month(season: Year, expected: ExpectedYear) -> None:
    usage = [each for each in of_customer(expected, season, 3) if each.slot.type == "USAGE"]
    drawn = [-sum(line["total"] for line in each.lines if line["total"] < 0) for each in usage if not each.voided_at]
    assert sum(drawn) == 20_000 and len(drawn) == 2
    assert usage[-1].total > 0


def test_a_difference_is_told(expected: ExpectedYear) -> None:
    """Of each kind: an invoice missing, one too many, another total, another line."""
    first, second = expected.invoices[:2]
    row = {
        "id": "x",
        "contract_id": first.slot.contract,
        "type": first.slot.type,
        "starting_at": first.slot.starting_at,
        "ending_before": first.slot.ending_before,
        "issued_at": first.slot.issued_at,
        "regenerated_from_invoice_id": None,
        "customer_id": first.customer,
        "status": first.status,
        "finalized_at": first.finalized_at,
        "voided_at": first.voided_at,
        "total": first.total + 1,
    }
    draft = {**row, "id": "y", "status": "DRAFT"}
    again = {**row, "id": "z", "regenerated_from_invoice_id": "x"}
    said = differences([first, second], [row, draft, again], [])
    assert len(said) == 4
    assert said[0].startswith("not final: ") and second.slot.contract in said[0]
    assert said[1].startswith("not expected: ") and said[1].endswith("generation 1")
    assert f"total is {first.total + 1}, not {first.total}" in said[2]
    assert "lines: " in said[3] and "commit_purchase" in said[3]
